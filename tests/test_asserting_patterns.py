"""What wrong numbers look like beside the true ones, where no formula is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import derive

RNG = np.random.default_rng(1)
PARAMS = {"W": RNG.standard_normal((4, 4)), "b": RNG.standard_normal(4)}
X, Y = RNG.standard_normal((7, 4)), RNG.standard_normal((7, 4))

Gradients = dict[str, np.ndarray]


def loss(params: Any, x: Any, y: Any) -> Any:
    return ((np.tanh(x @ params["W"] + params["b"]) - y) ** 2).sum()


def errors(params: Any, x: Any, y: Any) -> np.ndarray:
    h = np.tanh(x @ params["W"] + params["b"])
    return 2 * (h - y) * (1 - h**2)


def told(change: Callable[[Gradients, Any, np.ndarray], Any]) -> list[tuple[str, str]]:
    """What is said of the true gradients once they are changed: pages and words."""

    def backward(params: Any, x: Any, y: Any) -> Gradients:
        d = errors(params, x, y)
        found = {"W": x.T @ d, "b": d.sum(axis=0)}
        change(found, params, d)
        return found

    report = derive.verify(backward, loss=loss, params=PARAMS, x=X, y=Y)
    assert report.status == "FAIL"
    return [(one.code, one.text) for one in report.mistakes]


def put(name: str, value: Callable[[Gradients, Any, np.ndarray], Any]) -> Any:
    def change(found: Gradients, params: Any, d: np.ndarray) -> None:
        found[name] = value(found, params, d)

    return change


W, B = "the gradient of W: ", "the gradient of b: "
PATTERNS: dict[str, tuple[Any, tuple[str, str]]] = {
    "zero": (put("W", lambda g, p, d: 0 * g["W"]), ("D316", W + "it is zero everywhere")),
    "sign": (put("W", lambda g, p, d: -g["W"]), ("D317", W + "its sign is wrong")),
    "twice": (
        put("W", lambda g, p, d: 2 * g["W"]),
        ("D318", W + "it is 2 times the true one: a factor 2 is too many"),
    ),
    "mean": (
        put("b", lambda g, p, d: d.mean(axis=0)),
        (
            "D318",
            B + "it is 0.142857 times the true one: "
            "1/7 is too many (7 is the length of axis 0 of x)",
        ),
    ),
    "a factor of no cause": (
        put("W", lambda g, p, d: 1.7 * g["W"]),
        ("D318", W + "it is 1.7 times the true one"),
    ),
    "transposed": (
        put("W", lambda g, p, d: g["W"].T),
        ("D312", W + "it is the transpose of the true one"),
    ),
    "not summed": (put("b", lambda g, p, d: d), ("D319", B + "the sum over its axis 0 is missing")),
    "another shape": (
        put("b", lambda g, p, d: g["b"][None]),
        ("", B + "its numbers are right, and its shape is not"),
    ),
    "all of them": (
        put("b", lambda g, p, d: np.full(4, d.sum())),
        ("D319", B + "every entry is the sum of all of them"),
    ),
    "their mean": (
        put("b", lambda g, p, d: np.full(4, d.sum() / 4)),
        ("D319", B + "every entry is the mean of all of them"),
    ),
    "reversed": (
        put("b", lambda g, p, d: g["b"][::-1].copy()),
        ("D314", B + "its entries stand in another order"),
    ),
    "rows in another order": (
        put("W", lambda g, p, d: g["W"][[2, 0, 3, 1]]),
        ("D314", W + "its rows stand in another order"),
    ),
    "a regulariser": (
        put("W", lambda g, p, d: g["W"] + 0.25 * p["W"]),
        ("D316", W + "0.25 W is too much: the term of a regulariser"),
    ),
    "one entry": (
        put("W", lambda g, p, d: g["W"] + np.eye(4)[1][:, None] * np.eye(4)[2]),
        ("", W + "only W[1, 2] is wrong"),
    ),
    "one row": (
        put("W", lambda g, p, d: g["W"] * (1 + np.eye(4)[1][:, None])),
        ("", W + "only its row 1 is wrong"),
    ),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_told(name: str) -> None:
    change, words = PATTERNS[name]
    assert told(change) == [words]


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(1e-6, 1.0))
def test_noise_has_no_pattern(seed: int, size: float) -> None:
    noise = size * np.random.default_rng(seed).standard_normal((4, 4))
    assert told(put("W", lambda g, p, d: g["W"] + noise)) == []
