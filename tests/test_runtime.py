"""Every runtime function against its own row of `derive.functions`, in 40 to 400 digits."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from codegen import runtime
from codegen.runtime import RUNTIME, source
from derive.functions import FUNCTIONS, PRIME

ROOT = Path(__file__).parents[1]
REALS = (np.float64, np.float32)
ROWWISE = ("softmax", "log_softmax")
NUMPYS = [op for op, name in RUNTIME.items() if name.startswith("np.")]
ELEMENTWISE = [op for op in RUNTIME if op not in (*ROWWISE, *NUMPYS)]

SMALL = [0.0, 1e-9, 1e-4, 0.03, 0.3, 0.499, 0.5, 0.75, 0.998, 1.0, 1.004, 1.278, 2.0, 5.03, 8.75]
MEDIUM = [13.3, 20.7, 30.475, 37.5, 38.4, 40.0, 41.0, 87.2, 87.4, 100.0, 104.0, 350.0]
LARGE = [708.2, 709.9, 714.0, 745.0, 746.0, 1000.0, 10000.0]
ARGUMENTS = np.array([[-z, z] for z in SMALL + MEDIUM + LARGE], np.float32).ravel().astype(float)
KINKS = {"abs": [0], "relu": [0], "leaky_relu": [0], "sign": [0], "step": [0], "elu'": [0]}
KINKS["huber'"] = [-1, 1]
H = 1e-20


def numpy_function(op: str) -> Callable[..., Any]:
    """What the text `RUNTIME[op]` means."""
    f: Callable[..., Any] = getattr(np if op in NUMPYS else runtime, RUNTIME[op].split(".")[-1])
    return f


# ------------------------------------------------------------------------------------ the truth


class Exact:
    """The calculus that the rows of `derive.functions` are written in, over mpmath numbers."""

    pi = mp.pi
    number = staticmethod(mpf)

    def power(self, x: Any, q: Fraction) -> Any:
        return mpf(x) ** (mpf(q.numerator) / q.denominator)

    def fn(self, name: str, x: Any) -> Any:
        if name == "step":
            return mpf(x > 0)
        row = FUNCTIONS[name]
        return row.definition(self, x) if row.definition else getattr(mp, name)(x)


@cache
def truth(op: str, z: float) -> Any:
    """f(z) from its definition, f'(z) by differentiating that, with digits enough for any tail."""
    name, order = op.rstrip(PRIME), op.count(PRIME)
    cancelled = abs(z) / 2 + z * z / 4 + abs(z) ** 3 / 25 - np.log10(abs(z) or 1)
    with mp.workdps(40 + int(np.clip(cancelled, 0, 360))):
        return mp.diff(lambda x: Exact().fn(name, x), mpf(z), order) + 0


def ulps(op: str, z: float) -> float:
    """How many roundings may show; in the tail of gelu_tanh those of an exponent of size z^3 do."""
    return 8 + (min(abs(z) ** 3 / 10, 745) if op.startswith("gelu_tanh") else 0)


def assert_close(op: str, z: np.ndarray, got: np.ndarray, floor: float, slack: float = 1) -> None:
    """Relative to the value itself, down to the smallest normal number, wherever it has no root."""
    eps = np.finfo(got.dtype).eps
    for at, value in zip(z.tolist(), got.tolist(), strict=True):
        true = truth(op, at)
        rooted = op in ("silu'", "gelu'", "gelu_tanh'") or op.count(PRIME) == 2
        size = max(abs(true), 1 if rooted and abs(at) < 3 else 0)
        error = abs(mpf(value) - true)
        assert error <= slack * ulps(op, at) * eps * size + floor, (op, at, value, float(true))


def check_values(op: str, z: np.ndarray) -> None:
    z.setflags(write=False)
    got = numpy_function(op)(z)
    assert got.dtype == z.dtype
    assert_close(op, z, got, 2 * float(np.finfo(z.dtype).tiny))


# ------------------------------------------------------------------------------ values and slopes


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", ELEMENTWISE)
def test_value_is_the_definition(op: str, dtype: type) -> None:
    check_values(op, ARGUMENTS.astype(dtype))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", ELEMENTWISE)
