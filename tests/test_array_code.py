"""The NumPy text of a formula, run by NumPy, is the value of the formula: shape and entries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.array_code import numpy_text
from derive.diagnostic import DeriveError
from derive.indexing import closed, filled, total
from derive.shape import Shape, dim
from derive.tensors import Value, column_shape, solid
from derive.term import Term, Var, apply
from tests.written import SHAPES, by_numpy, drawn, elaborator, evaluated, lengths, value

VALUES = drawn(np.random.default_rng(11))


def says_the_same(text: str | None, found: Value) -> None:
    """The text gives the array that the formula is; one axis stays one axis."""
    assert text is not None
    made = by_numpy(text, VALUES)
    truth = evaluated(found, VALUES)
    assert made.shape == truth.shape, text
    np.testing.assert_allclose(made, truth, rtol=1e-9, atol=1e-12, err_msg=text)


WRITTEN = {
    "A @ u": "A @ u",
    "np.outer(w, u)": "np.outer(w, u)",
    "u * v - s * u": "u * v - s * u",
    "A.T @ w": "A.T @ w",
    "softmax(u)": "softmax(u, axis=0)",
    "A @ (u * v) + w": "A @ (u * v) + w",
    "np.sum(u * v) * A": "np.sum(u * v) * A",
    "np.outer(w, M @ u)": "np.outer(w, M @ u)",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_arrays_with_one_axis_are_written_as_people_do(text: str) -> None:
    found = value(text)
    made = numpy_text(solid(found), found.shape, SHAPES)
    assert made == WRITTEN[text]
    says_the_same(made, found)


# --------------------------------------------------------------------------- any formula at all

ONE_AXIS = st.sampled_from(["u", "v", "A.T @ w", "M @ u", "u * v", "np.exp(u)", "softmax(v)"])
MATRICES = st.sampled_from(["A", "C", "np.outer(w, u)", "(A @ M)", "A * u", "(Z @ B.T)", "-C"])
FLAT = st.builds("({} {} {})".format, ONE_AXIS, st.sampled_from("+-*"), ONE_AXIS)
FULL = st.one_of(
    st.builds("({} {} {})".format, MATRICES, st.sampled_from("+-*"), MATRICES),
    st.builds("({} * np.sum({}, axis={}, keepdims=True))".format, MATRICES, MATRICES, st.just(1)),
    st.builds("np.outer(w, {})".format, FLAT),
    st.builds("softmax({} + {}, axis=1)".format, MATRICES, MATRICES),
    st.builds("({} @ np.diag({}))".format, MATRICES, ONE_AXIS),
    st.builds("({} + {})".format, MATRICES, FLAT),
)


@given(st.one_of(FLAT, FULL, st.builds("{} @ {}".format, FULL, FLAT)))
def test_the_text_of_any_formula_has_its_value(text: str) -> None:
    found = value(text)
    made = numpy_text(solid(found), found.shape, SHAPES)
    if made is not None or "diag" not in text:
        says_the_same(made, found)


# -------------------------------------------------------------------------------- arrays of entries

N, D, K = dim("N"), dim("D"), dim("K")
CORE = {name: column_shape(shape) for name, shape in SHAPES.items()}
I, J, Q = Var("#i"), Var("#j"), Var("#q")


def entry(name: str, *places: Term) -> Term:
    return apply("entry", Var(name), *places)


EINSUMS: dict[str, tuple[Term, Shape]] = {
    "np.einsum('ik,kj->ij', A, B)": (
        total(apply("mul", entry("A", I, Q), entry("B", Q, J)), "#q", D),
        (N, K),
    ),
    "A": (entry("A", I, J), (N, D)),
    "np.einsum('ji->ij', A)": (entry("A", J, I), (D, N)),
}


@pytest.mark.parametrize("text", EINSUMS)
def test_an_array_of_entries_is_an_einsum(text: str) -> None:
    body, shape = EINSUMS[text]
    term = closed(body, list(zip(("#i", "#j"), shape, strict=True)), CORE)
    assert numpy_text(term, shape, SHAPES) == text
    says_the_same(text, Value(term, shape))


def test_what_has_no_such_text_has_none() -> None:
    shifted = closed(entry("M", I, apply("add", J, I)), [("#i", K), ("#j", K)], CORE)
    assert numpy_text(shifted, (K, K), SHAPES) is None
    assert numpy_text(filled(3, (N, D)), (N, D), SHAPES) is None
    assert lengths((N, D)) == (3, 4)
    with pytest.raises(DeriveError):
        elaborator().value(Var("no such name"))
