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
    """A sum, positive terms first; what all of them share stands in front: h (1 - h)."""
    shared = _shared(value)
    terms = [_without(term, shared) for term in value.terms]
    total: Term | None = None
    for term in sorted(terms, key=lambda t: (t.coef < 0, len(t.factors))):
        product = _product(term._replace(coef=abs(term.coef)), names)
        if total is None:
            total = product if term.coef > 0 else apply("neg", product)
        else:
            total = apply("add" if term.coef > 0 else "sub", total, product)
    rest = const(0) if total is None else total
    return rest if shared is None else _times(_atom(shared, names), rest)


def _shared(value: Poly) -> Atom | None:
    """A factor that stands in every term."""
    first, *rest = [dict(term.factors) for term in value.terms] or [{}]
    common = (atom for atom, power in first.items() if power >= 1)
    return next((a for a in common if rest and all(r.get(a, 0) >= 1 for r in rest)), None)


def _without(term: Mono, shared: Atom | None) -> Mono:
    """The term with one power less of a factor."""
    powers = ((a, p - 1 if a == shared else p) for a, p in term.factors)
    return term._replace(factors=tuple((a, p) for a, p in powers if p))


def _times(left: Term, right: Term) -> Term:
    return left if right == const(1) else apply("mul", left, right)


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
