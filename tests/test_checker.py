"""Claims about 784-100-10-10: what is proved, what is refuted with numbers, what has no shape."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import derive
from derive.formulas import gradients
from derive.layers import stack
from derive.notation import read
from derive.proof import Prover
from derive.verdict import Claim

NET = stack("784,100,10,10", reduction="mean")


def judged(name: str, text: str) -> Claim:
    """The verdict on one formula."""
    return derive.check(NET, {name: text}).claims[0]


RIGHT = {
    # the seed's formula, mended, in several hands
    r"[1\ H_1]^T((\hat{y}-y)W_3[1:]^T \circ H_2 \circ (1-H_2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ (H2 - H2^2)) / N": "W2",
    "1/N [1 H1]^T ((yhat W3[1:]^T - y W3[1:]^T) ∘ H2 ∘ (1 - H2))": "W2",
    "((((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2))^T [1 H1])^T / N": "W2",
    "[1 H1]^T ((W3[1:] (yhat - y)^T)^T ∘ (1 - H2) ∘ H2) / N": "W2",
    "[1 H1]^T ((((yhat - y)/N) W3[1:]^T) ∘ sigmoid(z2) ∘ (1 - sigmoid(z2)))": "W2",
    "[1 H1]^T (dz3 W3[1:]^T ∘ exp(-z2) / (1 + exp(-z2))^2)": "W2",
    "[1 H1]^T dz2": "W2",
    "(softmax(z3) - y) / N": "z3",
    "-(y - yhat) / N": "z3",
    "yhat ∘ (dyhat - sum(dyhat ∘ yhat, axis=1, keepdims=True))": "z3",
    "-1/N y / yhat": "yhat",
    "[1 H2]^T yhat / N - [1 H2]^T y / N": "W3",
    "dz1 W1[1:]^T": "x",
}

WRONG = {
    "[1 H1]^T ((yhat - y) W3[1:]^T ∘ H2 ∘ (1 - H2))": "W2",  # 1/N is missing
    "[1 H1]^T (((y - yhat) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "[1 H1]^T (((yhat + y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ (1 - H2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 + H2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ (1 - H2^2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ z2 ∘ (1 - z2)) / N": "W2",
    "[1 z1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "2 [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N^2": "W2",
    "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ sigmoid(H2) ∘ (1 - sigmoid(H2))) / N": "W2",
    "[1 H2]^T yhat / N": "W3",
    "[1 H2]^T ((yhat - y) ∘ yhat ∘ (1 - yhat)) / N": "W3",
    "yhat ∘ (1 - yhat) ∘ dyhat": "z3",  # the diagonal of the softmax alone
    "y / yhat / N": "yhat",
}

NO_SHAPE = {
    r"[1\ H_1]^T(\hat{y}-y)W_3^TH_2(1-H_2)": "W2",
    "[1 H1]^T (((yhat - y) W3^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "H1^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N": "W2",
    "[1 H1] dz2": "W2",
    "[1 H1]^T dz1": "W2",
}


@pytest.mark.parametrize("text", RIGHT)
def test_right_however_it_is_written(text: str) -> None:
    claim = judged(RIGHT[text], text)
    assert claim.verdict == "proved", claim


@pytest.mark.parametrize("text", WRONG)
def test_wrong_with_numbers_to_show_it(text: str) -> None:
    claim = judged(WRONG[text], text)
    assert claim.verdict == "refuted"
    assert claim.witness is not None
    assert claim.witness.claimed != claim.witness.true


@pytest.mark.parametrize("text", NO_SHAPE)
def test_without_a_shape_the_place_is_shown(text: str) -> None:
    claim = judged(NO_SHAPE[text], text)
    assert claim.verdict == "ill-shaped"
    assert claim.diagnostics[0].span is not None


def test_the_caret_stands_under_the_factor() -> None:
    claim = judged("W2", r"[1\ H_1]^T(\hat{y}-y)W_3^TH_2(1-H_2)")
    assert claim.diagnostics[0].render().splitlines() == [
        "D201: 101×11 times N×10: inner sizes 11 and N differ",
        r"  | [1\ H_1]^T(\hat{y}-y)W_3^TH_2(1-H_2)",
        "  |                           ^^^",
        r"  = note: `[1\ H_1]^T(\hat{y}-y)W_3^T` is 101×11",
        "  = note: `H_2` is N×10",
    ]


def test_a_transposed_gradient_is_right_up_to_layout() -> None:
    claim = judged("W2", "dz2^T [1 H1]")
    assert (claim.verdict, claim.layout) == ("proved", "transposed")


def test_the_fact_that_a_proof_needs_is_named() -> None:
    assert judged("z3", "(yhat - y) / N").facts == ("y rows sum to 1",)
    assert judged("yhat", "-y / yhat / N").facts == ()


def test_a_proof_that_is_made_again_names_its_facts_again() -> None:
    formulas = {"yhat": "-y / yhat / N", "z3": "(yhat - y) / N"}
    first, again = (derive.check(NET, formulas).claims for _ in range(2))
    assert [c.facts for c in first] == [c.facts for c in again] == [(), ("y rows sum to 1",)]


def test_without_the_fact_it_is_not_proved() -> None:
    free = replace(NET, assumed=False)
    prover = Prover(gradients(free))
    names = tuple(prover.shapes)
    assert prover.gradient("z3", read("(yhat - y) / N", names)) is None
    general = "(yhat ∘ sum(y, axis=1, keepdims=True) - y) / N"
    proof = prover.gradient("z3", read(general, names))
    assert proof is not None
    assert proof.facts == ()


def test_a_reduction_that_was_not_stated_is_found_out() -> None:
    report = derive.check(derive.stack("4,3,2"), {"z2": "yhat - y", "W2": "[1 H1]^T (yhat - y)"})
    assert report.ok
    assert "the loss is the sum over the batch" in report.claims[0].facts[-1]


def test_mean_and_sum_do_not_go_together() -> None:
    claims = {"z2": "(yhat - y) / N", "W2": "[1 H1]^T (yhat - y)", "x": "dz1 W1[1:]^T"}
    report = derive.check(derive.stack("4,3,2"), claims)
    assert [claim.verdict for claim in report.claims] == ["proved", "refuted", "proved"]


def test_unknown_names_are_unreadable() -> None:
    assert judged("W2", "[1 H1]^T (yhat - q)").verdict == "unreadable"
    assert judged("V", "yhat").verdict == "unreadable"


def test_the_report_as_data() -> None:
    report = derive.check(derive.stack("4,3,2"), {"W2": "[1 H1]^T (yhat - y) / N"})
    data = json.loads(report.to_json())
    assert data["ok"] is True
    assert data["claims"][0]["verdict"] == "proved"
    assert report.exit_code == 0


def test_exit_codes() -> None:
    net = derive.stack("4,3,2")
    assert derive.check(net, {"W2": "[1 H1]^T (y - yhat) / N"}).exit_code == 1
    assert derive.check(net, {"W2": "q"}).exit_code == 2


@pytest.mark.parametrize(
    "text", ["", "Nothing is claimed here.", "input x : N × D\nlet L = sum(x)"]
)
def test_a_text_without_claims_is_bad_input_and_not_well(text: str) -> None:
    report = derive.check_document(text)
    assert report.claims == ()
    assert report.ok is False
    assert report.exit_code == 2
    assert json.loads(report.to_json())["ok"] is False


def test_no_claims_about_a_stack_are_not_well_either() -> None:
    report = derive.check(derive.stack("4,3,2"), {})
    assert (report.ok, report.exit_code) == (False, 2)


@pytest.mark.parametrize("claim", ["dL/dx = q", "dL/dx = np.ones((N, D))", "dL/dx = 2 x"])
def test_a_report_is_well_where_its_exit_code_is_0(claim: str) -> None:
    report = derive.check_document(f"input x : N × D\nlet L = sum(x)\nclaim {claim}")
    assert report.ok == (report.exit_code == 0)


COLUMNS = "input W : K × D\ninput x : D × N\ntarget y : K × N distribution axis=0\n"
ROWS = "input x : N × D\ninput W : D × K\ntarget y : N × K distribution\n"


@pytest.mark.parametrize(
    ("document", "product"),
    [(ROWS, "x W"), ("row\n" + ROWS, "x W"), ("column\n" + COLUMNS, "W x")],
)
def test_a_softmax_goes_along_a_sample_which_is_a_row_unless_columns_are_said(
    document: str, product: str
) -> None:
    forward = f"let z = {product}\nlet yhat = softmax(z)\nlet L = -sum(y ∘ log(yhat))\n"
    report = derive.check_document(f"{document}{forward}claim dL/dz = yhat - y\n")
    assert [claim.verdict for claim in report.claims] == ["proved"], report
