"""The runtime's functions in arrays of their caller: the same numbers, and nothing allocated."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import numpy as np
import pytest

from codegen.runtime import (
    BY_ROWS,
    FRESH,
    WORK,
    outer,
    turned,
    weight_gradient,
    weight_gradient_columns,
)
from derive.ops import ALONG
from tests.memory_peak import peak
from tests.runtime_arrays import CASES, FORMS, OWN, REAL, arguments, function, room

DTYPES = (np.float32, np.float64, np.complex128)


@pytest.mark.parametrize("op", OWN)
def test_a_function_takes_the_arrays_that_the_table_says(op: str) -> None:
    parameters = inspect.signature(function(op)).parameters
    assert parameters["out"].default is None
    work = parameters["work"].default if "work" in parameters else ()
    assert work == (None,) * len(WORK.get(op, ()))
    assert set(OWN) >= FRESH


@pytest.mark.parametrize(("form", "op", "dtype"), CASES)
def test_the_arrays_change_no_number(form: str, op: str, dtype: Any) -> None:
    z, f = arguments(dtype), FORMS[form](op, dtype)
    z.setflags(write=False)
    for options in ({"axis": 0}, {"axis": 1}) if op in ALONG else ({},):
        expected, out = function(op)(z, **options), np.full_like(z, np.nan)
        given = room(op, z, options.get("axis", 1))
        assert f(z, out=out, **given, **options) is out
        np.testing.assert_array_equal(out, expected)
        assert out.dtype == expected.dtype == dtype


@pytest.mark.parametrize(("form", "op", "dtype"), [case for case in CASES if case[1] not in FRESH])
def test_the_result_may_take_the_place_of_the_argument(form: str, op: str, dtype: Any) -> None:
    z, f = arguments(dtype), FORMS[form](op, dtype)
    expected = function(op)(z)
    assert f(z, out=z, **room(op, z)) is z
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize(("form", "op", "dtype"), [case for case in CASES if case[2] in REAL])
def test_nothing_is_allocated(form: str, op: str, dtype: Any) -> None:
    z, f = arguments(dtype, 600, 40), FORMS[form](op, dtype)
    out, given = np.empty_like(z), room(op, z)
    assert peak(lambda: f(z, out=out, **given)) < 1500


@pytest.mark.parametrize("samples", [1, 2, 7])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_of_weights_and_biases_in_one(samples: int, dtype: Any) -> None:
    """[1 a]^T d and d [1; a]^T, written out."""
    a, d = arguments(dtype, samples, 4), arguments(dtype, samples, 3)[::-1].copy()
    expected = np.hstack([np.ones((samples, 1)), a]).T @ d
    tiny = 30 * float(np.finfo(dtype).eps) * np.abs(expected).max()
    for found in (weight_gradient(a, d), weight_gradient_columns(d.T, a.T).T):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=tiny)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_padded_product_is_the_product(n: int, rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((5, n)), rng.standard_normal((n, 4))
    whole, work = np.empty((5, 6)), (np.zeros((5, 2)), np.zeros((2, 4)))
    for _ in range(2):  # the second time the pads hold what the first one left
        outer(a, b, out=whole[:, 2:], work=work)
        np.testing.assert_allclose(whole[:, 2:], a @ b, rtol=1e-14, atol=1e-15)
    assert not work[0][:, 1].any()
    assert not work[1][1].any()


LONG, LEAST, WIDE = BY_ROWS


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("units", [4, WIDE + 1])
@pytest.mark.parametrize("n", [1, 3, LONG // 8, LONG // 8 + 1, LONG // 4 + 1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_turned_product_is_the_transpose(
    n: int, units: int, dtype: type, order: Literal["C", "F"], rng: np.random.Generator
) -> None:
    """By rows, and by columns: for few and many samples, few and many units, in either order."""
    a, b = rng.standard_normal((n, 600)).astype(dtype), rng.standard_normal((601, units))
    b = b.astype(dtype, order=order)[1:]
    work = (np.empty((n, units), dtype),)
    out = turned(a, b, out=np.empty((units, n), dtype), work=work)
    np.testing.assert_allclose(out, (a @ b).T, rtol=0, atol=2000 * np.finfo(dtype).eps)
    assert peak(lambda: turned(a, b, out=out, work=work)) < 1500
