"""Kinds of mistakes: every code has a page, and what a page calls wrong is judged wrong."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from derive.checker import check_document
from derive.cli import main
from derive.diagnostic import DeriveError
from derive.documents import document
from derive.mistakes import EDITED, MISTAKES, NAMED, ROWS, mistake_of, page
from derive.verdict import GOOD

PAGES = Path(str(files("derive") / "pages"))
NO_EXAMPLE = {"D328"}
"""About shapes that are said: the page has them without a network."""

OTHER_LAYOUT = {"D329"}
"""The example is right up to its layout."""


def test_codes_and_names_are_given_once() -> None:
    assert len(MISTAKES) == len(NAMED) == len(ROWS)
    assert len(EDITED) == sum(len(row.edits) for row in ROWS)


def test_there_is_a_page_for_each_code_and_no_other() -> None:
    assert {path.stem for path in PAGES.iterdir()} == set(MISTAKES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_page_has_its_title_and_its_parts_in_80_columns(row: object) -> None:
    found = next(one for one in ROWS if one == row)
    text = page(found.code)
    assert text.startswith(f"# {found.code}: {found.title}\n")
    assert "It happens " in text
    assert "How to see it: " in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("code", sorted(set(MISTAKES) - NO_EXAMPLE))
def test_the_example_of_a_page_is_wrong_and_then_right(code: str) -> None:
    claims = check_document(page(code)).claims
    *wrong, right = [claim for claim in claims if claim.layout != "transposed"]
    assert right.verdict in GOOD
    assert claims[0].verdict in ("refuted", "ill-shaped") or code in OTHER_LAYOUT
    assert len(wrong) >= 1 or code in OTHER_LAYOUT


def test_pages_without_an_example_have_no_claims() -> None:
    assert not any(document(page(code)) for code in NO_EXAMPLE)


@pytest.mark.parametrize("word", ["D312", "d312", "missing-transpose"])
def test_a_page_is_found_by_code_and_name(word: str) -> None:
    assert page(word).startswith("# D312: ")


UNKNOWN = {
    "D399": "did you mean `D3",
    "D31": "did you mean `D3",
    "wrong-sing": "did you mean `wrong-sign`?",
    "D999": f"pages are {ROWS[0].code} to {ROWS[-1].code}",
}


@pytest.mark.parametrize("word", UNKNOWN)
def test_an_unknown_page_is_refused_with_help(word: str) -> None:
    with pytest.raises(DeriveError, match=f"no page is called `{word}`") as caught:
        page(word)
    assert UNKNOWN[word] in str(caught.value)


def test_the_changes_of_a_repair_tell_the_mistake() -> None:
    assert mistake_of(("bias", "mul")) == "D315"
    assert mistake_of(("whole", "sign")) == "D317"
    assert mistake_of(()) is None


def test_explain_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "D315"]) == 0
    assert capsys.readouterr().out == page("D315")
    assert main(["explain", "D3000"]) == 2
    assert "no page is called `D3000`" in capsys.readouterr().err


def test_explain_still_explains_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W1", "--layers", "3,2"]) == 0
    assert "Put together" in capsys.readouterr().out
