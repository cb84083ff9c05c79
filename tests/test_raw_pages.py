"""The five questions as they stand on their pages: every formula of the asker gets its verdict.

The pages are no part of this repository; `DERIVE_SEEDS` names the folder that holds them.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive.checker import check_document
from derive.layers import stack
from derive.verdict import Claim, Report

Described = tuple[str, dict[str, Any]]
"""The layers of a network, and its options."""

LETTERS = {
    "P": "proved",
    "R": "refuted",
    "I": "ill-shaped",
    "U": "undecided",
    "N": "unreadable",
}
SHAPE = "∈"
"""Stands for a claim about a shape; the others have the name of their derivative."""

TWO_HIDDEN: Described = ("784,100,10,10", {})
ONE_HIDDEN: Described = ("5,4,3", {"bias": "separate"})
STAGED: Described = ("2,500:tanh,2:softmax", {"bias": "separate"})
COLUMNS: Described = (
    "3,4,1",
    {
        "layout": "column",
        "bias": "none",
        "activations": "sigmoid,sigmoid",
        "loss": "half-squared-error",
    },
)

TWO_HIDDEN_CLAIMS = """
    dL/dW3 P, dL/dz3 P, dz3/dz3 I, ∈ P, ∈ P, ∈ P, dL/dW2 U, dL/dz3 P, ∈ P, dz3/dH2 I, ∈ I,
    dH2/dz2 P, dH2/dz2 I, dH2/dz2 I, ∈ I, dz2/dW2 I, ∈ P, ∈ P, dL/dW2 I, ∈ I
"""
STAGED_CLAIMS = """
    {y} P, dL/dl_n P, {yhat} R, ∈ P, dL/dz2 R, {yhat} P, dL/dz2 P,
    dL/dz2 I, dL/dz2 I, dL/dz2 I, dL/dz2 I, dL/dz2 N
"""
PAGES: dict[str, tuple[str, Described | None, str]] = {
    "two hidden layers": ("000", TWO_HIDDEN, TWO_HIDDEN_CLAIMS),
    "two hidden layers, with comments": ("001", TWO_HIDDEN, TWO_HIDDEN_CLAIMS),
    "one hidden layer": (
        "002",
        None,
        "dJ/dW1 U, dJ/dz2 P, dz2/dh P, dh/dz1 P, dJ/dW1 U, ∈ P, ∈ P",
    ),
    "one hidden layer, with its sizes": (
        "002",
        ONE_HIDDEN,
        """∈ P, ∈ P, ∈ P, ∈ P, dL/dW1 U, dL/dz2 P, dz2/dH1 P, dH1/dz1 P, dL/dW1 U, ∈ P, ∈ P""",
    ),
    "in stages": (
        "003",
        None,
        "∈ P, ∈ P, dL/dPL_n P," + STAGED_CLAIMS.format(y="dL/dydot_n", yhat="dL/dyhat_n"),
    ),
    "in stages, with its sizes": (
        "003",
        STAGED,
        "∈ P," * 8 + "dL/dPL_n P," + STAGED_CLAIMS.format(y="dL/dy", yhat="dL/dyhat"),
    ),
    "columns": ("004", COLUMNS, "dL/dW1 U, ∈ P, ∈ P"),
}
pytestmark = pytest.mark.shared("DERIVE_SEEDS")


@cache
def report(name: str) -> Report:
    number, described, _ = PAGES[name]
    (path,) = Path(os.environ["DERIVE_SEEDS"]).glob(f"{number}_*.txt")
    layers = stack(described[0], **described[1]) if described else None
    return check_document(path.read_text(encoding="utf-8"), layers=layers)


def about(name: str, derivative: str) -> list[Claim]:
    return [claim for claim in report(name).claims if claim.name == derivative]


@pytest.mark.parametrize("name", PAGES)
def test_every_claim_of_a_page_gets_its_verdict(name: str) -> None:
    expected = [tuple(one.split()) for one in PAGES[name][2].split(",")]
    found = [(SHAPE if "∈" in one.name else one.name, one.verdict) for one in report(name).claims]
    assert found == [(what, LETTERS[letter]) for what, letter in expected]


@pytest.mark.parametrize("name", PAGES)
def test_what_is_wrong_says_why_and_what_is_not_known_shows_the_gradient(name: str) -> None:
    for claim in report(name).claims:
        if claim.verdict in ("ill-shaped", "undecided", "unreadable"):
            assert claim.diagnostics, claim.name
        if claim.verdict in ("refuted", "undecided"):
            assert claim.repair, claim.name


@pytest.mark.parametrize("name", ["two hidden layers", "two hidden layers, with comments"])
def test_the_answer_that_was_found_is_repaired_and_rests_on_a_fact(name: str) -> None:
    answer = about(name, "dL/dW2")[-1]
    right = r"[1\ H_{1}]^T (((\hat{y} - y) W_{3}[1:]^T) \circ H_{2} \circ (1 - H_{2}))"
    assert answer.repair == right
    (found,) = answer.diagnostics
    assert found.span is not None
    assert found.text[found.span.start : found.span.end] == "H_2"
    assert about(name, "dL/dz3")[0].facts[0] == "y rows sum to 1"
    assert about(name, "dz3/dz3")[0].note == "this is dz3/dW3"


def test_what_stands_before_the_last_step_is_judged() -> None:
    alone, plugged = about("one hidden layer", "dJ/dW1")
    assert plugged.note == "what stands beside `dz1/dW1` is dJ/dz1, proved"
    right = r"x^T (((\hat{y} - y) W_{2}^T) \circ h \circ (1 - h))"
    assert alone.repair == plugged.repair == right


def test_the_step_through_the_log_lacks_what_comes_before() -> None:
    wrong, right = about("in stages", "dL/dyhat_n")
    assert (wrong.mistake, right.verdict) == ("D316", "proved")
    assert wrong.repair is not None
    assert r"\partial l_{n}" in wrong.repair
    logits = about("in stages", "dL/dz2")[0]
    assert (logits.mistake, logits.repair) == ("D318", r"\frac{\hat{y}_{n} - \dot{y}_{n}}{N}")


def test_columns_need_no_derivative_of_a_vector_by_a_matrix() -> None:
    (chain,) = about("columns", "dL/dW1")
    assert "it has 3 axes" in chain.diagnostics[0].message
    assert chain.repair is not None
    assert chain.repair.endswith("x^T")
