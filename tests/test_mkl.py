"""Matrix products by another library: the right memory is read and written, in every layout."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import codegen
from codegen import mkl
from codegen.network import Array
from codegen.refusal import Refusal
from derive.layers import stack
from tests.stack_grid import point

REALS = {np.dtype(np.float32): ctypes.c_float, np.dtype(np.float64): ctypes.c_double}


def emulated(dtype: Any, calls: list[tuple[int, ...]]) -> mkl.Gemm:
    """`cblas_?gemm` by its definition, entry by entry of the memory that it is pointed to."""
    real = REALS[np.dtype(dtype)]

    def memory(place: int, count: int) -> Array:
        return np.ctypeslib.as_array(ctypes.cast(place, ctypes.POINTER(real)), (count,))

    def table(place: int, turn: int, rows: int, columns: int, step: int) -> Array:
        lines, length = (rows, columns) if turn == mkl.PLAIN else (columns, rows)
        own = memory(place, (lines - 1) * step + length)
        whole = np.array([own[k * step : k * step + length] for k in range(lines)])
        return whole if turn == mkl.PLAIN else whole.T

    def gemm(*given: Any) -> None:
        order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = given
        assert (order, alpha, beta) == (mkl.ROW_MAJOR, 1.0, 0.0)
        result = table(a, ta, m, k, lda) @ table(b, tb, k, n, ldb)
        own = memory(c, (m - 1) * ldc + n)
        for row in range(m):
            own[row * ldc : row * ldc + n] = result[row]
        calls.append((m, n, k))

    return gemm


def libraries() -> Iterator[tuple[str, Mapping[Any, mkl.Gemm]]]:
    """An emulation, and MKL itself where it is installed."""
    yield "emulated", {dtype: emulated(dtype, []) for dtype in REALS}
    try:
        yield "mkl", mkl.library()
    except Refusal:
        return


LIBRARIES = dict(libraries())

LARGE = 1 << 18


@pytest.fixture(autouse=True)
def small_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products are large from fewer multiplications on than where it pays."""
    monkeypatch.setattr(mkl, "MKL_PRODUCTS", LARGE)


def layouts(array: Array) -> Iterator[Array]:
    """The same numbers in rows, in columns, and within a larger array either way."""
    yield array
    yield np.asfortranarray(array)
    rows, columns = array.shape
    wide = np.full((rows + 3, columns + 2), np.nan, array.dtype)
    for whole in (wide, np.asfortranarray(wide)):
        part = whole[1 : rows + 1, 2:]
        part[:] = array
        yield part


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize("dtype", list(REALS))
def test_every_layout(name: str, dtype: Any, rng: np.random.Generator) -> None:
    matmul = mkl.product(LIBRARIES[name], lambda a, b, out=None: pytest.fail("the usual product"))
    m, k, n = 70, 80, 60
    assert m * k * n > LARGE
    a, b = (rng.standard_normal(s).astype(dtype) for s in ((m, k), (k, n)))
    for left in layouts(a):
        for right in layouts(b):
            for out in layouts(np.zeros((m, n), dtype)):
                assert matmul(left, right, out=out) is out
                tiny = 40 * np.finfo(dtype).eps
                np.testing.assert_allclose(out, a @ b, rtol=tiny * 10, atol=tiny * k)


@pytest.mark.parametrize(
    "change",
    ["small", "no array for the result", "another dtype", "complex", "one axis", "every other"],
)
def test_what_is_left_to_numpy(change: str, rng: np.random.Generator) -> None:
    calls: list[tuple[int, ...]] = []
    matmul = mkl.product({np.dtype(float): emulated(float, calls)}, np.matmul)
    a, b, out = rng.standard_normal((80, 80)), rng.standard_normal((80, 80)), np.empty((80, 80))
    truth = a @ b
    if change == "small":
        a, out, truth = a[:4], out[:4], truth[:4]
    if change == "another dtype":
        b = b.astype(np.float32)
        truth = a @ b
    if change == "complex":
        a, out, truth = a + 0j, out + 0j, truth + 0j
    if change == "one axis":
        a, out, truth = a[0], out[0], truth[0]
    if change == "every other":
        a = np.repeat(a, 2, axis=1)[:, ::2]
    found = matmul(a, b) if change == "no array for the result" else matmul(a, b, out=out)
    np.testing.assert_allclose(found, truth, rtol=1e-6)
    assert not calls


def test_shapes_that_do_not_fit_are_refused() -> None:
    matmul = mkl.product({np.dtype(float): emulated(float, [])}, np.matmul)
    with pytest.raises(ValueError, match="does not fit into"):
        matmul(np.zeros((80, 80)), np.zeros((80, 80)), out=np.zeros((79, 80)))


def test_a_workspace_with_other_products(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    calls: list[tuple[int, ...]] = []
    gemms = {dtype: emulated(dtype, calls) for dtype in REALS}
    monkeypatch.setattr(mkl, "_shared", lambda: mkl.numpy_with(gemms))
    made = stack("300,50,10")
    text = codegen.emit(made)
    data = point(made, rng, 20)
    truth = codegen.load(text).gradients(*data)
    found = codegen.load(text, products="mkl").Workspace(20).gradients(*data)
    assert len(calls) == 2  # the two products that the samples take part in
    for name, value in truth.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-15)


def test_products_by_nobody() -> None:
    with pytest.raises(ValueError, match="`abacus` is not one of numpy, mkl"):
        codegen.load("", products="abacus")
