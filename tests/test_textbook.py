"""The table of the textbooks, row by row, by values: differences of the loss at 50 digits.

The formulas stand for themselves here: nothing of the differentiator has a part in it.
"""

from __future__ import annotations

from collections.abc import Iterable

import mpmath
import pytest

from derive.arithmetic import NumberCalculus
from derive.dense import Stack, without_facts
from derive.exact import DIGITS, Table, evaluate
from derive.functions import FUNCTIONS
from derive.infer import shapes_of
from derive.layers import HIDDEN_FUNCTIONS, stack
from derive.losses import LOSSES
from derive.notation import read
from derive.term import size, variables
from derive.textbook import BACK, BIAS, FULL, LOSS, OUTPUT, SLOPE, WEIGHT, WHOLE, Handmade, textbook
from tests.oracle import Point, close, point, same_table, true_gradient

SIZES = {"N": 3, "n0": 2, "n1": 4, "n2": 3, "n3": 2}


def value(formula: Handmade, made: Stack, at: Point) -> Table:
    return evaluate(formula.term, shapes_of(made.derivation), at.values, at.sizes)


def assert_right(made: Stack, names: Iterable[str] = ()) -> None:
    """Every formula (or those of some names) has the value of the gradient."""
    at = point(made.derivation, SIZES, 2)
    formulas = [one for one in textbook(made) if one.name in names or not names]
    assert formulas
    with mpmath.workdps(DIGITS):
        for one in formulas:
            truth = true_gradient(made.derivation, at, one.name)
            assert same_table(value(one, made, at), truth), f"dL/d{one.name} = {one.text}"


# ------------------------------------------------------------------------------------- row by row


@pytest.mark.parametrize(("activation", "loss"), OUTPUT)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_output_and_its_loss(activation: str, loss: str, reduction: str) -> None:
    assert_right(stack("2,3", activations=activation, loss=loss, reduction=reduction))


@pytest.mark.parametrize("loss", LOSS)
@pytest.mark.parametrize("layout", ["row", "column"])
def test_a_loss(loss: str, layout: str) -> None:
    assert_right(stack("2,4", activations="identity", loss=loss, layout=layout))


@pytest.mark.parametrize("activation", SLOPE)
def test_a_slope(activation: str) -> None:
    made = stack("2,4,3", activations=f"{activation},identity", loss="squared-error")
    assert_right(made, ("z1", "W1"))


@pytest.mark.parametrize("activation", WHOLE)
@pytest.mark.parametrize("layout", ["row", "column"])
def test_an_activation_over_the_sample(activation: str, layout: str) -> None:
    options = {"layout": layout, "loss": "half-squared-error"}
    assert_right(stack("2,4,3", activations=f"{activation},identity", **options), ("z1",))  # type: ignore[arg-type]
    assert_right(stack("2,4,3", activations=f"tanh,{activation}", **options), ("z2",))  # type: ignore[arg-type]


@pytest.mark.parametrize(("layout", "bias"), WEIGHT)
def test_weights_biases_and_the_way_back(layout: str, bias: str) -> None:
    made = stack("2,4,3,2", layout=layout, bias=bias, loss="squared-error", activations="tanh")
    assert_right(made)
    assert {one.name for one in textbook(made)} >= {*made.parameters, "z1", "z2", "z3"}


def test_every_row_has_its_test() -> None:
    assert set(BACK) == set(WEIGHT)
    assert set(BIAS) == {layout for layout, _ in WEIGHT}
    assert {loss for _, loss in OUTPUT} | set(LOSS) == set(LOSSES)
    assert {*SLOPE, *WHOLE, "identity"} == set(HIDDEN_FUNCTIONS)


# --------------------------------------------------------------------------------------- the slopes


@pytest.mark.parametrize("activation", SLOPE)
def test_a_slope_is_the_derivative_of_its_function(activation: str) -> None:
    """On both sides of 0, by mpmath's own derivative of the definition."""
    calculus, text = NumberCalculus({}), SLOPE[activation].format(h="h", z="z")
    term = read(text, ("h", "z"))
    with mpmath.workdps(30):
        for z in map(mpmath.mpf, ("-2.3", "-0.4", "0.7", "1.9")):
            values = {"z": {(): z}, "h": {(): calculus.fn(activation, z)}}
            own = evaluate(term, {"z": (), "h": ()}, values, {})[()]
            assert close(own, mpmath.diff(lambda t: calculus.fn(activation, t), z), 10)
    assert activation in FUNCTIONS


# ------------------------------------------------------------------------------------- deep stacks


def test_formulas_of_a_deep_stack_stay_readable() -> None:
    """The last layers are written out; before them each formula goes by the error after it."""
    made = stack(",".join(["3"] * 41), activations="tanh", loss="squared-error")
    formulas = {one.name: one for one in textbook(made)}
    assert len(formulas) == 2 * made.depth
    assert max(size(one.term) for one in formulas.values()) < 150
    for layer in range(1, made.depth - FULL):
        assert f"dz{layer + 1}" in variables(formulas[f"z{layer}"].term)
        assert f"dz{layer}" in variables(formulas[f"W{layer}"].term)
    for layer in range(made.depth - FULL + 1, made.depth + 1):
        names = variables(formulas[f"W{layer}"].term)
        assert not any(name.startswith("dz") for name in names)


def test_errors_that_go_by_name_are_right_too() -> None:
    made = stack("2,2,2,2,2,2,2,2,2", activations="tanh", loss="squared-error")
    at = point(made.derivation, dict.fromkeys(["N", *made.numbers], 2), 1)
    shapes, values = shapes_of(made.derivation), dict(at.values)
    named = [one for one in textbook(made) if any(n.startswith("dz") for n in variables(one.term))]
    assert {one.name for one in named} == {"z1", "W1", "W2"}
    with mpmath.workdps(DIGITS):
        for layer in range(1, made.depth + 1):
            shapes[f"dz{layer}"] = shapes[f"z{layer}"]
            values[f"dz{layer}"] = true_gradient(made.derivation, at, f"z{layer}")
        for one in named:
            truth = true_gradient(made.derivation, at, one.name)
            assert same_table(evaluate(one.term, shapes, values, at.sizes), truth), one.text


# ----------------------------------------------------------------------------- what is left out


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"loss": "sum((yhat - y)^4)"}, ()),
        ({"define": ["swirl(z) = z * sin(z)"], "activations": "swirl,softmax"}, ("z2", "W2")),
    ],
)
def test_what_no_textbook_has_is_left_out(options: dict[str, str], names: tuple[str, ...]) -> None:
    made = stack("2,3,2", **options)  # type: ignore[arg-type]
    assert tuple(one.name for one in textbook(made)) == names


def test_the_formula_for_softmax_needs_targets_that_sum_to_one() -> None:
    """`yhat - y` is wrong for others: that is the fact which its proof names."""
    made = stack("2,3")
    bare = without_facts(made.derivation)
    at = point(bare, SIZES, 2)
    (formula,) = (one for one in textbook(made) if one.name == "z1")
    with mpmath.workdps(DIGITS):
        truth = true_gradient(bare, at, "z1")
        assert not same_table(value(formula, made, at), truth)
