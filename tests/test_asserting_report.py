"""The report as text and as data: numpy.testing's words, then what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derive
from codegen.loading import load
from derive import GradientMismatch
from derive.asserting.calling import Finding
from derive.asserting.judging import judged, tolerance
from derive.asserting.report import GradientReport, Run
from tests.backward_passes import AUGMENTED

GOLDEN = Path(__file__).parent / "golden" / "assert_gradient.txt"

W, X, Y = np.array([[0.5, -0.5], [1.0, 0.25]]), np.eye(2), np.ones((2, 2))


def loss(w: Any, x: Any, y: Any) -> Any:
    return ((x @ w - y) ** 2).sum()


def right(w: Any, x: Any, y: Any) -> Any:
    return 2 * x.T @ (x @ w - y)


def unsummed(w: Any, x: Any, y: Any) -> Any:
    return (2 * x.T @ (x @ w - y))[None]


def with_side_effects(w: Any, x: Any, y: Any) -> Any:
    w -= 0.5
    np.random.seed(1)
    return right(w, x, y)


def one_entry(w: Any, x: Any, y: Any) -> Any:
    return right(w, x, y) + np.array([[0, 0], [1e-6, 0]])


def not_finite(w: Any, x: Any, y: Any) -> Any:
    return right(w, x, y) * np.array([[1, np.nan], [1, 1]])


def nothing(w: Any, x: Any, y: Any) -> Any:
    return None


def stack_without_slope(params: Any, x: Any, y: Any) -> Any:
    text = AUGMENTED.replace("d2 = dh2 * h2 * (1 - h2)", "d2 = dh2")
    return load(text).backward(params, x, y)


OWN = {"loss": loss, "params": W, "x": X, "y": Y}
MESSAGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "a sign": (lambda w, x, y: -right(w, x, y), {**OWN, "err_msg": "my layer"}),
    "another shape": (unsummed, OWN),
    "side effects": (with_side_effects, OWN),
    "one entry": (one_entry, OWN),
    "not finite": (not_finite, OWN),
    "nothing": (nothing, OWN),
    "directions": (lambda w, x, y: 2 * right(w, x, y), {**OWN, "mode": "directions"}),
    "a stack": (stack_without_slope, {"stack": "4,3,3,2"}),
    "a loss that is not a number": (right, {**OWN, "loss": lambda w, x, y: loss(w, x, y) / 0.0}),
}


def messages() -> str:
    """Every message under its name."""
    found = []
    for name, (function, known) in MESSAGES.items():
        with np.errstate(all="ignore"), pytest.raises(GradientMismatch) as caught:
            derive.assert_gradient(function, **known)
        found.append(f"== {name}{caught.value}\n")
    return "\n".join(found)


def test_the_messages_are_the_golden_ones(update: bool) -> None:
    if update:
        GOLDEN.write_text(messages(), encoding="utf-8")
    assert messages() == GOLDEN.read_text(encoding="utf-8")


def test_a_report_is_plain_data_too() -> None:
    report = derive.verify(one_entry, **OWN)
    data = json.loads(report.to_json())
    assert data["status"] == "FAIL"
    assert data["runs"][0]["oracles"] == ["complex step", "differences"]
    (row,) = data["runs"][0]["parameters"]
    assert (row["name"], row["shape"], row["failed"]) == ("params", [2, 2], 1)
    assert row["worst"][0]["index"] == [1, 0]
    assert row["worst"][0]["actual"] == pytest.approx(1e-6)
    assert data["mistakes"][0]["text"] == "the gradient of params: only params[1, 0] is wrong"


def test_data_that_is_not_finite_is_text() -> None:
    data = json.loads(derive.verify(not_finite, **OWN).to_json())
    assert data["runs"][0]["parameters"][0]["worst"][0]["actual"] == "nan"


def test_nothing_compared_is_no_success() -> None:
    assert GradientReport("nothing", ()).status == "UNRESOLVED"
    assert GradientReport("nothing", (Run("here", "float64", "", ()),)).status == "UNRESOLVED"
    finding = Finding("alias", "two gradients share one array")
    assert GradientReport("nothing", (), (finding,)).status == "FAIL"


def test_what_no_oracle_sees_is_no_success() -> None:
    report = derive.verify(
        lambda w: np.zeros(2), loss=lambda w: float(np.abs(w).sum()), params=np.zeros(2)
    )
    assert not report.ok
    empty = {"differences": derive_estimate(np.inf)}
    row = judged("W", np.zeros(1), empty, tolerance(None, None, "float64", {}), True)
    assert (row.failed, row.unresolved) == (0, 1)


def derive_estimate(bar: float) -> Any:
    from codegen.finite import Estimate

    return Estimate(np.zeros(1), np.full(1, bar), np.zeros(1, bool))
