"""Sums and means along axes, softmax, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.arrays.pointwise import elementwise
from derive.arrays.rule import Rule, args_of, axis_of
from derive.diagnostic import refuse
from derive.ops import ALONG, put
from derive.shape import ONE, Shape
from derive.tensors import Value, count, solid
from derive.term import Apply, Attr, Var, apply, turned


def _sum(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    axis, keep = term.attrs
    return summed(a, axis, bool(keep))


def summed(a: Value, axis: Attr, keep: bool) -> Value:
    whole = solid(a)
    if not a.shape:
        return a
    if axis is None or (a.flat and not keep):
        if axis is not None:
            axis_of(a.shape, axis)
        return Value(apply("sum", whole, attrs=(None, False)), ())
    place = axis_of(a.shape, axis)
    if len(a.shape) > 2:
        rest = a.shape[:place] + a.shape[place + 1 :]
        summed = apply("sum", whole, attrs=(place, keep))
        return Value(summed, put(a.shape, place, ONE) if keep else rest)
    summed = apply("sum", whole, attrs=(place, True))
    if keep:
        return Value(summed, put(a.shape, place, ONE))
    return Value(summed if place else turned(summed), (a.shape[1 - place],))


def _mean(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    return _averaged(a, *term.attrs)


def _averaged(a: Value, axis: Attr, keep: Attr) -> Value:
    dims = a.shape if axis is None else (a.shape[axis_of(a.shape, axis)],)
    total = summed(a, axis, bool(keep))
    return elementwise("div", total, Value(count(dims), ()))


def _variance(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    axis, keep = term.attrs
    centre = elementwise("sub", a, _averaged(a, axis, axis is not None))
    return _averaged(Value(apply("pow", solid(centre), attrs=("2",)), centre.shape), axis, keep)


def _normalised(e: Any, term: Apply) -> Value:
    """softmax and log_softmax; without an axis along each sample, a row unless columns are said."""
    (a,) = args_of(e, term)
    axis = term.attrs[0]
    if axis is None:
        across = len(a.shape) == 2 and (a.shape[1].is_one or e.columns)
        axis = 0 if across and not a.shape[0].is_one else -1
    return Value(apply(term.op, solid(a), attrs=(axis_of(a.shape, axis),)), a.shape)


def _peak(e: Any, term: Apply) -> Value:
    """The largest entry of a name, along an axis: a name of its own, of which nothing is known."""
    (a,), (axis, keep) = args_of(e, term), term.attrs
    name = a.term.name if isinstance(a.term, Var) else ""
    place = None if axis is None or a.flat else axis_of(a.shape, axis)
    known = peak_name(name, place)
    if known not in e.shapes:
        message = "`max` is followed only of a declared name in a claim, as the shift of an exp"
        raise refuse("D905", message, e.text, term.span)
    whole = Value(Var(known), e.shapes[known])
    return whole if keep or place is None else summed(whole, place, False)


def peak_name(name: str, axis: int | None) -> str:
    """The name of the largest entries of a name along an axis, or of all."""
    return f"{PEAK}{'' if axis is None else axis}·{name}"


def peaks(name: str, shape: Shape) -> dict[str, Shape]:
    """The names of the largest entries of a name, with their shapes."""
    axes = range(len(shape)) if len(shape) == 2 else ()
    kept = {peak_name(name, axis): tuple(put(shape, axis, ONE)) for axis in axes}
    return {peak_name(name, None): (), **kept} if shape else {}


PEAK = "max·"
"""Begins the names of largest entries. A proof holds whatever they are, so for what they are."""


def _size(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    return Value(count(a.shape), ())


def _length(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    return Value(count((a.shape[axis_of(a.shape, term.attrs[0])],)), ())


RULES: Mapping[str, Rule] = {
    "sum": _sum,
    "mean": _mean,
    "var": _variance,
    "peak": _peak,
    **dict.fromkeys(ALONG, _normalised),
    "size": _size,
    "length": _length,
}
