"""Sums of products: arithmetic is that of numbers, and no index is captured."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.poly import (
    ONE,
    SUM,
    ZERO,
    Atom,
    Mono,
    Poly,
    factor,
    free_indices,
    freshened,
    lift,
    number,
    rename,
    replace_atoms,
)
from derive.shape import dim
from derive.slots import index, shift, slot
from tests.oracle import close, poly_value, random_table

A, B = dim("a"), dim("b")
SIZES = {"a": 2, "b": 3}
I, J, K, M = index("i", A), index("j", B), index("k", A), index("m", B)
P, Q = index("p", A), index("q", B)
AT = {I: 1, J: 2, K: 0, M: 1}
NAMES = {"X": (A, B), "Y": (A, B), "v": (A,)}


def entry(name: str, *indices: str) -> Poly:
    return factor(name, *(slot(name) for name in indices))


def summed(poly: Poly, *names: str) -> Poly:
    """The polynomial summed over indices."""
    return Poly(tuple(Mono(t.coef, t.factors, t.bound + names) for t in poly.terms))


def value(poly: Poly) -> mpmath.mpf:
    rng = random.Random(3)
    values = {name: random_table(rng, shape, SIZES) for name, shape in NAMES.items()}
    return poly_value(poly, values, SIZES, AT)


LEAVES = st.sampled_from(
    [
        entry("X", I, J),
        entry("Y", I, M),
        entry("v", I),
        entry("v", K),
        summed(entry("X", P, J) * entry("v", P), P),
        summed(entry("X", P, M) * entry("Y", P, J), P),
        summed(entry("X", P, Q), P, Q),
        factor("a"),
        number(Fraction(-3, 2)),
        ZERO,
        ONE,
    ]
)
POLYS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
    ),
    max_leaves=5,
)
"""Two sums have bound indices of the same names, P and Q."""


@given(POLYS, POLYS)
def test_arithmetic_is_that_of_numbers(p: Poly, q: Poly) -> None:
    with mpmath.workdps(40):
        a, b = value(p), value(q)
        for poly, truth in [(p + q, a + b), (p - q, a - b), (p * q, a * b), (-p, -a)]:
            assert close(value(poly), truth)


def test_numbers_mix_with_polynomials() -> None:
    x = entry("v", I)
    with mpmath.workdps(40):
        assert close(value(1 - 2 * x + x * Fraction(1, 2)), 1 - value(x) * 3 / 2)
    assert lift(0) == ZERO
    assert lift(x) is x


def test_a_product_of_two_sums_has_two_indices() -> None:
    """(Sum_k v[k]) (Sum_k v[k]) is no Sum_k v[k]^2."""
    total = summed(entry("v", K), K)
    (term,) = (total * total).terms
    assert len(set(term.bound)) == 2


def test_a_product_that_is_too_wide_is_refused_before_it_is_made() -> None:
    wide = sum((factor(f"v{k}") for k in range(100)), number(0))
    with pytest.raises(DeriveError, match="expands to more than 8000 terms"):
        wide * wide


def test_a_sum_on_the_left_reaches_over_the_right() -> None:
    """That is how a sum under an exponent is multiplied out: its factors speak of outer indices."""
    (term,) = (summed(entry("v", K), K) * entry("X", K, J)).terms
    assert set(free_indices(Poly((term,)))) == {J}


def test_replacing_a_free_index_leaves_bound_ones_alone() -> None:
    """Sum_k X[i,.] v[k] at i = k is not Sum_k X[k,.] v[k]."""
    poly = summed(entry("X", I, J) * entry("v", K), K)
    moved = rename(poly, {I: slot(K)})
    assert set(free_indices(moved)) == {J, K}
    with mpmath.workdps(40):
        assert close(value(moved), value(entry("X", K, J)) * value(summed(entry("v", K), K)))


def test_a_bound_index_is_not_replaced() -> None:
    poly = summed(entry("v", K), K)
    assert rename(poly, {K: slot(I)}) == poly


@pytest.mark.parametrize("inside", [SUM, "exp"])
def test_capture_inside_an_argument(inside: str) -> None:
    """exp(Sum_k X[i,k]) at i = k keeps the sum's own k apart."""
    arg = summed(entry("v", I) * entry("v", K), K)
    moved = rename(factor(inside, arg=arg), {I: slot(K)})
    assert list(free_indices(moved)) == [K]


def test_free_indices_are_those_that_no_sum_binds() -> None:
    poly = summed(entry("X", K, J), K) + factor("exp", arg=entry("v", I))
    assert sorted(free_indices(poly)) == sorted([J, I])
    assert freshened(poly.terms[0]).bound != poly.terms[0].bound


def test_factors_are_replaced_with_their_exponents() -> None:
    def change(atom: Atom) -> Poly | None:
        return number(2) * entry("X", I, J) if atom.head == "v" else None

    with mpmath.workdps(40):
        x = value(entry("X", I, J))
        for power in (1, 2, -1, -3):
            poly = factor("v", slot(I), power=power) * entry("Y", I, J)
            found = value(replace_atoms(poly, change))
            assert close(found, (2 * x) ** power * value(entry("Y", I, J)))


def test_a_factor_is_replaced_by_a_sum_under_an_exponent() -> None:
    total = summed(entry("v", K), K)
    with mpmath.workdps(40):
        for power in (Fraction(2), Fraction(-1), Fraction(1, 2)):
            poly = factor("w", power=power) * entry("v", I)
            found = replace_atoms(poly, lambda atom: total if atom.head == "w" else None)
            truth = value(total) ** (mpmath.mpf(power.numerator) / power.denominator)
            assert close(value(found), truth * value(entry("v", I)))


def test_a_sum_put_into_a_sum_keeps_its_own_index() -> None:
    outer = summed(entry("v", K) * factor("w", slot(K)), K)
    inner = summed(entry("X", K, J) * entry("v", K), K)

    def change(atom: Atom) -> Poly | None:
        return rename(inner, {}) if atom.head == "w" else None

    with mpmath.workdps(40):
        truth = value(inner) * value(summed(entry("v", K), K))
        assert close(value(replace_atoms(outer, change)), truth)


def test_slots_may_be_moved() -> None:
    poly = entry("v", I)
    assert rename(poly, {I: shift(slot(K), (1,))}) == factor("v", shift(slot(K), (1,)))
