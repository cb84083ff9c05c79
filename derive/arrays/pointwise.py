"""Entry by entry: arithmetic, functions, choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derive.arrays.rule import OPEN_EYE, Rule, args_of, eye_of
from derive.functions import FUNCTIONS, PRIME
from derive.ops import ShapeMismatch
from derive.selection import is_selection
from derive.shape import Shape, broadcast, shape_text
from derive.slopes import slope_term
from derive.tensors import Value, as_row, same_shape, solid
from derive.term import Apply, Const, Term, Var, apply, const, turned


def elementwise(op: str, a: Value, b: Value, e: Any = None) -> Value:
    """Two values entry by entry, by NumPy's rule for shapes."""
    a, b = _sized(a, b), _sized(b, a)
    shape = broadcast(a.shape, b.shape)
    if shape is None:
        both = f"{shape_text(a.shape)} and {shape_text(b.shape)}"
        raise ShapeMismatch("elementwise", f"shapes {both} do not fit entry by entry")
    left, right = (as_row(v) if v.flat and len(shape) > 1 else v.term for v in (a, b))
    full = [v.shape for v in (a, b) if not v.spread]
    reached = broadcast(*full) if len(full) == 2 else (full or [()])[0]
    return Value(apply(op, left, right), shape, reached is None or not same_shape(reached, shape))


def _sized(value: Value, other: Value) -> Value:
    """An identity of unknown size, at the size of its partner."""
    if value.shape != OPEN_EYE or len(other.shape) != 2 or other.shape == OPEN_EYE:
        return value
    return sized(value, other.shape)


def sized(value: Value, shape: Shape) -> Value:
    """An identity of unknown size, with the factor on it, at a size."""
    eye = eye_of(shape[0])
    return eye if value.term == const(1) else elementwise("mul", Value(value.term, ()), eye)


def _binary(op: str) -> Rule:
    def rule(e: Any, term: Apply) -> Value:
        a, b = args_of(e, term)
        return _fitting(op, a, b, e)

    return rule


def _fitting(op: str, a: Value, b: Value, e: Any) -> Value:
    """Two values entry by entry. A column and a row make a table in NumPy, in mathematics never."""
    if e.vectors != "numpy":
        a, b = _alone(a, b), _alone(b, a)
    made = elementwise(op, a, b)
    whole = same_shape(made.shape, a.shape) or same_shape(made.shape, b.shape)
    if e.vectors != "numpy" and not whole and len(a.shape) == len(b.shape):
        both = f"{shape_text(a.shape)} and {shape_text(b.shape)}"
        raise ShapeMismatch("elementwise", f"shapes {both} do not fit entry by entry")
    return made


def _alone(value: Value, other: Value) -> Value:
    """A column of one number, as long as an axis of what stands beside it, as that number."""
    if not value.spread or not isinstance(value.term, Const) or len(value.shape) != 2:
        return value
    fits = value.shape[1].is_one and any(same_shape(value.shape[:1], (d,)) for d in other.shape)
    return Value(value.term, ()) if fits else value


def _times(e: Any, term: Apply) -> Value:
    """A product entry by entry; in mathematics a row and a column of one size are two vectors."""
    a, b = args_of(e, term)
    if e.vectors != "numpy" and _crossed(a.shape, b.shape):
        b = Value(turned(solid(b)), tuple(reversed(b.shape)))
    return _fitting("mul", a, b, e)


def _crossed(a: Shape, b: Shape) -> bool:
    """Whether one is a row and the other a column of the same size, longer than 1."""
    if len(a) != 2 or len(b) != 2 or all(d.is_one for d in a):
        return False
    return (a[0].is_one or a[1].is_one) and same_shape(a, tuple(reversed(b)))


def _negative(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    return Value(apply("neg", a.term), a.shape, a.spread)


def _power(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    return Value(apply("pow", a.term, attrs=term.attrs), a.shape, a.spread)


def _function(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    if (inner := _picked(a.term)) is not None:
        one, picks = inner
        return Value(picks(_applied(term.op, one)), a.shape, a.spread)
    return Value(_applied(term.op, a.term), a.shape, a.spread)


def _picked(term: Term) -> tuple[Term, Callable[[Term], Term]] | None:
    """What a sum with one 1 in each row picks from, and the same sum of something else.

    A function of what is picked is picked from the function: `log(p[range(N), y])`.
    """
    match term:
        case Apply("transpose", (inner,)) if (found := _picked(inner)) is not None:
            one, picks = found
            return one, lambda new: turned(picks(new))
        case Apply("sum", (Apply("mul", (Var(name), one)),), attrs) if is_selection(name):
            return one, lambda new: apply("sum", apply("mul", Var(name), new), attrs=attrs)
    return None


def _applied(op: str, inner: Term) -> Term:
    """A function of a formula; a derivative by its formula where it has one."""
    if not op.endswith(PRIME):
        return apply(op, inner)
    return slope_term(op.removesuffix(PRIME), inner)


def _maximum(e: Any, term: Apply) -> Value:
    a, b = args_of(e, term)
    zero = const(0)
    if b.term == zero or a.term == zero:
        other = a if b.term == zero else b
        return Value(apply("relu", other.term), other.shape, other.spread)
    return _chosen(_above(a, b), a, b)


def _minimum(e: Any, term: Apply) -> Value:
    a, b = args_of(e, term)
    return _chosen(_above(a, b), b, a)


def _above(a: Value, b: Value) -> Value:
    difference = elementwise("sub", a, b)
    return Value(apply("step", difference.term), difference.shape, difference.spread)


def _where(e: Any, term: Apply) -> Value:
    return _chosen(*args_of(e, term))


def _chosen(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition is 1, `b` where it is 0."""
    other = elementwise("sub", Value(const(1), ()), condition)
    yes, no = elementwise("mul", condition, a), elementwise("mul", other, b)
    return elementwise("add", yes, no)


RULES: Mapping[str, Rule] = {
    **{op: _binary(op) for op in ("add", "sub", "div")},
    "mul": _times,
    **{op: _function for name in FUNCTIONS for op in (name, name + PRIME)},
    "neg": _negative,
    "pow": _power,
    "maximum": _maximum,
    "minimum": _minimum,
    "where": _where,
}
