"""Settings are refused by name, rates end as they say, and a step is what its formula says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.schedule import (
    DEFAULTS,
    SCHEDULES,
    SHARE,
    Descent,
    Settings,
    SettingsError,
    learning_rate,
    rate,
    rest_every,
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch": 0},
        {"lr": 0.0},
        {"lr": float("nan")},
        {"lr": float("inf")},
        {"momentum": 1.0},
        {"weight_decay": -1e-3},
        {"weight_decay": 10.0},
        {"schedule": "step"},
        {"seed": -1},
        {"init": 0.0},
    ],
)
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"^{next(iter(wrong))} must be .*, not "):
        Settings(**wrong)


def test_schedules_start_at_the_rate_and_end_as_they_say() -> None:
    ends = {"constant": 0.4, "cosine": 0.0, "linear": 0.0}
    assert set(ends) == set(SCHEDULES)
    for schedule, end in ends.items():
        settings = Settings(lr=0.4, schedule=schedule)
        assert rate(settings, 0, 10) == 0.4
        assert rate(settings, 10, 10) == pytest.approx(end)
        middle = [rate(settings, step, 10) for step in range(11)]
        assert middle == sorted(middle, reverse=True)


def test_the_learning_rate_suits_the_functions() -> None:
    assert learning_rate(["sigmoid", "sigmoid"], "softmax") == DEFAULTS.lr
    assert learning_rate(["sigmoid", "relu"], "softmax") == learning_rate([], "log_softmax") == 0.1
    assert learning_rate(["relu"] * 4, "softmax") == 0.05
    assert learning_rate(["sigmoid"], "identity") == learning_rate(["tanh"], "sigmoid") == 0.025


def test_a_step_is_momentum_and_decoupled_decay() -> None:
    rng = np.random.default_rng(1)
    w, v = rng.standard_normal((2, 3, 4)).astype(np.float32)
    settings = Settings(momentum=0.8, weight_decay=0.1)
    descent = Descent({"W": w}, {"W": np.asfortranarray(w)})
    assert np.isfortran(descent.params["W"])
    v = np.zeros_like(w)
    for lr, share in ((0.3, 1.0), (0.2, 0.25), (0.2, 1.0)):
        g = rng.standard_normal((3, 4)).astype(np.float32)
        descent.step({"W": g.copy()}, lr, settings, share)
        v = 0.8 * v + share * g
        w = (1 - lr * 0.1) * w - lr * v
        np.testing.assert_allclose(descent.params["W"], w, rtol=1e-5)
    assert descent.copy()["W"].flags.c_contiguous


@pytest.mark.parametrize("momentum", [0.0, 0.01, 0.5, 0.9, 0.99])
def test_a_change_that_fades_comes_to_rest_before_its_numbers_lose_digits(
    momentum: float,
) -> None:
    """Such numbers are a hundred times as slow; the weights end where they would have ended."""
    w = np.full(300, 0.5, np.float32)
    pushes = np.logspace(-30, 30, 300, dtype=np.float32)
    settings = Settings(momentum=momentum, weight_decay=0.0)
    descent = Descent({"W": w}, {"W": w})
    least = np.finfo(np.float32).smallest_normal
    for step in range(2 * rest_every(momentum) + 2):
        descent.step({"W": pushes.copy() if step == 0 else np.zeros_like(w)}, 0.1, settings)
        left = np.abs(descent.changes["W"])
        assert np.all((left == 0) | (left >= least)), f"in step {step}"
    reached = 0.5 - 0.1 * pushes.astype(float) * sum(momentum**k for k in range(step + 1))
    np.testing.assert_allclose(descent.params["W"], reached, rtol=1e-3, atol=1e-4)
    assert rest_every(momentum) == 1 or momentum ** rest_every(momentum) >= SHARE
