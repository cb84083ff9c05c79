"""Lines -> lines whose samples stand in columns: what has a row for each sample is held transposed.

Reductions over a few units then run along the long axis, where NumPy is several times quicker, the
ones of `[1 H]` are a row of H's own array, and a step reads the samples as they are given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from codegen.views import sliced
from derive.ops import OPS, op_row
from derive.shape import Shape, dim
from derive.term import Apply, Const, Term, Var, apply, fold, turned, variables

TURNED = "_T"
"""What the name of a transposed value ends with."""

SAMPLES = dim("N")


def has_rows(shape: Shape) -> bool:
    """Whether a value has a row for each sample."""
    return len(shape) == 2 and shape[0] == SAMPLES


def turned_name(name: str, held: Collection[str]) -> str:
    """The name under which a line is held."""
    return name + TURNED if name in held else name


class Sides(NamedTuple):
    """A term and its transpose, in names of which some stand for transposed values."""

    straight: Term
    turned: Term
    shape: Shape


def sides(term: Term, shapes: Mapping[str, Shape], held: Collection[str]) -> Sides:
    """The term and its transpose, where the values of the names in `held` are held transposed.

    Transposes stand at names only, and at what is no op entry by entry, a product or a block.
    """

    def node(old: Term, args: tuple[Sides, ...]) -> Sides:
        if isinstance(old, Const):
            return Sides(old, old, ())
        if isinstance(old, Var):
            return _named(old, shapes[old.name], old.name in held)
        return _applied(old, args)

    return fold(term, node)


def _named(var: Var, shape: Shape, held: bool) -> Sides:
    if held:
        name = Var(var.name + TURNED)
        return Sides(turned(name), name, shape)
    return Sides(var, var if len(shape) < 2 else turned(var), shape)


def _applied(old: Apply, args: tuple[Sides, ...]) -> Sides:
    shape = op_row(old.op).shape([arg.shape for arg in args], old.attrs)
    straight = Apply(old.op, tuple(arg.straight for arg in args), old.attrs)
    across = tuple(arg.turned for arg in args)
    rule = TURNS.get(old.op, _entrywise if old.op not in OPS or old.op in ENTRYWISE else None)
    ranks = {len(arg.shape) for arg in args} - {0}
    if rule is None or not ranks <= {2}:
        return Sides(straight, turned(straight) if len(shape) == 2 else straight, shape)
    return rule(straight, across, shape)


ENTRYWISE = frozenset({"add", "sub", "neg", "mul", "div", "pow"})


def _entrywise(old: Apply, across: tuple[Term, ...], shape: Shape) -> Sides:
    """Of two forms, the one with fewer transposes stands for both."""
    new = Apply(old.op, across, old.attrs)
    if len(shape) < 2:
        return Sides(old, old, shape)
    if _turns(new.args) <= _turns(old.args):
        return Sides(turned(new), new, shape)
    return Sides(old, new, shape)


def _turns(terms: tuple[Term, ...]) -> int:
    """How many of the terms are transposes."""
    return sum(isinstance(one, Apply) and one.op == "transpose" for one in terms)


def _product(old: Apply, across: tuple[Term, ...], shape: Shape) -> Sides:
    return Sides(old, apply("matmul", *reversed(across)), shape)


def _transpose(old: Apply, across: tuple[Term, ...], shape: Shape) -> Sides:
    return Sides(across[0], turned(across[0]), shape)


def _axis_first(old: Apply, across: tuple[Term, ...], shape: Shape) -> Sides:
    """An op along an axis, which is the other one of the transpose."""
    axis, *rest = old.attrs
    other = 1 - axis if isinstance(axis, int) else axis
    new = Apply(old.op, across, (other, *rest))
    if len(shape) < 2:  # a sum over all entries, or one that leaves no axis to turn
        best = new if _turns(new.args) <= _turns(old.args) else old
        return Sides(best, best, shape)
    return Sides(old, new, shape)


def _slice(old: Apply, across: tuple[Term, ...], shape: Shape) -> Sides:
    straight = sliced(old.args[0], old.attrs)
    return Sides(straight, turned(straight), shape)


TURNS = {
    "matmul": _product,
    "transpose": _transpose,
    "concat": _axis_first,
    "slice": _slice,
    "sum": _axis_first,
    "softmax": _axis_first,
    "log_softmax": _axis_first,
}
"""How the transpose of an op is made from the transposes of its operands."""


def held_turned(
    shapes: Mapping[str, Shape], gradients: Mapping[str, Term], inputs: Collection[str]
) -> frozenset[str]:
    """The lines that are held transposed: those with a row for each sample, and some gradients.

    The gradient by the first weights is x^T D; its transpose reads the samples as they are given,
    and stands in Fortran order, which is up to a fifth quicker.
    """
    rows = {name for name, shape in shapes.items() if has_rows(shape)}
    given = rows & set(inputs)
    reading = {name for name, term in gradients.items() if given & set(variables(term))}
    return frozenset((rows | reading) - given)
