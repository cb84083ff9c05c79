"""Powers, exponentials and logarithms: equal ones look equal, and only where signs are known."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.normal import normal
from derive.poly import ONE, SUM, ZERO, Mono, Poly, factor, number
from derive.powers import exponential, logarithm, positive_sum, power
from derive.rules import Rules
from derive.shape import dim
from derive.slots import index, slot
from tests.oracle import close, poly_value, random_table, signed_table

N, A = dim("N"), dim("a")
SIZES = {"N": 2, "a": 3}
I, J, K = index("i", N), index("j", A), index("k", A)
AT = {I: 1, J: 2}
RULES = Rules(positive=frozenset({"p", "q", "exp", "sigmoid", "N", "a"}))
HALF = Fraction(1, 2)


def entry(name: str, *indices: str) -> Poly:
    return factor(name, *(slot(index) for index in indices))


P, Q, X, Y = (entry(name, I, J) for name in "pqxy")
"""p and q are positive; of x and y nothing is known."""


def value(poly: Poly, seed: int = 1) -> mpmath.mpf:
    rng = random.Random(seed)
    values = {name: random_table(rng, (N, A), SIZES) for name in "pq"}
    values |= {name: signed_table(rng, (N, A), SIZES) for name in "xy"}
    return poly_value(poly, values, SIZES, AT)


def same(a: Poly, b: Poly) -> bool:
    return normal(a, RULES) == normal(b, RULES)


# ---------------------------------------------------------------------------------------- powers


def test_a_whole_power_of_a_product_is_a_product_of_powers() -> None:
    assert same(power(2 * P * X, Fraction(3), RULES), 8 * P * P * P * X * X * X)
    assert same(power(X, Fraction(-1), RULES) * X, ONE)


def test_a_power_of_a_sum_stays_one_factor_until_it_is_multiplied_out() -> None:
    square = power(X + 1, Fraction(2), RULES)
    assert same(square, X * X + 2 * X + 1)
    assert same(power(X + 1, Fraction(-1), RULES) * (X + 1), ONE)
    assert same(power(X + 1, Fraction(-2), RULES) * (1 + X), power(1 + X, Fraction(-1), RULES))


def test_the_common_factor_comes_out() -> None:
    """(2x + 2y)^-1 = 1/2 (x + y)^-1, and (x p + x q)^-1 = x^-1 (p + q)^-1."""
    assert same(power(2 * X + 2 * Y, Fraction(-1), RULES), power(X + Y, Fraction(-1), RULES) * HALF)
    inverse = power(X, Fraction(-1), RULES) * power(P + Q, Fraction(-1), RULES)
    assert same(power(X * P + X * Q, Fraction(-1), RULES), inverse)


def test_a_root_of_a_square_is_no_name_unless_that_is_positive() -> None:
    """sqrt(p^2) = p; sqrt(x^2) is |x|, and stays."""
    assert same(power(P * P, HALF, RULES), P)
    assert not same(power(X * X, HALF, RULES), X)
    assert same(power(power(X * X, HALF, RULES), Fraction(2), RULES), X * X)


def test_a_root_of_a_product_is_split_where_one_factor_is_positive() -> None:
    assert same(power(P * X, HALF, RULES), power(P, HALF, RULES) * power(X, HALF, RULES))
    assert not same(power(X * Y, HALF, RULES), power(X, HALF, RULES) * power(Y, HALF, RULES))


def test_roots_of_numbers() -> None:
    assert power(number(Fraction(9, 4)), HALF, RULES) == number(Fraction(3, 2))
    root = power(number(2), HALF, RULES)
    assert same(root * root, number(2))
    assert same(power(number(2), -HALF, RULES) * 2, root)


def test_a_power_of_nothing() -> None:
    assert power(X - X, Fraction(2), RULES) == ZERO
    assert power(X - X, Fraction(0), RULES) == ONE
    for nothing in (X - X, ZERO):
        with pytest.raises(DeriveError, match="divides by zero"):
            power(nothing, Fraction(-1), RULES)


BASES = st.sampled_from([P, 2 * P * Q, P + Q, 3 * P * Q + 6 * P, P * P, number(2), P * P + P * Q])
EXPONENTS = st.sampled_from([Fraction(n, d) for n in (-3, -2, -1, 1, 2, 3) for d in (1, 2, 3)])


@given(BASES, EXPONENTS, EXPONENTS)
def test_powers_keep_the_value(base: Poly, first: Fraction, second: Fraction) -> None:
    """And the power of a power, and a product of powers, in normal form."""
    with mpmath.workdps(40):
        b = value(base)
        once = power(base, first, RULES)
        assert close(
            value(normal(once, RULES)), b ** (mpmath.mpf(first.numerator) / first.denominator)
        )
        both = first * second
        twice = normal(power(once, second, RULES), RULES)
        assert close(value(twice), b ** (mpmath.mpf(both.numerator) / both.denominator))
        total = first + second
        product = normal(once * power(base, second, RULES), RULES)
        assert close(value(product), b ** (mpmath.mpf(total.numerator) / total.denominator))


# ----------------------------------------------------------------------------- exponentials, logs


def test_exp_of_a_sum_is_a_product() -> None:
    """exp(x - 2y) = exp(x) exp(y)^-2: so exp(-z) is 1 / exp(z)."""
    whole = exponential(X - 2 * Y, RULES)
    parts = factor("exp", arg=X) * factor("exp", arg=Y, power=-2)
    assert same(whole, parts)
    assert same(exponential(-X, RULES) * exponential(X, RULES), ONE)
    assert exponential(X - X, RULES) == ONE


def test_exp_of_a_log() -> None:
    """exp(3 log x) = x^3, and exp(-log p) = 1/p."""
    assert same(exponential(3 * factor("log", arg=X), RULES), X * X * X)
    assert same(exponential(-logarithm(P, RULES), RULES) * P, ONE)


def test_exp_of_a_sum_over_an_index_is_no_product() -> None:
    """exp(Sum_k x[i,k]) is one factor, and not Sum_k exp(x[i,k])."""
    total = Poly(tuple(Mono(t.coef, t.factors, (K,)) for t in entry("x", I, K).terms))
    (term,) = exponential(total, RULES).terms
    assert term.bound == ()
    ((atom, exponent),) = term.factors
    assert (atom.head, exponent) == ("exp", 1)


def test_log_of_a_product_of_positive_factors_is_a_sum() -> None:
    whole = logarithm(3 * P * Q * Q, RULES)
    parts = logarithm(number(3), RULES) + logarithm(P, RULES) + 2 * logarithm(Q, RULES)
    assert same(whole, parts)
    assert same(logarithm(factor("exp", arg=X), RULES), X)
    assert logarithm(ONE, RULES) == ZERO


def test_log_of_factors_of_unknown_sign_stays() -> None:
    """log(x y) may exist where log x does not."""
    assert not same(logarithm(X * Y, RULES), logarithm(X, RULES) + logarithm(Y, RULES))
    assert not same(logarithm(X * X, RULES), 2 * logarithm(X, RULES))


def test_log_of_a_sum_gives_its_common_factor() -> None:
    """log(p q + p) = log p + log(q + 1)"""
    assert same(logarithm(P * Q + P, RULES), logarithm(P, RULES) + logarithm(Q + 1, RULES))
    total = power(P + Q, Fraction(-1), RULES)
    assert same(logarithm(P * total, RULES), logarithm(P, RULES) - logarithm(P + Q, RULES))


def test_log_of_nothing_is_refused() -> None:
    with pytest.raises(DeriveError, match="logarithm of zero"):
        logarithm(X - X, RULES)


def test_log_of_the_square_of_a_name_is_twice_its_log() -> None:
    """A name with a definition: p = 1/q. The square must not be taken for the name itself."""
    own = factor("q", slot(I), slot(J), power=-1)
    rules = Rules(positive=RULES.positive, unfold={"p": ((I, J), own)})
    once, square = logarithm(P, rules), logarithm(P * P, rules)
    assert normal(square, rules) == normal(2 * once, rules)
    assert normal(square, rules) != normal(once, rules)
    assert normal(once, rules) == normal(-logarithm(Q, rules), rules)


@given(BASES, BASES)
def test_logs_keep_the_value(a: Poly, b: Poly) -> None:
    with mpmath.workdps(40):
        found = value(normal(logarithm(a * b, RULES), RULES))
        assert close(found, mpmath.log(value(a) * value(b)))


@given(st.sampled_from([P, X, -X, X * Y - 2 * P, HALF * X + 1, factor("log", arg=P) * 2 + X]))
def test_exps_keep_the_value(arg: Poly) -> None:
    with mpmath.workdps(40):
        assert close(value(normal(exponential(arg, RULES), RULES)), mpmath.exp(value(arg)))


# --------------------------------------------------------------------------------------- positive


@pytest.mark.parametrize(
    ("poly", "known"),
    [
        (P * Q + 2, True),
        (P - Q, False),
        (X * X, False),
        (factor("exp", arg=X), True),
        (factor("N") * P, True),
        (factor(SUM, arg=P + 1, power=-1), True),
        (factor(SUM, arg=X + 1, power=-1), False),
        (number(-1), False),
    ],
)
def test_what_is_known_to_be_positive(poly: Poly, known: bool) -> None:
    assert positive_sum(poly, RULES) is known
