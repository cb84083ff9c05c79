"""Powers, exponentials and logarithms of sums of products, so that equal ones look equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import gcd, isqrt, lcm

from derive.diagnostic import refuse
from derive.normal import normal
from derive.poly import (
    ONE,
    SUM,
    ZERO,
    Atom,
    Factor,
    Mono,
    Poly,
    atom_indices,
    factor,
    number,
    rename,
    replace_atoms,
)
from derive.rewrite import zero_power
from derive.rules import Rules


def power(poly: Poly, exponent: Fraction, rules: Rules) -> Poly:
    """A rational power, with the common factor taken out so that equal powers look equal."""
    whole = exponent.denominator == 1
    if whole and len(poly.terms) == 1 and not poly.terms[0].bound and poly.terms[0].coef:
        term = poly.terms[0]
        factors = tuple((atom, p * exponent) for atom, p in term.factors)
        return Poly((Mono(term.coef ** int(exponent), factors),))
    base = normal(poly, rules)
    if not base.terms:
        return ONE if not exponent else zero_power(exponent)
    common, rest = _primitive(base, exponent, rules)
    if rest == ONE:
        return common
    return common * factor(SUM, arg=normal(rest, rules), power=exponent)


def _primitive(base: Poly, exponent: Fraction, rules: Rules) -> tuple[Poly, Poly]:
    """(common factor to the exponent, the rest): base = common * rest."""
    scale = _content(base)
    shared = _shared(base)
    if exponent.denominator != 1:
        scale = abs(scale)
        shared = tuple(item for item in shared if is_positive(item[0], rules))
    rest = tuple(Mono(t.coef / scale, _strip(t.factors, shared), t.bound) for t in base.terms)
    outside = tuple((atom, power * exponent) for atom, power in shared)
    common = Poly((Mono(Fraction(1), outside),)) * _number_power(scale, exponent)
    return common, Poly(rest)


def _content(base: Poly) -> Fraction:
    """The number that leaves coprime whole coefficients, the first of them positive."""
    coefs = [term.coef for term in base.terms]
    above = gcd(*(abs(c.numerator) for c in coefs))
    below = lcm(*(c.denominator for c in coefs))
    return Fraction(above, below) * (-1 if coefs[0] < 0 else 1)


def _shared(base: Poly) -> tuple[Factor, ...]:
    """Factors that every term has (absent counts as exponent 0, so negative ones come out)."""
    tables = [_powers(term.factors) for term in base.terms]
    atoms = dict.fromkeys(atom for term in base.terms for atom, _ in term.factors)
    bound = {name for term in base.terms for name in term.bound}
    least = {a: min(table.get(a, Fraction(0)) for table in tables) for a in atoms}
    return tuple((a, p) for a, p in least.items() if p and not bound & set(atom_indices(a)))


def _strip(factors: tuple[Factor, ...], shared: tuple[Factor, ...]) -> tuple[Factor, ...]:
    powers = _powers((*factors, *((atom, -power) for atom, power in shared)))
    return tuple((atom, power) for atom, power in powers.items() if power)


def _powers(factors: Iterable[Factor]) -> dict[Atom, Fraction]:
    """The exponent of each factor; a factor that stands twice has the sum of both."""
    powers: dict[Atom, Fraction] = {}
    for atom, power in factors:
        powers[atom] = powers.get(atom, Fraction(0)) + power
    return powers


def _number_power(value: Fraction, exponent: Fraction) -> Poly:
    if exponent.denominator == 1:
        return number(value ** int(exponent))
    if value == 1:
        return ONE
    root = _square_root(value) if exponent.denominator == 2 else None
    if root is not None:
        return number(root**exponent.numerator)
    return factor(SUM, arg=number(value), power=exponent)


def _square_root(value: Fraction) -> Fraction | None:
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return root if root * root == value else None


def is_positive(atom: Atom, rules: Rules) -> bool:
    """Whether a factor is known to be positive."""
    if atom.head == SUM and atom.arg is not None:
        return positive_sum(atom.arg, rules)
    return atom.head in rules.positive


def positive_sum(poly: Poly, rules: Rules) -> bool:
    """Whether every term of a sum is known to be positive."""
    return all(_positive(term, rules) for term in poly.terms)


def _positive(term: Mono, rules: Rules) -> bool:
    return term.coef > 0 and all(is_positive(atom, rules) for atom, _ in term.factors)


def _positive_beside_steps(poly: Poly, rules: Rules) -> bool:
    """Whether a sum is positive where steps are 0 as well: 1/100 + 99/100 [z > 0]."""
    bare = (
        t._replace(factors=tuple(f for f in t.factors if f[0].head != "step")) for t in poly.terms
    )
    sure = any(_positive(term, rules) for term in poly.terms)
    return sure and positive_sum(Poly(tuple(bare)), rules)


def exponential(poly: Poly, rules: Rules) -> Poly:
    """exp of a sum is a product of exps, each of a term with coefficient 1: exp(-z) = exp(z)^-1."""
    result = ONE
    for term in normal(poly, replace(rules, definitions={})).terms:
        unit = Poly((term._replace(coef=Fraction(1)),))
        only = term.factors[0] if len(term.factors) == 1 and not term.bound else None
        if only and only[0].head == "log" and only[0].arg is not None and only[1] == 1:
            result = result * power(only[0].arg, term.coef, rules)
        else:
            result = result * factor("exp", arg=unit, power=term.coef)
    return result


def logarithm(poly: Poly, rules: Rules) -> Poly:
    """log of a product of positive factors is the sum of their logs, and log exp z = z.

    Raises DeriveError for the logarithm of zero.
    """
    base = normal(poly, rules)
    if not base.terms:
        raise refuse("D902", "the formula takes the logarithm of zero")
    opened = unfolded(base, rules)
    if not positive_sum(opened, rules):
        return factor("log", arg=base)
    scale, shared = _content(opened), _shared(opened)
    terms = (Mono(t.coef / scale, _strip(t.factors, shared), t.bound) for t in opened.terms)
    rest = normal(Poly(tuple(terms)), rules)
    result = ZERO if rest == ONE else factor("log", arg=rest)
    if scale != 1:
        result = result + factor("log", arg=number(scale))
    for atom, exponent in shared:
        result = result + _log_factor(atom) * exponent
    return result


def _log_factor(atom: Atom) -> Poly:
    if atom.head == "exp" and atom.arg is not None:
        return atom.arg
    if atom.head == SUM and atom.arg is not None:
        return factor("log", arg=atom.arg)
    return factor("log", arg=Poly((Mono(Fraction(1), ((atom, Fraction(1)),)),)))


def unfolded(poly: Poly, rules: Rules) -> Poly:
    """The polynomial by the definitions of its names, where that makes it a positive product."""
    bare = replace(rules, definitions={})

    def change(atom: Atom) -> Poly | None:
        if atom.head not in rules.unfold:
            return None
        indices, value = rules.unfold[atom.head]
        return rename(value, dict(zip(indices, atom.slots, strict=True)))

    if not any(atom.head in rules.unfold for term in poly.terms for atom, _ in term.factors):
        return poly
    opened = replace_atoms(poly, change)
    for found in (opened, normal(opened, bare)):
        if len(found.terms) == 1 and not found.terms[0].bound and positive_sum(found, rules):
            return found
    return poly


def stepped(poly: Poly, rules: Rules) -> Poly:
    """[x > 0] without what cannot change the sign of x: [2 p x > 0] = [x > 0] for a positive p.

    A step among the factors is one of the result: [z [z > 0] > 0] = [z > 0] [z > 0].
    """
    base = normal(poly, replace(rules, definitions={}))
    if not base.terms:
        return ZERO
    scale, shared = abs(_content(base)), _shared(base)
    rest = Poly(tuple(Mono(t.coef / scale, _strip(t.factors, shared), t.bound) for t in base.terms))
    if _positive_beside_steps(rest, rules):
        rest = ONE
    steps, left = ONE, rest
    for atom, exponent in shared:
        if atom.head == "step" and exponent > 0:
            steps = steps * factor("step", arg=atom.arg)
        elif not is_positive(atom, rules):
            left = left * Poly((Mono(Fraction(1), ((atom, exponent),)),))
    return steps if left == ONE else steps * factor("step", arg=normal(left, rules))
