"""Formulas as they are printed: scalars outside, short definitions put in, the value unchanged."""

from __future__ import annotations

import random

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.exact import DIGITS, evaluate
from derive.infer import shape_of, typed
from derive.notation import read, write
from derive.term import Term, Var, apply, const, size, variables
from derive.tidy import hoisted, scalar_names, written_out
from tests.oracle import same_table, signed_table
from tests.strategies import SHAPES, SIZES, TENSORS, terms

SCALARS = scalar_names(SHAPES)
NAMES = tuple(SHAPES)

GALLERY = {
    # numbers to the front, sizes below, the sign outermost
    "X^T (Z / N)": "X^T Z / N",
    "(X / N)^T (2 Z)": "2 (X^T Z) / N",
    "X^T (-Z)": "-X^T Z",
    "(-X)^T (-Z)": "X^T Z",
    "(Z / N) ∘ (3 Z)": "3 (Z ∘ Z) / N",
    "sum(Z / N, axis=0, keepdims=True)": "1^T Z / N",
    "(-2 Z)[1:2] / N / b": "-2 Z[1:2] / N / b",
    "1/2 (4 Z)": "2 Z",
    # a sum has a scalar of its own only where all its terms have it
    "Z / N + Z / N": "(Z + Z) / N",
    "Z / N - Z": "Z / N - Z",
    "X^T (Z / N - Z / N)": "X^T (Z - Z) / N",
    # nothing comes out of a function or a power
    "exp(Z / N)": "exp(Z / N)",
    "(2 Z)^2": "(2 Z)^2",
    "Z / X^T": "Z / X^T",
}


def formula(text: str) -> Term:
    return read(text, NAMES, scalars=SCALARS)


@pytest.mark.parametrize("text", GALLERY)
def test_scalars_are_taken_out(text: str) -> None:
    assert write(hoisted(formula(text), SCALARS), "plain", scalars=SCALARS) == GALLERY[text]


@settings(max_examples=100)
@given(terms(), st.integers(0, 10**6))
def test_no_formula_changes_its_value(term: Term, seed: int) -> None:
    """Nor its shape; and what is tidy stays as it is."""
    settled, shape = typed(term, SHAPES)
    tidy = hoisted(settled, SCALARS)
    assert shape_of(tidy, SHAPES) == shape
    assert hoisted(tidy, SCALARS) == tidy
    rng = random.Random(seed)
    values = {name: signed_table(rng, own, SIZES) for name, own in TENSORS.items()}
    with mpmath.workdps(DIGITS):
        truth = evaluate(settled, SHAPES, values, SIZES)
        assert same_table(evaluate(tidy, SHAPES, values, SIZES), truth)


# -------------------------------------------------------------------------------- steps put in

STEPS = {
    "dz": apply("sub", Var("p"), Var("y")),
    "dH": apply("matmul", Var("dz"), Var("W")),
    "dx": apply("mul", Var("dH"), apply("exp", Var("dz"))),
}


def test_steps_are_put_into_the_ones_after_them() -> None:
    found = written_out(STEPS)
    texts = {name: write(term, "plain") for name, term in found.items()}
    assert texts == {"dz": "p - y", "dH": "(p - y) W", "dx": "((p - y) W) ∘ exp(p - y)"}


def test_a_step_that_gets_too_long_keeps_the_names() -> None:
    """The limit is one of nodes; the steps that are named have been put in as far as they went."""
    found = written_out(STEPS, longest=7)
    assert variables(found["dH"]) == ("p", "y", "W")
    assert variables(found["dx"]) == ("dH", "dz")
    assert all(size(term) <= 7 for term in found.values())


def test_names_of_numbers() -> None:
    assert scalar_names(SHAPES) == {"N", "a", "b", "s"}
    assert hoisted(const(3), SCALARS) == const(3)
