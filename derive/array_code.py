"""Formulas over matrices as NumPy text over the arrays that were declared.

An array with one axis is kept as a column in formulas. In NumPy it has one axis: products with it
are `A @ x` and `np.outer(u, v)`, and elementwise formulas of such arrays need no second axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from derive.functions import is_function
from derive.notation import write
from derive.ops import ALONG
from derive.shape import Dim, Shape
from derive.term import (
    DEEPEST,
    Apply,
    Binding,
    Const,
    Term,
    Var,
    apply,
    const,
    depth,
    rebuild,
    walk,
)


class _Known(NamedTuple):
    """Names of arrays with one axis, and of numbers."""

    flats: frozenset[str]
    scalars: frozenset[str]


ARITHMETIC = ("neg", "add", "sub", "matmul")
ELEMENTWISE = frozenset(("add", "sub", "mul", "div", "neg", "pow"))


def numpy_text(term: Term, shape: Shape, shapes: Mapping[str, Shape]) -> str | None:
    """A formula of the given shape as NumPy text; None for one that has no such text.

    `shapes` are those of the names as declared.
    """
    if depth(term) > DEEPEST:
        return None
    flats = frozenset(name for name, own in shapes.items() if len(own) == 1)
    scalars = frozenset(name for name, own in shapes.items() if not own)
    known = _Known(flats, scalars)
    term = term if shape else rebuild(term, lambda node: _one_entry(node, flats))
    made = _flat(term, known) if len(shape) == 1 else _matrix(term, known)
    if made is None or any(isinstance(n, Apply) and n.op == "each" for n in walk(made)):
        return None
    return write(made, "numpy", scalars=scalars)


def _one_entry(term: Term, flats: frozenset[str]) -> Term:
    """A part that is one entry long as this entry: `w[6:7]` in a formula that is a number."""
    match term:
        case Apply("slice", (Var(name),), (0, int(start), int(stop))) if stop - start == 1:
            return apply("entry", Var(name), const(start)) if name in flats else term
    return term


def _flat(term: Term, known: _Known) -> Term | None:
    """A column as an array with one axis."""
    simple = _one_axis(term, known)
    return simple if simple is not None else apply("ravel", _matrix(term, known))


def _one_axis(term: Term, known: _Known) -> Term | None:
    """A column that is made of arrays with one axis alone."""
    if isinstance(term, Const):
        return term
    if isinstance(term, Var):
        return term if term.name in known.flats else None
    if term.op == "matmul":
        right = _one_axis(term.args[1], known)
        return (
            None
            if right is None or isinstance(right, Const)
            else _made(term, [_matrix(term.args[0], known), right])
        )
    if term.op in ELEMENTWISE or is_function(term.op):
        parts = [_one_axis(arg, known) or _number(arg, known) for arg in term.args]
        return None if None in parts else _made(term, [part for part in parts if part is not None])
    if term.op in ALONG and term.attrs == (0,):
        inner = _one_axis(term.args[0], known)
        return None if inner is None else apply(f"{term.op} along", inner, const(0))
    return None


def _number(term: Term, known: _Known) -> Term | None:
    """A formula that is plainly one number: sizes, constants, whole sums."""
    if isinstance(term, Apply) and term.op == "sum" and term.attrs[0] is None:
        return _matrix(term, known)
    if isinstance(term, Apply) and term.op in ELEMENTWISE:
        parts = [_number(arg, known) for arg in term.args]
        return None if None in parts else term
    if isinstance(term, Var):
        return term if term.name in known.scalars else None
    return term if isinstance(term, Const) else None


def _matrix(term: Term, known: _Known) -> Term:
    """A formula over matrices; an array with one axis is made a column."""
    if isinstance(term, Var):
        return apply("column", term) if term.name in known.flats else term
    if isinstance(term, Const):
        return term
    if term.op == "each":
        return _einsum(term, known) or term
    if term.op == "transpose" and (number := _number(term.args[0], known)) is not None:
        return number
    if term.op == "entry" and len(term.args) == 2:
        return term
    if term.op == "diag":
        flat = _one_axis(term.args[0], known)
        return apply("diag", flat or apply("ravel", _matrix(term.args[0], known)))
    if term.op in ALONG:
        return apply(f"{term.op} along", _matrix(term.args[0], known), const(_axis(term)))
    if term.op == "matmul" and (outer := _outer(term, known)):
        return outer
    if (
        term.op == "transpose"
        and isinstance(term.args[0], Var)
        and term.args[0].name in known.flats
    ):
        return apply("row", term.args[0])
    if term.op == "sum" and term.attrs[0] is None:
        inner = _one_axis(term.args[0], known)
        return _made(term, [inner if inner is not None else _matrix(term.args[0], known)])
    return _made(term, [_matrix(arg, known) for arg in term.args])


def _axis(term: Apply) -> int:
    axis = term.attrs[0]
    assert isinstance(axis, int)
    return axis


def _outer(term: Apply, known: _Known) -> Term | None:
    """`np.outer(u, v)`, where both are arrays with one axis."""
    left, right = term.args
    if not (isinstance(right, Apply) and right.op == "transpose"):
        return None
    u, v = _one_axis(left, known), _one_axis(right.args[0], known)
    plain = u is None or v is None or isinstance(u, Const) or isinstance(v, Const)
    return None if plain else apply("outer", *(x for x in (u, v) if x is not None))


def _made(term: Apply, args: list[Term]) -> Term:
    """The op on arguments; NumPy has no minus of truth values, and their sum is none."""
    if term.op in ARITHMETIC and all(map(_is_truth, args)):
        args = [apply("mul", const(1), arg) for arg in args]
    return Apply(term.op, tuple(args), term.attrs)


def _is_truth(term: Term) -> bool:
    """Whether NumPy has truth values for a formula: `z > 0`, or a product of such."""
    if not isinstance(term, Apply):
        return False
    within = ("mul", "transpose", "ravel", "column", "row")
    return term.op == "step" or (term.op in within and all(map(_is_truth, term.args)))


def _einsum(term: Apply, known: _Known) -> Term | None:
    """An array of entries as `np.einsum`; None where places are no plain letters."""
    binding = term.attrs[0]
    assert isinstance(binding, Binding)
    factors, summed = list[Term](), set[str]()
    if not _factors(binding.body, factors, summed):
        return None
    names = [name for name, dim in binding.indices if not dim.is_one]
    letters = {name: "ijklmnopqr"[k] for k, name in enumerate((*names, *sorted(summed))) if k < 10}
    arrays, specs = list[Term](), list[str]()
    dims = dict(binding.indices)
    scale: Term = Const(Fraction(1))
    for factor in factors:
        made = _einsum_factor(factor, term, known, letters, dims)
        if made is None:
            scale = factor if scale == Const(Fraction(1)) else apply("mul", scale, factor)
            if not isinstance(factor, Const):
                return None
            continue
        arrays.append(made[0])
        specs.append(made[1])
    spec = f"{','.join(specs)}->{''.join(letters[name] for name in names)}"
    result: Term = Apply("einsum", tuple(arrays), (spec,))
    if specs == [spec.partition("->")[2]]:
        result = arrays[0]
    ones = sum(dim.is_one for _, dim in binding.indices)
    if ones or not arrays:
        return None
    return result if scale == Const(Fraction(1)) else apply("mul", scale, result)


def _factors(body: Term, factors: list[Term], summed: set[str]) -> bool:
    """Collects the factors of a product under sums; whether it is one."""
    if isinstance(body, Apply) and body.op == "mul":
        return all(_factors(arg, factors, summed) for arg in body.args)
    if isinstance(body, Apply) and body.op == "total":
        summed.add(str(body.attrs[0]))
        return _factors(body.args[0], factors, summed)
    factors.append(body)
    return isinstance(body, Const) or (isinstance(body, Apply) and body.op in ("entry", "delta"))


def _einsum_factor(
    factor: Term, term: Apply, known: _Known, letters: Mapping[str, str], dims: Mapping[str, Dim]
) -> tuple[Term, str] | None:
    """An operand of einsum and its letters."""
    if not isinstance(factor, Apply):
        return None
    places = factor.args if factor.op == "delta" else factor.args[1:]
    names = [place.name for place in places if isinstance(place, Var)]
    fixed = [place for place in places if place == Const(Fraction(0))]
    if len(names) + len(fixed) < len(places) or any(name not in letters for name in names):
        return None
    spec = "".join(letters[name] for name in names)
    if factor.op == "delta":
        return Apply("eye", (), (str(dims[names[0]]),)), spec
    source = factor.args[0]
    assert isinstance(source, Var)
    array = term.args[int(source.name[1:])]
    made = _matrix(array, known) if not fixed else apply("ravel", _matrix(array, known))
    return made, spec
