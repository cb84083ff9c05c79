"""Arrays made of numbers, and diagonals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.arrays.products import flattened
from derive.arrays.rule import ONE_WIDE, OPEN_EYE, Rule, args_of, dim_of_attr, eye_of
from derive.indexing import array, closed, fresh_letter, letters_of, total
from derive.ops import ShapeMismatch
from derive.shape import ONE, Dim, agree, shape_text
from derive.tensors import Value, solid
from derive.term import Apply, Const, Term, Var, apply, const, turned


def _filled(number: int) -> Rule:
    def rule(e: Any, term: Apply) -> Value:
        dims = tuple(dim for dim in map(dim_of_attr, term.attrs) if dim is not None)
        if len(dims) == 1 and e.vectors != "numpy":
            dims = (*dims, ONE)
        return Value(const(number), dims, bool(dims))

    return rule


def _filled_like(number: int) -> Rule:
    def rule(e: Any, term: Apply) -> Value:
        (a,) = args_of(e, term)
        return Value(const(number), a.shape, bool(a.shape))

    return rule


def _identity(e: Any, term: Apply) -> Value:
    attr = term.attrs[0] if term.attrs else None
    dim = None if attr is None else dim_of_attr(attr)
    return Value(const(1), OPEN_EYE) if dim is None else eye_of(dim)


def _literal(e: Any, term: Apply) -> Value:
    numbers = [arg.value for arg in term.args if isinstance(arg, Const)]
    i, dim = fresh_letter(), Dim((len(numbers),))
    body: Term = const(0)
    for place, value in enumerate(numbers):
        chosen = apply("mul", const(value), apply("delta", Var(i), const(place)))
        body = chosen if body == const(0) else apply("add", body, chosen)
    made = closed(body, [(i, dim), *ONE_WIDE], {})
    if e.vectors == "numpy":
        return Value(made, (dim,))
    if term.attrs and term.attrs[0] == "row":
        return Value(turned(made), (ONE, dim))
    return Value(made, (dim, ONE))


def _diag(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    i, j = fresh_letter(), fresh_letter()
    if len(a.shape) == 2 and not (a.shape[0].is_one or a.shape[1].is_one):
        dim = a.shape[0]
        body = apply("entry", solid(a), Var(i), Var(i))
        return Value(closed(body, [(i, dim), *ONE_WIDE], e.core), (dim,))
    flat = flattened(a)
    (dim,) = flat.shape
    here = apply("entry", solid(flat), Var(i), const(0))
    body = apply("mul", apply("delta", Var(i), Var(j)), here)
    if letters_of(flat.term):
        return Value(array(body, [(i, dim), (j, dim)]), (dim, dim))
    return Value(closed(body, [(i, dim), (j, dim)], e.core), (dim, dim))


def _trace(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    if len(a.shape) != 2:
        if a.single:
            return a
        raise ShapeMismatch("rank", "only a square matrix has a trace")
    if not agree(*a.shape):
        raise ShapeMismatch("rank", f"{shape_text(a.shape)} is not square, so it has no trace")
    i = fresh_letter()
    body = total(apply("entry", solid(a), Var(i), Var(i)), i, a.shape[0])
    return Value(closed(body, [], e.core), ())


RULES: Mapping[str, Rule] = {
    "ones": _filled(1),
    "zeros": _filled(0),
    "ones_like": _filled_like(1),
    "zeros_like": _filled_like(0),
    "eye": _identity,
    "literal": _literal,
    "diag": _diag,
    "trace": _trace,
}
