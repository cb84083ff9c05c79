"""The normal form as a whole: formulas that are equal share it, and it is its own normal form.

The rules that it is made of have tests of their own in test_rewrite and test_powers; that it keeps
the value of any formula is tested in test_soundness.
"""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings

from derive.diagnostic import DeriveError
from derive.facts import rules_for
from derive.lower import lower
from derive.normal import normal
from derive.notation import read
from derive.poly import SUM, Mono, Poly, factor, number
from derive.rules import NO_RULES, Effort, Rules
from derive.shape import dim
from derive.slots import index, slot
from derive.term import Term
from tests.oracle import close, poly_value, random_table
from tests.random_formulas import DERIVATION, SHAPES, formulas
from tests.strategies import SHAPES as PLAIN
from tests.strategies import terms

RULES = rules_for(DERIVATION, SHAPES)
NAMES = tuple(SHAPES)


def forms(text: str) -> dict[tuple[int, ...], Poly]:
    RULES.used.clear()
    return lower(read(text, NAMES), SHAPES, RULES)


SAME = [
    # associative, commutative, distributive
    ("x W + u W", "(x + u) W"),
    ("(H + G) ∘ K", "K ∘ G + H ∘ K"),
    ("(H - G)^2", "H^2 - 2 H ∘ G + G^2"),
    ("(x W) / N", "x (W / N)"),
    # transposes and products
    ("(H^T G)^T", "G^T H"),
    ("(H G^T) K", "H (G^T K)"),
    ("((x W)^T H)^T", "H^T (x W)"),
    # the bias row apart
    ("[1 x] V", "x V[1:] + V[0:1]"),
    ("[1 x]^T H", "[1 x]^T (H - G) + [1 x]^T G"),
    # sums
    ("sum(sum(H, axis=0, keepdims=True))", "sum(H)"),
    ("sum(x W, axis=0, keepdims=True)", "sum(x, axis=0, keepdims=True) W"),
    ("sum(H ∘ G) ", "sum(G ∘ H)"),
    ("sum(s ∘ H)", "s ∘ sum(H)"),
    ("sum(r - r + 1)", "N ∘ b"),
    # functions
    ("exp(z - Z)", "exp(z) / exp(Z)"),
    ("exp(2 Z) ∘ exp(-Z)", "exp(Z)"),
    ("log(r^2 ∘ E)", "2 log(r) + Z"),
    ("r^(3/2) / r", "r^(1/2)"),
    ("sqrt(r ∘ r)", "r"),
    ("step(2 z)", "step(z)"),
    ("step(r ∘ z / N)", "step(z)"),
    ("(1 + exp(Z))^(-1) ∘ (1 + exp(Z))", "H / H"),
    # names
    ("exp(z) / sum(exp(z), axis=1, keepdims=True)", "P"),
    ("softmax(z)", "P"),
    ("log(P)", "z - log(sum(exp(z), axis=1, keepdims=True))"),
    ("sigmoid(z) ∘ K", "K ∘ H"),
    # what follows from a definition
    ("sum(P, axis=1, keepdims=True) ∘ H", "H"),
    ("sum(P)", "N"),
    # declared facts
    ("sum(y, axis=1, keepdims=True) ∘ H", "H"),
    ("sum(q, axis=0, keepdims=True) ∘ H", "H"),
    ("m ∘ m ∘ H", "m ∘ H"),
    ("1/(H ∘ (1 - H))", "1/H + 1/(1 - H)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_form_for_both(one: str, other: str) -> None:
    assert forms(one) == forms(other)


NOT_SAME = [
    ("x W", "u W"),
    ("H ∘ G", "H ∘ H"),
    ("H^T G", "G^T H"),
    ("sum(H) ∘ sum(G)", "sum(H ∘ G)"),
    ("sum(H ∘ G, axis=0, keepdims=True)", "sum(H, axis=0, keepdims=True) ∘ G"),
    ("sum(y, axis=0, keepdims=True)", "sum(y, axis=1, keepdims=True)"),
    ("sum(q, axis=1, keepdims=True) ∘ H", "H"),
    ("sum(Q, axis=1, keepdims=True) ∘ H", "H"),
    ("sum(P ∘ P, axis=1, keepdims=True)", "sum(P, axis=1, keepdims=True)"),
    ("y ∘ y", "y"),
    ("exp(z) / sum(exp(z), axis=0, keepdims=True)", "P"),
    ("exp(z) / sum(exp(Z), axis=1, keepdims=True)", "P"),
    ("log(E ∘ Z)", "Z + log(Z)"),
    ("log(P ∘ P)", "log(P)"),
    ("sqrt(Z ∘ Z)", "Z"),
    ("step(-z)", "step(z)"),
    ("step(Z ∘ z)", "step(z)"),
    ("[1 x] V", "x V[1:]"),
    ("sum(H)", "sum(H) N"),
    ("sigmoid(Z)", "H"),
]


@pytest.mark.parametrize(("one", "other"), NOT_SAME)
def test_formulas_that_differ_have_different_forms(one: str, other: str) -> None:
    assert forms(one) != forms(other)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("sum(y, axis=1, keepdims=True)", {"y rows sum to 1"}),
        ("sum(q, axis=0, keepdims=True)", {"q columns sum to 1"}),
        ("sum(y) + sum(q)", {"y rows sum to 1", "q columns sum to 1"}),
        ("m^3", {"entries of m are 0 or 1"}),
        ("sum(P, axis=1, keepdims=True)", set()),
        ("sum(y, axis=0, keepdims=True)", set()),
        ("log(r ∘ r)", set()),
    ],
)
def test_facts_are_written_down_when_they_are_used(text: str, facts: set[str]) -> None:
    forms(text)
    assert RULES.used == facts


