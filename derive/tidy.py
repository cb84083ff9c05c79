"""Formulas the way they are printed: scalars out in front or below, small definitions put in."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from derive.shape import Shape
from derive.term import Apply, Const, Term, Var, apply, const, fold, size, substitute, variables
from derive.unfolding import OnDemand, needed

LONGEST = 90
"""Nodes up to which a gradient is printed without naming the adjoints it goes through."""

LINEAR = frozenset({"matmul", "transpose", "slice", "sum"})


class Scaled(NamedTuple):
    """coef * core / (product of scalars below)."""

    coef: Fraction
    below: tuple[Term, ...]
    core: Term

    def term(self) -> Term:
        """The term: number in front, scalars below, sign outermost."""
        result = self.core
        scale = abs(self.coef)
        if scale != 1:
            one = result == const(1)
            result = Const(scale) if one else apply("mul", Const(scale), result)
        for scalar in self.below:
            result = apply("div", result, scalar)
        return apply("neg", result) if self.coef < 0 else result


def hoisted(term: Term, scalars: frozenset[str]) -> Term:
    """The term with numbers and the scalar names taken out of products: `A^T (B / N) = A^T B / N`.

    >>> from derive.term import Var, apply
    >>> hoisted(apply("matmul", Var("A"), apply("div", Var("B"), Var("N"))), frozenset({"N"})).op
    'div'
    """

    def node(old: Term, args: tuple[Scaled, ...]) -> Scaled:
        if isinstance(old, Const):
            return Scaled(old.value, (), const(1))
        if isinstance(old, Var):
            return Scaled(Fraction(1), (), old)
        return _apply(old, args, scalars)

    return fold(term, node).term()


def _apply(old: Apply, args: tuple[Scaled, ...], scalars: frozenset[str]) -> Scaled:
    if old.op == "neg":
        return Scaled(-args[0].coef, args[0].below, args[0].core)
    if old.op == "div" and _scalar(args[1], scalars):
        return _over(args[0], args[1])
    if old.op == "mul" or (old.op in LINEAR and len(args) == 2):
        return _product(old, args[0], args[1])
    if old.op in LINEAR:
        core = Apply(old.op, (args[0].core,), old.attrs)
        return Scaled(args[0].coef, args[0].below, core)
    if old.op in ("add", "sub") and args[0].below == args[1].below:
        inner = tuple(Scaled(a.coef, (), a.core).term() for a in args)
        return Scaled(Fraction(1), args[0].below, Apply(old.op, inner, old.attrs))
    return Scaled(Fraction(1), (), Apply(old.op, tuple(a.term() for a in args), old.attrs))


def _scalar(item: Scaled, scalars: frozenset[str]) -> bool:
    name = item.core.name if isinstance(item.core, Var) else ""
    return not item.below and item.coef != 0 and (item.core == const(1) or name in scalars)


def _over(top: Scaled, bottom: Scaled) -> Scaled:
    below = () if bottom.core == const(1) else (bottom.core,)
    return Scaled(top.coef / bottom.coef, top.below + below, top.core)


def _product(old: Apply, a: Scaled, b: Scaled) -> Scaled:
    coef, below = a.coef * b.coef, a.below + b.below
    if a.core == const(1):
        return Scaled(coef, below, b.core)
    if b.core == const(1):
        return Scaled(coef, below, a.core)
    return Scaled(coef, below, Apply(old.op, (a.core, b.core), old.attrs))


def written_out(steps: Mapping[str, Term], longest: int = LONGEST) -> Mapping[str, Term]:
    """Each step with the steps before it put in, or as it stands where that is too long to read."""
    found: dict[str, Term] = {}

    def made(name: str) -> Term:
        for one in needed((name,), steps, found):
            term = steps[one]
            before = {n: found[n] for n in variables(term) if n in found}
            longer = size(term) + sum(size(inner) for inner in before.values())
            found[one] = substitute(term, before) if longer <= longest else term
        return found[name]

    return OnDemand(steps, made)


def scalar_names(shapes: Mapping[str, Shape]) -> frozenset[str]:
    """The names that stand for numbers."""
    return frozenset(name for name, shape in shapes.items() if shape == ())
