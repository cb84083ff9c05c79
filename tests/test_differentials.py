"""Claims by differentials, `dL = tr(G^T dX)`, beside gradients that are known otherwise."""

from __future__ import annotations

import pytest

from derive import check_document
from derive.verdict import Claim

DOCUMENT = """
column
input A : m × n
param X : n × p
input B : m × p
let R = A @ X - B
loss L = np.sum(R**2)
"""


def judged(text: str, document: str = DOCUMENT) -> Claim:
    (claim,) = check_document(f"{document}claim {text}").claims
    return claim


VERDICTS = {
    # the gradient by X is 2 A^T R, that by R is 2 R
    r"dL = 2 \operatorname{tr}(R^T A dX)": ("dL/dX", "proved"),
    r"\mathrm{d}L = 2\,\mathrm{tr}\left((AX - B)^\top A\, \mathrm{d}X\right)": ("dL/dX", "proved"),
    "dL = tr(2 R^T A dX)": ("dL/dX", "proved"),
    r"dL = \langle 2 A^T R, dX\rangle": ("dL/dX", "proved"),
    r"dL = 2 \langle R, A\, dX\rangle": ("dL/dX", "proved"),
    r"dL = \sum_{ij} 2 R_{ij} dR_{ij}": ("dL/dR", "proved"),
    r"dL = 2\operatorname{tr}(dR^T R)": ("dL/dR", "proved"),
    "dL = tr(R^T A dX)": ("dL/dX", "refuted"),
    "dL = -2 tr(R^T A dX)": ("dL/dX", "refuted"),
    "dL = tr(2 R^T dR) / 2": ("dL/dR", "refuted"),
    "dL = tr(2 R A dX)": ("dL/dX", "ill-shaped"),
    "dL = 2 R^T A dX": ("dL/dX", "ill-shaped"),
}


@pytest.mark.parametrize("text", VERDICTS)
def test_a_differential_says_a_gradient(text: str) -> None:
    claim = judged(text)
    assert (claim.name, claim.verdict) == VERDICTS[text]


def test_the_gradient_of_a_wrong_one_is_mended() -> None:
    claim = judged("dL = tr(R^T A dX)")
    assert claim.read_as == "∂/∂dX trace(R^T A dX)"
    assert claim.repair is not None
    assert judged(f"dL/dX = {claim.repair}").verdict == "proved"


LINEAR = "a differential of the loss is read where it is linear in one other, as tr(A dX)"

REFUSED = {
    "dL = 2 tr(R^T A dX) + 1": LINEAR,
    "dL = tr(dX^T dX)": LINEAR,
    "dL = tr(R^T A dX) + tr(R^T dR)": LINEAR,
    "dL = 2 R": LINEAR,
    "dL = exp(tr(R^T dR))": LINEAR,
    r"dL = \frac{\operatorname{tr}(dR)}{\operatorname{tr}(dR)}": LINEAR,
    "[dL/dX] dL = 2 tr(R^T dR)": "the differentials here are those of R",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_linear_in_one_is_refused(text: str) -> None:
    claim = judged(text)
    assert claim.verdict == "unreadable"
    assert [found.message for found in claim.diagnostics] == [REFUSED[text]]


def test_in_columns_a_row_times_dx_is_a_number() -> None:
    document = """
column
param x : n × 1
input A : n × n
loss f = np.sum(x * (A @ x))
"""
    assert judged("df = x^T (A + A^T) dx", document).verdict == "proved"
    assert judged("df = 2 x^T A dx", document).verdict == "refuted"
    assert judged("df/dx = (A + A^T) x", document).verdict == "proved"
