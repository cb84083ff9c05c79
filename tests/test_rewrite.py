"""The rules of the normal form, one by one: what each does, and where it must not act.

`E[n,j]` is written `entry("E", n, j)`, and a bound index is one that `summed` was given.
"""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest

from derive.diagnostic import DeriveError
from derive.normal import normal
from derive.poly import DELTA, ONE, SUM, ZERO, Mono, Poly, factor, number
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
)
from derive.rules import NO_RULES, Rules
from derive.shape import dim
from derive.slots import Slot, index, shift, slot
from tests.oracle import close, poly_value, random_table

N, A, WIDE = dim("N"), dim("a"), dim(1, "a")
I, J, K, R = index("i", N), index("j", A), index("k", A), index("r", N)
FACT = "y rows sum to 1"
SIMPLEX = Rules(simplex={"y": (1, A, FACT), "p": (1, A, "")})


def entry(name: str, *places: str | Slot) -> Poly:
    return factor(name, *(slot(p) if isinstance(p, str) else p for p in places))


def inverse(poly: Poly, power: int | Fraction = -1) -> Poly:
    return factor(SUM, arg=poly, power=power)


def summed(poly: Poly, *names: str) -> Poly:
    return Poly(tuple(Mono(t.coef, t.factors, t.bound + names) for t in poly.terms))


def term(poly: Poly) -> Mono:
    (only,) = poly.terms
    return only


# ---------------------------------------------------------------------------------------- deltas


def test_a_delta_of_equal_indices_is_one() -> None:
    assert delta(term(entry(DELTA, J, J) * entry("v", J)), NO_RULES) == entry("v", J)


def test_a_delta_of_indices_that_never_meet_is_zero() -> None:
    """The bias row 0 and the weight rows 1+j: [1 H] W splits there."""
    one_more = shift(slot(J), (1,))
    assert delta(term(entry(DELTA, (), one_more)), NO_RULES) == ZERO
    assert delta(term(entry(DELTA, one_more, ())), NO_RULES) == ZERO


def test_a_delta_takes_a_bound_index_away() -> None:
    found = delta(term(summed(entry(DELTA, J, K) * entry("X", I, K), K)), NO_RULES)
    assert found == entry("X", I, J)


def test_a_delta_takes_the_index_that_it_determines_and_no_other() -> None:
    """Sum_w d[w, 1+j] v[w] over w in 0..a is v[1+j]; Sum_j d[i, 1+j] v[j] needs i >= 1: kept."""
    w = index("w", WIDE)
    one_more = shift(slot(J), (1,))
    assert delta(term(summed(entry(DELTA, w, one_more) * entry("v", w), w)), NO_RULES) == entry(
        "v", one_more
    )
    kept = summed(entry(DELTA, w, one_more) * entry("v", J), J)
    assert delta(term(kept), NO_RULES) is None


def test_a_delta_of_free_indices_stays() -> None:
    assert delta(term(entry(DELTA, J, K) * entry("v", J)), NO_RULES) is None


def test_beside_a_delta_of_free_indices_the_later_one_is_the_other() -> None:
    """δ_jk v_k = δ_jk v_j: one form for both; what has no such index stays."""
    free = entry(DELTA, J, K)
    assert equate(term(free * entry("v", K)), NO_RULES) == free * entry("v", J)
    assert equate(term(free * entry("v", J)), NO_RULES) is None
    assert normal(free * entry("X", I, K), NO_RULES) == normal(free * entry("X", I, J), NO_RULES)


def test_indices_of_unlike_ranges_are_not_made_one() -> None:
    assert equate(term(entry(DELTA, I, J) * entry("v", J)), NO_RULES) is None


# --------------------------------------------------------------------------------- sums as factors


