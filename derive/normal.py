"""Normal form: two formulas with the same one are equal for all sizes.

Each step is an equality that holds for all sizes and all values, or by a fact that is written down
as used: a delta takes its index away, equal factors merge, `Sum_k y[n,k] = 1` where y's rows sum
to 1, `p^-1 * p = 1`, and a product that the derivation has a name for becomes that name. So equal
normal forms prove equality; unequal ones prove nothing.
"""

from __future__ import annotations

from fractions import Fraction

from derive.canonical import canonical, mono_key
from derive.diagnostic import refuse
from derive.poly import DELTA, TERMS, Atom, Factor, Mono, Poly, freshened, rename, rename_atom
from derive.rewrite import (
    cancel,
    cancel_sum,
    constant,
    delta,
    divides,
    equate,
    expand,
    partial,
    simplex,
    unused,
    without,
)
from derive.rules import NO_RULES, Definition, Rules, outline
from derive.slots import Slot, inside, is_index, range_of


def normal(poly: Poly, rules: Rules) -> Poly:
    """The normal form of a sum of products.

    Raises DeriveError when it grows past `TERMS` terms.
    """
    total: dict[tuple[tuple[Factor, ...], tuple[str, ...]], Fraction] = {}
    todo = [freshened(term) for term in poly.terms]  # a canonical name is given only below
    steps = 0
    while todo:
        steps += 1
        if steps > TERMS:
            raise refuse("D901", f"the formula expands to more than {TERMS} terms")
        rules.effort.spend()
        term = todo.pop()
        if not term.coef:
            continue
        changed = _step(term, rules)
        if changed is not None:
            todo.extend(changed.terms)
            continue
        named = canonical(term.factors, term.bound)
        key = (named.factors, named.bound)
        known = total.get(key)
        total[key] = term.coef if known is None else known + term.coef
    terms = [Mono(coef, *key) for key, coef in total.items() if coef]
    return Poly(tuple(sorted(terms, key=mono_key) if len(terms) > 1 else terms))


def _step(term: Mono, rules: Rules) -> Poly | None:
    """The term after the first rule that changes it, or None when none does."""
    for rule in RULES:
        changed = rule(term, rules)
        if changed is not None:
            return changed
    return None


def _merge(term: Mono, rules: Rules) -> Poly | None:
    """Equal factors become one with the exponents added; a step or a 0/1 entry is its square."""
    powers: dict[Atom, Fraction] = {}
    for atom, power in term.factors:
        atom = _tidy(atom, rules)
        powers[atom] = powers[atom] + power if atom in powers else power
    factors = tuple((a, _idempotent(a, p, rules)) for a, p in powers.items() if p)
    if factors == term.factors:  # most often the same objects, in the same order
        return None
    return Poly((Mono(term.coef, factors, term.bound),))


def _tidy(atom: Atom, rules: Rules) -> Atom:
    if atom.arg is not None:
        return atom._replace(arg=normal(atom.arg, rules))
    if atom.head == DELTA:
        return atom._replace(slots=tuple(sorted(atom.slots)))
    return atom


def _idempotent(atom: Atom, power: Fraction, rules: Rules) -> Fraction:
    if power <= 1 or power.denominator != 1:
        return power
    if atom.head in (DELTA, "step"):
        return Fraction(1)
    if atom.head in rules.binary:
        rules.used.add(rules.binary[atom.head])
        return Fraction(1)
    return power


def _name(term: Mono, rules: Rules) -> Poly | None:
    """A product that the derivation has a name for becomes that name."""
    if not rules.definitions:
        return None
    for candidate, _ in term.factors:
        for definition in rules.definitions.get(outline(candidate), ()):
            named = _renamed(term, definition, candidate)
            if named is not None:
                return named
    return None


def _renamed(term: Mono, definition: Definition, candidate: Atom) -> Poly | None:
    """The term with the definition's product, found at one factor, replaced by its value."""
    values = _match(definition.pattern[0][0], candidate)
    if values is None:
        return None
    wanted = tuple(
        (_tidy(rename_atom(atom, values), NO_RULES), power) for atom, power in definition.pattern
    )
    if not divides(wanted, dict(term.factors)):
        return None
    left = term._replace(factors=without(term.factors, wanted))
    return Poly((left,)) * rename(definition.value, values)


def _match(pattern: Atom, atom: Atom) -> dict[str, Slot] | None:
    """Slots for the free indices of `pattern` under which it may be `atom`; to be verified."""
    values: dict[str, Slot] = {}
    return values if _unify(pattern, atom, values) else None


def _unify(pattern: Atom, atom: Atom, values: dict[str, Slot]) -> bool:
    if pattern.head != atom.head or len(pattern.slots) != len(atom.slots):
        return False
    for want, have in zip(pattern.slots, atom.slots, strict=True):
        if len(want) == 1 and is_index(want[0][0]) and want[0][1] == 1:
            if not inside(have, range_of(want[0][0])):
                return False
            values.setdefault(want[0][0], have)
    if pattern.arg is None or atom.arg is None:
        return pattern.arg is atom.arg
    pairs = zip(pattern.arg.terms, atom.arg.terms, strict=False)
    return len(pattern.arg.terms) == len(atom.arg.terms) and all(
        _unify_terms(a, b, values) for a, b in pairs
    )


def _unify_terms(pattern: Mono, term: Mono, values: dict[str, Slot]) -> bool:
    if pattern.coef != term.coef or len(pattern.factors) != len(term.factors):
        return False
    pairs = zip(pattern.factors, term.factors, strict=True)
    return all(_unify(a[0], b[0], values) for a, b in pairs)


RULES = (
    delta,
    equate,
    _merge,
    constant,
    cancel,
    cancel_sum,
    partial,
    expand,
    _name,
    simplex,
    unused,
)
"""Tried in this order."""
