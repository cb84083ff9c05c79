"""The exponential of the oracles' forward code is that of NumPy."""

from __future__ import annotations

import numpy
import pytest

from codegen.complexes import np

REAL = numpy.array([-numpy.inf, -1000.0, -700.5, -30.25, -1e-9, 0.0, 0.3, 2.0, 699.0])


@pytest.mark.parametrize("step", [0.0, 2.0**-100, -(2.0**-100), 2.0**-28, -1e-300, 0.7, -3.0])
def test_complex_numbers(step: float) -> None:
    z = REAL + 1j * step
    wanted = numpy.exp(z)
    got = np.exp(z)
    numpy.testing.assert_allclose(got.real, wanted.real, rtol=4e-16, atol=0)
    numpy.testing.assert_allclose(got.imag, wanted.imag, rtol=4e-16, atol=1e-300)
    assert np.exp(z, out=z) is z
    numpy.testing.assert_array_equal(z, got)


@pytest.mark.parametrize("z", [numpy.inf, 709.9, 1000.0, numpy.nan])
def test_what_overflows_is_left_to_numpy(z: float) -> None:
    step = numpy.array([complex(z, 2.0**-100), 1j * 2.0**-100])
    with numpy.errstate(all="ignore"):
        numpy.testing.assert_array_equal(np.exp(step), numpy.exp(step))


@pytest.mark.parametrize(
    "z", [numpy.float64(1.5), numpy.complex128(1 + 1e-30j), REAL, REAL[:0] + 0j]
)
def test_all_else_is_numpys_own(z: numpy.ndarray) -> None:
    numpy.testing.assert_array_equal(np.exp(z), numpy.exp(z))
    assert np.log is numpy.log
