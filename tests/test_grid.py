"""Every activation, with every loss, in every convention: functions, Workspace and autograd agree.

A stack is taken for each activation and convention, with the losses in turn, so that any two of
activation, loss, bias, layout and reduction meet.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from autograd import value_and_grad

import codegen
from derive.dense import Stack
from derive.layers import stack
from tests.by_hand import ACTIVATIONS, LOSSES, MISH, loss_by_hand, targets

CONVENTIONS = tuple(
    product(("augmented", "separate", "none"), ("row", "column"), ("mean", "sum", "single"))
)
OUTPUTS = {
    "cross-entropy": "softmax",
    "nll": "log_softmax",
    "binary-cross-entropy": "sigmoid",
    "hinge": "tanh",
}
"""The last activation where the loss asks for one, or where one is of use to it."""

Params = dict[str, Any]


def grid(hidden: str) -> list[Stack]:
    """The stacks of one hidden activation; where the loss allows it, it is the output too."""
    losses = tuple(LOSSES)
    start = list(ACTIVATIONS).index(hidden)
    made = []
    for place, (bias, layout, reduction) in enumerate(CONVENTIONS):
        loss = losses[(start + place) % len(losses)]
        output = OUTPUTS.get(loss, hidden if place % 2 else "identity")
        made.append(
            stack(
                "3,4,3",
                activations=f"{hidden},{output}",
                loss=loss,
                bias=bias,
                layout=layout,
                reduction=None if reduction == "single" else reduction,
                single=reduction == "single",
                define=[MISH],
            )
        )
    return made


def point(made: Stack, module: Any, rng: np.random.Generator) -> tuple[Params, Any, Any]:
    count = 1 if made.single else 5
    params = {name: rng.standard_normal(shape) for name, shape in module.PARAMETERS.items()}
    x = rng.standard_normal((count, made.sizes[0]))
    y = targets(made.loss.name, count, made.sizes[-1], rng)
    if made.columns:
        return params, np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
    return params, x, y


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
    for a, b in ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)):
        firsts, seconds = {c[a] for c in choices}, {c[b] for c in choices}
        assert {(c[a], c[b]) for c in choices} == set(product(firsts, seconds))


def _kind(made: Stack) -> str:
    return "single" if made.single else made.reduction


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_functions_workspace_and_autograd_agree(hidden: str, rng: np.random.Generator) -> None:
    for made in grid(hidden):
        module = codegen.load(codegen.emit(made))
        params, x, y = point(made, module, rng)
        value, truth = value_and_grad(loss_by_hand(made))(params, x, y)
        loss, found = module.loss_and_gradients(params, x, y)
        assert loss == pytest.approx(value, rel=1e-9, abs=1e-12), made.describe()
        assert module.loss(params, x, y) == loss
        assert_close(found, truth, 1e-9)
        assert_close(module.gradients(params, x, y), found, 0)
        _check_workspace(made, module, (params, x, y), np.float64)


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_float32_stays_float32(hidden: str, rng: np.random.Generator) -> None:
    for made in grid(hidden):
        module = codegen.load(codegen.emit(made))
        params, x, y = point(made, module, rng)
        small = {name: value.astype(np.float32) for name, value in params.items()}
        x, y = x.astype(np.float32), y.astype(np.float32)
        loss, found = module.loss_and_gradients(small, x, y)
        assert loss.dtype == np.float32, made.describe()
        assert all(value.dtype == np.float32 for value in found.values()), made.describe()
        _check_workspace(made, module, (small, x, y), np.float32)


def _check_workspace(made: Stack, module: Any, given: tuple[Params, Any, Any], dtype: Any) -> None:
    """A workspace that was used before gives what the functions give, to a few roundings."""
    space = module.Workspace(1 if made.single else 5, dtype)
    params, x, y = given
    loss, found = module.loss_and_gradients(params, x, y)
    few = 16 * float(np.finfo(dtype).eps)
    for _ in range(2):
        own_loss, own = space.loss_and_gradients(params, x, y)
        assert own_loss == pytest.approx(loss, rel=few), made.describe()
        assert_close(own, found, few)
        assert_close(space.gradients(params, x, y), found, few)
