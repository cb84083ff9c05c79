"""The Workspace: the same gradients as the functions, from arrays that it owns."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.verification import shapes_of
from derive.dense import Stack
from derive.layers import stack
from tests.random_stacks import stacks

STACKS = {
    "the default": stack("20,15,10,5"),
    "columns": stack("20,15:tanh,5", layout="column"),
    "separate bias": stack("20,15:gelu,10:silu,5", bias="separate"),
    "no bias": stack("20,8:elu,7:log_softmax,5:sigmoid", loss="bce", bias="none"),
    "kinks": stack("20,8:leaky_relu,7:relu,5", loss="mae"),
    "a sum": stack("20,8:softplus,7:softmax,5", loss="huber", reduction="sum"),
    "a formula": stack("20,8:mish,5", define=["mish(z) = z*tanh(log(1+exp(z)))"]),
}


def data(made: Stack, n: int, dtype: Any = np.float64) -> tuple[dict[str, Any], Any, Any]:
    rng = np.random.default_rng(7)
    params = {k: rng.standard_normal(s).astype(dtype) for k, s in shapes_of(made).items()}
    x = rng.standard_normal((n, made.sizes[0])).astype(dtype)
    y = rng.dirichlet(np.ones(made.sizes[-1]), n).astype(dtype)
    if made.columns:
        return params, np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
    return params, x, y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STACKS)
def test_it_gives_what_the_functions_give(name: str, dtype: Any) -> None:
    module = codegen.load(codegen.emit(STACKS[name]))
    for n in (1, 6):
        params, x, y = data(STACKS[name], n, dtype)
        space = module.Workspace(n, dtype)
        loss, gradients = module.loss_and_gradients(params, x, y)
        own_loss, own = space.loss_and_gradients(params, x, y)
        assert own_loss == pytest.approx(loss, rel=1e-5)
        again = {key: value.copy() for key, value in own.items()}
        tiny = 50 * np.finfo(dtype).eps
        for key, value in space.gradients(params, x, y).items():
            scale = np.abs(gradients[key]).max() + np.finfo(dtype).tiny
            assert value.dtype == dtype
            assert np.abs(value - gradients[key]).max() <= tiny * scale
            np.testing.assert_array_equal(value, again[key])


@pytest.mark.parametrize("name", STACKS)
def test_a_step_allocates_no_array(name: str) -> None:
    """What is left are views and numbers, as many for 512 samples as for 8."""
    module = codegen.load(codegen.emit(STACKS[name]))
    peaks = []
    for n in (8, 512):
        params, x, y = data(STACKS[name], n)
        space = module.Workspace(n)
        space.loss_and_gradients(params, x, y)
        tracemalloc.start()
        space.loss_and_gradients(params, x, y)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 2_000
    assert abs(peaks[1] - peaks[0]) < 200


@settings(max_examples=25)
@given(stacks(deepest=4), st.integers(1, 5))
def test_random_networks(made: Stack, n: int) -> None:
    module = codegen.load(codegen.emit(made))
    count = 1 if made.single else n
    params, x, y = data(made, count)
    _, own = module.Workspace(count).loss_and_gradients(params, x, y)
    for key, value in module.gradients(params, x, y).items():
        scale = np.abs(value).max() + 1e-300
        assert np.abs(own[key] - value).max() <= 1e-12 * scale
