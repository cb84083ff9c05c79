"""Formulas up to a scalar: `(yhat - y) / N` and `2 (yhat - y)` have one key, and two scales."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from derive.lower import Block, Blocks
from derive.normal import normal
from derive.poly import Poly, factor, number
from derive.rules import NO_RULES
from derive.term import Const, Term, Var, apply


class Scale(NamedTuple):
    """A scalar: a number times powers of sizes."""

    coef: Fraction
    sizes: tuple[tuple[str, Fraction], ...]

    def over(self, other: Scale) -> Scale:
        """The quotient of two scalars."""
        powers = dict(self.sizes)
        for name, power in other.sizes:
            powers[name] = powers.get(name, Fraction(0)) - power
        left = tuple(sorted((n, p) for n, p in powers.items() if p))
        return Scale(self.coef / other.coef, left)

    def times(self, term: Term) -> Term:
        """The term scaled."""
        if self.coef != 1:
            term = apply("mul", Const(self.coef), term)
        for name, power in self.sizes:
            factor: Term = Var(name)
            if abs(power) != 1:
                factor = apply("pow", factor, attrs=(str(abs(power)),))
            term = apply("mul", factor, term) if power > 0 else apply("div", term, factor)
        return term


Key = tuple[tuple[Block, Poly], ...]
"""The blocks of a formula without their common scalar."""


def primitive(blocks: Blocks) -> tuple[Key, Scale | None]:
    """The blocks without their common scalar, and that scalar; None where there is none."""
    lead = next((poly.terms[0] for poly in blocks.values() if poly.terms), None)
    if lead is None:
        return (), None
    sizes = tuple(sorted((a.head, p) for a, p in lead.factors if not a.slots and a.arg is None))
    scale = Scale(lead.coef, sizes)
    divided = {block: _divided(poly, scale) for block, poly in blocks.items()}
    return tuple(sorted(divided.items())), scale


def _divided(poly: Poly, scale: Scale) -> Poly:
    inverse = number(1 / scale.coef)
    for name, power in scale.sizes:
        inverse = inverse * factor(name, power=-power)
    return normal(poly * inverse, NO_RULES)
