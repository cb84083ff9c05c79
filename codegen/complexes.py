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
    if numpy.ndim(z) == 0 or z.dtype.kind != "c":
        return numpy.exp(z, out=out)
    a, b = z.real.copy(order="K"), z.imag.copy(order="K")  # contiguous: that is what is quick
    if not _is_step(a, b):
        return numpy.exp(z, out=out)
    numpy.exp(a, out=a)
    b *= a
    if out is None:
        out = numpy.empty_like(z)
    out.real, out.imag = a, b
    return out


def _is_step(a: Array, b: Array) -> bool:
    """Whether the imaginary parts are those of a complex step, and nothing overflows."""
    return bool(a.size and a.max() <= LARGE and b.min() >= -TINY and b.max() <= TINY)


np = ModuleType("numpy", "NumPy, with the exponential of this module.")
vars(np).update({**vars(numpy), "exp": exp})