def test_a_number_under_an_exponent_gives_its_whole_part() -> None:
    """2^(3/2) = 2 * 2^(1/2), and 2^(-1/2) = 1/2 * 2^(1/2): one form for both."""
    two = number(2)
    root = inverse(two, Fraction(1, 2))
    assert constant(term(inverse(two, Fraction(3, 2))), NO_RULES) == 2 * root
    assert constant(term(inverse(two, Fraction(-1, 2))), NO_RULES) == root * Fraction(1, 2)
    assert constant(term(root), NO_RULES) is None
    assert constant(term(inverse(entry("v", J), 2)), NO_RULES) is None


def test_zero_under_an_exponent() -> None:
    assert constant(term(inverse(ZERO, 2)), NO_RULES) == ZERO
    with pytest.raises(DeriveError, match="divides by zero"):
        constant(term(inverse(ZERO)), NO_RULES)


def test_a_sum_under_a_positive_exponent_is_multiplied_out_once() -> None:
    both = entry("v", J) + 1
    found = expand(term(inverse(both, 2) * entry("w", J)), NO_RULES)
    assert found == entry("w", J) * inverse(both, 1) * both
    assert expand(term(inverse(both)), NO_RULES) is None
    assert expand(term(inverse(both, Fraction(1, 2))), NO_RULES) is None


def test_a_sum_multiplied_out_keeps_the_outer_index_in_it() -> None:
    """Sum_j w[j] (v[j] + 1)^1: the j in the bracket is that of the sum."""
    found = expand(term(summed(entry("w", J) * inverse(entry("v", J) + 1, 1), J)), NO_RULES)
    assert found is not None
    assert all(t.bound == (J,) for t in found.terms)


def test_an_inverse_cancels_its_sum() -> None:
    """p^-1 * v = 1 - p^-1 * w for p = v + w: so p^-1 * (v + w) = 1."""
    p = entry("w", J) + entry("v", J)
    whole = inverse(p)
    found = cancel(term(whole * entry("w", J)), NO_RULES)
    assert found is not None
    leftover = [t for t in found.terms if t.coef < 0]
    assert len(found.terms) == 2
    assert dict(leftover[0].factors)[term(whole).factors[0][0]] == -1


def test_what_is_not_the_leading_term_is_not_replaced() -> None:
    """Only one of the two directions is a rule, else they would undo each other."""
    p = entry("w", J) + entry("v", J)
    found = [cancel(term(inverse(p) * entry(name, J)), NO_RULES) for name in ("v", "w")]
    assert [one is None for one in found] == [True, False]


@pytest.mark.parametrize(
    ("whole", "powers"),
    [
        (1 - entry("v", J), (-1, -1)),
        (1 - entry("v", J), (-2, -3)),
        (3 + 2 * entry("v", J) * entry("w", J), (-1, -1)),
        (2 - entry("v", J) * summed(entry("X", I, K), K), (-1, Fraction(-3, 2))),
        (2 + entry("v", J) * entry("v", J), (Fraction(-3, 2), -1)),
    ],
)
def test_a_product_of_inverses_falls_apart(whole: Poly, powers: tuple[Fraction, Fraction]) -> None:
    """v^-1 (c + v r)^-1 = (v^-1 - r (c + v r)^-1) / c, as numbers."""
    both = factor("v", slot(J), power=powers[0]) * inverse(normal(whole, NO_RULES), powers[1])
    found = partial(term(both), NO_RULES)
    assert found is not None
    rng, sizes = random.Random(3), {"N": 3, "a": 2}
    values = {"v": random_table(rng, (A,), sizes), "w": random_table(rng, (A,), sizes)}
    values["X"] = random_table(rng, (N, A), sizes)
    with mpmath.workdps(40):
        one, other = (poly_value(poly, values, sizes, {I: 2, J: 1}) for poly in (both, found))
        assert close(one, other)


@pytest.mark.parametrize(
    "poly",
    [
        entry("v", J) * inverse(1 - entry("v", J)),
        factor("v", slot(J), power=-1) * inverse(1 - entry("w", J)),
        factor("v", slot(J), power=-1) * inverse(entry("w", J) - entry("v", J)),
        factor("v", slot(J), power=-1) * inverse(1 - entry("v", J), Fraction(1, 2)),
        factor("v", slot(J), power=-1) * inverse(1 - summed(entry("v", K), K)),
    ],
)
def test_what_does_not_fall_apart(poly: Poly) -> None:
    """There has to be a number, and every other term a multiple of what is divided by."""
    assert partial(term(poly), NO_RULES) is None


