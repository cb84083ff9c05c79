"""A shape that a text states is a claim of its own: by names, by numbers, of a row or a column."""

from __future__ import annotations

import pytest

from derive.checker import check_document
from derive.verdict import Claim

NET = """dims D=3, K=2
column
input x : D × 1
param W : K × D
param b : (K,)
target y : K × 1
let z = W x + b
let L = sum((z - y)^2) / 2
"""


def claims(text: str) -> list[Claim]:
    return list(check_document(f"{NET}claim {text}\n").claims)


STATED = {
    r"dL/dW \in \mathbb{R}^{K \times D}": True,
    r"dL/dW \in \mathbb{R}^{2 \times 3}": True,
    r"dL/dW \in \mathbb{R}^{D \times K}": False,
    r"dL/dW \in \mathbb{R}^{2 \times D}": True,
    r"dL/dz \in \mathbb{R}^{K}": True,
    r"dL/dz \in \mathbb{R}^{K \times 1}": True,
    r"dL/dz \in \mathbb{R}^{1 \times K}": False,
    r"dL/db \in \mathbb{R}^{K \times 1}": True,
    r"dL/db \in \mathbb{R}^{D}": False,
}


@pytest.mark.parametrize("text", STATED)
def test_a_stated_shape_is_right_or_said_to_be_another(text: str) -> None:
    (found,) = claims(text)
    assert found.verdict == ("proved" if STATED[text] else "ill-shaped")
    assert [d.code for d in found.diagnostics] == ([] if STATED[text] else ["D211"])


def test_the_formula_and_its_shape_are_two_claims() -> None:
    formula, shape = claims(r"dL/dW = (z - y) x^T \in \mathbb{R}^{3 \times 2}")
    assert (formula.verdict, shape.verdict) == ("proved", "ill-shaped")
    (found,) = shape.diagnostics
    assert found.message == "this is said to be 3×2, but it is 2×3"
    assert found.span is not None
    assert found.text[found.span.start : found.span.end].startswith(r"\in")


def test_of_a_formula_without_a_shape_it_is_that_of_the_derivative() -> None:
    formula, shape = claims(r"dL/dW = (z - y) x \in \mathbb{R}^{2 \times 3}")
    assert (formula.verdict, shape.verdict) == ("ill-shaped", "proved")
