"""Assignments to parts of an array: by a mask, an index, a slice, or entry by entry."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from derive.notation import loops
from derive.notation.codelike import CodeReader, tree_key
from derive.notation.environment import is_text
from derive.notation.extents import extent
from derive.notation.loops import Loop, Unsure, is_zero
from derive.notation.masks import is_mask
from derive.notation.piece import Piece, widen
from derive.notation.subscripts import index_of, is_index_array, items_of
from derive.shape import Dim, agree
from derive.term import Apply, Const, Term, Var


@dataclass(frozen=True, slots=True)
class Store:
    """`base[items] = value`, or `+=`: what was in the base, and the loops since it was set.

    No base: a sum that nothing gave a start; `like` is a term of its shape.
    """

    node: ast.Subscript
    items: tuple[ast.expr, ...]
    base: Piece | None
    like: Term | None
    value: ast.expr
    adds: bool
    sign: str
    around: tuple[Loop, ...]


def items_under(node: ast.expr) -> tuple[ast.expr, ...]:
    """What stands in all brackets of `dW[i][j]`, from the left."""
    if not isinstance(node, ast.Subscript) or is_text(node.slice):
        return ()
    return (*items_under(node.value), *items_of(node))


def stored(reader: CodeReader, store: Store) -> Piece:
    """The array after the assignment."""
    items = store.items
    if all(_is_all(item) for item in items):
        return _everything(reader, store)
    if len(items) == 1 and (mask := _mask(reader, items[0])):
        return _masked(reader, store, mask)
    if len(items) == 2 and _is_rows(items[0]):
        return _labelled(reader, store, items[1])
    if any(isinstance(item, ast.Slice) and not _is_all(item) for item in items):
        return _block(reader, store)
    return _picked(reader, store)


def _is_all(item: ast.expr) -> bool:
    if isinstance(item, ast.Slice):
        return item.lower is item.upper is item.step is None
    return isinstance(item, ast.Constant) and item.value is ...


def _span_refusal(reader: CodeReader, store: Store, message: str) -> Exception:
    return reader.refusal("D116", message, store.node)


def _base(reader: CodeReader, store: Store) -> Piece:
    """What was there before."""
    if store.base is None:
        raise _span_refusal(reader, store, "this array has no value before")
    return store.base


def combined(reader: CodeReader, old: Piece | None, sign: str, new: Piece, span: ast.expr) -> Piece:
    """`old + new`, or `old - new`; what starts at zero is left out."""
    place = reader.source.span(span)
    if old is None or is_zero(old.term):
        return new if sign == "add" else reader.make.negate(new, place)
    return reader.make.apply(sign, [old, new], place)


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
        raise _span_refusal(reader, store, "the shape of this array is not known")
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
    base, span = _base(reader, store), reader.source.span(store.node)
    value = reader.piece(_unmasked(store.value, tree_key(store.items[0])))
    if store.adds:
        value = combined(reader, base, store.sign, value, store.node)
    return reader.make.apply("where", [mask, value, base], span)


def _unmasked(value: ast.expr, mask: str) -> ast.expr:
    """`dout[mask]` within an assignment to that mask is dout."""
    if isinstance(value, ast.Subscript) and tree_key(value.slice) == mask:
        return value.value
    return value


# ------------------------------------------------------------------------------------ labels


def _is_rows(item: ast.expr) -> bool:
    """`range(N)`, `np.arange(N)`: every row, together with a column for each."""
    match item:
        case ast.Call(ast.Name("range" | "arange"), [_]) | ast.Call(
            ast.Attribute(attr="arange"), [_]
        ):
            return True
    return False


def _labelled(reader: CodeReader, store: Store, label: ast.expr) -> Piece:
    """`dscores[range(N), y] -= 1`: less 1 where y is."""
    base, span = _base(reader, store), reader.source.span(store.node)
    ones = one_hot(reader, base, label)
    if not store.adds:
        raise _span_refusal(reader, store, "only `+=` and `-=` are read with labels")
    value = reader.piece(store.value)
    if value.term != Const(reader.make.number("1", span).term.value):  # type: ignore[union-attr]
        ones = reader.make.apply("mul", [value, ones], span)
    return reader.make.apply(store.sign, [base, ones], span)


def one_hot(reader: CodeReader, base: Piece, label: ast.expr) -> Piece:
    """A row for each sample with 1 at its label: y itself, or rows of the unit matrix."""
    labels, span = reader.piece(label), reader.source.span(label)
    shape = extent(labels.term, reader.scope.shapes)
    whole = extent(base.term, reader.scope.shapes)
    if shape is not None and len(shape) == 2 and (whole is None or len(whole) == 2):
        return labels
    if not is_index_array(reader.scope, labels.term):
        raise reader.refusal("D116", "this is neither a list of labels nor one-hot", label)
    size = None if whole is None else str(whole[-1])
    eye = reader.make.apply("eye", [], span, (size,))
    return reader.make.apply("gather", [eye, labels], span)


# ------------------------------------------------------------------------------------ slices


def _block(reader: CodeReader, store: Store) -> Piece:
    """`dW[1:] += E`: the parts before and behind stay as they are."""
    wide = [(axis, item) for axis, item in enumerate(store.items) if not _is_all(item)]
    if len(wide) != 1 or not isinstance(wide[0][1], ast.Slice):
        raise _span_refusal(reader, store, "only one slice is read here")
    (axis, item), base = wide[0], _base(reader, store)
    bounds = reader.bounds(item)
    assert bounds is not None
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


# ------------------------------------------------------------------------------------ entries


def _picked(reader: CodeReader, store: Store) -> Piece:
    """Rows by an index array, or entries by letters."""
    if len(store.items) == 1 and (found := _index_array(reader, store.items[0])):
        return _scattered(reader, store, found, reader.piece(store.value), lasting=True)
    terms = [None if _is_all(item) else index_of(reader, item) for item in store.items]
    match terms:
        case [Apply("entry", (Var(name), Var(letter)))] if name in reader.scope.shapes:
            return _rows(reader, store, Var(name), letter)
    letters = [term.name for term in terms if isinstance(term, Var) and term.name[:1] == "#"]
    if len(letters) != len([term for term in terms if term is not None]):
        raise _span_refusal(reader, store, "an assignment to this index is not read")
    return _entries(reader, store, [None if t is None else str(_name(t)) for t in terms])


def _name(term: Term) -> str:
    assert isinstance(term, Var)
    return term.name


def _index_array(reader: CodeReader, item: ast.expr) -> Term | None:
    """The declared index that stands between the brackets."""
    match item:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            found = reader.own_value(item)
            term = reader.lookup.find(word) if found is None else found.term
            if term is not None and is_index_array(reader.scope, term):
                return term
    return None


def scatter(
    reader: CodeReader, idx: Term, value: Piece, like: Term, node: ast.expr, lasting: bool
) -> Piece:
    """Zeros with rows added at idx; `set` where a row that comes twice keeps the last."""
    span = reader.source.span(node)
    parts = [Piece(idx, span), value, Piece(like, span)]
    return reader.make.apply("scatter", parts, span, ("set",) if lasting else ())


def _scattered(
    reader: CodeReader, store: Store, idx: Term, value: Piece, *, lasting: bool
) -> Piece:
    """`dW[idx] = dout` is read where dW is zero; NumPy's `+=` takes a repeated row once."""
    like = store.base.term if store.base is not None else store.like
    if like is None:
        raise _span_refusal(reader, store, "the shape of this array is not known")
    if not store.adds and store.base is not None and not is_zero(store.base.term):
        raise _span_refusal(reader, store, "this array is not zero before")
    rows = scatter(reader, idx, value, like, store.node, lasting)
    return combined(reader, store.base, store.sign if store.adds else "add", rows, store.node)