@settings(max_examples=60)
@given(formulas(depth=2))
def test_a_normal_form_is_its_own(term: Term) -> None:
    try:
        form = lower(term, SHAPES, RULES)[0, 0]
    except DeriveError:
        return
    assert normal(form, RULES) == form


@settings(max_examples=60)
@given(terms())
def test_the_order_of_terms_does_not_matter(term: Term) -> None:
    form = lower(term, PLAIN, NO_RULES)[0, 0]
    backwards = Poly(
        tuple(Mono(t.coef, tuple(reversed(t.factors)), t.bound) for t in reversed(form.terms))
    )
    assert normal(backwards, NO_RULES) == form
    assert normal(form - backwards, NO_RULES).terms == ()


def test_an_index_is_not_captured_by_the_name_it_gets() -> None:
    """A bound index may come with the name that a sum inside its function will be given."""
    n = dim("N")
    outer, inner = "%1.0|N", index("k", n)

    def entry(name: str, place: str) -> Poly:
        return factor(name, slot(place))

    def summed(poly: Poly, name: str) -> Poly:
        return Poly(tuple(Mono(t.coef, t.factors, (*t.bound, name)) for t in poly.terms))

    exp = factor("exp", arg=entry("v", inner) * entry("w", inner))
    whole = summed(
        entry("w", outer)
        * factor("tanh", arg=summed(entry("v", inner) * entry("v", outer) * exp, inner)),
        outer,
    )
    rng = random.Random(1)
    values = {name: random_table(rng, (n,), {"N": 3}) for name in "vw"}
    with mpmath.workdps(40):
        truth = poly_value(whole, values, {"N": 3}, {})
        assert close(poly_value(normal(whole, NO_RULES), values, {"N": 3}, {}), truth)


def test_what_grows_too_large_is_given_up() -> None:
    many = factor(SUM, arg=sum((factor(f"v{k}") for k in range(9)), number(1)), power=7)
    with pytest.raises(DeriveError, match="expands to more than"):
        normal(many, NO_RULES)


def test_a_search_has_an_end() -> None:
    rules = Rules(effort=Effort(5))
    with pytest.raises(DeriveError, match="takes too long"):
        normal(factor(SUM, arg=factor("v") + 1, power=9), rules)


def test_dividing_by_zero_is_refused() -> None:
    with pytest.raises(DeriveError, match="divides by zero"):
        forms("H / (z - z)")


def test_exact_numbers() -> None:
    """No float comes in: 1/3 + 1/6 is 1/2."""
    half = number(Fraction(1, 3)) + number(Fraction(1, 6))
    assert normal(half, NO_RULES) == number(Fraction(1, 2))
