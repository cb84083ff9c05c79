"""Subscripts of code: slices, entries, rows picked by an index, and axes that are added."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Protocol

from derive.diagnostic import DeriveError, Span
from derive.notation.dims import dim_of
from derive.notation.extents import extent
from derive.notation.piece import ONE, Maker, Piece, widen
from derive.notation.python import Source
from derive.scope import Scope
from derive.shape import Dim, Shape
from derive.sizes import linear
from derive.term import Apply, Attr, Const, Term, Var

REST = "rest"
"""Said of an entry in code: the axes behind its indices stay, whatever their sizes."""


class Reading(Protocol):
    """What reads the expressions of one text."""

    scope: Scope
    source: Source
    make: Maker

    def piece(self, node: ast.expr) -> Piece: ...
    def index_name(self, word: str) -> Term | None: ...
    def size_name(self, word: str) -> str | None: ...
    def bounds(self, item: ast.expr) -> tuple[int, int | None] | None: ...
    def refusal(
        self, code: str, message: str, node: ast.expr | ast.stmt, help: str | None = None
    ) -> DeriveError: ...


def read_subscript(reading: Reading, node: ast.Subscript) -> Piece:
    """The term of `A[...]`."""
    base, items = reading.piece(node.value), items_of(node)
    span = reading.source.span(node)
    if any(map(_is_new_axis, items)):
        return _added_axis(reading, base, items, node)
    if len(items) == 2 and is_rows(items[0]):
        ones = one_hot(reading, base, items[1])
        return reading.make.apply("sum", [_product(reading, ones, base, span)], span, (1, False))
    items = [item for item in items if not _is_ellipsis(item)]
    indices: list[tuple[int, Term]] = []
    for axis, item in enumerate(items):
        if not isinstance(item, ast.Slice):
            indices.append((axis, index_of(reading, item)))
        elif ends := named_ends(reading, item):
            base = block(reading, base, axis, ends, item)
        elif bounds := reading.bounds(item):
            base = reading.make.apply("slice", [base], span, (axis, *bounds))
    return _indexed(reading, widen(base, span), indices, items, node)


def items_of(node: ast.Subscript) -> list[ast.expr]:
    """What stands between the brackets, axis by axis."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def is_all(item: ast.expr) -> bool:
    """Whether all of an axis is meant, or of several."""
    if isinstance(item, ast.Slice):
        return item.lower is item.upper is item.step is None
    return isinstance(item, ast.Constant) and item.value is ...


def named_ends(reading: Reading, item: ast.Slice) -> tuple[Attr, Attr] | None:
    """Start and stop of a slice, one of which is a size by its name."""
    if item.step is not None or (item.lower is None and item.upper is None):
        return None
    if all(end is None or isinstance(end, ast.Constant) for end in (item.lower, item.upper)):
        return None
    start = 0 if item.lower is None else dim_of(reading, item.lower)
    return start, None if item.upper is None else dim_of(reading, item.upper)


def block(
    reading: Reading, base: Piece, axis: int, ends: tuple[Attr, Attr], item: ast.Slice
) -> Piece:
    """`A[:, :n]` of an axis n+k, as a product with a part of the unit matrix."""
    span = reading.source.span(item)
    shape = extent(base.term, reading.scope.shapes)
    parts = None if shape is None or axis >= len(shape) else _split(shape[axis], *ends)
    if shape is None or parts is None or len(shape) > 2:
        raise reading.refusal("D111", "how this slice parts its axis is not known", item)
    if not parts[0] and not parts[2]:
        return base
    picker = picked_part(reading.make, parts, 1 - axis, span)
    order = [picker, base] if axis == 0 else [base, picker]
    return reading.make.apply("matmul", order, span)


Parts = tuple[Sequence[Attr], Attr, Sequence[Attr]]
"""What is before, within and behind a slice."""


def _split(whole: Dim, start: Attr, stop: Attr) -> Parts | None:
    """The parts of a size that a slice takes apart; it takes one of them."""
    parts = whole.parts
    ends = [linear(Dim(parts[:count])) if count else {} for count in range(len(parts) + 1)]
    first = [linear(Dim((str(start),)))] if start else [{}]
    last = ends[-1:] if stop is None else [linear(Dim((str(stop),)))]
    for place, part in enumerate(parts):
        if ends[place : place + 2] == first + last:
            return parts[:place], part, parts[place + 1 :]
    return None


def picked_part(make: Maker, parts: Parts, axis: int, span: Span) -> Piece:
    """A unit matrix with zeros before and behind it along an axis."""
    before, within, behind = parts

    def zeros(size: Attr) -> Piece:
        dims = (size, within) if axis == 0 else (within, size)
        return make.apply("zeros", [], span, dims)

    eye = make.apply("eye", [], span, (within,))
    pieces = [*map(zeros, before), eye, *map(zeros, behind)]
    return make.apply("concat", pieces, span, (axis,)) if len(pieces) > 1 else pieces[0]


def _product(reading: Reading, left: Piece, right: Piece, span: Span) -> Piece:
    return reading.make.apply("mul", [left, right], span)


def is_rows(item: ast.expr) -> bool:
    """`range(N)`, `np.arange(N)`: every row, together with a column for each."""
    match item:
        case ast.Call(ast.Name("range" | "arange"), [_]) | ast.Call(
            ast.Attribute(attr="arange"), [_]
        ):
            return True
    return False