@pytest.mark.parametrize("power", [-1, -2])
def test_an_inverse_cancels_a_whole_sum_over_an_index(power: int) -> None:
    """(Sum_k e[i,k])^-1 * Sum_j e[i,j] = 1, one power of it."""
    total = normal(summed(entry("e", I, K), K), NO_RULES)
    found = cancel_sum(term(inverse(total, power) * summed(entry("e", I, J), J)), NO_RULES)
    assert found is not None
    assert normal(found, NO_RULES) == normal(inverse(total, power + 1), NO_RULES)


def test_an_inverse_does_not_cancel_another_sum() -> None:
    total = normal(summed(entry("e", I, K), K), NO_RULES)
    for other in (
        summed(entry("e", I, J) * entry("v", J), J),
        summed(entry("e", R, J), J),
        summed(entry("e", I, J), J) * 0 + entry("e", I, J),
        summed(entry("f", I, J), J),
    ):
        assert cancel_sum(term(inverse(total) * other), NO_RULES) is None


def test_a_product_holds_what_divides_it() -> None:
    v, w = term(entry("v", J)).factors[0][0], term(entry("w", J)).factors[0][0]
    powers = {v: Fraction(2), w: Fraction(-1)}
    assert divides([(v, Fraction(1))], powers)
    assert divides([(w, Fraction(-1))], powers)
    assert not divides([(v, Fraction(3))], powers)
    assert not divides([(w, Fraction(1))], powers)
    assert not divides([(v, Fraction(-1))], powers)


# ------------------------------------------------------------------------------- bound indices


def test_entries_along_the_declared_axis_sum_to_one() -> None:
    SIMPLEX.used.clear()
    found = simplex(term(summed(entry("y", I, K), K) * entry("v", J)), SIMPLEX)
    assert found == entry("v", J)
    assert SIMPLEX.used == {FACT}


def test_what_follows_from_a_definition_is_not_written_down() -> None:
    SIMPLEX.used.clear()
    assert simplex(term(summed(entry("p", I, K), K)), SIMPLEX) == ONE
    assert SIMPLEX.used == set()


@pytest.mark.parametrize(
    "other",
    [
        summed(entry("y", R, J), R),
        summed(entry("y", I, K) * entry("v", K), K),
        summed(entry("y", I, K) * entry("y", I, K), K),
        entry("y", I, J),
        summed(factor("y", slot(I), slot(K), power=2), K),
        summed(entry("z", I, K), K),
        summed(entry("y", I, shift(slot(K), (1,))), K),
        summed(entry("y", K, K), K),
        summed(entry("y", shift(slot(K), (1,)), K), K),
        summed(entry("y", I, index("k", WIDE)), index("k", WIDE)),
        summed(entry("y", I, K) * factor("exp", arg=entry("v", K)), K),
    ],
    ids=[
        "over the samples",
        "weighted",
        "two factors",
        "no sum",
        "squares",
        "another name",
        "part of the range",
        "the diagonal",
        "beside the diagonal",
        "a longer range",
        "weighted by a function",
    ],
)
def test_what_looks_like_the_fact_and_is_not(other: Poly) -> None:
    SIMPLEX.used.clear()
    assert simplex(term(other), SIMPLEX) is None
    assert SIMPLEX.used == set()


def test_a_sum_over_an_index_that_stands_nowhere_is_its_size() -> None:
    wide = index("w", WIDE)
    assert unused(term(summed(entry("v", J), R)), NO_RULES) == entry("v", J) * factor("N")
    counted = unused(term(summed(ONE, wide)), NO_RULES)
    assert counted == number(1) + factor("a")
    assert unused(term(summed(entry("v", K), K)), NO_RULES) is None
