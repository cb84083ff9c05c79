"""Assignments to parts of an array: by a mask, an index, a slice, or entry by entry."""

from __future__ import annotations

import ast
import copy
from dataclasses import replace

from derive.notation.codelike import CodeReader, tree_key
from derive.notation.extents import extent
from derive.notation.filling import picked
from derive.notation.loops import is_zero
from derive.notation.masks import is_mask
from derive.notation.parts import Store, base_of, combined, misplaced
from derive.notation.piece import Piece
from derive.notation.scattering import is_scattered, scattered
from derive.notation.subscripts import is_all, is_rows, one_hot
from derive.term import Const, size


def stored(reader: CodeReader, store: Store) -> Piece:
    """The array after the assignment."""
    store = _narrowed(reader, store)
    items = store.items
    if is_scattered(reader, store):
        return scattered(reader, store)
    if all(is_all(item) for item in items):
        return _everything(reader, store)
    if len(items) == 1 and (mask := _mask(reader, items[0])):
        return _masked(reader, store, mask)
    if len(items) == 2 and is_rows(items[0]):
        return _labelled(reader, store, items[1])
    if any(_is_block(item) for item in items):
        return _block(reader, store)
    return picked(reader, store)


def _narrowed(reader: CodeReader, store: Store) -> Store:
    """The place without the 0 for a second axis of size 1, `db[i, 0]`."""
    like = store.like if store.base is None else store.base.term
    shape = None if like is None else extent(like, reader.scope.shapes)
    match store.items:
        case (first, ast.Constant(0)) if shape is not None and len(shape) == 2:
            return replace(store, items=(first,)) if shape[1].is_one else store
    return store


def _everything(reader: CodeReader, store: Store) -> Piece:
    """`dW[...] = 0`"""
    value = reader.piece(store.value)
    if store.adds:
        return combined(reader, store.base, store.sign, value, store.node)
    shape = extent(value.term, reader.scope.shapes)
    if shape != ():
        return value
    like = store.like if store.base is None else store.base.term
    if like is None:
        raise misplaced(reader, store, "the shape of this array is not known")
    span = reader.source.span(store.node)
    if is_zero(value.term):
        return reader.make.apply("zeros_like", [Piece(like, span)], span)
    ones = reader.make.apply("ones_like", [Piece(like, span)], span)
    return reader.make.apply("mul", [value, ones], span)


# ------------------------------------------------------------------------------------ masks


def _mask(reader: CodeReader, item: ast.expr) -> Piece | None:
    """The mask that stands as an index."""
    match item:
        case ast.Compare() | ast.UnaryOp(ast.Invert()) | ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return reader.mask(item)
        case ast.Call(ast.Attribute(attr="where"), [mask]):
            return reader.mask(mask)
        case ast.Name() | ast.Attribute():
            found = reader.own_value(item) or _aliased(reader, item)
            if found is not None and is_mask(found.term) and not isinstance(found.term, Const):
                return found
    return None


def _aliased(reader: CodeReader, item: ast.expr) -> Piece | None:
    term = reader.tree_alias(item)
    if term is None and isinstance(item, ast.Name | ast.Attribute):
        name = item.id if isinstance(item, ast.Name) else item.attr
        term = reader.lookup.find(name) if reader.lookup.known(name) else None
    return None if term is None else reader.standing(term, item)


def _masked(reader: CodeReader, store: Store, mask: Piece) -> Piece:
    """`dZ[Z <= 0] = 0`: where the mask holds, the new value."""
    base, span = base_of(reader, store), reader.source.span(store.node)
    value = reader.piece(_unmasked(store.value, tree_key(store.items[0])))
    if store.adds:
        value = combined(reader, base, store.sign, value, store.node)
    return reader.make.apply("where", [mask, value, base], span)


def _unmasked(value: ast.expr, mask: str) -> ast.expr:
    """`dout[mask]` within an assignment to that mask is dout."""
    changed: ast.expr = _Unmasking(mask).visit(copy.deepcopy(value))
    return changed


class _Unmasking(ast.NodeTransformer):
    """Takes one mask off whatever it stands behind."""

    def __init__(self, mask: str) -> None:
        self.mask = mask

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        inner = self.generic_visit(node)
        assert isinstance(inner, ast.Subscript)
        return inner.value if tree_key(inner.slice) == self.mask else inner


# ------------------------------------------------------------------------------------ labels


def _labelled(reader: CodeReader, store: Store, label: ast.expr) -> Piece:
    """`dscores[range(N), y] -= 1`: less 1 where y is; with `=`, what was there is lost."""
    base, span = base_of(reader, store), reader.source.span(store.node)
    ones = one_hot(reader, base, label)
    value = reader.piece(store.value)
    if len(extent(value.term, reader.scope.shapes) or ()) == 1:
        value = reader.make.apply("column", [value], span)
    one = reader.make.number("1", span)
    put = ones if value.term == one.term else reader.make.apply("mul", [value, ones], span)
    if store.adds:
        return reader.make.apply(store.sign, [base, put], span)
    others = reader.make.apply("sub", [one, ones], span)
    kept = reader.make.apply("mul", [base, others], span)
    return kept if is_zero(value.term) else reader.make.apply("add", [kept, put], span)


# ------------------------------------------------------------------------------------ slices


def _is_block(item: ast.expr) -> bool:
    """Whether this is a range of places, or one of them by its number."""
    if isinstance(item, ast.Slice):
        return not is_all(item)
    return isinstance(item, ast.Constant) and type(item.value) is int


def _block(reader: CodeReader, store: Store) -> Piece:
    """`dW[1:] += E`: the parts before and behind stay as they are."""
    wide = [(axis, item) for axis, item in enumerate(store.items) if not is_all(item)]
    if len(wide) != 1:
        raise misplaced(reader, store, "only one slice is read here")
    (axis, item), base = wide[0], base_of(reader, store)
    bounds = reader.bounds(item)
    assert bounds is not None
    reader.spend(2 * size(base.term), store.node)  # it stands before, within and behind
    start, stop = bounds
    value = reader.piece(store.value)
    middle = _part(reader, store, base, axis, start, stop)
    if store.adds:
        value = combined(reader, middle, store.sign, value, store.node)
    elif extent(value.term, reader.scope.shapes) == ():
        span = reader.source.span(store.node)
        zeros = reader.make.apply("zeros_like", [middle], span)
        value = reader.make.apply("add", [zeros, value], span)
    return _joined(reader, store, base, axis, (start, stop), value)


def _part(
    reader: CodeReader, store: Store, base: Piece, axis: int, start: int, stop: int | None
) -> Piece:
    span = reader.source.span(store.node)
    return reader.make.apply("slice", [base], span, (axis, start, stop))


def _joined(
    reader: CodeReader,
    store: Store,
    base: Piece,
    axis: int,
    bounds: tuple[int, int | None],
    value: Piece,
) -> Piece:
    start, stop = bounds
    parts = [value]
    if start:
        parts.insert(0, _part(reader, store, base, axis, 0, start))
    if stop is not None:
        parts.append(_part(reader, store, base, axis, stop, None))
    if len(parts) == 1:
        return value
    return reader.make.apply("concat", parts, reader.source.span(store.node), (axis,))
