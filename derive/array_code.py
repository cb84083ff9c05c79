"""Formulas over matrices as NumPy text over the arrays that were declared.

An array with one axis is kept as a column in formulas. In NumPy it has one axis: products with it
are `A @ x` and `np.outer(u, v)`, and elementwise formulas of such arrays need no second axis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from derive.functions import is_function
from derive.notation import write

from derive.shape import Shape
from derive.term import Apply, Const, Term, Var, apply, walk

ELEMENTWISE = frozenset(("add", "sub", "mul", "div", "neg", "pow"))


def numpy_text(term: Term, shape: Shape, shapes: Mapping[str, Shape]) -> str | None:
    """A formula of the given shape as NumPy text; None for one that has no such text.

    `shapes` are those of the names as declared.
    """
    flats = frozenset(name for name, known in shapes.items() if len(known) == 1)
    scalars = {name for name, known in shapes.items() if not known}
    made = _flat(term, flats) if len(shape) == 1 else _matrix(term, flats)
    if made is None or any(isinstance(n, Apply) and n.op == "each" for n in walk(made)):
        return None
    return write(made, "numpy", scalars=scalars)


def _flat(term: Term, flats: Collection[str]) -> Term | None:
    """A column as an array with one axis."""
    simple = _one_axis(term, flats)
    return simple if simple is not None else apply("ravel", _matrix(term, flats))


def _one_axis(term: Term, flats: Collection[str]) -> Term | None:
    """A column that is made of arrays with one axis alone."""
    if isinstance(term, Const):
        return term
    if isinstance(term, Var):
        return term if term.name in flats else None
    if term.op == "matmul":
        right = _one_axis(term.args[1], flats)
        return (
            None
            if right is None or isinstance(right, Const)
            else _made(term, [_matrix(term.args[0], flats), right])
        )
    if term.op in ELEMENTWISE or is_function(term.op):
        parts = [_one_axis(arg, flats) or _number(arg, flats) for arg in term.args]
        return None if None in parts else _made(term, [part for part in parts if part is not None])
    if term.op in ("softmax", "log_softmax") and term.attrs == (0,):
        inner = _one_axis(term.args[0], flats)
        return None if inner is None else _made(term, [inner])
    return None


def _number(term: Term, flats: Collection[str]) -> Term | None:
    """A formula that is plainly one number: sizes, constants, whole sums."""
    if isinstance(term, Apply) and term.op == "sum" and term.attrs[0] is None:
        return _matrix(term, flats)
    if isinstance(term, Apply) and term.op in ELEMENTWISE:
        parts = [_number(arg, flats) for arg in term.args]
        return None if None in parts else term
    return term if isinstance(term, Const) else None


def _matrix(term: Term, flats: Collection[str]) -> Term:
    """A formula over matrices; an array with one axis is made a column."""
    if isinstance(term, Var):
        return apply("column", term) if term.name in flats else term
    if isinstance(term, Const):
        return term
    if term.op == "matmul" and (outer := _outer(term, flats)):
        return outer
    if term.op == "transpose" and isinstance(term.args[0], Var) and term.args[0].name in flats:
        return apply("row", term.args[0])
    if term.op == "sum" and term.attrs[0] is None:
        inner = _one_axis(term.args[0], flats)
        return _made(term, [inner if inner is not None else _matrix(term.args[0], flats)])
    return _made(term, [_matrix(arg, flats) for arg in term.args])


def _outer(term: Apply, flats: Collection[str]) -> Term | None:
    """`np.outer(u, v)`, where both are arrays with one axis."""
    left, right = term.args
    if not (isinstance(right, Apply) and right.op == "transpose"):
        return None
    u, v = _one_axis(left, flats), _one_axis(right.args[0], flats)
    plain = u is None or v is None or isinstance(u, Const) or isinstance(v, Const)
    return None if plain else apply("outer", *(x for x in (u, v) if x is not None))


def _made(term: Apply, args: list[Term]) -> Term:
    return Apply(term.op, tuple(args), term.attrs)
