"""The table of ops: one row each, a shape rule and an index-level meaning.

A meaning is written once, against an abstract calculus `s`, and read by several interpreters:
SymPy expressions (to be differentiated and shown), normal forms (to be proved equal) and exact
numbers (to refute). No derivative stands here; it follows from the meaning.

`s` offers `sum(dim, body)`, `delta(i, j)`, `shift(slot, parts)`, `plus(slot, slot, sign)`,
`fn(name, x)`, `power(x, q)`, `number(q)`, `zero`. `out` holds the slots (indices) of the result's
entry; an operand `a` is called with slots, and `a.at(out)` reads it where broadcasting puts it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.entries import each_entry, each_shape
from derive.functions import FUNCTIONS, PRIME, Expr, is_function
from derive.shape import ONE, Dim, Part, Shape, agree, broadcast, shape_text
from derive.term import Attr

Attrs = tuple[Attr, ...]
Slots = tuple[Any, ...]


class ShapeMismatch(ValueError):
    """Operands whose shapes do not fit; `kind` says how (`CODES` of `infer`)."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Op:
    """One row: how many operands (None: any number), the shape rule, the meaning of an entry.

    `fold`, where there is one, gives (product, value): a product that the derivative is full of,
    and its value by the output's entry h. A test proves it from the meaning.
    """

    name: str
    arity: int | None
    shape: Callable[[Sequence[Shape], Attrs], Shape]
    index: Callable[[Any, Slots, Sequence[Any], Attrs], Expr]
    fold: Callable[[Any, Slots, Sequence[Any], Attrs, Expr], tuple[Expr, Expr]] | None = None


# ---------------------------------------------------------------------------------- shape rules


