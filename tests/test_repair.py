"""Repairs: a gallery of wrong formulas and what is right, proved, and equal by value."""

from __future__ import annotations

import numpy as np
import pytest

from derive.checker import check_document
from derive.setting import setting_of
from derive.statements import statements
from derive.truth import Target
from derive.verdict import Claim
from tests.worlds import HELPERS, World

NET = """row
input x : N × D
param W1 : (1+D) × H
param W2 : H × K
target y : N × K
let a = np.hstack([np.ones((N, 1)), x])
let z = a @ W1
let h = sigmoid(z)
let o = h @ W2
let L = np.sum((o - y)**2) / 2
given e = dL/dz
"""
NET = NET.replace("(1+D)", "1+D")

GALLERY = {
    # wrong: (right, the mistake that it shows)
    "dL/dW2 = h (o - y)": ("h^T (o - y)", "D312"),
    "dL/dW2 = h^T (y - o)": ("-h^T (y - o)", "D317"),
    "dL/dW2 = (o - y)^T h": (None, None),
    "dL/dW2 = 2 h^T (o - y)": ("h^T (o - y)", "D318"),
    "dL/dW2 = h^T (o - y) / N": ("h^T (o - y)", "D318"),
    "dL/dW2 = h^T (o + y)": ("h^T (o - y)", "D317"),
    "dL/dW2 = z^T (o - y)": ("h^T (o - y)", "D320"),
    "dL/dz = (o - y) W2 ∘ h ∘ (1 - h)": ("((o - y) W2^T) ∘ h ∘ (1 - h)", "D312"),
    "dL/dz = (o - y) W2^T h (1 - h)": ("((o - y) W2^T) ∘ h ∘ (1 - h)", "D310"),
    "dL/dz = (o - y) W2^T ∘ h": ("(1 - h) ∘ ((o - y) W2^T) ∘ h", "D316"),
    "dL/dz = (o - y) W2^T ∘ h ∘ (1 + h)": ("((o - y) W2^T) ∘ h ∘ (1 - h)", "D317"),
    "dL/dh = W2 (o - y)^T": (None, None),
    "dL/dx = e W1^T": ("e W1[1:]^T", "D315"),
    "dL/dW1 = x^T e": ("a^T e", "D320"),
    "dW2 = h.T * (o - y)": ("h.T @ (o - y)", "D311"),
    "dW2 = h.T @ (y - o)": ("-(h.T @ (y - o))", "D317"),
    "dW1 = e.T @ a": (None, None),
    "dz = (o - y) @ W2.T * sigmoid(h) * (1 - h)": (
        "((o - y) @ W2.T) * h * (1 - h)",
        None,
    ),
}
"""None: right up to the layout."""


def claim(text: str) -> Claim:
    return check_document(f"{NET}claim {text}\n").claims[0]


@pytest.mark.parametrize("text", GALLERY)
def test_a_wrong_formula_gets_its_repair_and_its_mistake(text: str) -> None:
    found = claim(text)
    right, mistake = GALLERY[text]
    assert (found.verdict == "proved") == (right is None), found
    assert (found.repair, found.mistake) == (right, mistake)


@pytest.mark.parametrize("text", [text for text, (right, _) in GALLERY.items() if right])
def test_a_repair_is_proved_as_a_claim_and_its_numpy_text_has_the_value_of_the_truth(
    text: str,
) -> None:
    found = claim(text)
    left = text.partition("=")[0]
    assert claim(f"{left}= {found.repair}").verdict == "proved"
    assert found.repair_numpy is not None
    assert claim(f"{left}= {found.repair_numpy}").verdict == "proved"
    lines = statements(NET)
    world = World(setting_of(lines), lines, 5)
    wrt = left.strip().removeprefix("dL/").removeprefix("d")
    known = {**world.values, "e": world.truth(Target("L", "z"))}
    value = eval(found.repair_numpy, dict(HELPERS), known)  # noqa: S307
    np.testing.assert_allclose(value, world.truth(Target("L", wrt)), rtol=1e-6, atol=1e-8)


def test_where_no_small_change_leads_there_the_gradient_itself_is_shown() -> None:
    found = claim("dL/dW2 = a^T a x^T x W2")
    assert found.edits == ("whole",)
    assert found.repair is not None
    assert claim(f"dL/dW2 = {found.repair}").verdict == "proved"


def test_a_right_claim_has_no_repair() -> None:
    found = claim("dL/dW2 = h^T (o - y)")
    assert (found.verdict, found.repair, found.mistake) == ("proved", None, None)
