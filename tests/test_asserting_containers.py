"""Containers: every kind that people hold parameters in is read and made again."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from derive.asserting.containers import Unreadable, leaves, rebuilt

Pair = namedtuple("Pair", "W b")


@dataclass
class Layer:
    W: Any
    b: Any


@dataclass(frozen=True)
class Net:
    layers: list[Layer]
    scale: Any = field(default=1.0)


A, B = np.ones((2, 3)), np.zeros(3)

PAIRS = [f"params[{i}][{j}]" for i in (0, 1) for j in (0, 1)]

KINDS = {
    "an array": (A, ["params"]),
    "a dict": ({"W": A, "b": B}, ["W", "b"]),
    "an ordered dict": (OrderedDict(W=A, b=B), ["W", "b"]),
    "a list": ([A, B], ["params[0]", "params[1]"]),
    "a tuple": ((A, B), ["params[0]", "params[1]"]),
    "a named tuple": (Pair(A, B), ["W", "b"]),
    "a dataclass": (Layer(A, B), ["W", "b"]),
    "a list of pairs": ([(A, B), (A, B)], PAIRS),
    "a list of dicts": ([{"W": A, "b": B}], ["params[0]['W']", "params[0]['b']"]),
    "nested dataclasses": (Net([Layer(A, B)]), ["layers[0].W", "layers[0].b", "scale"]),
    "numbers": ({"w": 1.0, "b": 2}, ["w", "b"]),
    "rows of numbers": ({"W": [[1.0, 2.0], [3.0, 4.0]]}, ["W"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_container_is_read_and_made_again(kind: str) -> None:
    tree, names = KINDS[kind]
    found = leaves(tree)
    assert list(found) == names
    doubled = rebuilt(tree, [2 * value for value in found.values()])
    assert type(doubled) is type(tree)
    again = leaves(doubled)
    assert list(again) == names
    for name, value in found.items():
        np.testing.assert_array_equal(again[name], 2 * value)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"W": A, "name": "first"}, "params at name holds str, and no array of numbers"),
        ({"W": None}, "params at W holds NoneType, and no array of numbers"),
        ("W1", "params holds str, and no array of numbers"),
        ([[1.0], [1.0, 2.0]], "params holds list, and no array of numbers"),
    ],
)
def test_what_holds_no_arrays_is_refused(tree: Any, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        leaves(tree)
    assert str(refused.value) == message


def test_depth_is_limited() -> None:
    tree: Any = A
    for _ in range(40):
        tree = {"in": tree}
    with pytest.raises(Unreadable, match="nested more than 16 deep"):
        leaves(tree)


def test_the_number_of_arrays_is_limited() -> None:
    with pytest.raises(Unreadable, match="10,001 arrays; at most 10,000"):
        leaves(tuple(np.float64(k) for k in range(10_001)))
