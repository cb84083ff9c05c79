"""SymPy index expressions -> sums of products: what `diff` gave, contracted by our own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from derive.diagnostic import refuse
from derive.lower import PolyCalculus
from derive.meaning import step
from derive.poly import DELTA, ONE, ZERO, Mono, Poly, factor, number
from derive.rules import Rules
from derive.slots import Slot, linear

Expr = Any


def polynomial(expr: Expr, rules: Rules) -> Poly:
    """A SymPy index expression as a sum of products, not yet in normal form.

    Raises DeriveError for a node that has no place there (an unevaluated derivative, say).
    """
    for kind, read in READERS:
        if isinstance(expr, kind):
            return read(expr, PolyCalculus(rules))
    raise refuse("D903", f"no index form for the SymPy expression {type(expr).__name__}")


def linear_slot(expr: Expr) -> Slot:
    """A SymPy index, linear in symbols, as a slot."""
    pairs = expr.as_coefficients_dict().items()
    return linear(("" if s == 1 else s.name, int(c)) for s, c in pairs)


def _number(expr: Expr, s: PolyCalculus) -> Poly:
    return number(Fraction(int(expr.p), int(expr.q)))


def _symbol(expr: Expr, s: PolyCalculus) -> Poly:
    return factor(expr.name)


def _sum(expr: Expr, s: PolyCalculus) -> Poly:
    names = tuple(limit[0].name for limit in expr.limits)
    body = polynomial(expr.function, s.rules)
    return Poly(tuple(Mono(t.coef, t.factors, t.bound + names) for t in body.terms))


def _mul(expr: Expr, s: PolyCalculus) -> Poly:
    result = ONE
    for arg in expr.args:
        result = result * polynomial(arg, s.rules)
    return result


def _add(expr: Expr, s: PolyCalculus) -> Poly:
    return sum((polynomial(arg, s.rules) for arg in expr.args), ZERO)


def _pow(expr: Expr, s: PolyCalculus) -> Poly:
    base, exponent = expr.args
    if not exponent.is_Rational:
        raise refuse("D903", f"an exponent that is no number: {exponent}")
    return s.power(polynomial(base, s.rules), Fraction(int(exponent.p), int(exponent.q)))


def _delta(expr: Expr, s: PolyCalculus) -> Poly:
    return factor(DELTA, *(linear_slot(arg) for arg in expr.args))


def _indexed(expr: Expr, s: PolyCalculus) -> Poly:
    return factor(expr.base.label.name, *(linear_slot(i) for i in expr.indices))


def _function(expr: Expr, s: PolyCalculus) -> Poly:
    return s.fn(expr.func.__name__, polynomial(expr.args[0], s.rules))


Reader = Callable[[Expr, PolyCalculus], Poly]

READERS: tuple[tuple[Any, Reader], ...] = (
    (sympy.Rational, _number),
    (sympy.core.numbers.Pi, lambda expr, s: s.pi),
    (sympy.Symbol, _symbol),
    (sympy.Indexed, _indexed),
    (sympy.KroneckerDelta, _delta),
    (sympy.Sum, _sum),
    (sympy.Add, _add),
    (sympy.Mul, _mul),
    (sympy.Pow, _pow),
    ((sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.erf, step), _function),
    (sympy.core.function.AppliedUndef, _function),
)


def restore(expr: Poly, symbols: Mapping[str, Poly]) -> Poly:
    """The polynomial with scalar symbols (`z`, `h` of a function's row) replaced."""
    total = ZERO
    for term in expr.terms:
        product = Poly((Mono(term.coef, (), term.bound),))
        for atom, power in term.factors:
            if atom.arg is not None:
                atom = atom._replace(arg=restore(atom.arg, symbols))
            if atom.head in symbols and power.denominator == 1:
                (only,) = symbols[atom.head].terms
                scaled = tuple((a, p * power) for a, p in only.factors)
                product = product * Poly((Mono(Fraction(1), scaled),))
            else:
                product = product * Poly((Mono(Fraction(1), ((atom, power),)),))
        total = total + product
    return total