def _rows(reader: CodeReader, store: Store, idx: Term, letter: str) -> Piece:
    """`for i, w in enumerate(idx): dW[w] += dout[i]`"""
    value = reader.piece(store.value)
    loops_of = [loop for loop in store.around if loop.letter == letter]
    if len(loops_of) != 1 or len(store.around) != 1:
        raise _span_refusal(reader, store, "an assignment to this index is not read")
    match value.term:
        case Apply("entry", (rows, Var(name))) if name == letter:
            array = Piece(rows, value.span)
        case _:
            array = reader.array(loops_of, value, store.node)
    return _scattered(reader, store, idx, array, lasting=not store.adds)


def _entries(reader: CodeReader, store: Store, terms: Sequence[str | None]) -> Piece:
    """`dW[i, j] += E` in loops over i, j and more: what is summed has no place in dW."""
    letters = [term for term in terms if term is not None]
    bound = {loop.letter: loop for loop in store.around}
    value = reader.piece(store.value)
    if not any(letter in bound for letter in letters):
        return _free(reader, store, value, letters)
    if len(set(letters)) != len(letters) or not all(letter in bound for letter in letters):
        raise _span_refusal(reader, store, "an assignment to this index is not read")
    summed = [loop for loop in store.around if loop.letter not in letters]
    if summed and not store.adds:
        raise _span_refusal(reader, store, "a later round overwrites what an earlier one put here")
    value = _laid_out(reader, store, value, terms)
    body, names = _opened(value)
    body = reader.totals(summed, body, store.node)
    order = [term if term is not None else names.pop(0) for term in terms] + names
    _covered(reader, store, body, [bound[letter] for letter in letters], terms)
    span = reader.source.span(store.node)
    made = reader.make.apply("each", [body], span, tuple(order))
    return combined(reader, store.base, store.sign, made, store.node) if store.adds else made


