"""NumPy with its larger matrix products by Intel's MKL: `pip install derive-backprop[mkl]`.

From some millions of multiplications on, its products of thin matrices take 0.7 to 0.9 of the time
of OpenBLAS's. It is bound by ctypes, to one thread, and used only where a module is loaded with
it: `codegen.load(text, products="mkl")`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy

from codegen.costs import MKL_PRODUCTS
from codegen.network import Array
from codegen.refusal import Refusal

SEQUENTIAL = 1
ROW_MAJOR, PLAIN, TURNED = 101, 111, 112
"""Constants of the C interface to BLAS."""

Gemm = Callable[..., Any]


def operand(array: Array) -> tuple[int, int] | None:
    """Whether an array is a transpose to BLAS, and the numbers from one line of it to the next.

    None where no axis is in one piece.

    >>> operand(numpy.zeros((3, 5))), operand(numpy.zeros((3, 5)).T), operand(numpy.zeros(3))
    ((111, 5), (112, 5), None)
    """
    if array.ndim != 2:
        return None
    size, (rows, columns), (down, along) = array.itemsize, array.shape, array.strides
    if along == size and down >= columns * size and down % size == 0:
        return PLAIN, down // size
    if down == size and along >= rows * size and along % size == 0:
        return TURNED, along // size
    return None


def product(gemms: Mapping[Any, Gemm], usual: Callable[..., Array]) -> Callable[..., Array]:
    """`usual(a, b, out=out)`, by the gemm of its dtype where that is worth a call."""

    def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
        gemm = gemms.get(a.dtype) if out is not None and a.dtype == b.dtype == out.dtype else None
        if gemm is None or out is None or a.ndim != 2 or a.size * b.shape[-1] < MKL_PRODUCTS:
            return usual(a, b, out=out)
        if out.strides[1] != out.itemsize:
            matmul(b.T, a.T, out=out.T)
            return out
        places = operand(a), operand(b), operand(out)
        if None in places or places[2] != (PLAIN, out.strides[0] // out.itemsize):
            return usual(a, b, out=out)
        _call(gemm, a, b, out, *places)
        return out

    return matmul


def _call(gemm: Gemm, a: Array, b: Array, out: Array, *places: Any) -> None:
    """out = a b"""
    if a.shape[1] != b.shape[0] or out.shape != (a.shape[0], b.shape[1]):
        raise ValueError(f"{a.shape} times {b.shape} does not fit into {out.shape}")
    (turn_a, step_a), (turn_b, step_b), (_, step) = places
    pointers = [array.__array_interface__["data"][0] for array in (a, b, out)]
    sizes = (*out.shape, a.shape[1])
    left, right = (turn_a, turn_b), ((pointers[0], step_a), (pointers[1], step_b))
    gemm(ROW_MAJOR, *left, *sizes, 1.0, *right[0], *right[1], 0.0, pointers[2], step)


def numpy_with(gemms: Mapping[Any, Gemm]) -> ModuleType:
    """NumPy, with `matmul` and `dot` by these."""
    made = ModuleType("numpy", "NumPy, with larger matrix products by another library.")
    own = {"matmul": product(gemms, numpy.matmul), "dot": product(gemms, numpy.dot)}
    vars(made).update({**vars(numpy), **own})
    return made


def files() -> Iterator[str]:
    """Where the library may be: in this environment, then where the system has such files."""
    root = Path(sys.prefix)
    for folder, pattern in (("lib", "libmkl_rt.*"), ("Library/bin", "mkl_rt*.dll")):
        yield from map(str, sorted((root / folder).glob(pattern)))
    found = ctypes.util.find_library("mkl_rt")
    if found is not None:
        yield found


@cache
def library() -> Mapping[Any, Gemm]:
    """MKL's products by dtype. Raises Refusal where it is not installed."""
    path = next(files(), None)
    if path is None:
        raise Refusal("MKL is not installed: pip install 'derive-backprop[mkl]'")
    found = ctypes.CDLL(path)
    found.MKL_Set_Threading_Layer(SEQUENTIAL)
    number, place = ctypes.c_int, ctypes.c_void_p
    gemms: dict[Any, Gemm] = {}
    for dtype, name, real in (
        (numpy.dtype(numpy.float32), "cblas_sgemm", ctypes.c_float),
        (numpy.dtype(numpy.float64), "cblas_dgemm", ctypes.c_double),
    ):
        gemms[dtype] = gemm = getattr(found, name)
        gemm.restype = None
        gemm.argtypes = [*[number] * 6, real, place, number, place, number, real, place, number]
    return gemms


def __getattr__(name: str) -> Any:
    """`np`: NumPy with MKL's products, made when it is first asked for."""
    if name != "np":
        raise AttributeError(name)
    return _shared()


@cache
def _shared() -> ModuleType:
    return numpy_with(library())
