"""Which lines of a step read the input beside its ones."""

from __future__ import annotations

from typing import Any

from codegen.givens import givens
from codegen.plan import plan
from derive.formulas import gradients
from derive.layers import stack
from derive.notation import write
from derive.term import Var, substitute


def found(layers: str, **options: Any) -> list[tuple[str, str, int]]:
    """Each line and its term, in which `X` is the input beside its ones, and their axis."""
    made = plan(gradients(stack(layers, **options)), by_column=True)
    return [
        (one.line.name, write(substitute(one.term, {one.whole.name: Var("X")}), "plain"), one.axis)
        for one in givens(made)
    ]


def test_the_first_layer_and_its_gradient() -> None:
    assert found("5,4,3") == [("z1_T", "W1^T X^T", 1), ("dW1_T", "dz1_T X", 1)]


def test_samples_may_be_columns() -> None:
    assert found("5,4,3", layout="column") == [("z1", "W1 X", 0), ("dW1", "dz1 X^T", 0)]


def test_without_ones_there_is_nothing_to_put_together() -> None:
    assert not found("5,4,3", bias="none")
    assert not found("5,4,3", bias="separate")


def test_a_network_of_one_layer() -> None:
    assert found("5,3") == [("z1_T", "W1^T X^T", 1), ("dW1_T", "dz1_T X", 1)]
