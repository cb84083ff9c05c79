"""The rule for an entry: wrong beyond tolerance and floor, open where an oracle is blind."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.blackbox import COMPLEX, DIFFERENCES
from codegen.finite import Estimate
from derive.asserting.judging import Parameter, judged, tolerance


def estimate(value: float, bar: float, still: bool = False) -> Estimate:
    return Estimate(np.array([value]), np.array([bar]), np.array([still]))


def one(actual: float, *oracles: Estimate, strict: bool = True, **kinds: float) -> Parameter:
    """The verdict on one entry."""
    named = {f"oracle {k}": oracle for k, oracle in enumerate(oracles)}
    allowed = tolerance(kinds.get("rtol"), kinds.get("atol"), "float64", {})
    return judged(
        "w", np.array([actual]), {k: {"w": o}["w"] for k, o in named.items()}, allowed, strict
    )


@pytest.mark.parametrize(
    ("actual", "oracles", "outcome"),
    [
        (1.0, [estimate(1.0, 1e-15)], "right"),
        (1.0 + 5e-10, [estimate(1.0, 1e-15)], "right"),
        (1.0 + 5e-9, [estimate(1.0, 1e-15)], "wrong"),
        (1.0 + 5e-9, [estimate(1.0, 1e-8)], "right"),
        (1.0, [estimate(1.0, 1e-15), estimate(2.0, 1e-8)], "wrong"),
        (1.0, [estimate(1.0, np.inf), estimate(1.0, 1e-12)], "right"),
        (1.0, [estimate(1.0, np.inf)], "open"),
        (1e-14, [estimate(0.0, 1e-13)], "open"),
        (0.0, [estimate(0.0, 1e-13)], "open"),
        (0.0, [estimate(0.0, 1e-13, still=True)], "right"),
        (np.nan, [estimate(1.0, np.inf)], "wrong"),
        (np.inf, [estimate(1.0, 1e-15)], "wrong"),
        (1.0, [estimate(np.nan, 1e-15)], "wrong"),
        (-1.0, [estimate(1.0, 1e-15)], "wrong"),
        (1.0, [estimate(np.nan, np.inf)], "open"),
        (1.0, [estimate(np.nan, np.inf), estimate(1.0, 1e-12)], "right"),
    ],
)
def test_an_entry(actual: float, oracles: list[Estimate], outcome: str) -> None:
    row = one(actual, *oracles)
    assert {"wrong": (1, 0), "right": (0, 0), "open": (0, 1)}[outcome] == (
        row.failed,
        row.unresolved,
    )


def test_at_a_point_of_the_persons_own_a_floor_leaves_nothing_open() -> None:
    big = Estimate(np.array([1.0, 0.0]), np.full(2, 1e-13), np.zeros(2, bool))
    allowed = tolerance(None, None, "float64", {})
    for strict, still_open in ((True, 1), (False, 0)):
        row = judged("w", np.array([1.0, 1e-14]), {COMPLEX: big}, allowed, strict)
        assert row.unresolved == still_open
    blind = Estimate(np.array([1.0, 0.0]), np.array([1e-13, np.inf]), np.zeros(2, bool))
    assert judged("w", np.array([1.0, 0.0]), {COMPLEX: blind}, allowed, False).unresolved == 1


def test_tolerances_add_up() -> None:
    assert one(1.1, estimate(1.0, 0.0), rtol=0.2).failed == 0
    assert one(1.1, estimate(1.0, 0.0), atol=0.2).failed == 0
    assert one(1.1, estimate(1.0, 0.0), rtol=0.05, atol=0.04).failed == 1
    assert one(1.1, estimate(1.0, 0.02), rtol=0.05, atol=0.04).failed == 0


def test_float32_has_a_floor_of_its_own() -> None:
    oracles = {COMPLEX: {"w": estimate(1.0, 1e-14)}, DIFFERENCES: {"w": estimate(1.0, 1e-9)}}
    allowed = tolerance(None, None, "float32", oracles)
    assert allowed.grain == pytest.approx(2.0**29 * 1e-14)
    assert allowed.rtol == pytest.approx(16 * 2.0**-24)
    without = tolerance(None, None, "float32", {DIFFERENCES: oracles[DIFFERENCES]})
    assert without.grain == pytest.approx(64 * 2.0**-24)
    assert tolerance(None, None, "float64", oracles).grain == 0


def test_the_worst_entries_come_first_with_the_oracle_that_says_so() -> None:
    value = np.zeros(10)
    good = Estimate(value, np.full(10, 1e-12), np.zeros(10, bool))
    poor = Estimate(value, np.full(10, 1e-3), np.zeros(10, bool))
    actual = np.array([0, 3, 1, 0, 2, 0, 5, 4, 0, 6.0])
    row = judged(
        "w", actual, {DIFFERENCES: poor, COMPLEX: good}, tolerance(None, None, "float64", {}), True
    )
    assert [entry.index[0] for entry in row.worst] == [9, 6, 7, 1, 4]
    assert {entry.oracle for entry in row.worst} == {COMPLEX}
    assert row.floor == 1e-12
    assert row.largest == (6.0, np.inf)
