"""Mistakes are found always, and named where the table knows them: never by another's name."""

from __future__ import annotations

from functools import cache

import pytest

import derive
from codegen.loading import load
from derive.asserting.report import GradientReport
from derive.mistakes import MISTAKES as PAGES
from tests.backward_passes import MISTAKES, SETTINGS, Mistake, made, right
from tests.test_verification import FAULTS, LAYERS, VISIBLE, planted

NAMED = 0.9
"""The part of the mistakes that has to be named; the others are found, and not named."""


FAULTS_NAMED = {
    "sign of everything": "D317",
    "sum of yhat and y": "D317",
    "the target is forgotten": "D316",
    "1/N is missing": "D318",
    "1/N twice": "D318",
    "1/N and 1/C": "D318",
    "a factor 2": "D318",
    "the delta of squared error": "D323",
    "no activation derivative in layer 2": "D316",
    "no activation derivative in layer 1": "D316",
    "tanh' for sigmoid'": "D322",
    "sigmoid'(H)": "D321",
    "z for H": "D321",
    "H (1 + H)": "D317",
    "H alone": "D316",
    "H squared": "D322",
    "the activation derivative is not handed on": "D320",
    "the bias row is not dropped": "D315",
    "the error of the layer below, negated": "D317",
    "the input is forgotten": "D316",
    "the input before the activation": "D320",
    "one sample only": "D319",
    "the outer product of means": "D319",
    "the inputs in reverse": "D314",
    "the activation is not differentiated": "D316",
    "no gradient of the bias": "D315",
    "the mean for the bias": "D319",
    "the sign of one bias row": "D317",
    "the bias in the last row": "D315",
    "a transposed gradient": "D313",
}
"""The faults that are planted in emitted modules, a list older than the table of mistakes, and the
page that each is told by. The others are found too, and have no name of their own."""


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


@pytest.mark.parametrize("name", FAULTS)
def test_the_faults_of_an_older_list_are_found_and_named(name: str) -> None:
    report = derive.verify(load(planted(name)).gradients, stack=LAYERS)
    assert report.status == "FAIL"
    if name in FAULTS_NAMED:
        assert codes(report)[0] == FAULTS_NAMED[name]


def test_four_of_five_faults_of_the_older_list_are_named() -> None:
    in_formulas = [name for name in FAULTS if not VISIBLE.search(name)]
    assert len(FAULTS_NAMED.keys() & in_formulas) >= 0.8 * len(in_formulas)


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