def one_hot(reading: Reading, base: Piece, label: ast.expr) -> Piece:
    """A row for each sample with 1 at its label: y itself, or rows of the unit matrix."""
    span = reading.source.span(label)
    whole = extent(base.term, reading.scope.shapes)
    if is_rows(label):
        return reading.make.apply("eye", [], span, (None if whole is None else str(whole[-1]),))
    labels = reading.piece(label)
    shape = extent(labels.term, reading.scope.shapes)
    if shape is not None and len(shape) == 2 and (whole is None or len(whole) == 2):
        return labels
    if not is_index_array(reading.scope, labels.term):
        raise reading.refusal("D116", "this is neither a list of labels nor one-hot", label)
    eye = reading.make.apply("eye", [], span, (None if whole is None else str(whole[-1]),))
    return reading.make.apply("gather", [eye, labels], span)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_new_axis(node: ast.expr) -> bool:
    match node:
        case ast.Constant(None) | ast.Attribute(attr="newaxis") | ast.Name("newaxis"):
            return True
    return False


def _added_axis(
    reading: Reading, base: Piece, items: Sequence[ast.expr], node: ast.Subscript
) -> Piece:
    """`x[:, None]` is a column, `x[None, :]` a row."""
    span = reading.source.span(node)
    marks = "".join("n" if _is_new_axis(item) else _mark(item) for item in items)
    shape = extent(base.term, reading.scope.shapes)
    if marks in ("n", "n:", "n.") and _rank_in(shape, 1):
        return reading.make.apply("row", [base], span)
    if marks in (":n", ".n") and _rank_in(shape, 1):
        return reading.make.apply("column", [base], span)
    raise reading.refusal("D111", "this new axis is not read", node, "x[:, None] is a column")


def _mark(item: ast.expr) -> str:
    if isinstance(item, ast.Slice) and item.lower is item.upper is item.step is None:
        return ":"
    return "." if _is_ellipsis(item) else "?"


def _rank_in(shape: Shape | None, *ranks: int) -> bool:
    return shape is None or len(shape) in ranks


def index_of(reading: Reading, node: ast.expr) -> Term:
    """An index: a number, a letter, a sum of these, or a name that is declared as one."""
    span = reading.source.span(node)
    match node:
        case ast.Constant(int(value)) if not isinstance(value, bool):
            return reading.make.number(str(value), span).term
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return reading.make.negate(reading.make.number(str(value), span), span).term
        case ast.Name(id=word) if (term := reading.index_name(word)) is not None:
            return term
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            parts = [Piece(index_of(reading, part), span) for part in (left, right)]
            op = "add" if isinstance(sign, ast.Add) else "sub"
            return reading.make.apply(op, parts, span).term
        case ast.Attribute() | ast.Subscript():
            return reading.piece(node).term
    raise reading.refusal("D111", "this index is not read", node)


def _indexed(
    reading: Reading,
    base: Piece,
    indices: list[tuple[int, Term]],
    items: Sequence[ast.expr],
    node: ast.Subscript,
) -> Piece:
    """The array, with entries or rows of it taken."""
    span = reading.source.span(node)
    if not indices:
        return base
    terms = [term for _, term in indices]
    if len(terms) == len(items) == 1 and is_index_array(reading.scope, terms[0]):
        return reading.make.apply("gather", [base, Piece(terms[0], span)], span)
    if len(terms) == len(items) == 2 and is_index_array(reading.scope, terms[0]):
        rows = reading.make.apply("gather", [base, Piece(terms[0], span)], span)
        return _indexed(reading, rows, indices[1:], [ast.Slice(), items[1]], node)
    for _, term in indices:
        if not is_index(term):
            raise reading.refusal("D111", "this index is not read", node)
    if [axis for axis, _ in indices] == list(range(len(indices))):
        if len(items) > len(indices):
            return _row(reading, base, terms, span)
        return entry(reading.make, reading.scope, base, terms, span)
    if [axis for axis, _ in indices] == [1] and len(items) == 2:
        return _row(reading, reading.make.apply("transpose", [base], span), terms, span)
    raise reading.refusal("D111", "an index behind a slice is not read here", node)


def _row(reading: Reading, base: Piece, terms: Sequence[Term], span: Span) -> Piece:
    """`A[i, :]`: the other axes are said to stay, also one of size 1."""
    places = [Piece(term, span) for term in terms]
    return reading.make.apply("entry", [base, *places], span, (REST,))


def entry(make: Maker, scope: Scope, base: Piece, terms: Sequence[Term], span: Span) -> Piece:
    """Entries of an array; `x[i][j]` is `x[i, j]`, and row 0 of a 1 × n matrix is all of it."""
    pieces = [Piece(term, span) for term in terms]
    inner = base.term
    if isinstance(inner, Apply) and inner.op == "entry":
        return make.apply("entry", [*(Piece(arg, span) for arg in inner.args), *pieces], span)
    shape = extent(inner, scope.shapes)
    lone = shape is not None and len(shape) == 2 and len(terms) == 1 and shape[0].is_one
    if lone and terms == [Const(ONE * 0)]:
        return make.apply("ravel", [base], span)
    return make.apply("entry", [base, *pieces], span)


def is_index(term: Term) -> bool:
    """Whether a term can stand as the index of one entry."""
    match term:
        case Var(name):
            return name.startswith("#")
        case Const(value):
            return value.denominator == 1
        case Apply("add" | "sub" | "neg", args):
            return all(map(is_index, args))
        case Apply("entry", (Var(), *rest)):
            return all(map(is_index, rest))
    return False


def is_index_array(scope: Scope, term: Term) -> bool:
    """Whether a term is a declared vector, so that it picks rows."""
    shape = scope.shapes.get(term.name) if isinstance(term, Var) else None
    return shape is not None and len(shape) == 1
