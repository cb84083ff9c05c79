"""`points` and `credit` lines: what a key says that its claims are worth."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.checker import check_document
from derive.diagnostic import DeriveError
from derive.statement import Credit, Points, Statement
from derive.statements import statements

HEAD = "stack 3,2 reduction=sum\n"


def bare(text: str) -> Statement:
    (one,) = statements(text)
    return one


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("points dL/dW2 = 4", "dL/dW2", Fraction(4)),
        ("points each = 2.5  # for all others", "each", Fraction(5, 2)),
        ("points jacobian dyhat/dz2 = 0", "jacobian dyhat/dz2", Fraction(0)),
    ],
)
def test_points(text: str, name: str, value: Fraction) -> None:
    one = bare(text)
    assert isinstance(one, Points)
    assert (one.name, one.value) == (name, value)


def test_credit() -> None:
    one = bare("credit layout = 100%, repair=0.5, step = 12.5%")
    assert isinstance(one, Credit)
    shares = {"layout": Fraction(1), "repair": Fraction(1, 2), "step": Fraction(1, 8)}
    assert one.shares == shares


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("points dL/dW = -1", "D124", "points are a number from 0 to 1000, such as 2.5"),
        ("points dL/dW = 1001", "D124", "points are a number from 0 to 1000, such as 2.5"),
        ("points dL/dW = 1e3", "D124", "points are a number from 0 to 1000, such as 2.5"),
        ("points", "D122", "points are `points dL/dW2 = 4`, or `points each = 2`"),
        ("credit luck = 5%", "D126", "`luck = 5%` is no credit"),
        ("credit step = 5%, step = 6%", "D126", "`step = 6%` is no credit"),
        (
            "credit step = 150%",
            "D124",
            "a part of the points is a percentage from 0% to 100%, such as 50%",
        ),
    ],
)
def test_what_is_neither(text: str, code: str, message: str) -> None:
    with pytest.raises(DeriveError) as refused:
        statements(text)
    found = refused.value.diagnostic
    assert (found.code, found.message) == (code, f"line 1: {message}")
    assert found.span is not None


def test_a_key_is_a_document_that_can_be_checked() -> None:
    claim = "claim dL/dW1 = [1 x]^T (yhat - y)\n"
    lines = "points dL/dW1 = 3\ncredit step = 10%\n"
    with_points, without = (check_document(HEAD + claim + more) for more in (lines, ""))
    assert with_points == without
    assert with_points.ok
