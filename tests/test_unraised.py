"""Gradients without a matrix form, such as a convolution's, against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derive.arithmetic import QUICKLY
from derive.case import Case
from derive.exact import Evaluator
from derive.points import with_sums
from derive.setting import setting_of
from derive.statements import statements
from derive.tensors import column_shape
from derive.term import Apply, walk

Array = Any
CONVOLUTION = """dims A=5, B=4, P=3, Q=2
input x : A × B
param k : P × Q
input u : A-P+1 × B-Q+1
let z = xcorr2_valid(x, k)
let h = sigmoid(z)
let L = np.sum(u*h**2)
"""
DIAGONAL = """dims D=4
param M : D × D
input u : (D,)
let d = np.diag(M)
let L = np.sum(u*np.sin(d)) + np.trace(M)*np.sum(u)
"""
BATCH = """dims N=2, D=3, K=4
input T : N × D × K
param B : D × K
let s = np.einsum('ndk,dk->n', T, B)
let L = np.sum(s**3)
"""
MASK = """dims D=4
param u : (D,)
param v : (D,)
let m = np.diag(u) + np.outer(v, v)
let L = np.sum(m**3)
"""


def correlate(x: Array, k: Array) -> Array:
    """The sum of each window times the kernel."""
    rows, columns = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    made = [
        (x[i : i + k.shape[0], j : j + k.shape[1]] * k).sum()
        for i in range(rows)
        for j in range(columns)
    ]
    return np.reshape(made, (rows, columns))


def convolved(v: dict[str, Array]) -> float:
    return float((v["u"] / (1 + np.exp(-correlate(v["x"], v["k"]))) ** 2).sum())


def batched(v: dict[str, Array]) -> float:
    return float((np.einsum("ndk,dk->n", v["T"], v["B"]) ** 3).sum())


def diagonal(v: dict[str, Array]) -> float:
    return float((v["u"] * np.sin(np.diag(v["M"]))).sum() + np.trace(v["M"]) * v["u"].sum())


def mixed(v: dict[str, Array]) -> float:
    return float(((np.diag(v["u"]) + np.outer(v["v"], v["v"])) ** 3).sum())


CASES = {
    "the kernel of a convolution": (CONVOLUTION, convolved, "k"),
    "its image": (CONVOLUTION, convolved, "x"),
    "what multiplies it": (CONVOLUTION, convolved, "u"),
    "a diagonal": (DIAGONAL, diagonal, "M"),
    "an array of three axes": (BATCH, batched, "T"),
    "a factor of it": (BATCH, batched, "B"),
    "a matrix made of a diagonal": (MASK, mixed, "u"),
    "and of an outer product": (MASK, mixed, "v"),
}


def by_differences(loss: Any, values: dict[str, Array], name: str) -> Array:
    """Central differences, entry by entry."""
    made = np.empty_like(values[name])
    for place in np.ndindex(made.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = values[name].copy()
            moved[place] += step
            ends.append(loss({**values, name: moved}))
        made[place] = (ends[0] - ends[1]) / 2e-5
    return made


@pytest.mark.parametrize("what", CASES)
def test_the_gradient_is_what_differences_say(what: str, rng: np.random.Generator) -> None:
    text, loss, wrt = CASES[what]
    made = setting_of(statements(text))
    truth = Case(made).truth("L")
    names = [part for shape in made.shapes.values() for d in shape for part in d.parts]
    sizes = with_sums((n for n in names if isinstance(n, str)), made.sizes)
    values = {s.name: rng.uniform(-1, 1, [d.size(sizes) for d in s.shape]) for s in made.symbols}
    shapes = {n: column_shape(s) for n, s in truth.prover.shapes.items()}
    tables = {}
    for name, array in values.items():
        kept = array.reshape([d.size(sizes) for d in shapes[name]])
        tables[name] = {p: float(kept[p]) for p in np.ndindex(kept.shape)}
    calculate = Evaluator(shapes, tables, sizes, QUICKLY)
    for equation in truth.derivation.equations:
        tables[equation.name] = calculate.table(equation.term)
    found = calculate.table(truth.written(wrt))
    expected = by_differences(loss, values, wrt)
    for place, number in found.items():
        at = place[: expected.ndim]
        assert number == pytest.approx(expected[at], rel=1e-5, abs=1e-7), place
    assert len(found) == expected.size


def test_what_has_no_matrix_form_is_an_array_of_entries_and_what_has_one_is_none() -> None:
    def by_entries(text: str, wrt: str) -> bool:
        term = Case(setting_of(statements(text))).truth("L").written(wrt)
        return any(isinstance(node, Apply) and node.op == "each" for node in walk(term))

    assert by_entries(CONVOLUTION, "k")
    assert by_entries(BATCH, "T")
    assert not by_entries("input x : N × D\nparam W : D × K\nlet L = np.sum((x @ W)**2)\n", "W")
