"""The Workspace: the same gradients as the functions, from arrays that it owns."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from derive.dense import Stack
from derive.layers import stack
from tests.branches import both
from tests.by_hand import ACTIVATIONS, MISH
from tests.memory_peak import peak
from tests.random_stacks import stacks
from tests.stack_grid import grid, point
from tests.stale import spoil

STACKS = {
    "the default": stack("20,15,10,5"),
    "columns": stack("20,15:tanh,5", layout="column"),
    "separate bias": stack("20,15:gelu,10:silu,5", bias="separate"),
    "no bias": stack("20,8:elu,7:log_softmax,5:sigmoid", loss="bce", bias="none"),
    "kinks": stack("20,8:leaky_relu,7:relu,5", loss="mae"),
    "a sum": stack("20,8:softplus,7:softmax,5", loss="huber", reduction="sum"),
    "a formula": stack("20,8:mish,5", define=[MISH]),
    "powers": stack("20,8:sin,5", loss="sqrt(1 + (yhat - y)^2) + (yhat - y)^3 / 7"),
    "one sample": stack("20,8,5", single=True, bias="separate"),
    "layers of a kind": stack("20,9,8:relu,7,6:relu,5:sigmoid", loss="squared-error"),
    "layers of a kind without bias": stack("20,9:gelu,8:gelu,7:elu,6:elu,5", bias="none"),
}


def module_of(made: Stack) -> Any:
    return codegen.load(codegen.emit(made))


def modules_of(made: Stack) -> list[Any]:
    """The module, and the same that takes any batch for one of many samples."""
    return [codegen.load(text) for text in dict.fromkeys(both(codegen.emit(made)))]


# ---------------------------------------------------------------------------------- what it gives


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STACKS)
def test_it_gives_what_the_functions_give(name: str, dtype: Any, rng: np.random.Generator) -> None:
    made = STACKS[name]
    sizes = (1,) if made.single else (1, 6)
    for module, n in product(modules_of(made), sizes):
        params, x, y = point(made, rng, n, dtype)
        space = module.Workspace(n, dtype)
        loss, gradients = module.loss_and_gradients(params, x, y)
        own_loss, own = space.loss_and_gradients(params, x, y)
        assert own_loss == pytest.approx(loss, rel=1e-5)
        again = {key: value.copy() for key, value in own.items()}
        tiny = 50 * np.finfo(dtype).eps
        for key, value in space.gradients(params, x, y).items():
            scale = np.abs(gradients[key]).max() + 1
            assert value.dtype == dtype
            assert np.abs(value - gradients[key]).max() <= tiny * scale
            np.testing.assert_array_equal(value, again[key])


@settings(max_examples=25)
@given(stacks(deepest=4), st.integers(1, 5))
def test_random_networks(made: Stack, n: int) -> None:
    params, x, y = point(made, np.random.default_rng(7), n)
    for module in modules_of(made):
        _, own = module.Workspace(1 if made.single else n).loss_and_gradients(params, x, y)
        for key, value in module.gradients(params, x, y).items():
            assert np.abs(own[key] - value).max() <= 1e-13 * (np.abs(value).max() + 1)


@pytest.mark.parametrize("name", STACKS)
def test_it_forgets_the_step_before(name: str, rng: np.random.Generator) -> None:
    """Arrays full of NaN change nothing: every entry that is read was written in this step."""
    made = STACKS[name]
    n = 1 if made.single else 4
    data = point(made, rng, n)
    for module in modules_of(made):
        space = module.Workspace(n)
        truth = {key: value.copy() for key, value in space.gradients(*data).items()}
        spoil(space.arrays)
        for key, value in space.gradients(*data).items():
            np.testing.assert_array_equal(value, truth[key])


def test_a_step_returns_the_arrays_of_the_step_before(rng: np.random.Generator) -> None:
    made = STACKS["the default"]
    space = module_of(made).Workspace(4)
    _, first = space.loss_and_gradients(*point(made, rng, 4))
    kept = {key: value.copy() for key, value in first.items()}
    second = space.gradients(*point(made, rng, 4))
    assert all(second[key] is first[key] for key in first)
    assert all((second[key] != kept[key]).any() for key in first)


@pytest.mark.parametrize("name", ["the default", "columns", "powers"])
def test_complex_numbers_go_through_it(name: str, rng: np.random.Generator) -> None:
    """The imaginary part of a loss, moved by ih along one entry, is h times its derivative."""
    made = STACKS[name]
    params, x, y = point(made, rng, 3)
    module = module_of(made)
    truth = module.gradients(params, x, y)["W1"][1, 2]
    moved = {key: value.astype(complex) for key, value in params.items()}
    moved["W1"][1, 2] += 1e-30j
    given = (moved, x.astype(complex), y.astype(complex))
    loss, _ = module.Workspace(3, np.complex128).loss_and_gradients(*given)
    assert loss.imag / 1e-30 == pytest.approx(truth, rel=1e-11)


# --------------------------------------------------------------------------------- what it needs


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_a_step_allocates_no_array(hidden: str, rng: np.random.Generator) -> None:
    """What is left are views and numbers; a single column of 700 numbers would be too much."""
    start = list(ACTIVATIONS).index(hidden) % 2
    for place, made in enumerate(grid(hidden, "30,40,20")[start::2]):
        dtype = (np.float32, np.float64)[place % 2]
        n = 1 if made.single else 700
        data, space = point(made, rng, n, dtype), module_of(made).Workspace(n, dtype)
        for step in (space.loss_and_gradients, space.gradients):
            assert peak(lambda step=step, data=data: step(*data)) < 2000, made.describe()


@pytest.mark.parametrize("loss", ["cross-entropy", "squared-error", "huber"])
def test_columns_may_be_rows_turned_round(loss: str, rng: np.random.Generator) -> None:
    made = stack("20,15,5", layout="column", loss=loss)
    params, x, y = point(made, rng, 700)
    space = module_of(made).Workspace(700)
    truth = {name: value.copy() for name, value in space.gradients(params, x, y).items()}
    turned = params, np.asfortranarray(x), np.asfortranarray(y)
    for name, value in space.gradients(*turned).items():
        np.testing.assert_allclose(value, truth[name], rtol=1e-12, atol=1e-15)
    assert peak(lambda: space.loss_and_gradients(*turned)) < 2000


@pytest.mark.parametrize("name", STACKS)
def test_what_a_step_needs_does_not_grow_with_the_batch(
    name: str, rng: np.random.Generator
) -> None:
    made = STACKS[name]
    peaks = []
    for n in (1,) if made.single else (2, 64, 2048):
        data, space = point(made, rng, n), module_of(made).Workspace(n)
        peaks.append(peak(lambda space=space, data=data: space.loss_and_gradients(*data)))
    assert max(peaks) < 2000
    assert max(peaks) - min(peaks) < 200


def test_arrays_are_used_again() -> None:
    """Ten layers of one width need no more arrays than four."""
    counts = []
    for depth in (4, 10):
        text = codegen.emit(stack(",".join(["9"] * depth), activations="sigmoid"))
        body = text[text.index("    def gradients(self") :]
        counts.append(len(set(re.findall(r"out=(buf\d+)", body))) - depth)
    assert counts[0] >= counts[1]


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_ones_between_layers_raise_no_warning(hidden: str, rng: np.random.Generator) -> None:
    """What is computed of ones is thrown away, but it must be computed without a warning."""
    made = stack(f"5,4:{hidden},4:{hidden},4:{hidden},3", define=[MISH])
    data, space = point(made, rng, 2), module_of(made).Workspace(2)
    with np.errstate(all="raise", under="ignore"):
        space.gradients(*data)


def test_factors_of_many_samples_have_no_arrays() -> None:
    module = module_of(stack("5,4:tanh,4:tanh,3"))
    few, many = (module.Workspace(n) for n in (4, 100_000))
    assert few.few == 4
    assert many.few == 0
    empty = {array.shape for array in many.arrays if array.size == 0}
    assert empty == {(10, 0), (4, 0), (0, 6), (0, 5), (0, 4)}


def test_a_bias_of_the_name_b1_is_no_buffer() -> None:
    text = codegen.emit(stack("4,3,2", bias="separate"))
    assert 'b1 = params["b1"]' in text
    assert "out=b1" not in text
