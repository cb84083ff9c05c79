"""Normal form: two formulas with the same one are equal for all sizes.

Each step is an equality that holds for all sizes and all values, or by a fact that is written down
as used: a delta takes its index away, equal factors merge, `Sum_k y[n,k] = 1` where y's rows sum
to 1, `p^-1 * p = 1`, and a product that the derivation has a name for becomes that name. So equal
normal forms prove equality; unequal ones prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd, isqrt, lcm

from derive.canonical import canonical, mono_key
from derive.diagnostic import refuse
from derive.poly import (
    DELTA,
    ONE,
    SUM,
    ZERO,
    Atom,
    Factor,
    Mono,
    Poly,
    atom_indices,
    factor,
    lift,
    number,
    rename,
    rename_atom,
    rename_factors,
    replace_atoms,
)
from derive.shape import Dim, agree
from derive.slots import Slot, at_least, inside, is_index, linear, minus, range_of

TERMS = 20_000
"""Terms that a normal form may pass through before it is given up as too large."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A name for a product: `pattern` (factors with free indices) equals `value`."""

    pattern: tuple[Factor, ...]
    value: Poly


@dataclass
class Rules:
    """What is known of the names in a derivation, and which declared facts were used.

    `simplex`: name -> (axis, its size, text of the fact; empty where it follows from a definition).
    """

    simplex: Mapping[str, tuple[int, Dim, str]] = field(default_factory=dict)
    binary: Mapping[str, str] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    definitions: tuple[Definition, ...] = ()
    unfold: Mapping[str, tuple[tuple[str, ...], Poly]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


NO_RULES = Rules()
"""Knowing nothing: only what holds for all tensors."""


def normal(poly: Poly, rules: Rules) -> Poly:
    """The normal form of a sum of products.

    Raises DeriveError when it grows past `TERMS` terms.
    """
    total: dict[tuple[tuple[Factor, ...], tuple[str, ...]], Fraction] = {}
    todo = list(poly.terms)
    steps = 0
    while todo:
        steps += 1
        if steps > TERMS:
            raise refuse("D901", f"the formula expands to more than {TERMS} terms")
        term = todo.pop()
        if not term.coef:
            continue
        changed = _step(term, rules)
        if changed is not None:
            todo.extend(changed.terms)
            continue
        named = canonical(term.factors, term.bound)
        key = (named.factors, named.bound)
        total[key] = total.get(key, Fraction(0)) + term.coef
    terms = (Mono(coef, *key) for key, coef in total.items() if coef)
    return Poly(tuple(sorted(terms, key=mono_key)))


def _step(term: Mono, rules: Rules) -> Poly | None:
    """The term after the first rule that changes it, or None when none does."""
    for rule in RULES:
        changed = rule(term, rules)
        if changed is not None:
            return changed
    return None


# ---------------------------------------------------------------------------------------- deltas


def _delta(term: Mono, rules: Rules) -> Poly | None:
    """A delta of unequal indices is 0, of equal ones 1; otherwise it replaces a bound index."""
    for place, (atom, _) in enumerate(term.factors):
        if atom.head != DELTA:
            continue
        difference = minus(*atom.slots)
        rest = term.factors[:place] + term.factors[place + 1 :]
        if not difference:
            return Poly((Mono(term.coef, rest, term.bound),))
        if at_least(difference, 1) or at_least(minus((), difference), 1):
            return ZERO
        found = _solve(difference, term.bound)
        if found:
            name, value = found
            bound = tuple(other for other in term.bound if other != name)
            return Poly((Mono(term.coef, rename_factors(rest, {name: value}), bound),))
    return None


def _solve(difference: Slot, bound: tuple[str, ...]) -> tuple[str, Slot] | None:
    """A bound index that `difference = 0` determines, and its value, known to be in range."""
    for symbol, coefficient in difference:
        if symbol in bound and abs(coefficient) == 1:
            others = [(s, -c * coefficient) for s, c in difference if s != symbol]
            value = linear(others)
            if inside(value, range_of(symbol)):
                return symbol, value
    return None


# --------------------------------------------------------------------------------------- factors


def _merge(term: Mono, rules: Rules) -> Poly | None:
    """Equal factors become one with the exponents added; a step or a 0/1 entry is its square."""
    powers: dict[Atom, Fraction] = {}
    for atom, power in term.factors:
        atom = _tidy(atom, rules)
        powers[atom] = powers.get(atom, Fraction(0)) + power
    factors = tuple((a, _idempotent(a, p, rules)) for a, p in powers.items() if p)
    if len(factors) == len(term.factors) and set(factors) == set(term.factors):
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


def _constant(term: Mono, rules: Rules) -> Poly | None:
    """A number under an exponent gives its whole part to the coefficient: 2^(3/2) = 2*2^(1/2)."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head != SUM or atom.arg is None:
            continue
        rest = term.factors[:place] + term.factors[place + 1 :]
        if not atom.arg.terms:
            return _zero_power(power)
        single = atom.arg.terms[0]
        if len(atom.arg.terms) > 1 or single.factors or single.bound:
            continue
        whole = power.numerator // power.denominator
        if whole:
            left = ((atom, power - whole),) if power != whole else ()
            return Poly((Mono(term.coef * single.coef**whole, rest + left, term.bound),))
    return None


def _zero_power(power: Fraction) -> Poly:
    if power < 0:
        raise refuse("D902", "the formula divides by zero")
    return ZERO


def _expand(term: Mono, rules: Rules) -> Poly | None:
    """A sum under a positive exponent is multiplied out, one factor at a time."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head == SUM and atom.arg is not None and power >= 1:
            rest = term.factors[:place] + term.factors[place + 1 :]
            left = ((atom, power - 1),) if power > 1 else ()
            return Poly((term._replace(factors=rest + left),)) * atom.arg
    return None


def _cancel(term: Mono, rules: Rules) -> Poly | None:
    """`p^-1` times the leading term of p is `1 - p^-1 * (the rest of p)`; so p^-1 * p = 1."""
    powers = dict(term.factors)
    for atom, power in term.factors:
        if atom.head != SUM or atom.arg is None or power > -1 or len(atom.arg.terms) < 2:
            continue
        lead = max((t for t in atom.arg.terms if not t.bound), key=_lead_key, default=None)
        if lead is None or not lead.factors or not _divides(lead.factors, powers):
            continue
        left = Poly((term._replace(factors=_without(term.factors, lead.factors)),))
        others = Poly(tuple(t for t in atom.arg.terms if t is not lead))
        return (left * factor(SUM, arg=atom.arg) - left * others) * (1 / lead.coef)
    return None


def _lead_key(term: Mono) -> tuple[object, ...]:
    return (sum(abs(power) for _, power in term.factors), mono_key(term))


def _divides(part: Iterable[Factor], powers: Mapping[Atom, Fraction]) -> bool:
    return all(_holds(powers.get(atom, Fraction(0)), power) for atom, power in part)


def _holds(have: Fraction, need: Fraction) -> bool:
    return have >= need > 0 or have <= need < 0


def _without(factors: tuple[Factor, ...], part: Iterable[Factor]) -> tuple[Factor, ...]:
    return factors + tuple((atom, -power) for atom, power in part)


def _cancel_sum(term: Mono, rules: Rules) -> Poly | None:
    """`(Sum_k a[k])^-1` times `Sum_k a[k]`, where k stands nowhere else, is 1."""
    for atom, power in term.factors:
        if atom.head != SUM or atom.arg is None or power > -1 or len(atom.arg.terms) != 1:
            continue
        inner = atom.arg.terms[0]
        for names in _bound_groups(term):
            mine = tuple(item for item in term.factors if names & set(atom_indices(item[0])))
            named = canonical(mine, tuple(sorted(names)))
            if (named.factors, named.bound) == (inner.factors, inner.bound):
                rest = tuple(item for item in term.factors if item not in mine)
                bound = tuple(name for name in term.bound if name not in names)
                scaled = Mono(term.coef / inner.coef, (*rest, (atom, Fraction(1))), bound)
                return Poly((scaled,))
    return None


def _bound_groups(term: Mono) -> list[set[str]]:
    """Bound indices, those that share a factor together."""
    groups: list[set[str]] = []
    for atom, _ in term.factors:
        names = set(atom_indices(atom)) & set(term.bound)
        joined = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names]
        if names:
            groups.append(names.union(*joined))
    return groups


