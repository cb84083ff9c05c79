"""The derivative of an elementwise function as a formula: sigmoid'(z) is s (1 - s)."""

from __future__ import annotations

from fractions import Fraction

from derive.functions import PRIME
from derive.local import slope
from derive.poly import SUM, Atom, Mono, Poly
from derive.term import Term, Var, apply, const

DIVIDED = Fraction(-1)


def slope_term(name: str, inner: Term) -> Term:
    """The derivative of a function at a formula; f' by its name where it has no simpler form."""
    value = slope(name)
    if any(atom.head == name + PRIME for term in value.terms for atom, _ in term.factors):
        return apply(name + PRIME, inner)
    return _sum(value, {"z": inner, "h": apply(name, inner)})


def _sum(value: Poly, names: dict[str, Term]) -> Term:
    total: Term = const(0)
    for term in value.terms:
        product = _product(term, names)
        total = product if total == const(0) else apply("add", total, product)
    return total


def _product(term: Mono, names: dict[str, Term]) -> Term:
    result: Term = const(term.coef)
    for atom, power in term.factors:
        base = _atom(atom, names)
        raised = base if power == 1 else apply("pow", base, attrs=(str(power),))
        result = raised if result == const(1) else apply("mul", result, raised)
    return result


def _atom(atom: Atom, names: dict[str, Term]) -> Term:
    if atom.arg is None:
        return names.get(atom.head, Var(atom.head))
    inner = _sum(atom.arg, names)
    return inner if atom.head == SUM else apply(atom.head, inner)
