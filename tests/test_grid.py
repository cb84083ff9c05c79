"""Every activation, with every loss, in every convention: functions, Workspace, autograd agree."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from autograd import value_and_grad

import codegen
from derive.dense import Stack
from tests.by_hand import ACTIVATIONS, loss_by_hand
from tests.stack_grid import grid, point

Params = dict[str, Any]


def assert_close(got: Params, truth: Params, relative: float) -> None:
    """Each entry, by the largest entry of its matrix."""
    assert got.keys() == truth.keys()
    for name, value in truth.items():
        error = np.abs(got[name] - value).max()
        assert error <= relative * (np.abs(value).max() + 1e-3), name


def test_any_two_choices_meet() -> None:
    stacks = [made for hidden in ACTIVATIONS for made in grid(hidden)]
    assert len(stacks) == 252
    choices = [(s.activations[0], s.loss.formula, s.bias, s.layout, _kind(s)) for s in stacks]
    for a, b in combinations(range(5), 2):
        firsts, seconds = {c[a] for c in choices}, {c[b] for c in choices}
        assert {(c[a], c[b]) for c in choices} == set(product(firsts, seconds))


def _kind(made: Stack) -> str:
    return "single" if made.single else made.reduction


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_functions_workspace_and_autograd_agree(hidden: str, rng: np.random.Generator) -> None:
    for made in grid(hidden):
        module = codegen.load(codegen.emit(made))
        params, x, y = point(made, rng)
        value, truth = value_and_grad(loss_by_hand(made))(params, x, y)
        loss, found = module.loss_and_gradients(params, x, y)
        assert loss == pytest.approx(value, rel=1e-9, abs=1e-12), made.describe()
        assert module.loss(params, x, y) == loss
        assert_close(found, truth, 1e-9)
        assert_close(module.gradients(params, x, y), found, 0)
        check_workspace(made, module, (params, x, y))


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_float32_stays_float32(hidden: str, rng: np.random.Generator) -> None:
    for made in grid(hidden):
        module = codegen.load(codegen.emit(made))
        given = point(made, rng, dtype=np.float32)
        loss, found = module.loss_and_gradients(*given)
        assert loss.dtype == np.float32, made.describe()
        assert all(value.dtype == np.float32 for value in found.values()), made.describe()
        check_workspace(made, module, given)


def check_workspace(made: Stack, module: Any, given: tuple[Params, Any, Any]) -> None:
    """A workspace that was used before gives what the functions give, to a few roundings."""
    dtype = given[1].dtype
    space = module.Workspace(1 if made.single else 5, dtype)
    loss, found = module.loss_and_gradients(*given)
    few = 16 * float(np.finfo(dtype).eps)
    for _ in range(2):
        own_loss, own = space.loss_and_gradients(*given)
        assert own_loss.dtype == dtype
        assert own_loss == pytest.approx(loss, rel=few), made.describe()
        assert_close(own, found, few)
        assert_close(space.gradients(*given), found, few)
