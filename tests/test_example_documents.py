"""The questions as documents: what their authors claimed, and what is right, gets its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.checker import check_document

FOLDER = Path(__file__).parent.parent / "examples"
P, I, R = "proved", "ill-shaped", "refuted"
VERDICTS = {
    "two_hidden_layers": (P, P, P, I, I, I, I, I, P),
    "one_row_sample": (P, P, P, P, I, P),
    "staged_softmax": ("confirmed", P, R, P, R, P),
    "column_vectors": (P, P, P, P, I, P),
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
    answer, shape = check_document(text).claims[-3:-1]
    (found,) = answer.diagnostics
    assert found.span is not None
    assert found.message == "101×11 times 1×10: inner sizes 11 and 1 differ"
    assert found.text[found.span.start : found.span.end] == "H_2"
    assert shape.diagnostics[0].message == "this is said to be 101×1, but it is 101×10"
    assert answer.repair is not None
    assert "W_{3}[1:]" in answer.repair


def test_a_symbol_that_is_a_number_is_no_size_for_a_repair() -> None:
    text = "input x : (n,)\nparam s : scalar\nlet L = 0.5*(s*np.dot(x, x))**2\nclaim ds = s\n"
    assert check_document(text).claims[0].verdict == R
