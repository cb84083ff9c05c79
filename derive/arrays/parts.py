"""Blocks side by side, slices, rows by an index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.arrays.pointwise import elementwise
from derive.arrays.rule import Rule, args_of, axis_of
from derive.indexing import closed, fresh_letter
from derive.ops import ShapeMismatch, op_row, put
from derive.shape import Dim, Shape, shape_text
from derive.tensors import Value, same_shape, solid
from derive.term import Apply, Attr, Term, Var, apply, const


def _concat(e: Any, term: Apply) -> Value:
    parts = args_of(e, term)
    if any(part.flat for part in parts) and all(len(part.shape) < 2 for part in parts):
        axis: Attr = 0
    else:
        axis = term.attrs[0]
        rank = max(len(part.shape) for part in parts)
        axis = axis + rank if isinstance(axis, int) and axis < 0 else axis
    terms = [_block(part, axis) for part in parts]
    shapes = [part.core if part.shape else () for part in parts]
    shape = op_row("concat").shape(shapes, (axis,))
    flat = any(part.flat for part in parts)
    return Value(apply("concat", *terms, attrs=(axis,)), shape[:1] if flat else shape)


def _block(part: Value, axis: Attr) -> Term:
    """A block; one of ones that is one wide is the number 1."""
    core = part.core
    wide = isinstance(axis, int) and axis < len(core) and core[axis].is_one
    return part.term if part.spread and wide else solid(part)


def _slice(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    axis, start, stop = term.attrs
    attrs = (axis_of(a.shape, axis), start, stop)
    try:
        shape = op_row("slice").shape([a.core], attrs)
    except ShapeMismatch:
        return _leading(e, a, attrs)
    return Value(apply("slice", solid(a), attrs=attrs), shape[:1] if a.flat else shape)


def _leading(e: Any, a: Value, attrs: tuple[Attr, ...]) -> Value:
    """Entries from one number to another, of an axis that is taken to be long enough."""
    axis, start, stop = attrs
    if not (isinstance(axis, int) and isinstance(start, int) and isinstance(stop, int)):
        raise ShapeMismatch("axis", f"shape {shape_text(a.shape)} has no such part")
    letters = [fresh_letter() for _ in a.core]
    shape = put(a.core, axis, Dim((stop - start,)))
    places: list[Term] = [Var(letter) for letter in letters]
    if start:
        places[axis] = apply("add", places[axis], const(start))
    made = closed(apply("entry", solid(a), *places), list(zip(letters, shape, strict=True)), e.core)
    return Value(made, shape[:1] if a.flat else shape)


def _gather(e: Any, term: Apply) -> Value:
    """`W[idx]`: rows by an index, as a product with a matrix of zeros and ones."""
    table, index = e.value(term.args[0]), term.args[1]
    if not isinstance(index, Var) or e.chosen is None or len(table.shape) != 2:
        raise ShapeMismatch("axis", "only rows of a matrix, by a declared index, are picked here")
    rows = e.shapes[index.name][0]
    name = e.chosen(index.name, table.shape[0])
    if isinstance(term.args[0], Apply) and term.args[0].op == "eye":
        return Value(Var(name), (rows, table.shape[1]))
    return Value(apply("matmul", Var(name), solid(table)), (rows, table.shape[1]))


def _scatter(e: Any, term: Apply) -> Value:
    """Rows added up at the places of an index: the transpose of picking them."""
    index, rows, table = term.args[0], e.value(term.args[1]), e.value(term.args[2])
    if not isinstance(index, Var) or e.chosen is None:
        raise ShapeMismatch("axis", "only rows of a matrix, by a declared index, are added here")
    name = e.chosen(index.name, table.shape[0])
    if term.attrs and not (e.once and e.once(index.name)):
        message = f"rows are overwritten where `{index.name}` holds a place twice"
        raise ShapeMismatch("axis", message)
    added = _repeated(rows, (e.shapes[index.name][0], *table.shape[1:]))
    picked = apply("matmul", apply("transpose", Var(name)), solid(added))
    return Value(picked, table.shape)


def _repeated(value: Value, shape: Shape) -> Value:
    """A value at a shape that it is told to have, repeated along it as NumPy does."""
    if same_shape(value.shape, shape):
        return value
    made = elementwise("mul", Value(const(1), shape, spread=True), value)
    if not same_shape(made.shape, shape):
        both = f"{shape_text(value.shape)} has to fill {shape_text(shape)}"
        raise ShapeMismatch("rank", f"what is added does not fit: {both}")
    return made


RULES: Mapping[str, Rule] = {
    "concat": _concat,
    "slice": _slice,
    "gather": _gather,
    "scatter": _scatter,
}
