"""The questions as documents: what their authors claimed, and what is right, gets its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.checker import check_document

FOLDER = Path(__file__).parent.parent / "examples"
P, I, R, U = "proved", "ill-shaped", "refuted", "undecided"
FACTORS = (P, P, I, I, P, I, I, I, I, P, P)
"""The factors of the chain in the question of two hidden layers, and their shapes."""

VERDICTS = {
    "two_hidden_layers": (P, P, P, P, I, P, P, P, U, *FACTORS, I, P, P, I, I, P),
    "one_row_sample": (U, *(P,) * 8, I, U, P),
    "staged_softmax": (P, P, P, P, R, P, R, P, I, I, P),
    "column_vectors": (U, P, P, P, P, I, P),
}


def test_there_is_a_document_beside_each_program() -> None:
    names = {path.stem for path in FOLDER.glob("*.derive")}
    assert names == set(VERDICTS) == {path.stem for path in FOLDER.glob("*.py")}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_claims_of_a_question_get_their_verdicts(name: str) -> None:
    report = check_document((FOLDER / f"{name}.derive").read_text(encoding="utf-8"))
    assert tuple(claim.verdict for claim in report.claims) == VERDICTS[name]


def test_what_is_wrong_with_the_answer_is_shown_at_its_place() -> None:
    text = (FOLDER / "two_hidden_layers.derive").read_text(encoding="utf-8")
    answer = [one for one in check_document(text).claims if one.name == "dL/dW2"][-2]
    (found,) = answer.diagnostics
    assert found.span is not None
    assert found.message == "101×11 times 1×10: inner sizes 11 and 1 differ"
    assert found.text[found.span.start : found.span.end] == "H_2"
    assert answer.repair is not None
    assert "W_{3}[1:]" in answer.repair


def test_a_formula_that_is_another_derivative_says_which() -> None:
    for name, note in (("two_hidden_layers", "dz3/dW3"), ("one_row_sample", "dJ/dz1")):
        text = (FOLDER / f"{name}.derive").read_text(encoding="utf-8")
        assert f"this is {note}" in [one.note for one in check_document(text).claims]


def test_a_chain_rule_of_tensors_shows_the_factor_and_the_gradient() -> None:
    text = (FOLDER / "column_vectors.derive").read_text(encoding="utf-8")
    chain = check_document(text).claims[0]
    (found,) = chain.diagnostics
    assert found.message.endswith("`z1` is 4×1 and `W1` is 4×3, so it has 3 axes")
    assert chain.repair is not None
    assert chain.repair.endswith("x^T")


def test_a_symbol_that_is_a_number_is_no_size_for_a_repair() -> None:
    text = "input x : (n,)\nparam s : scalar\nlet L = 0.5*(s*np.dot(x, x))**2\nclaim ds = s\n"
    assert check_document(text).claims[0].verdict == R
