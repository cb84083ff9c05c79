"""The backward pass in numbers: that of the emitted modules, and what follows from a wrong step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import derive
from codegen.emission import text_of
from codegen.loading import load
from derive.asserting.backward import Backward, steps_of
from derive.asserting.documents import open_document
from derive.asserting.mistaken import mutations
from derive.asserting.stacks import StackProblem
from derive.asserting.wrong_step import UNKNOWN, Step
from derive.dense import Stack
from derive.term import Var, apply, substitute
from tests.random_stacks import stacks


def backward_of(stack: Stack) -> Backward:
    """The backward pass of a stack at its first point."""
    problem, found = StackProblem(stack), derive.gradients(stack)
    place = next(iter(problem.places(0)))
    wanted = {name: f"d{name}" for name in stack.parameters}
    steps = steps_of(found, stack.parameters)
    forward = problem.forward(place)
    return Backward(stack.derivation, steps, wanted, forward.values(), forward.sizes)


@settings(max_examples=15)
@given(stacks(deepest=4))
def test_the_steps_give_what_the_emitted_module_gives(stack: Stack) -> None:
    one = backward_of(stack)
    module = load(text_of(stack, derive.gradients(stack), buffers=False))
    true = module.gradients(one.forward, one.forward["x"], one.forward["y"])
    for name, value in one.gradients().items():
        np.testing.assert_allclose(value, true[name], rtol=1e-9, atol=1e-13)


def test_a_wrong_step_changes_what_comes_after_it() -> None:
    one = backward_of(derive.stack("5,4,3,2"))
    right = one.gradients()
    doubled = one.changed("dz2", apply("mul", one.steps["dz2"], Var("N")))
    n = one.sizes["N"]
    np.testing.assert_array_equal(doubled["W3"], right["W3"])
    np.testing.assert_allclose(doubled["W2"], n * right["W2"])
    np.testing.assert_allclose(doubled["W1"], n * right["W1"])
    again = one.with_step("dz2", apply("mul", one.steps["dz2"], Var("N"))).gradients()
    np.testing.assert_array_equal(again["W1"], doubled["W1"])


def test_what_cannot_be_computed_is_left_out() -> None:
    one = backward_of(derive.stack("5,4,3,2"))
    broken = one.changed("dz2", apply("matmul", Var("W1"), Var("W3")))
    assert set(broken) == {"W3"}


@settings(max_examples=10)
@given(stacks(deepest=3))
def test_every_row_of_the_table_works_on_any_step(stack: Stack) -> None:
    one = backward_of(stack)
    axes = {name: value.ndim for name, value in one.values.items()}
    weights = {name: f"d{name}" for name in stack.parameters}
    steps = [
        Step(name, term, stack.derivation, axes, ("N",), weights, frozenset({"N"}))
        for name, term in one.steps.items()
    ]
    made = list(mutations(steps))
    assert len(made) > 20 * len(stack.parameters)
    assert len({(step.name, mutation.term) for step, mutation in made}) == len(made)
    for step, mutation in made[:: max(1, len(made) // 40)]:
        term = substitute(mutation.term, {UNKNOWN: Var("N")})
        assert term != step.term
        assert one.changed(step.name, term).keys() <= one.wanted.keys()


EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.derive"))


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.stem)
def test_the_steps_of_a_document_agree_with_its_values(page: Path) -> None:
    problem: Any = open_document(page, None, {})
    found = problem.derived or derive.gradients(problem.derivation)
    steps = steps_of(found, problem.names)
    wanted = {name: f"d{name}" for name in problem.names}
    for place in problem.places(0):
        forward = problem.forward(place)
        one = Backward(found.derivation, steps, wanted, forward.values(), forward.sizes)
        for estimates in problem.oracles(place, problem.names).values():
            for name, value in one.gradients().items():
                gap = np.abs(value.reshape(estimates[name].value.shape) - estimates[name].value)
                assert (gap <= estimates[name].bar + 1e-9 * np.abs(estimates[name].value)).all()