# ---------------------------------------------------------------------------- names and facts


def _name(term: Mono, rules: Rules) -> Poly | None:
    """A product that the derivation has a name for becomes that name."""
    for definition in rules.definitions:
        for candidate, _ in term.factors:
            values = _match(definition.pattern[0][0], candidate)
            if values is None:
                continue
            wanted = tuple(
                (_tidy(rename_atom(atom, values), NO_RULES), power)
                for atom, power in definition.pattern
            )
            if _divides(wanted, dict(term.factors)):
                left = term._replace(factors=_without(term.factors, wanted))
                renamed = tuple(
                    Mono(t.coef, rename_factors(t.factors, values), t.bound)
                    for t in definition.value.terms
                )
                return Poly((left,)) * Poly(renamed)
    return None


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


def _simplex(term: Mono, rules: Rules) -> Poly | None:
    """`Sum_k y[n,k] = 1`, where y's entries along that axis sum to 1 and k stands nowhere else."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head not in rules.simplex or power != 1:
            continue
        axis, dim, fact = rules.simplex[atom.head]
        name = _plain(atom.slots[axis])
        others = [item for i, item in enumerate(term.factors) if i != place]
        free = all(name not in atom_indices(other) for other, _ in others)
        once = all(name != _plain(s) for i, s in enumerate(atom.slots) if i != axis)
        if name in term.bound and agree(range_of(name), dim) and free and once:
            if fact:
                rules.used.add(fact)
            bound = tuple(other for other in term.bound if other != name)
            return Poly((Mono(term.coef, tuple(others), bound),))
    return None


def _plain(place: Slot) -> str:
    return place[0][0] if len(place) == 1 and place[0][1] == 1 else ""


def _unused(term: Mono, rules: Rules) -> Poly | None:
    """A sum over an index that stands nowhere is its range: `Sum_n 1 = N`."""
    seen = {name for atom, _ in term.factors for name in atom_indices(atom)}
    idle = [name for name in term.bound if name not in seen]
    if not idle:
        return None
    bound = tuple(name for name in term.bound if name not in idle)
    result = Poly((term._replace(bound=bound),))
    for name in idle:
        parts = (lift(p) if isinstance(p, int) else factor(p) for p in range_of(name).parts)
        result = result * sum(parts, ZERO)
    return result


RULES = (
    _delta,
    _merge,
    _constant,
    _cancel,
    _cancel_sum,
    _expand,
    _name,
    _simplex,
    _unused,
)


# ---------------------------------------------------------------------------- powers, functions


def power(poly: Poly, exponent: Fraction, rules: Rules) -> Poly:
    """A rational power, with the common factor taken out so that equal powers look equal."""
    whole = exponent.denominator == 1
    if whole and len(poly.terms) == 1 and not poly.terms[0].bound and poly.terms[0].coef:
        term = poly.terms[0]
        factors = tuple((atom, p * exponent) for atom, p in term.factors)
        return Poly((Mono(term.coef ** int(exponent), factors),))
    base = normal(poly, rules)
    if not base.terms:
        return ONE if not exponent else _zero_power(exponent)
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
    tables = [dict(term.factors) for term in base.terms]
    atoms = dict.fromkeys(atom for term in base.terms for atom, _ in term.factors)
    bound = {name for term in base.terms for name in term.bound}
    least = {a: min(table.get(a, Fraction(0)) for table in tables) for a in atoms}
    return tuple((a, p) for a, p in least.items() if p and not bound & set(atom_indices(a)))


def _strip(factors: tuple[Factor, ...], shared: tuple[Factor, ...]) -> tuple[Factor, ...]:
    powers = dict(factors)
    for atom, power in shared:
        powers[atom] = powers.get(atom, Fraction(0)) - power
    return tuple((atom, power) for atom, power in powers.items() if power)


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
    return all(
        term.coef > 0 and all(is_positive(atom, rules) for atom, _ in term.factors)
        for term in poly.terms
    )


def exponential(poly: Poly, rules: Rules) -> Poly:
    """exp of a sum is a product of exps, each of a term with coefficient 1: exp(-z) = exp(z)^-1."""
    result = ONE
    for term in normal(poly, rules).terms:
        unit = Poly((term._replace(coef=Fraction(1)),))
        only = term.factors[0] if len(term.factors) == 1 and not term.bound else None
        if only and only[0].head == "log" and only[0].arg is not None and only[1] == 1:
            result = result * power(only[0].arg, term.coef, rules)
        else:
            result = result * factor("exp", arg=unit, power=term.coef)
    return result


def logarithm(poly: Poly, rules: Rules) -> Poly:
    """log of a product of positive factors is the sum of their logs, and log exp z = z."""
    base = normal(poly, rules)
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
    bare = replace(rules, definitions=())

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
