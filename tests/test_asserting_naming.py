"""Mistakes are found always, and named where the table knows them: never by another's name."""

from __future__ import annotations

from functools import cache

import pytest

import derive
from derive.asserting.report import GradientReport
from derive.mistakes import MISTAKES as PAGES
from tests.backward_passes import MISTAKES, SETTINGS, Mistake, made, right

NAMED = 0.9
"""The part of the mistakes that has to be named; the others are found, and not named."""


@cache
def judged(mistake: Mistake) -> GradientReport:
    function, known = made(mistake)
    return derive.verify(function, **known)


def codes(report: GradientReport) -> list[str]:
    """The pages that a report points to, the numbers' own first."""
    found = [one.code for one in (*report.mistakes, *report.findings)]
    return [code for code in found if code]


def is_named(mistake: Mistake) -> bool:
    """Whether the first page is a right one."""
    return codes(judged(mistake))[:1] != [] and codes(judged(mistake))[0] in mistake.codes


@pytest.mark.parametrize("setting", SETTINGS)
def test_without_a_mistake_nothing_is_found(setting: str) -> None:
    function, known = right(setting)
    report = derive.verify(function, **known)
    assert report.ok, str(report)
    assert report.mistakes == ()


def test_there_are_mistakes_of_many_kinds() -> None:
    assert len(MISTAKES) >= 50
    assert len({code for one in MISTAKES for code in one.codes}) >= 12


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_every_mistake_is_found_and_none_is_called_by_an_unknown_name(mistake: Mistake) -> None:
    report = judged(mistake)
    assert report.status == "FAIL"
    assert set(codes(report)) <= PAGES.keys()


def test_nearly_all_mistakes_are_named_rightly() -> None:
    named = [one for one in MISTAKES if is_named(one)]
    missed = [one.name for one in MISTAKES if one not in named]
    assert len(named) >= NAMED * len(MISTAKES), missed


WORDS = {
    "1/N is missing": "in dL/dz3, 1/N is missing",
    "updated weights": "in dL/dH2, W3 was already updated, by a learning rate of 0.3",
    "slope of a": "in dL/dz1, the derivative of sigmoid is taken at H1, and not at z1",
    "softmax diagonal": "in dL/dz3, the diagonal of the softmax stands for all of it",
    "z for a": "in dL/dW2, z1 stands for H1",
    "another row than the bias dropped": (
        "in dL/dH2, the row of the bias is kept, and another one dropped"
    ),
    "bias averaged": "in dL/dW2, the bias is divided by N: its gradient is a sum",
    "own loss: not summed": "the gradient of b2: the sum over its axis 0 is missing",
    "own loss: regulariser": "the gradient of W2: 0.1 W2 is too much: the term of a regulariser",
}


@pytest.mark.parametrize("name", WORDS)
def test_a_mistake_is_told_in_words(name: str) -> None:
    (mistake,) = [one for one in MISTAKES if one.name == name]
    assert judged(mistake).mistakes[0].text == WORDS[name]


def test_the_right_formula_is_told_beside_the_wrong_one() -> None:
    (mistake,) = [one for one in MISTAKES if one.name == "tanh slope for sigmoid"]
    (told,) = judged(mistake).mistakes
    assert told.where == "dL/dz2"
    assert told.wrong == "dH2 ∘ (1 - H2^2)"
    assert told.right == "dH2 ∘ H2 ∘ (1 - H2)"
    assert told.numpy == "dH2 * H2 * (1 - H2)"
    assert told.names == ("W1", "W2")


def test_two_mistakes_are_told_one_after_the_other() -> None:
    (mistake,) = [one for one in MISTAKES if one.name == "1/N and the bias row"]
    assert [one.text for one in judged(mistake).mistakes] == [
        "in dL/dz3, 1/N is missing",
        "in dL/dH2, the row of the bias is kept, and another one dropped",
    ]
