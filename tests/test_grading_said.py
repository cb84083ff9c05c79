"""What a submission is found to say, by the kind of its file."""

from __future__ import annotations

import pytest

from derive.diagnostic import DeriveError
from derive.grading.said import said


def test_a_line_that_is_no_statement_costs_only_itself() -> None:
    found = said("claim dL/dW = x\nclam dL/db = y\n\nclaim dL/db = 1", ".derive")
    assert [one.text for one in found.claims] == ["dL/dW = x", "dL/db = 1"]
    assert [(line, one.message) for line, one in found.unread] == [
        (2, "line 2: `clam` is not a statement")
    ]


def test_code_keeps_its_lines() -> None:
    found = said("import numpy as np\n\ndef f(x):\n    dz2 = p - y\n    dW2 = h.T @ dz2\n", ".py")
    assert [(one.line, one.text) for one in found.claims] == [
        (4, "dz2 = p - y"),
        (5, "dW2 = h.T @ dz2"),
    ]
    assert found.code


def test_a_page_has_claims_and_definitions() -> None:
    found = said(
        "With $g = \\tanh(z)$ we get\n\n$\\frac{\\partial L}{\\partial z} = 1 - g^2$", ".md"
    )
    assert [(one.name, one.line) for one in found.definitions] == [("g", 1)]
    assert [one.line for one in found.claims] == [3]
    assert not found.declares


def test_a_page_with_an_explicit_block_says_what_stands_there() -> None:
    found = said("We get $dW = 1$\n\n```derive\nclaim dL/dW = x\nclaim\n```\n", ".md")
    assert [(one.text, one.line) for one in found.claims] == [("dL/dW = x", 4)]
    assert [line for line, _ in found.unread] == [5]


def test_a_network_of_its_own_is_told_from_forward_lines() -> None:
    assert said("input x : N × D\nlet h = x\nclaim dL/dx = 1", ".derive").declares
    assert said("stack 3,2\nclaim dL/dW1 = 1", ".derive").declares
    assert not said("let g = tanh(z1)\nclaim dL/dz1 = g", ".derive").declares


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 200_001, "it has 200,001 characters; at most 200,000 are read"),
        ("claim dL/dW = x\n" * 2001, "it has more than 2000 statements"),
    ],
)
def test_what_is_too_long(text: str, message: str) -> None:
    with pytest.raises(DeriveError, match=message):
        said(text, ".derive")
