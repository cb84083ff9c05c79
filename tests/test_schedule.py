"""Settings are refused by name, rates end as they say, and a step is what its formula says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.schedule import (
    DEFAULTS,
    SCHEDULES,
    Descent,
    Settings,
    SettingsError,
    learning_rate,
    rate,
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
    settings, lr = Settings(momentum=0.8, weight_decay=0.1), 0.3
    descent = Descent({"W": w}, {"W": np.asfortranarray(w)})
    assert np.isfortran(descent.params["W"])
    v = np.zeros_like(w)
    for share in (1.0, 0.25):
        g = rng.standard_normal((3, 4)).astype(np.float32)
        given = g.copy()
        descent.step({"W": given}, lr, settings, share)
        v = 0.8 * v + share * g
        w = (1 - lr * 0.1) * w - lr * v
        np.testing.assert_allclose(descent.params["W"], w, rtol=1e-5)
        np.testing.assert_array_equal(given, g)
    assert descent.copy()["W"].flags.c_contiguous
