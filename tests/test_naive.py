"""Forward passes of many networks at once are those of each alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.naive import naive, spot_check, together
from codegen.points import generic_point
from codegen.probe import probe
from codegen.verification import shapes_of
from derive.layers import stack

STACKS: list[dict[str, Any]] = [
    {},
    {"layout": "column"},
    {"bias": "separate", "activations": "softmax,tanh,softmax"},
    {"bias": "separate", "layout": "column", "activations": "softmax,gelu,softmax"},
    {"bias": "none", "loss": "mse", "activations": "sin,relu,identity"},
    {"single": True},
    {"single": True, "layout": "column"},
]


def at_a_point(options: dict[str, Any]) -> tuple[Any, Any]:
    made = stack("6,5,4,3", **options)
    network = probe(made)
    target = "real" if options.get("loss") == "mse" else "soft"
    n = 1 if options.get("single") else 4
    return network, generic_point(network, shapes_of(made), n, 0, target)


@pytest.mark.parametrize("options", STACKS)
def test_losses_of_stacked_parameters(options: dict[str, Any]) -> None:
    network, point = at_a_point(options)
    rng = np.random.default_rng(0)
    many = {name: p + rng.standard_normal((7, *p.shape)) for name, p in point.params.items()}
    alone = [
        network.loss({name: p[k] for name, p in many.items()}, point.x, point.y) for k in range(7)
    ]
    np.testing.assert_allclose(network.losses(many, point.x, point.y), alone, rtol=1e-14)


@pytest.mark.parametrize("options", STACKS)
def test_differences_of_many_entries(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, point = at_a_point(options)
    entries = [(name, index) for name, p in point.params.items() for index in np.ndindex(p.shape)]
    monkeypatch.setattr("codegen.naive.TOGETHER", 2000)  # several parts, the last one shorter
    found = together(network.losses, point.params, point.x, point.y, entries)
    wanted = naive(network.loss, point.params, point.x, point.y, entries)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)


def test_a_spot_check_of_nothing_is_not_ok() -> None:
    network, point = at_a_point({})
    at = (point.params, point.x, point.y)
    assert not spot_check(network.loss, *at, {}, losses=network.losses).ok
