"""What a claim carries for those who draw it: formula, faults, repair, steps, the network."""

from __future__ import annotations

import pytest

from derive.checker import check, check_document
from derive.formula import FAULT, NEW, Formula
from derive.layers import stack
from derive.notation import write
from derive.verdict import Claim, Report
from tests.reports import seed, wrong

HEAD = "input x : N × D\nparam W : D × K\ntarget y : N × K\n"
NET = HEAD + "let z = x W\nlet L = 0.5*np.sum((z - y)**2)\n"


def claim(text: str, head: str = NET) -> Claim:
    (found,) = check_document(f"{head}claim {text}").claims
    return found


def marked(formula: Formula | None, mark: str) -> list[str]:
    assert formula is not None
    return [write(node, "plain") for node, part in formula.rows() if part.mark == mark]


@pytest.mark.parametrize(
    ("text", "verdict", "faults", "new"),
    [
        ("dL/dW = x (z - y)", "ill-shaped", ["x", "z - y"], ["x^T"]),
        ("dL/dW = x^T (z + y)", "refuted", ["z + y"], ["z - y"]),
        ("dL/dW = (z - y)^T x", "proved", [], []),
        ("dL/dW = x^T (z - y)", "proved", [], []),
        ("dL/dz = z ∘ (z - y)", "refuted", ["z"], []),
        ("dL/dz = x ∘ (z - y)", "ill-shaped", ["x", "z - y"], []),
        ("dL/dW = x^T (z - z)", "refuted", ["z"], ["y"]),
        ("dL/dz = y - z", "refuted", ["y - z"], ["z - y"]),
        ("dL/dW = 2 x^T (z - y)", "refuted", [], []),
    ],
)
def test_faults_and_what_is_new(text: str, verdict: str, faults: list[str], new: list[str]) -> None:
    found = claim(text)
    assert found.verdict == verdict
    assert marked(found.formula, FAULT) == faults
    assert (marked(found.repaired, NEW) if found.repaired else []) == new


def test_shapes_are_those_that_the_author_sees() -> None:
    found = claim("dL/dW = x^T (z - y)", NET.replace("input", "dims D=3, K=2\ninput", 1))
    assert found.formula is not None
    known = {write(node, "plain"): part.shape for node, part in found.formula.rows()}
    assert known["x^T"] == "3×N"
    assert known["x^T (z - y)"] == "3×2"


def test_a_wrong_claim_has_the_steps_of_the_truth() -> None:
    found = claim("dL/dW = x (z - y)")
    assert [step.line.name for step in found.steps] == ["dz", "dW"]
    assert found.steps[-1].line.formula is not None
    assert found.steps[-1].line.formula.text() == "x^T dz"
    assert found.steps[-1].factors == ("x^T dz: D×N times N×K is D×K",)
    assert claim("dL/dW = x^T (z - y)").steps == ()


def test_the_text_and_its_judged_part() -> None:
    found = claim("dL/dW = x^T (z - y)")
    assert found.written == "dL/dW = x^T (z - y)"
    assert found.place is not None
    assert found.written[found.place.start : found.place.end].strip() == "x^T (z - y)"
    assert (found.line, found.column) == (6, 7)


def test_columns_are_those_of_the_file() -> None:
    page = "Some words.\n\nThen $dz_2 = \\hat{y} - y$ for a sample.\n"
    (found,) = check_document(page, layers=stack("4,3,2", single=True)).claims
    line = page.split("\n")[(found.line or 0) - 1]
    assert found.column is not None
    assert line[found.column - 1 :].startswith(found.written)


def test_the_network_comes_with_its_shapes() -> None:
    report = check_document(f"{NET}claim dL/dW = x^T (z - y)")
    names = [(line.name, line.kind, line.shape) for line in report.network]
    assert names == [
        ("x", "input", "N×D"),
        ("W", "param", "D×K"),
        ("y", "target", "N×K"),
        ("z", "let", "N×K"),
        ("L", "let", "scalar"),
    ]
    assert report.network[3].formula is not None
    assert report.network[3].formula.text() == "x W"


def test_claims_of_a_stack_have_them_too() -> None:
    report: Report = check(stack("4,3,2"), {"W2": "[1 H1]^T (y - yhat) / N"})
    assert report.claims[0].formula is not None
    assert len(report.network) > 4


def test_every_formula_of_the_seed_has_a_part_for_each_node() -> None:
    for report in (seed(), wrong()):
        for one in report.claims:
            for formula in filter(None, (one.formula, one.repaired)):
                assert len(list(formula.rows())) == len(formula.parts)
                assert formula.text("latex")


def test_a_formula_that_is_too_long_has_no_shapes_and_is_no_error() -> None:
    text = " + ".join(["x^T (z - y)"] * 60)
    found = claim(f"dL/dW = {text}")
    assert found.formula is None or not any(part.shape for part in found.formula.parts)
