"""Keys: what is asked for, what it is worth, and keys that nobody can grade by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.diagnostic import DeriveError
from derive.grading.key import DEFAULTS, read_key
from tests.answer_trees import KEY

STACK = "stack 4,3,2 bias=separate reduction=mean\n"


def test_the_claims_are_asked_for_in_their_order() -> None:
    key = read_key(KEY)
    assert key.items == ("dL/dz2", "dL/dW2", "dL/db2", "dL/dW1", "dL/db1")
    assert [key.points[name] for name in key.items] == [2, 2, 2, 4, 2]
    assert key.total == 12
    assert key.credit == {
        "layout": Fraction(3, 4),
        "repair": Fraction(1, 2),
        "step": Fraction(1, 4),
    }


def test_points_alone_ask_for_a_derivative() -> None:
    key = read_key(STACK + "points dL/dW2 = 3\npoints ∂L/∂W_1 = 1.5\npoints [jacobian dz2/dH1] = 1")
    assert dict(key.points) == {
        "dL/dW2": Fraction(3),
        "dL/dW1": Fraction(3, 2),
        "jacobian dz2/dH1": Fraction(1),
    }
    assert key.credit == DEFAULTS


def test_a_claim_without_points_is_worth_one() -> None:
    key = read_key(STACK + "claim dL/db2 = 1^T (yhat - y) / N\npoints dL/dW2 = 3")
    assert dict(key.points) == {"dL/db2": 1, "dL/dW2": 3}


@pytest.mark.parametrize(
    ("claim", "options"),
    [
        ("", (None, "sum", "single")),
        ("claim dL/dz2 = (yhat - y) / N", (None,)),
        ("claim dL/dz2 = yhat - y", ("sum", "single")),
    ],
)
def test_the_claims_say_what_a_stack_leaves_open(
    claim: str, options: tuple[str | None, ...]
) -> None:
    assert read_key(f"stack 4,3,2\n{claim}\npoints dL/dW1 = 1").options == options


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("claim dL/dW = x", "D411", "the key has no network"),
        (STACK, "D411", "the key asks for nothing"),
        (STACK + "claim dL/dz2 = y - yhat", "D412", "line 2 of the key: its own claim for dL/dz2"),
        (
            STACK + "claim dL/dz2 = q",
            "D412",
            "line 2 of the key: its own claim for claim is unread",
        ),
        (
            "stack 4,3\nclaim dL/dz1 = (yhat - y) / N\nclaim dL/db1 = 0\nclaim dL/dz1 = yhat - y",
            "D412",
            "line 3 of the key",
        ),
        (STACK + "points W2 = 3", "D413", "`W2` is not a derivative"),
        (STACK + "points dL/dW9 = 3", "D101", "`W9` is no name of the key's network"),
        (STACK + "points dL/dW2 = 3\npoints dL/dW_2 = 3", "D413", "line 3 of the key: the points"),
        (STACK + "points dL/dW2 = 0", "D413", "every derivative of the key is worth 0 points"),
        ("input x : N\nlet h = x q\npoints dL/dx = 1", "D101", "line 2: unknown name `q`"),
    ],
)
def test_what_cannot_be_graded_by(text: str, code: str, message: str) -> None:
    with pytest.raises(DeriveError) as refused:
        read_key(text)
    found = refused.value.diagnostic
    assert found.code == code
    assert found.message.startswith(message), found.message


def test_a_wrong_claim_of_the_key_is_shown_with_its_place() -> None:
    with pytest.raises(DeriveError) as refused:
        read_key(STACK + "claim dL/dW2 = H1 (yhat - y) / N")
    assert refused.value.diagnostic.render().split("\n")[:3] == [
        "D412: line 2 of the key: its own claim for dL/dW2 is ill-shaped",
        "  | dL/dW2 = H1 (yhat - y) / N",
        "  |             ^^^^^^^^^^",
    ]
