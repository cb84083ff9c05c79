"""Samples in columns: every formula of names that are held transposed is the one it came from."""

from __future__ import annotations

import random

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.orientation import TURNED, held_turned, sides
from codegen.plan import plan
from derive.exact import evaluate
from derive.formulas import gradients
from derive.infer import shape_of
from derive.layers import stack
from derive.notation import write
from derive.term import Term, Var, apply, substitute, variables
from tests.oracle import same_table, signed_table
from tests.strategies import SHAPES, SIZES, TENSORS, N, terms

DIGITS = 30
ROWS = {name for name, shape in TENSORS.items() if shape[:1] == (N,)}


def restored(term: Term) -> Term:
    """The term with what is held transposed written as the transpose of what it is."""
    held = {n: apply("transpose", Var(n.removesuffix(TURNED))) for n in variables(term)}
    return substitute(term, {n: t for n, t in held.items() if n.endswith(TURNED)})


@settings(max_examples=150, deadline=None)
@given(terms(), st.integers(0, 3))
def test_both_sides_have_the_value_of_the_formula(term: Term, seed: int) -> None:
    found = sides(term, SHAPES, ROWS)
    assert not set(variables(found.straight)) & ROWS
    rng = random.Random(seed)
    values = {name: signed_table(rng, own, SIZES) for name, own in TENSORS.items()}
    with mpmath.workdps(DIGITS):
        truth = evaluate(term, SHAPES, values, SIZES)
        turned = apply("transpose", restored(found.turned))
        assert same_table(truth, evaluate(restored(found.straight), SHAPES, values, SIZES))
        assert same_table(truth, evaluate(turned, SHAPES, values, SIZES))
    assert shape_of(restored(found.turned), SHAPES) == shape_of(term, SHAPES)[::-1]


def test_the_lines_of_a_network() -> None:
    made = plan(gradients(stack("5,4,3")), by_column=True)
    texts = {line.name: write(line.term, "plain") for line in (*made.forward, *made.backward)}
    assert texts == {
        "z1_T": "W1[1:]^T x^T + W1[:1]^T",
        "H1_T": "sigmoid(z1_T)",
        "t1": "[1; H1_T]",
        "z2_T": "W2^T t1",
        "yhat_T": "softmax(z2_T, axis=0)",
        "L": "-sum(y^T ∘ log_softmax(z2_T, axis=0)) / N",
        "dz2_T": "(yhat_T - y^T) / N",
        "dW2": "t1 dz2_T^T",
        "dH1_T": "W2[1:] dz2_T",
        "dz1_T": "dH1_T ∘ H1_T ∘ (1 - H1_T)",
        "dW1_T": "[sum(dz1_T, axis=1, keepdims=True), dz1_T x]",
    }


@pytest.mark.parametrize("layout", ["column", "single"])
def test_what_has_no_row_for_each_sample_stays_as_it_is(layout: str) -> None:
    made = stack("5,4,3", single=True) if layout == "single" else stack("5,4,3", layout=layout)
    assert not plan(gradients(made), by_column=True).held


def test_a_gradient_is_turned_where_it_reads_the_samples() -> None:
    """x^T D reads x by its columns; (x^T D)^T = D^T x reads it as it was given."""
    shapes = {"x": TENSORS["X"], "D": TENSORS["Z"], "dW": TENSORS["W"], "dV": TENSORS["W"]}
    terms_of = {
        "dW": apply("matmul", apply("transpose", Var("x")), Var("D")),
        "dV": apply("matmul", apply("transpose", Var("D")), Var("D")),
    }
    assert held_turned(shapes, terms_of, {"x"}) == {"D", "dW"}
