"""Functions are called as they are written, and what they do besides is found and named."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from derive.asserting.calling import Arguments, called, undisturbed, watched

W, X, Y = np.array([[1.0, 2.0]]), np.array([[3.0]]), np.array([[4.0, 5.0]])


def arguments() -> Arguments:
    return Arguments({"W1": 0.0}, {"W1": W}, {"x": X, "y": Y}, {"z1": X @ W})


CALLS = {
    "params, x, y": lambda params, x, y: (params["W1"], x, y),
    "other names, in order": lambda p, data, labels: (p["W1"], data, labels),
    "by name": lambda y, W1, x: (W1, x, y),
    "by name, with a default": lambda y, W1, x, extra=1: (W1, x, y),
    "params by name": lambda y, x, params: (params["W1"], x, y),
    "keywords alone": lambda *, x, y, W1: (W1, x, y),
    "stars": lambda *given: (given[0]["W1"], *given[1:]),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_function_is_called_as_it_is_written(how: str) -> None:
    for mine, true in zip(called(CALLS[how], arguments()), (W, X, Y), strict=True):
        np.testing.assert_array_equal(mine, true)


def test_forward_values_are_had_by_name() -> None:
    np.testing.assert_array_equal(called(lambda z1: z1, arguments()), X @ W)


def test_a_function_of_one_argument_gets_the_parameters() -> None:
    assert list(called(lambda p: p, arguments())) == ["W1"]


def test_a_method_is_called_too() -> None:
    class Net:
        def backward(self, params: Any, x: Any, y: Any) -> Any:
            return y

    np.testing.assert_array_equal(called(Net().backward, arguments()), Y)


def test_what_cannot_be_called_says_what_it_may_take() -> None:
    def backward(weights: Any, cache: Any) -> None:
        raise AssertionError("never called")

    with pytest.raises(TypeError) as refused:
        called(backward, arguments())
    assert str(refused.value) == (
        "backward takes weights, cache: give it (params, x, y), or parameters named among params, "
        "W1, x, y, z1"
    )


# ------------------------------------------------------------------------------------ what is found


def change_weights(params: Any, x: Any, y: Any) -> Any:
    params["W1"] -= 0.5
    return {"W1": x.T @ y}


def change_input(params: Any, x: Any, y: Any) -> Any:
    x *= 2
    return {"W1": x.T @ y}


def draw(params: Any, x: Any, y: Any) -> Any:
    np.random.rand()
    return {"W1": x.T @ y}


def draw_in_python(params: Any, x: Any, y: Any) -> Any:
    random.random()
    return {"W1": x.T @ y}


def seed(params: Any, x: Any, y: Any) -> Any:
    np.random.seed(0)
    return {"W1": x.T @ y}


calls = 0


def remember(params: Any, x: Any, y: Any) -> Any:
    global calls
    calls += 1
    return {"W1": calls * x.T @ y}


def share(params: Any, x: Any, y: Any) -> Any:
    one = x.T @ y
    return {"W1": one, "b1": one[0]}


FINDINGS = {
    change_weights: ("in-place", "it changes W1 in place, W1[0, 0]: 1 became 0.5"),
    change_input: ("in-place", "it changes x in place, x[0, 0]: 3 became 6"),
    draw: (
        "random-state",
        "it changes NumPy's global random state: what runs after it depends on it; "
        "use np.random.default_rng(seed)",
    ),
    seed: (
        "random-state",
        "it changes NumPy's global random state: what runs after it depends on it; "
        "use np.random.default_rng(seed)",
    ),
    draw_in_python: ("random-state", "it changes the state of Python's module random"),
    remember: (
        "not-deterministic",
        "the gradient is another one the second time, at the same arguments (W1): "
        "is something random, or kept?",
    ),
    share: ("alias", "the gradients W1 and b1 share one array"),
}


@pytest.mark.parametrize("function", FINDINGS, ids=lambda f: f.__name__)
def test_what_a_function_does_besides_is_named(function: Any) -> None:
    (found,) = watched(function, arguments()).findings
    assert (found.kind, found.text) == FINDINGS[function]


def test_in_place_changes_of_weights_have_a_page() -> None:
    assert watched(change_weights, arguments()).findings[0].code == "D324"
    assert watched(change_input, arguments()).findings[0].code == ""


def test_a_function_without_side_effects_has_no_findings() -> None:
    rng = np.random.default_rng(0)  # its own generator may be used as it pleases
    seen = watched(lambda params, x, y: {"W1": x.T @ y + 0 * rng.random()}, arguments())
    assert (seen.findings, seen.notes) == ((), ())


def test_nothing_of_the_world_is_changed_by_watching() -> None:
    given = arguments()
    np.random.seed(3)
    random.seed(3)
    before, state = np.random.get_state()[1].copy(), random.getstate()
    for function in (change_weights, change_input, draw, draw_in_python, seed):
        watched(function, given)
        undisturbed(function, given)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert random.getstate() == state
    np.testing.assert_array_equal(given.own["W1"], [[1.0, 2.0]])
    np.testing.assert_array_equal(given.data["x"], [[3.0]])


def test_arrays_that_every_call_returns_are_noted() -> None:
    kept = np.empty((1, 2))

    def reuse(params: Any, x: Any, y: Any) -> Any:
        return {"W1": np.matmul(x.T, y, out=kept)}

    seen = watched(reuse, arguments())
    assert seen.findings == ()
    assert seen.notes == ("every call returns the same arrays (W1): copy what is to be kept",)


def test_a_view_of_an_argument_is_noted() -> None:
    seen = watched(lambda params, x, y: {"W1": y[:]}, arguments())
    assert seen.findings == ()
    note = "the gradient W1 is the array y itself: to change one is to change both"
    assert seen.notes == (note,)