def _free(reader: CodeReader, store: Store, value: Piece, letters: Sequence[str]) -> Piece:
    """`dW[i][j] = E` without loops is said of every i and j."""
    if store.adds and store.base is not None and not is_zero(store.base.term):
        span = reader.source.span(store.node)
        pieces = [Piece(Var(letter), span) for letter in letters]
        old = reader.make.apply("entry", [store.base, *pieces], span)
        return combined(reader, old, store.sign, value, store.node)
    return combined(reader, None, store.sign, value, store.node) if store.adds else value


def _laid_out(reader: CodeReader, store: Store, value: Piece, terms: Sequence[str | None]) -> Piece:
    """A value that is an array itself, entry by entry."""
    laid = reader.entries(value, store.node)
    across = sum(term is None for term in terms)
    if across > len(loops.merged_letters(laid.term)):
        raise _span_refusal(reader, store, "the shape of what is assigned is not known")
    return laid


def _opened(value: Piece) -> tuple[Piece, list[str]]:
    """The body of an array that is given entry by entry, and its letters."""
    term = value.term
    if isinstance(term, Apply) and term.op == "each":
        return Piece(term.args[0], value.span), [str(letter) for letter in term.attrs]
    return value, []


def _covered(
    reader: CodeReader,
    store: Store,
    body: Piece,
    around: Sequence[Loop],
    terms: Sequence[str | None],
) -> None:
    """Each letter runs over the whole of its axis: of the base, or of what is picked."""
    like = store.base.term if store.base is not None else store.like
    shape = extent(like, reader.scope.shapes) if like is not None else None
    for loop in around:
        size = _size_of(shape, terms.index(loop.letter))
        if size is not None and loop.rounds is not None:
            if not agree(size, loop.rounds):
                message = f"the loop runs {loop.rounds} times, and this axis has {size} entries"
                raise _span_refusal(reader, store, message)
            continue
        try:
            loops.bounds(loop, body.term, reader.scope.shapes)
        except Unsure as unsure:
            raise reader.unsure(unsure) from None


def _size_of(shape: tuple[Dim, ...] | None, axis: int) -> Dim | None:
    return shape[axis] if shape is not None and axis < len(shape) else None


__all__ = ["Store", "combined", "items_under", "scatter", "stored", "widen"]
