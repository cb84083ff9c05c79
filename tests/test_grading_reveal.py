"""Levels: each shows what belongs to it and to those before, and nothing above leaks anywhere."""

from __future__ import annotations

import html
import json

import pytest

from derive.grading.evidence import Evidence, Finding
from derive.grading.feedback import gradescope, markdown, page
from derive.grading.grading import Graded
from derive.grading.judging import evidence
from derive.grading.key import read_key
from derive.grading.reveal import LEVELS
from derive.grading.rubric import graded
from tests.answer_trees import KEY

EXERCISE = read_key(KEY)


def shown(found: Evidence, level: str) -> str:
    """All that a student gets to see."""
    one = Graded("ann", graded(EXERCISE, found))
    pages = markdown(one, level) + html.unescape(page(one, level).partition("<body>")[2])
    return pages + json.dumps(gradescope(one, level), ensure_ascii=False)


MARKS = {
    "kind": (
        "KINDNOTE",
        "KINDREAD",
        "a transpose is missing",
        "KINDUNREAD",
        "KINDLOST",
        "not right",
    ),
    "shape": ("SHAPEMESSAGE", "SHAPENOTES"),
    "step": ("STEPPLACE", "STEPNOTE", "STEPNUMBERS"),
    "fix": ("FIXREPAIR", "FIXNUMPY", "FIXHELP"),
}
"""Words in every place of the evidence, by the level that may show them."""


def diagnostic(message: str, notes: str, text: str, help: str) -> dict[str, object]:
    return {
        "code": "D201",
        "message": message,
        "text": text,
        "span": [0, 2],
        "notes": [notes],
        "help": help,
        "rendered": f"ALL {message} {notes} {text} {help}",
    }


def marked() -> Evidence:
    """Evidence that has something at every place."""
    shapes = diagnostic("SHAPEMESSAGE", "SHAPENOTES", "STEPPLACE", "FIXHELP")
    ill = {
        "name": "dL/dW2",
        "verdict": "ill-shaped",
        "line": 3,
        "read_as": "KINDREAD",
        "facts": ["ABOVE"],
        "layout": "ABOVE",
        "repair": "FIXREPAIR",
        "repair_numpy": "FIXNUMPY",
        "diagnostics": [shapes],
        "witness": {"text": "STEPNUMBERS", "inputs": {"ABOVE": 1}},
        "mistake": "D312",
        "edits": ["ABOVE"],
        "note": "STEPNOTE",
    }
    unread = {**ill, "verdict": "unreadable", "read_as": None, "repair": None, "mistake": None}
    unread |= {"repair_numpy": None, "witness": None, "note": "ABOVE"}
    unread["diagnostics"] = [diagnostic("KINDUNREAD", "x", "y", "z")]
    return Evidence(
        (Finding("dL/dW2", "wrong", "KINDNOTE", (ill,)), Finding("dL/db2", "wrong", "", (unread,))),
        (Finding("dL/dq", "right", "ABOVE", (ill,)),),
        ("KINDLOST",),
        "ABOVE",
    )


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_shows_its_own_and_nothing_above(level: str) -> None:
    text = shown(marked(), level)
    at = LEVELS.index(level)
    for other, words in MARKS.items():
        for word in words:
            assert (word in text) == (LEVELS.index(other) <= at), (word, level)
    assert "ABOVE" not in text
    assert "ALL" not in text


REAL = r"claim dL/dW2 = h (p - y) / N" + "\n" + "claim dL/dW1 = x^T ((p - y) W2^T ∘ (1 - h)) / N"


@pytest.mark.parametrize(
    ("level", "there", "not_there"),
    [
        ("none", ["3 of 12"], ["right", "line", "read as", "transpose", "inner", "^^^", "h^T"]),
        (
            "kind",
            ["a transpose is missing", "h (p - y) / N"],
            ["inner sizes", "^^^", "h^T", "claimed"],
        ),
        ("shape", ["N×H times N×C: inner sizes H and N differ"], ["^^^", "h^T", "claimed"]),
        ("step", ["^^^", "claimed"], ["h^T (p - y)", "h.T @"]),
        ("fix", ["h^T (p - y) / N", "h.T @ (p - y) / N"], []),
    ],
)
def test_levels_of_a_real_submission(level: str, there: list[str], not_there: list[str]) -> None:
    found = evidence(EXERCISE, REAL, ".derive", 60)
    text = shown(found, level)
    flat = text.replace("\\", "")
    assert [word for word in there if word not in flat] == []
    assert [word for word in not_there if word in flat] == []


def test_why_nothing_was_graded_is_told_at_every_level() -> None:
    for level in LEVELS:
        assert "a link is not followed" in shown(Evidence(failure="a link is not followed"), level)