def _same(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    return shapes[0]


def _elementwise(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    shape = broadcast(shapes[0], shapes[1])
    if shape is None:
        both = " and ".join(map(shape_text, shapes))
        raise ShapeMismatch("elementwise", f"shapes {both} do not fit entry by entry")
    return shape


def _matmul(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    left, right = shapes
    if len(left) != 2 or len(right) != 2:
        raise ShapeMismatch("rank", "a matrix product needs two matrices")
    if not agree(left[1], right[0]):
        inner = f"inner sizes {left[1]} and {right[0]} differ"
        raise ShapeMismatch("chain", f"{shape_text(left)} times {shape_text(right)}: {inner}")
    return left[0], right[1]


def _transpose(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    return tuple(reversed(shapes[0]))


def _axis(shape: Shape, axis: Attr) -> int:
    if not isinstance(axis, int) or not 0 <= axis < len(shape):
        raise ShapeMismatch("axis", f"shape {shape_text(shape)} has no axis {axis}")
    return axis


def _concat(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    full = next((shape for shape in shapes if shape), None)
    if full is None:
        raise ShapeMismatch("rank", "nothing here has a shape to lay the blocks along")
    axis = _axis(full, attrs[0])
    parts: tuple[Part, ...] = ()
    for shape in shapes:
        block = shape or put(full, axis, ONE)
        across = zip(put(block, axis, ONE), put(full, axis, ONE), strict=False)
        if len(block) != len(full) or not all(agree(a, b) for a, b in across):
            message = f"blocks {shape_text(full)} and {shape_text(block)} do not fit side by side"
            raise ShapeMismatch("blocks", message)
        parts += block[axis].parts
    return put(full, axis, Dim(parts))


def _slice(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    axis = _axis(shapes[0], attrs[0])
    return put(shapes[0], axis, sliced(shapes[0][axis], attrs))


def sliced(whole: Dim, attrs: Attrs) -> Dim:
    """The dimension that `[start:stop]` leaves of `whole`."""
    _, start, stop = attrs
    if isinstance(stop, Dim) and start == 0 and whole.parts[: len(stop.parts)] == stop.parts:
        return stop
    if not isinstance(start, int) or not (stop is None or isinstance(stop, int)):
        raise ShapeMismatch("axis", "slice bounds are whole numbers")
    rest = _drop(whole, start)
    if rest is not None and stop is None:
        return rest
    if stop is not None and _drop(whole, stop if stop >= start else -1) is not None:
        return Dim((stop - start,)) if stop > start else _empty()
    raise ShapeMismatch("axis", f"[{start}:{'' if stop is None else stop}] does not fit {whole}")


def _drop(whole: Dim, count: int) -> Dim | None:
    """What is left of `whole` after `count` entries, or None where that is not known."""
    rest = whole.parts
    while count > 0 and rest and isinstance(rest[0], int):
        taken = min(count, rest[0])
        count, left = count - taken, rest[0] - taken
        rest = ((left,) if left else ()) + rest[1:]
    if count:
        return None
    return Dim(rest or (0,))


def _empty() -> Dim:
    raise ShapeMismatch("axis", "the slice is empty")


def _reduce(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    axis, keep = attrs
    if axis is None:
        return ()
    place = _axis(shapes[0], axis)
    return put(shapes[0], place, ONE) if keep else shapes[0][:place] + shapes[0][place + 1 :]


def _along(shapes: Sequence[Shape], attrs: Attrs) -> Shape:
    _axis(shapes[0], attrs[0])
    return shapes[0]


# ------------------------------------------------------------------------------ index meanings


def put(items: tuple[Any, ...], place: int, item: Any) -> tuple[Any, ...]:
    """The tuple with one entry replaced."""
    return (*items[:place], item, *items[place + 1 :])


def _concat_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    axis = _axis(next(a.shape for a in args if a.shape), attrs[0])
    total: Expr = s.number(0)
    offset: tuple[Part, ...] = ()
    for arg in args:
        along = arg.shape[axis] if arg.shape else ONE
        total = total + s.sum(along, _block(s, out, arg, axis, offset))
        offset += along.parts
    return total


def _block(s: Any, out: Slots, arg: Any, axis: int, offset: Any) -> Callable[[Any], Expr]:
    def entry(k: Any) -> Expr:
        return s.delta(out[axis], s.shift(k, offset)) * arg.at(put(out, axis, k))

    return entry


def _slice_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    axis, start, _ = attrs
    assert isinstance(axis, int)
    assert isinstance(start, int)
    return args[0](*put(out, axis, s.shift(out[axis], (start,) if start else ())))


def _sum_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    (a,), (axis, keep) = args, attrs
    if axis is None:
        return _sum_all(s, a, ())
    assert isinstance(axis, int)
    before, after = out[:axis], out[axis + 1 if keep else axis :]
    return s.sum(a.shape[axis], lambda k: a(*before, k, *after))


def _sum_all(s: Any, a: Any, slots: Slots) -> Expr:
    if len(slots) == len(a.shape):
        return a(*slots)
    return s.sum(a.shape[len(slots)], lambda k: _sum_all(s, a, (*slots, k)))


def _normaliser(s: Any, out: Slots, a: Any, axis: Attr) -> Expr:
    assert isinstance(axis, int)
    return s.sum(a.shape[axis], lambda k: s.fn("exp", a(*put(out, axis, k))))


def _softmax_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    return s.fn("exp", args[0](*out)) * s.power(
        _normaliser(s, out, args[0], attrs[0]), Fraction(-1)
    )


def _log_softmax_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    return args[0](*out) - s.fn("log", _normaliser(s, out, args[0], attrs[0]))


def _power_index(s: Any, out: Slots, args: Sequence[Any], attrs: Attrs) -> Expr:
    return s.power(args[0].at(out), exponent(attrs))


def exponent(attrs: Attrs) -> Fraction:
    """The exponent of a `pow` node, kept as text in its attributes."""
    return Fraction(str(attrs[0]))


ROWS = (
    Op("add", 2, _elementwise, lambda s, o, a, _: a[0].at(o) + a[1].at(o)),
    Op("sub", 2, _elementwise, lambda s, o, a, _: a[0].at(o) - a[1].at(o)),
    Op("neg", 1, _same, lambda s, o, a, _: -a[0].at(o)),
    Op("mul", 2, _elementwise, lambda s, o, a, _: a[0].at(o) * a[1].at(o)),
    Op(
        "div",
        2,
        _elementwise,
        lambda s, o, a, _: a[0].at(o) * s.power(a[1].at(o), Fraction(-1)),
    ),
    Op("pow", 1, _same, _power_index),
    Op(
        "matmul",
        2,
        _matmul,
        lambda s, o, a, _: s.sum(a[0].shape[1], lambda k: a[0](o[0], k) * a[1](k, o[1])),
    ),
    Op("transpose", 1, _transpose, lambda s, o, a, _: a[0](*reversed(o))),
    Op("concat", None, _concat, _concat_index),
    Op("slice", 1, _slice, _slice_index),
    Op("sum", 1, _reduce, _sum_index),
    Op(
        "softmax",
        1,
        _along,
        _softmax_index,
        lambda s, o, a, t, h: (_softmax_index(s, o, a, t), h),
    ),
    Op(
        "log_softmax",
        1,
        _along,
        _log_softmax_index,
        lambda s, o, a, t, h: (_softmax_index(s, o, a, t), s.fn("exp", h)),
    ),
    Op("each", None, each_shape, lambda s, o, a, t: each_entry(_meaning, s, o, a, t)),
)

OPS = {row.name: row for row in ROWS}

ALONG = tuple(row.name for row in ROWS if row.shape is _along)
"""Ops along one axis that keep the shape: softmax and its logarithm."""


def _meaning(name: str) -> Any:
    return op_row(name).index


def op_row(name: str) -> Op:
    """The row of an op; elementwise functions share one shape rule.

    Raises KeyError for a name that is neither.
    """
    if name in OPS:
        return OPS[name]
    if not is_function(name):
        raise KeyError(name)
    return Op(name, 1, _same, lambda s, o, a, _: s.fn(name, a[0].at(o)))


__all__ = ["ALONG", "FUNCTIONS", "OPS", "PRIME", "Op", "ShapeMismatch", "op_row", "put", "sliced"]