@settings(derandomize=True, max_examples=10, deadline=None)
@given(data=st.data())
def test_value_anywhere(op: str, dtype: type, data: st.DataObject) -> None:
    width = 8 * np.dtype(dtype).itemsize
    floats = st.floats(-1e4, 1e4, width=width) | st.floats(-16, 16, width=width)
    check_values(op, np.array(data.draw(st.lists(floats, min_size=1, max_size=6)), dtype))


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_complex_step_is_the_derivative(op: str) -> None:
    z = ARGUMENTS[~np.isin(ARGUMENTS, KINKS.get(op, []))]
    z = z[np.abs(z) < 10] if PRIME in op else z
    values = numpy_function(op)(z + 1j * H)
    assert values.dtype == np.complex128
    np.testing.assert_allclose(values.real, numpy_function(op)(z), rtol=1e-14, atol=1e-15)
    assert_close(op + PRIME, z, values.imag / H, np.finfo(float).tiny / H, slack=4)


AT_ZERO = {"step": (0, 0), "sign": (0, 0), "abs": (0, 0), "relu": (0, 0), "leaky_relu": (0, 0.01)}
AT_ZERO |= {"huber": (0, 0), "elu": (0, 1), "elu'": (1, 1), "sigmoid": (0.5, 0.25)}
AT_ZERO |= {"softplus": (np.log(2), 0.5), "Phi": (0.5, 1 / np.sqrt(2 * np.pi)), "gelu": (0, 0.5)}


@pytest.mark.parametrize("zero", [0.0, -0.0, 0.0 + 1j * H, -0.0 + 1j * H])
@pytest.mark.parametrize("op", AT_ZERO)
def test_at_zero_the_branch_below_holds(op: str, zero: complex) -> None:
    value, slope = AT_ZERO[op]
    got = numpy_function(op)(np.array([zero]))[0]
    assert got.real == pytest.approx(value, rel=1e-15)
    assert np.imag(got) == pytest.approx(slope * np.imag(zero), rel=1e-15, abs=0)


@pytest.mark.parametrize("op", ELEMENTWISE)
@pytest.mark.parametrize("dtype", REALS)
def test_nan_is_not_hidden_and_a_scalar_is_an_array(op: str, dtype: type) -> None:
    f = numpy_function(op)
    assert f(np.array(0.3, dtype)) == f(dtype(0.3)) == f(np.array([0.3], dtype))[0]
    assert np.isnan(f(np.array([np.nan], dtype))) or op == "step"


LIMITS = {"sigmoid": (0, 1), "softplus": (0, np.inf), "relu": (0, np.inf), "elu": (-1, np.inf)}
LIMITS |= {"elu'": (0, 1), "Phi": (0, 1), "phi": (0, 0), "erf": (-1, 1), "huber": (np.inf, np.inf)}


@pytest.mark.parametrize("op", LIMITS)
def test_at_infinity_it_is_the_limit(op: str) -> None:
    got = numpy_function(op)(np.array([-np.inf, np.inf]))
    np.testing.assert_allclose(got, LIMITS[op], rtol=0, atol=1e-300)


@pytest.mark.parametrize("dtype", REALS)
def test_a_saturated_sigmoid_has_a_finite_logarithm(dtype: type) -> None:
    assert np.all(runtime.sigmoid(np.array([-1e4, -800, -90], dtype)) >= np.finfo(dtype).tiny)


# ------------------------------------------------------------------------------ rows of a matrix

LOGITS = [[1000, 0, -1000], [-1000, -1000.25, -999.5], [800, 0, 0], [1e4, -1e4, 9999.5]]
LOGITS += [[7, 7, 7], [0.1, -0.2, 0.3], [40, 0, 0]]  # the last one's loss is 2 exp(-40), not 0


def exact_row(op: str, row: np.ndarray) -> list[Any]:
    with mp.workdps(400):
        powers = [mp.exp(mpf(z) - mpf(float(row[0]))) for z in row.tolist()]
        shares = [power / mp.fsum(powers) for power in powers]
        if op == "softmax":
            return shares
        rest = [mp.fsum(powers[:i] + powers[i + 1 :]) / p for i, p in enumerate(powers)]
        return [-mp.log1p(r) if r < 1 else mp.log(p) for r, p in zip(rest, shares, strict=True)]


