"""Products of arrays, by the number of their axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.arrays.pointwise import elementwise
from derive.arrays.reductions import summed
from derive.arrays.rule import OPEN_EYE, Rule, args_of
from derive.indexing import closed, fresh_letter, total
from derive.ops import ShapeMismatch
from derive.shape import ONE, Dim, agree, shape_text
from derive.tensors import Value, same_shape, solid
from derive.term import Apply, Term, Var, apply, const, turned


def product(a: Value, b: Value, e: Any = None) -> Value:
    """The matrix product, with a number scaling."""
    if () in (a.shape, b.shape):
        return elementwise("mul", a, b)
    if a.shape == OPEN_EYE or b.shape == OPEN_EYE:
        eye, other = (a, b) if a.shape == OPEN_EYE else (b, a)
        return other if eye.term == const(1) else _scaled(eye.term, other)
    if len(a.shape) > 2 or len(b.shape) > 2:
        return stacked(a, b, e)
    inner = (a.shape[-1], b.shape[0])
    if not agree(*inner):
        if e is not None and e.vectors != "numpy" and (a.single or b.single):
            return elementwise("mul", a, b)
        message = f"inner sizes {inner[0]} and {inner[1]} differ"
        both = f"{shape_text(a.shape)} times {shape_text(b.shape)}"
        raise ShapeMismatch("chain", f"{both}: {message}")
    return _product(a, b)


def _scaled(factor: Term, value: Value) -> Value:
    return Value(apply("mul", factor, value.term), value.shape, value.spread)


def _product(a: Value, b: Value) -> Value:
    left, right = solid(a), solid(b)
    if a.flat and b.flat:
        return Value(apply("sum", apply("mul", left, right), attrs=(None, False)), ())
    if a.flat:
        return Value(apply("matmul", turned(right), left), b.shape[1:])
    return Value(apply("matmul", left, right), (a.shape[0], *b.shape[1:]))


def stacked(a: Value, b: Value, e: Any) -> Value:
    """A matrix product for each place of the axes before the last two, as NumPy's `@`."""
    if e is None or min(len(a.shape), len(b.shape)) < 2:
        raise ShapeMismatch("rank", "a matrix product needs two matrices")
    rank = max(len(a.shape), len(b.shape))
    before = [fresh_letter() for _ in range(rank - 2)]
    row, inner, column = (fresh_letter() for _ in range(3))
    axes: dict[str, Dim] = {}
    parts = []
    for part, last in ((a, (row, inner)), (b, (inner, column))):
        names = [*before[rank - len(part.shape) :], *last]
        for name, dim in zip(names, part.shape, strict=True):
            if not agree(axes.setdefault(name, dim), dim):
                both = f"{shape_text(a.shape)} times {shape_text(b.shape)}"
                raise ShapeMismatch("chain", f"{both}: sizes {axes[name]} and {dim} differ")
        parts.append(apply("entry", solid(part), *map(Var, names)))
    body = total(apply("mul", *parts), inner, axes[inner])
    kept = [(name, axes[name]) for name in (*before, row, column)]
    return Value(closed(body, kept, e.core), tuple(dim for _, dim in kept))


def _matmul(e: Any, term: Apply) -> Value:
    a, b = args_of(e, term)
    return product(a, b, e)


def _outer(e: Any, term: Apply) -> Value:
    a, b = args_of(e, term)
    return outer_product(a, b)


def outer_product(a: Value, b: Value) -> Value:
    """Every entry of one array times every entry of the other."""
    a, b = flattened(a), flattened(b)
    return Value(apply("matmul", solid(a), turned(solid(b))), (*a.shape, *b.shape))


def _inner(e: Any, term: Apply) -> Value:
    a, b = args_of(e, term)
    if e.vectors == "numpy" or not same_shape(a.shape, b.shape):
        a, b = flattened(a), flattened(b)
    return summed(elementwise("mul", a, b), None, False)


def flattened(value: Value) -> Value:
    """A row or a column as an array with one axis. Raises ShapeMismatch for a matrix."""
    if len(value.shape) < 2:
        return Value(value.term, value.shape or (ONE,), value.spread)
    if len(value.shape) > 2:
        message = (
            f"an array with more than two axes, {shape_text(value.shape)}, is not laid out anew"
        )
        raise ShapeMismatch("unread", message)
    rows, columns = value.shape
    if columns.is_one:
        return Value(value.term, (rows,), value.spread)
    if rows.is_one:
        return Value(turned(value.term), (columns,), value.spread)
    raise ShapeMismatch("rank", f"{shape_text(value.shape)} is neither a row nor a column")


def _transpose(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    if len(a.shape) < 2:
        return a
    return Value(turned(a.term), tuple(reversed(a.shape)), a.spread)


RULES: Mapping[str, Rule] = {
    "matmul": _matmul,
    "outer": _outer,
    "inner": _inner,
    "transpose": _transpose,
}
