"""The normal distribution: density, distribution function, erf, and gelu."""

# mypy: disable-error-code="no-any-return"
# (arithmetic on NumPy arrays is Any to mypy)

import numpy as np

from codegen.runtime.pieces import Array, Work, _arrays, _folded, absolute, sign, step

_MILLS = (  # (1 + z) Phi(-z) / phi(z), highest power of u first: bench/normal_tail.py
    -9.564832934712551e-10,
    -7.073898575561589e-10,
    1.1032071151574336e-08,
    9.092476134019147e-09,
    -7.758520236786343e-08,
    -6.588974491108954e-08,
    4.91996233147834e-07,
    3.2054316652589574e-07,
    -3.277287633208865e-06,
    -1.7633239265736746e-07,
    2.270961270923768e-05,
    -2.480583845192319e-05,
    -0.0001343742785571135,
    0.00045704392357953655,
    1.9530638370790786e-05,
    -0.004201290329187307,
    0.01634823128102938,
    -0.03802659218584139,
    0.0615050458401865,
    -0.0661776007790963,
    0.0250721793016388,
    0.07778159886873769,
    -0.22948753825211315,
    1.1568486282918946,
)


def _mills(z: Array, out: Array, u: Array) -> Array:
    """Phi(-z) / phi(z) for z >= 0: a polynomial in u = (z - 5) / (z + 5), over 1 + z."""
    np.divide(-10.0, np.add(z, 5.0, out=u), out=u)
    u += 1.0
    out[...] = _MILLS[0]
    for coefficient in _MILLS[1:]:
        out *= u
        out += coefficient
    out /= np.add(z, 1.0, out=u)
    return out


def _bell(z: Array, scale: float, out: Array, near: Array, far: Array) -> Array:
    """exp(scale z^2); z^2 is split at a multiple of 1/16, so the tail is exact too."""
    np.maximum(np.minimum(z, 40.0, out=out), -40.0, out=out)
    np.rint(np.multiply(out, 16.0, out=near), out=near)
    near /= 16.0
    np.add(out, near, out=far)
    out -= near
    out *= far
    out *= scale
    near *= near
    near *= scale
    return np.multiply(np.exp(out, out=out), np.exp(near, out=near), out=out)


def phi(z: Array, out: Array | None = None, work: Work = (None, None)) -> Array:
    """exp(-z^2/2) / sqrt(2 pi)"""
    out, a, b = _arrays(z, out, *work)
    return np.multiply(_bell(z, -0.5, out, a, b), 0.3989422804014327, out=out)


def phi_prime(z: Array, out: Array | None = None, work: Work = (None, None)) -> Array:
    """-z phi(z)"""
    out = phi(z, out=out, work=work)
    out *= z
    return np.negative(out, out=out)


def Phi(z: Array, out: Array | None = None, work: Work = (None,) * 4) -> Array:
    """The normal distribution function; a tail is phi times Mills' ratio, not 1 minus the rest."""
    out, size, tail, a = _arrays(z, out, *work[:3])
    np.negative(_folded(z, size), out=size)
    _mills(size, tail, out)
    tail *= phi(z, out=out, work=(size, a))
    out = step(z, out=out, work=work[3:])
    out -= tail
    return absolute(out, out=out)


def gelu(z: Array, out: Array | None = None, work: Work = (None,) * 4) -> Array:
    """z Phi(z)"""
    out = Phi(z, out=out, work=work)
    out *= z
    return out


def gelu_prime(z: Array, out: Array | None = None, work: Work = (None,) * 4) -> Array:
    """Phi(z) + z phi(z)"""
    density, a, b = _arrays(z, *work[:3])
    out = Phi(z, out=out, work=(density, a, b, work[3]))
    phi(z, out=density, work=(a, b))
    density *= z
    out += density
    return out


_ERF = (  # 2 / sqrt(pi) (-1)^n / (n! (2n + 1)), highest n first
    -6.7113668551641105e-12,
    9.422759064650411e-11,
    -1.2290555301717928e-09,
    1.4807192815879218e-08,
    -1.6365844691234924e-07,
    1.6462114365889248e-06,
    -1.492565035840625e-05,
    0.00012055332981789664,
    -0.0008548327023450853,
    0.005223977625442188,
    -0.026866170645131252,
    0.11283791670955126,
    -0.37612638903183754,
    1.1283791670955126,
)


def _erf_near(z: Array, out: Array, near: Array) -> Array:
    """The power series of erf, for z held between -1 and 1."""
    np.maximum(np.minimum(z, 1.0, out=near), -1.0, out=near)
    out[...] = _ERF[0]
    for coefficient in _ERF[1:]:
        out *= near
        out *= near
        out += coefficient
    out *= near
    return out


def erf(z: Array, out: Array | None = None, work: Work = (None,) * 4) -> Array:
    """2 Phi(sqrt(2) z) - 1: by its power series near 0, by the normal tail from |z| = 1/2 on."""
    out, size, far, a = _arrays(z, out, *work[:3])
    np.multiply(_folded(z, size), -1.4142135623730951, out=size)
    _mills(size, far, out)
    far *= _bell(z, -1.0, out, size, a)
    far *= -0.7978845608028654
    far += 1.0
    far *= sign(z, out=out)
    far -= _erf_near(z, out, size)
    np.subtract(-0.5, _folded(z, size), out=size)
    far *= step(size, out=size, work=work[3:])
    out += far
    return out


def erf_prime(z: Array, out: Array | None = None, work: Work = (None, None)) -> Array:
    """2 exp(-z^2) / sqrt(pi)"""
    out, a, b = _arrays(z, out, *work)
    return np.multiply(_bell(z, -1.0, out, a, b), 1.1283791670955126, out=out)
