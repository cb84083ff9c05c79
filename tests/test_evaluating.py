"""Formulas in NumPy: the same numbers as those of many digits, whatever the op."""

from __future__ import annotations

from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.evaluating import Evaluator, function, slope
from codegen.runtime import RUNTIME
from derive.diagnostic import DeriveError
from derive.exact import evaluate, table
from derive.functions import FUNCTIONS
from derive.indexing import closed, total
from derive.infer import shape_of
from derive.shape import dim
from derive.term import Term, Var, apply, const
from tests.strategies import SHAPES, SIZES, TENSORS, terms

RNG = np.random.default_rng(0)
VALUES = {
    name: RNG.uniform(0.1, 0.9, tuple(d.size(SIZES) for d in shape))
    for name, shape in TENSORS.items()
}
EXACT: dict[str, Any] = {
    name: table(value.tolist()) if value.ndim else {(): mpmath.mpf(float(value))}
    for name, value in VALUES.items()
}


def close(mine: np.ndarray, term: Term) -> None:
    """Equal to the entries of 50 digits."""
    exact = evaluate(term, SHAPES, EXACT, SIZES)
    shape = tuple(d.size(SIZES) for d in shape_of(term, SHAPES))
    true = np.array([float(exact[p]) for p in product(*map(range, shape))]).reshape(shape)
    np.testing.assert_allclose(np.broadcast_to(mine, shape), true, rtol=1e-10, atol=1e-12)


@given(terms())
def test_a_random_formula_has_the_value_of_its_meaning(term: Term) -> None:
    close(Evaluator(SIZES).value(term, VALUES), term)


N, A = dim("N"), dim("a")
i, j, k = Var("#i"), Var("#j"), Var("#k")
ENTRIES = {
    "a product": closed(
        total(
            apply("mul", apply("entry", Var("X"), i, k), apply("entry", Var("W"), k, j)), "#k", A
        ),
        [("#i", N), ("#j", dim("b"))],
        SHAPES,
    ),
    "a diagonal": closed(
        apply("mul", apply("delta", i, j), apply("entry", Var("X"), i, const(0))),
        [("#i", N), ("#j", N)],
        SHAPES,
    ),
    "shifted": closed(
        apply("entry", Var("X"), apply("sub", i, const(1)), j), [("#i", N), ("#j", A)], SHAPES
    ),
    "a function of entries": closed(
        apply("tanh", apply("entry", Var("X"), i, j)), [("#j", A), ("#i", N)], SHAPES
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_formulas_of_entries(name: str) -> None:
    close(Evaluator(SIZES).value(ENTRIES[name], VALUES), ENTRIES[name])


def test_a_slice_may_end_at_a_size() -> None:
    beside = apply("concat", Var("X"), const(1), attrs=(1,))
    term = apply("slice", beside, attrs=(1, 0, dim("a")))
    close(Evaluator(SIZES).value(term, VALUES), term)


SMOOTH = [name for name in FUNCTIONS if name in RUNTIME and name not in ("step", "sign")]


@pytest.mark.parametrize("name", SMOOTH)
@given(z=st.floats(0.05, 3.0))
def test_a_slope_is_that_of_the_definition(name: str, z: float) -> None:
    exact = evaluate(apply(f"{name}'", Var("s")), SHAPES, {"s": {(): mpmath.mpf(z)}}, {})
    if abs(z - 1) > 1e-6 or name != "huber":
        assert slope(name, np.array([z]))[0] == pytest.approx(float(exact[()]), rel=1e-9)


def test_complex_steps_go_through_formulas() -> None:
    term = apply("softmax", apply("matmul", Var("X"), Var("W")), attrs=(1,))
    moved = {**VALUES, "W": VALUES["W"] + 1e-30j}
    found = Evaluator(SIZES).value(term, moved)
    np.testing.assert_allclose(found.imag.sum(axis=1), 0, atol=1e-45)


def test_an_op_that_numpy_code_has_not_is_refused() -> None:
    with pytest.raises(DeriveError, match="`wavelet` cannot be computed in NumPy here"):
        function("wavelet", np.ones(2))
