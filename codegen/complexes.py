"""NumPy as the forward code of the oracles sees it: `np.exp` of a complex step by real arithmetic.

NumPy computes a complex exponential number by number, a real one several at a time.
"""

from __future__ import annotations

from types import ModuleType

import numpy

from codegen.network import Array

TINY = 2.0**-27
"""Below it the cosine of a number is 1, and its sine the number itself, to the last digit."""

LARGE = 700.0
"""Above it exp(a) may overflow where exp(a) sin(b) does not."""


def exp(z: Array, out: Array | None = None) -> Array:
    """exp(a + ib) = exp(a) (cos b + i sin b), for |b| so small that this is exp(a) (1 + ib)."""
    if not numpy.iscomplexobj(z) or not _steps(z):
        return numpy.exp(z, out=out)
    if out is None:
        out = numpy.empty_like(z)
    size = numpy.exp(z.real)
    numpy.multiply(size, z.imag, out=out.imag)
    out.real = size
    return out


def _steps(z: Array) -> bool:
    """Whether the imaginary parts are those of a complex step, and nothing overflows."""
    if numpy.ndim(z) == 0 or z.size == 0:
        return False
    return bool(z.real.max() <= LARGE and z.imag.min() >= -TINY and z.imag.max() <= TINY)


np = ModuleType("numpy", "NumPy, with the exponential of this module.")
vars(np).update({**vars(numpy), "exp": exp})
