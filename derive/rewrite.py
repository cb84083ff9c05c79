"""The rules of the normal form: each an equality of one term with a sum of terms.

A rule gives that sum, or None where it has nothing to change. Those that need the normal form of
a part themselves stand in `derive.normal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from derive.canonical import canonical, mono_key
from derive.diagnostic import refuse
from derive.poly import (
    DELTA,
    SUM,
    ZERO,
    Atom,
    Factor,
    Mono,
    Poly,
    atom_indices,
    factor,
    lift,
    rename_factors,
)
from derive.rules import Rules
from derive.shape import agree
from derive.slots import Slot, at_least, inside, is_index, linear, minus, range_of

# ---------------------------------------------------------------------------------------- deltas


def delta(term: Mono, rules: Rules) -> Poly | None:
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


def equate(term: Mono, rules: Rules) -> Poly | None:
    """Beside a delta of two free indices the later one is the other: p_j δ_ij = p_i δ_ij."""
    for place, (atom, _) in enumerate(term.factors):
        if atom.head != DELTA:
            continue
        free = [s for s, _ in minus(*atom.slots) if is_index(s) and s not in term.bound]
        found = _solve(minus(*atom.slots), (max(free),)) if free else None
        if found is None:
            continue
        before, after = term.factors[:place], term.factors[place + 1 :]
        if any(found[0] in atom_indices(other) for other, _ in (*before, *after)):
            name, value = found
            before, after = (rename_factors(part, {name: value}) for part in (before, after))
            return Poly((Mono(term.coef, (*before, term.factors[place], *after), term.bound),))
    return None


# --------------------------------------------------------------------------- sums as factors


def constant(term: Mono, rules: Rules) -> Poly | None:
    """A number under an exponent gives its whole part to the coefficient: 2^(3/2) = 2*2^(1/2)."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head != SUM or atom.arg is None:
            continue
        rest = term.factors[:place] + term.factors[place + 1 :]
        if not atom.arg.terms:
            return zero_power(power)
        single = atom.arg.terms[0]
        if len(atom.arg.terms) > 1 or single.factors or single.bound:
            continue
        whole = power.numerator // power.denominator
        if whole:
            left = ((atom, power - whole),) if power != whole else ()
            return Poly((Mono(term.coef * single.coef**whole, rest + left, term.bound),))
    return None


def zero_power(power: Fraction) -> Poly:
    """0 to an exponent. Raises DeriveError where it is negative."""
    if power < 0:
        raise refuse("D902", "the formula divides by zero")
    return ZERO


def expand(term: Mono, rules: Rules) -> Poly | None:
    """A sum under a positive exponent is multiplied out, one factor at a time."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head == SUM and atom.arg is not None and power >= 1:
            rest = term.factors[:place] + term.factors[place + 1 :]
            left = ((atom, power - 1),) if power > 1 else ()
            return Poly((term._replace(factors=rest + left),)) * atom.arg
    return None


def cancel(term: Mono, rules: Rules) -> Poly | None:
    """`p^-1` times the leading term of p is `1 - p^-1 * (the rest of p)`; so p^-1 * p = 1."""
    powers = dict(term.factors)
    for atom, power in term.factors:
        if atom.head != SUM or atom.arg is None or power > -1 or len(atom.arg.terms) < 2:
            continue
        lead = max((t for t in atom.arg.terms if not t.bound), key=_lead_key, default=None)
        if lead is None or not lead.factors or not divides(lead.factors, powers):
            continue
        left = Poly((term._replace(factors=without(term.factors, lead.factors)),))
        others = Poly(tuple(t for t in atom.arg.terms if t is not lead))
        return (left * factor(SUM, arg=atom.arg) - left * others) * (1 / lead.coef)
    return None


def partial(term: Mono, rules: Rules) -> Poly | None:
    """`a^-1 p^-1 = (a^-1 - r p^-1) / c` for p = c + a r and a number c: 1/(h (1-h)) falls apart."""
    for whole, power in term.factors:
        if whole.head != SUM or whole.arg is None or power > -1:
            continue
        numbers = [t for t in whole.arg.terms if not t.factors and not t.bound]
        others = [t for t in whole.arg.terms if t.factors or t.bound]
        for atom, below in term.factors:
            one = ((atom, Fraction(1)),)
            if atom == whole or below > -1 or len(numbers) != 1 or not others:
                continue
            if all(divides(one, dict(t.factors)) for t in others):
                rest = Poly(tuple(t._replace(factors=without(t.factors, one)) for t in others))
                freed = term._replace(factors=(*term.factors, (whole, Fraction(1))))
                left = term._replace(factors=(*term.factors, *one))
                return (Poly((freed,)) - Poly((left,)) * rest) * (1 / numbers[0].coef)
    return None


def _lead_key(term: Mono) -> tuple[object, ...]:
    return (sum(abs(power) for _, power in term.factors), mono_key(term))


def cancel_sum(term: Mono, rules: Rules) -> Poly | None:
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


# --------------------------------------------------------------------------- products in a term


def divides(part: Iterable[Factor], powers: Mapping[Atom, Fraction]) -> bool:
    """Whether a product has every factor of `part`, at the exponent there or beyond it."""
    return all(_holds(powers.get(atom, Fraction(0)), power) for atom, power in part)


def _holds(have: Fraction, need: Fraction) -> bool:
    return have >= need > 0 or have <= need < 0


def without(factors: tuple[Factor, ...], part: Iterable[Factor]) -> tuple[Factor, ...]:
    """The factors divided by those of `part`; equal ones are still to be merged."""
    return factors + tuple((atom, -power) for atom, power in part)


# ------------------------------------------------------------------------------- bound indices


def simplex(term: Mono, rules: Rules) -> Poly | None:
    """`Sum_k y[n,k] = 1`, where y's entries along that axis sum to 1 and k stands nowhere else."""
    for place, (atom, power) in enumerate(term.factors):
        if atom.head not in rules.simplex or power != 1:
            continue
        axis, dim, fact = rules.simplex[atom.head]
        name = _plain(atom.slots[axis])
        others = [item for i, item in enumerate(term.factors) if i != place]
        free = all(name not in atom_indices(other) for other, _ in others)
        once = all(name not in dict(s) for i, s in enumerate(atom.slots) if i != axis)
        if name in term.bound and agree(range_of(name), dim) and free and once:
            if fact:
                rules.used.add(fact)
            bound = tuple(other for other in term.bound if other != name)
            return Poly((Mono(term.coef, tuple(others), bound),))
    return None


def _plain(place: Slot) -> str:
    return place[0][0] if len(place) == 1 and place[0][1] == 1 else ""


def unused(term: Mono, rules: Rules) -> Poly | None:
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
