"""Derivatives in every arrangement, against differences of the forward program run by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derive.arithmetic import QUICKLY
from derive.case import Case
from derive.checker import check_document
from derive.exact import Evaluator
from derive.setting import setting_of
from derive.statements import statements
from derive.tensors import column_shape
from derive.truth import PROBE, Target, inner_names
from tests.worlds import World
from tests.written import Array

NETS = {
    "a layer of a batch": """input x : N × D
param W : D × K
param b : (K,)
let z = x @ W + b
let h = np.tanh(z)
let L = np.sum(h**2) / N
""",
    "one sample with one axis": """input x : (D,)
param W : K × D
let z = W @ x
let p = softmax(z)
let q = p**2
let L = np.sum(np.sin(p)*p)
""",
    "columns": """column
input x : D × 1
param W : K × D
let z = W @ x
let h = sigmoid(z)
let L = np.sum(h**3)
""",
    "rows": """row
input x : 1 × D
param W : D × K
let z = x @ W
let h = np.log(1 + np.exp(z))
let L = np.sum(h*z)
""",
    "a name that is given twice as a value": """input x : N × D
let a = x
let b = a*1
let c = b
let L = np.sum(c**3) + np.sum(a)
""",
    "names like those of derivatives": """input x : N × D
param c : N × D
param dc : N × D
let z = x*c + dc
let dz = z**2
let L = np.sum(np.sin(dz))
""",
}


class Compared:
    """A document, its truths, and the same program in NumPy."""

    def __init__(self, text: str) -> None:
        lines = statements(text)
        made = setting_of(lines)
        self.case, self.world = Case(made), World(made, lines, 3)

    def found(self, target: Target, probe: Array | None = None) -> Array:
        """The derivative that was derived, at the numbers of the world."""
        case, truth = self.case, self.case.truth(target.of)
        inner = case.target(target.of, target.wrt, target.layout)
        shapes = {n: column_shape(s) for n, s in truth.prover.shapes.items()}
        values = {case.inner[n]: a for n, a in self.world.values.items() if n in case.inner}
        values |= {} if probe is None else {PROBE: probe}
        tables = {n: _table(a) for n, a in values.items()}
        calculate = Evaluator(shapes, tables, self.world.sizes, QUICKLY)
        for step in truth.gradients.steps if probe is not None or not truth.seeded else ():
            tables[step.name] = calculate.table(step.term)
        return _array(calculate.table(truth.formula(inner)))


def _table(array: Any) -> dict[tuple[int, ...], float]:
    kept = np.asarray(array, float)
    kept = kept[:, None] if kept.ndim == 1 else kept
    return {place: float(kept[place]) for place in np.ndindex(kept.shape)}


def _array(table: dict[tuple[int, ...], Any]) -> Array:
    made = np.empty([1 + max(place[k] for place in table) for k in range(len(next(iter(table))))])
    for place, value in table.items():
        made[place] = value
    return made


GRADIENTS = [
    (net, wrt)
    for net, names in {
        "a layer of a batch": "x W b z h",
        "one sample with one axis": "x W z p",
        "columns": "x W z h",
        "rows": "x W z h",
        "a name that is given twice as a value": "x a b c",
        "names like those of derivatives": "x c dc z dz",
    }.items()
    for wrt in names.split()
]


@pytest.mark.parametrize(("net", "wrt"), GRADIENTS)
def test_a_gradient_is_what_differences_say(net: str, wrt: str) -> None:
    made = Compared(NETS[net])
    truth = made.world.truth(Target("L", wrt))
    found = made.found(Target("L", wrt))
    np.testing.assert_allclose(found.reshape(truth.shape), truth, rtol=1e-6, atol=1e-8)


ARRANGED = [
    ("one sample with one axis", of, wrt, layout)
    for of, wrt in (("p", "z"), ("z", "x"), ("q", "z"))
    for layout in ("jacobian", "jacobian_T")
]
ARRANGED += [
    (net, "h", "z", layout)
    for net in ("columns", "rows")
    for layout in ("jacobian", "jacobian_T", "elementwise")
]
ARRANGED += [("one sample with one axis", "q", "p", "elementwise")]
ARRANGED += [("a layer of a batch", "h", "z", "elementwise")]
ARRANGED += [(net, "z", "x", "jacobian") for net in ("columns", "rows")]


@pytest.mark.parametrize(("net", "of", "wrt", "layout"), ARRANGED)
def test_an_arrangement_is_what_differences_say(net: str, of: str, wrt: str, layout: str) -> None:
    made = Compared(NETS[net])
    truth = made.world.truth(Target(of, wrt, layout))
    found = made.found(Target(of, wrt, layout))
    np.testing.assert_allclose(found.reshape(truth.shape), truth, rtol=1e-6, atol=1e-8)


def test_the_factor_of_a_layer_acts_on_whatever_comes_from_above(
    rng: np.random.Generator,
) -> None:
    made = Compared(NETS["a layer of a batch"])
    above = rng.normal(size=np.shape(made.world.values["z"]))
    back = made.world.jacobian("z", "x").T @ above.ravel()
    found = made.found(Target("z", "x", "after"), above)
    np.testing.assert_allclose(found.ravel(), back, rtol=1e-6, atol=1e-8)


FACTORS = {
    "dz/dx = W^T": "proved",
    "dz/dx = W": "ill-shaped",
    "dz/dW = x^T": "proved",
    "dh/dz = 1 - h^2": "proved",
    "dh/dz = 1 - h": "refuted",
    "[elementwise dh/dz] 1 - h ∘ h": "proved",
}


@pytest.mark.parametrize("text", FACTORS)
def test_a_derivative_of_a_matrix_is_judged_as_the_factor_that_it_is(text: str) -> None:
    document = f"row\n{NETS['a layer of a batch']}claim {text}\n"
    assert check_document(document).claims[0].verdict == FACTORS[text]


def test_a_name_that_the_loss_does_not_depend_on_has_the_gradient_zero() -> None:
    text = NETS["a layer of a batch"] + "param V : D × K\n"
    made = Compared(text)
    assert not made.case.truth("L").depends("V")
    assert (made.found(Target("L", "V")) == 0).all()


def test_declared_names_that_look_like_derivatives_get_inner_ones() -> None:
    assert inner_names({"z": (), "dz": (), "d": ()}) == {"z": "z", "dz": "dzˆ", "d": "d"}
