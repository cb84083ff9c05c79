"""The safe forms of `codegen.stable`, and the named forms of `derive.recognise`, one row each.

Each rule is an equality: proved for all sizes by normal forms, and checked entry by entry with 50
digits.
"""

from __future__ import annotations

import random
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import stable as safe_forms
from codegen.runtime import log_softmax, softplus
from codegen.stable import stable
from derive import recognise
from derive.exact import DIGITS, evaluate
from derive.formulas import gradients
from derive.infer import check, shape_of, typed
from derive.notation import read, write
from derive.proof import Prover
from derive.recognise import recognised
from derive.shape import Shape, dim
from derive.term import Derivation, Equation, Symbol, Term, walk
from tests.oracle import same_table, signed_table
from tests.strategies import SHAPES, TENSORS, B, N, terms
from tests.strategies import SIZES as RANDOM_SIZES

SIZES = {"N": 3, "a": 2, "b": 4}
DECLARED: dict[str, Shape] = {
    "A": (dim("N"), dim("a")),
    "D": (dim("N"), dim("b")),
    "W": (dim(1, "a"), dim("b")),
    "C": (dim("a"), dim("N")),
    "E": (dim("b"), dim("N")),
    "V": (dim("b"), dim(1, "a")),
    "u": (dim("N"), dim("b")),
}
NAMES = {**DECLARED, **dict.fromkeys(SIZES, ())}

RULES = {
    # [1 H] without a copy of H
    "_biased": ("[1 A] W", "A W[1:] + W[:1]"),
    "_summed": ("[1 A]^T D", "[sum(D, axis=0, keepdims=True); A^T D]"),
    # functions with a safe form
    "_softplus": ("log(1 + exp(u))", "softplus(u)"),
    "_sigmoid": ("1 / (1 + exp(-u))", "sigmoid(u)"),
    "_sigmoid_ratio": ("exp(u) / (1 + exp(u))", "sigmoid(u)"),
    "_over_one_plus_exp": ("u / (1 + exp(-u))", "u ∘ sigmoid(u)"),
    "_log_sigmoid": ("log(sigmoid(u))", "-softplus(-u)"),
    "_log_one_minus_sigmoid": ("log(1 - sigmoid(u))", "-softplus(u)"),
    "_log_softmax": ("log(softmax(u))", "log_softmax(u)"),
}
"""Each rule by the name of its function: a formula, and what becomes of it."""

ALSO = {
    "V [1; C]": "V[:, 1:] C + V[:, :1]",
    "E [1; C]^T": "[sum(E, axis=1, keepdims=True), E C^T]",
    "W^T [1; A^T]": "W[1:]^T A^T + W[:1]^T",
    "D^T [1 A]": "[sum(D^T, axis=1, keepdims=True), D^T A]",
    "log(exp(u) + 1)": "softplus(u)",
    "1 / (exp(u) + 1)": "sigmoid(-u)",
    "(1 + exp(-u))^(-1)": "sigmoid(u)",
    "log(1 / (1 + exp(-u)))": "-softplus(-u)",
    "log(1 - 1 / (1 + exp(-u)))": "-softplus(u)",
    "[1 A] W ∘ log(softmax(u))": "(A W[1:] + W[:1]) ∘ log_softmax(u)",
    "2 / (1 + exp(u))": "2 sigmoid(-u)",
    "exp(u) / (1 + exp(-u))": "exp(u) ∘ sigmoid(u)",
    "D / (exp(2 u) + 1)": "D ∘ sigmoid(-(2 u))",
    "u * tanh(log(1 + exp(u)))": "u ∘ tanh(softplus(u))",
}
"""Other spellings, and forms inside forms."""

UNCHANGED = (
    "log(2 + exp(u))",
    "u / (2 + exp(u))",
    "u / (1 - exp(u))",
    "log(1 + sigmoid(u))",
    "log(2 - sigmoid(u))",
    "log(sin(u))",
    "[2, A] W",
    "[C; 1]^T",
    "A W[1:]",
)
"""Near misses."""


def formula(text: str) -> Term:
    return typed(read(text, tuple(NAMES)), NAMES, text)[0]


@cache
def prover() -> Prover:
    """Of a derivation in which a sigmoid has a name, as it has in a network."""
    symbols = tuple(Symbol(name, shape, "param") for name, shape in DECLARED.items())
    equations = (Equation("S", formula("sigmoid(u)")), Equation("L", read("sum(S^2)", ("S",))))
    return Prover(gradients(check(Derivation(symbols, equations, "L", SIZES))))


