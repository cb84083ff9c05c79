"""What a function returns is told apart by key or by order, and looked at before its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from derive.asserting.answers import answer

SHAPES = {"W1": np.empty((2, 3)), "b1": np.empty(3)}
W, B = np.ones((2, 3)), np.arange(3.0)


@dataclass
class Grads:
    W1: Any
    b1: Any


KINDS = {
    "a dict": {"W1": W, "b1": B},
    "a dict in another order": {"b1": B, "W1": W},
    "a dict of dW1, db1": {"dW1": W, "db1": B},
    "a dict of grad_W1, b1_grad": {"grad_W1": W, "b1_grad": B},
    "a dict of dL/dW1": {"dL/dW1": W, "dL/db1": B},
    "a tuple": (W, B),
    "a list": [W, B],
    "a dataclass": Grads(W, B),
    "loss and a dict": (0.5, {"W1": W, "b1": B}),
    "loss and a tuple": (np.float64(0.5), (W, B)),
    "a list of lists of numbers": (W.tolist(), B.tolist()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_is_read(kind: str) -> None:
    found = answer(KINDS[kind], ("W1", "b1"), SHAPES, "float64", {})
    assert found.findings == ()
    assert set(found.gradients) == {"W1", "b1"}
    np.testing.assert_array_equal(found.gradients["W1"], W)
    np.testing.assert_array_equal(found.gradients["b1"], B)


def test_an_array_alone_is_the_gradient_by_the_one_name() -> None:
    found = answer(B, ("b1",), SHAPES, "float64", {})
    assert list(found.gradients) == ["b1"]


def test_a_container_like_that_of_the_parameters_is_read_by_its_places() -> None:
    found = answer(
        [{"W": W, "b": B}],
        ("W1", "b1"),
        SHAPES,
        "float64",
        {"params[0]['W']": "W1", "params[0]['b']": "b1"},
    )
    assert list(found.gradients) == ["W1", "b1"]


def test_a_loss_beside_the_gradients_is_noted() -> None:
    found = answer((0.5, (W, B)), ("W1", "b1"), SHAPES, "float64", {})
    assert found.notes == ("the function returns a loss first: it was left aside",)


WRONG = {
    "missing": ({"W1": W}, "missing", "there is no gradient for b1; there is 'W1'"),
    "surplus": (
        {"W1": W, "b1": B, "W7": B},
        "surplus",
        "there is a gradient for W7, which is not asked for",
    ),
    "transposed": (
        {"W1": W.T, "b1": B},
        "shape",
        "the gradient of W1 is 3×2, and W1 is 2×3: transposed",
    ),
    "a row": (
        {"W1": W, "b1": B[None]},
        "shape",
        "the gradient of b1 is 1×3, and b1 is (3,)",
    ),
    "a scalar": ({"W1": W, "b1": 1.0}, "shape", "the gradient of b1 is a scalar, and b1 is (3,)"),
    "float32": (
        {"W1": W.astype(np.float32), "b1": B},
        "dtype",
        "the gradient of W1 is float32, and W1 is float64: digits are lost",
    ),
    "float16": (
        {"W1": W.astype(np.float16), "b1": B},
        "dtype",
        "the gradient of W1 is float16, and W1 is float64: digits are lost",
    ),
    "integers": (
        {"W1": W.astype(int), "b1": B},
        "dtype",
        "the gradient of W1 is int64: its fractions are cut off",
    ),
    "complex": (
        {"W1": W + 0j, "b1": B},
        "dtype",
        "the gradient of W1 is complex128, and no real numbers",
    ),
    "nan": (
        {"W1": W * [1, np.nan, np.inf], "b1": B},
        "not-finite",
        "4 of 6 entries of the gradient of W1 are not finite",
    ),
    "nothing": (None, "type", "the gradient holds NoneType, and no array of numbers"),
    "too few": (
        (W,),
        "type",
        "the function returns 1 arrays for 2 names: W1, b1",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_at_first_sight_is_named(kind: str) -> None:
    value, code, text = WRONG[kind]
    (found,) = answer(value, ("W1", "b1"), SHAPES, "float64", {}).findings
    assert (found.kind, found.text) == (code, text)


def test_float64_is_no_fault_where_float32_is_asked_for() -> None:
    assert answer((W, B), ("W1", "b1"), SHAPES, "float32", {}).findings == ()


def test_a_gradient_of_another_shape_is_kept_to_be_explained() -> None:
    found = answer((W.T, B), ("W1", "b1"), SHAPES, "float64", {})
    assert list(found.odd) == ["W1"]
    assert list(found.gradients) == ["b1"]