def check_rows(op: str, z: np.ndarray) -> None:
    z.setflags(write=False)
    got = numpy_function(op)(z)
    assert got.dtype == z.dtype
    limits = np.finfo(z.dtype)
    for row, values in zip(z, got, strict=True):
        roundings = 8 + min(745, float(np.ptp(row)))
        for value, true in zip(values.tolist(), exact_row(op, row), strict=True):
            error = abs(mpf(value) - true)
            assert error <= roundings * limits.eps * abs(true) + 2 * limits.tiny


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", ROWWISE)
def test_rows_keep_their_digits_however_sure(op: str, dtype: type) -> None:
    check_rows(op, np.array(LOGITS, dtype))


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", ROWWISE)
@settings(derandomize=True, max_examples=20, deadline=None)
@given(data=st.data())
def test_rows_anywhere(op: str, dtype: type, data: st.DataObject) -> None:
    floats = st.floats(-1e4, 1e4, width=8 * np.dtype(dtype).itemsize)
    row = data.draw(st.lists(floats, min_size=1, max_size=6))
    check_rows(op, np.array([row], dtype))


@pytest.mark.parametrize("op", ROWWISE)
def test_the_axis_is_the_axis(op: str) -> None:
    z, f = np.array(LOGITS), numpy_function(op)
    np.testing.assert_array_equal(f(z, axis=0), f(z.T).T)
    np.testing.assert_array_equal(f(z), f(z, axis=-1))
    np.testing.assert_array_equal(f(z[0], axis=0), f(z[:1])[0])


@pytest.mark.parametrize("op", ROWWISE)
def test_rows_take_a_complex_step(op: str) -> None:
    z, rng = np.array(LOGITS), np.random.default_rng(0)
    way = rng.normal(size=z.shape)
    share = runtime.softmax(z)
    slope = way - (share * way).sum(axis=1, keepdims=True)
    slope = share * slope if op == "softmax" else slope
    got = numpy_function(op)(z + 1j * H * way).imag / H
    np.testing.assert_allclose(got, slope, rtol=1e-14, atol=1e-15)


# --------------------------------------------------------------------------------- out and memory

HOT = ("sigmoid", "relu", "softmax")


@pytest.mark.parametrize("dtype", [*REALS, np.complex128])
@pytest.mark.parametrize("op", HOT)
def test_out_may_be_a_buffer_or_the_input(op: str, dtype: type) -> None:
    z, f = np.array(LOGITS, dtype), numpy_function(op)
    expected, buffer = f(z), np.empty_like(z)
    assert f(z, out=buffer) is buffer
    np.testing.assert_array_equal(buffer, expected)
    assert f(z, out=z) is z
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", HOT)
def test_out_allocates_nothing_of_the_size_of_z(op: str, dtype: type) -> None:
    z, f = np.ones((512, 512), dtype), numpy_function(op)
    f(z, out=z)
    tracemalloc.start()
    f(z, out=z)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < z.nbytes / 4


# ---------------------------------------------------------------------------------------- the text


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(RUNTIME))))
def test_any_subset_stands_alone(ops: set[str]) -> None:
    names: dict[str, Any] = {"np": np}
    exec(source(ops), names)  # noqa: S102 (our own text)
    z = ARGUMENTS.reshape(-1, 4)
    for op in ops.difference(NUMPYS):
        assert names[RUNTIME[op]](z).tobytes() == numpy_function(op)(z).tobytes()


@pytest.mark.parametrize("op", RUNTIME)
def test_the_table_of_the_normal_tail_comes_only_when_needed(op: str) -> None:
    assert ("_MILLS" in source([op])) == (op in ("gelu", "gelu'", "erf", "Phi"))


def test_every_function_of_the_calculus_has_a_numpy_text() -> None:
    assert set(FUNCTIONS) <= set(RUNTIME)
    assert all(RUNTIME[op] == f"np.{op}" for op in NUMPYS)
    assert source([]) == source(NUMPYS) == ""
    with pytest.raises(KeyError):
        source(["nonsense"])


def test_the_text_is_the_same_byte_for_byte() -> None:
    here = source(reversed(list(RUNTIME)))
    assert here == source(RUNTIME)
    script = "from codegen.runtime import *; print(source(set(RUNTIME)), end='')"
    for seed in ("1", "2"):
        command = [sys.executable, "-c", script]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        assert subprocess.check_output(command, cwd=ROOT, env=environment).decode() == here


def test_the_numbers_of_the_normal_tail_are_those_of_the_script() -> None:
    script = runpy.run_path(str(ROOT / "bench" / "normal_tail.py"))
    assert script["coefficients"]() == runtime._MILLS
    assert script["worst_error"](runtime._MILLS) < 1e-16