def assert_equal(before: Term, after: Term) -> None:
    """By proof and by value."""
    shape = shape_of(before, NAMES)
    assert prover().equal(before, after, shape) is not None
    rng = random.Random(0)
    values = {name: signed_table(rng, own, SIZES) for name, own in DECLARED.items()}
    with mpmath.workdps(DIGITS):
        truth = evaluate(before, NAMES, values, SIZES)
        assert same_table(truth, evaluate(after, NAMES, values, SIZES))


def test_what_is_not_equal_is_not_proved() -> None:
    for text in ("softplus(u) + u", "-softplus(u)", "softplus(-u)"):
        assert prover().equal(formula("log(sigmoid(u))"), formula(text), NAMES["u"]) is None


def test_each_rule_has_a_row() -> None:
    functions = (*safe_forms.RULES, *recognise.RULES)
    assert {rule.__name__ for rule in functions} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_an_equality(name: str) -> None:
    before, after = map(formula, RULES[name])
    assert stable(before, {}) == after
    assert_equal(before, after)


@pytest.mark.parametrize("text", ["V [1; C]", "E [1; C]^T", "[1; C] D", "C [1 D]"])
def test_ones_that_stand_in_an_array_stay(text: str) -> None:
    """Only those above a block: a column of ones would part the array of the block."""
    assert (stable(formula(text), {}, {"C", "D"}) == formula(text)) == ("[1;" in text)


@pytest.mark.parametrize("text", ALSO)
def test_other_spellings_are_seen_too(text: str) -> None:
    before, after = formula(text), formula(ALSO[text])
    assert stable(before, {}) == after
    assert_equal(before, after)


@pytest.mark.parametrize("text", UNCHANGED)
def test_a_near_miss_stays_as_it_is(text: str) -> None:
    assert stable(formula(text), {}) == formula(text)


@pytest.mark.parametrize(
    ("text", "definition", "safe"),
    [
        ("log(D)", "softmax(u)", "log_softmax(u)"),
        ("log(D)", "sigmoid(u)", "-softplus(-u)"),
        ("log(1 - D)", "sigmoid(u)", "-softplus(u)"),
        ("A W[1:] ∘ log(D)", "softmax(u)", "A W[1:] ∘ log_softmax(u)"),
        ("log(D)", "tanh(u)", "log(D)"),
        ("log(1 - D)", "softmax(u)", "log(1 - D)"),
        ("log(2 D)", "softmax(u)", "log(2 D)"),
        ("tanh(D)", "softmax(u)", "tanh(D)"),
    ],
)
def test_the_log_of_a_name_goes_by_its_definition(text: str, definition: str, safe: str) -> None:
    """The log of a probability is safe by its logits; other uses keep the name."""
    definitions = {"D": formula(definition)}
    assert write(stable(formula(text), definitions), "plain") == write(formula(safe), "plain")


@settings(max_examples=60)
@given(terms((N, B), 3), st.integers(0, 10**6))
def test_the_safe_form_of_any_formula_has_its_value(term: Term, seed: int) -> None:
    rng = random.Random(seed)
    values = {name: signed_table(rng, shape, RANDOM_SIZES) for name, shape in TENSORS.items()}
    safe = stable(term, {})
    with mpmath.workdps(DIGITS):
        truth = evaluate(term, SHAPES, values, RANDOM_SIZES)
        assert same_table(truth, evaluate(safe, SHAPES, values, RANDOM_SIZES))


@settings(max_examples=60)
@given(terms((N, B), 3))
def test_what_is_safe_already_stays_so(term: Term) -> None:
    safe = stable(term, {})
    assert stable(safe, {}) == safe
    assert recognised(recognised(term)) == recognised(term)


def test_nothing_of_the_augmented_input_is_copied() -> None:
    """What is left of `[1 H] W` are a product, a sum and two views."""
    ops = [getattr(node, "op", "") for node in walk(stable(formula("[1 A] W"), {}))]
    assert ops.count("matmul") == ops.count("add") == 1
    assert "concat" not in ops


def test_the_named_forms_are_right_where_the_others_are_not() -> None:
    """log(1 + exp(800)) overflows; softplus(800) is 800. log(1 - sigmoid(40)) is not -inf."""
    z = np.array([[800.0, -800.0, 40.0]])
    np.testing.assert_array_equal(softplus(z), [[800, 0, 40]])
    np.testing.assert_array_equal(log_softmax(z), [[0, -1600, -760]])
