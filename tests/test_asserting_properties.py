"""What must hold for any network: a right gradient passes, and one wrong entry never does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import derive
from codegen.emission import text_of
from codegen.loading import load
from derive.dense import Stack
from tests.random_stacks import stacks

Gradients = Mapping[str, np.ndarray]


def emitted(stack: Stack) -> Any:
    """The gradient function of the module that is emitted for a stack."""
    return load(text_of(stack, derive.gradients(stack), buffers=False)).gradients


def with_error(function: Any, name: str, flat: int, error: float) -> Any:
    """The function, wrong in one entry by a part of its largest gradient."""

    def wrong(params: Gradients, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        found = {key: np.array(value) for key, value in function(params, x, y).items()}
        largest = max(float(np.abs(value).max()) for value in found.values())
        found[name].reshape(-1)[flat % found[name].size] += error * largest
        return found

    return wrong


@settings(max_examples=25)
@given(stacks(deepest=4), st.sampled_from(["float64", "float32"]), st.integers(0, 99))
def test_a_right_gradient_never_fails(stack: Stack, dtype: str, seed: int) -> None:
    report = derive.verify(emitted(stack), stack=stack, dtype=dtype, seed=seed)
    assert report.ok, str(report)


@settings(max_examples=25)
@given(stacks(deepest=4), st.integers(0, 10**6), st.sampled_from([1e-8, -1e-6, 1e-3]))
def test_one_wrong_entry_is_always_found(stack: Stack, flat: int, error: float) -> None:
    names = stack.parameters
    wrong = with_error(emitted(stack), names[flat % len(names)], flat, error)
    report = derive.verify(wrong, stack=stack)
    assert report.status == "FAIL", str(report)
    run = report.worst
    assert run is not None
    assert sum(p.failed for p in run.parameters) == 1


@settings(max_examples=25)
@given(stacks(deepest=4), st.integers(0, 10**6), st.sampled_from([1e-8, -1e-6, 1e-3]))
def test_eight_directions_see_one_wrong_entry(stack: Stack, flat: int, error: float) -> None:
    function, name = emitted(stack), stack.parameters[flat % len(stack.parameters)]
    right = derive.verify(function, stack=stack, mode="directions")
    wrong = derive.verify(with_error(function, name, flat, error), stack=stack, mode="directions")
    assert (right.status, wrong.status) == ("PASS", "FAIL"), str(right) + str(wrong)
