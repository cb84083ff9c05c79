"""Functions made of exponentials: exp never sees a large positive argument."""

# mypy: disable-error-code="no-any-return"
# (arithmetic on NumPy arrays is Any to mypy)

import numpy as np

from codegen.runtime.pieces import Array, Work, _arrays, _below, _folded, relu


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """1 / (1 + exp(-z)); z is held where the value is a normal number, so exp cannot overflow."""
    if out is None:
        out = np.empty_like(z)
    np.maximum(z, -87.3 if z.dtype == np.float32 else -708.3, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    return np.reciprocal(out, out=out)


def softplus(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """log(1 + exp(z)) = max(z, 0) + log1p(exp(-|z|)): no overflow, and a small value is exact."""
    out, e = _arrays(z, out, *work)
    np.exp(_folded(z, e), out=e)
    np.log1p(e, out=e)
    return np.add(relu(z, out=out), e, out=out)


def elu(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """z above zero, exp(z) - 1 below; expm1 keeps the digits near zero."""
    out, e = _arrays(z, out, *work)
    np.expm1(_below(z, e), out=e)
    return np.add(relu(z, out=out), e, out=out)


def elu_prime(z: Array, out: Array | None = None) -> Array:
    """1 above zero, exp(z) below; exp never sees a positive argument."""
    (out,) = _arrays(z, out)
    return np.exp(_below(z, out), out=out)


def silu(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """z sigmoid(z) = z exp(min(z, 0)) / (1 + exp(-|z|)): the tail is kept, down to 0."""
    out, e = _arrays(z, out, *work)
    np.exp(_folded(z, e), out=e)
    e += 1.0
    np.exp(_below(z, out), out=out)
    out *= z
    out /= e
    return out


def silu_prime(z: Array, out: Array | None = None, work: Work = (None, None)) -> Array:
    """s + z s (1 - s), s = sigmoid(z); s (1 - s) is e / (1 + e)^2 with e = exp(-|z|)."""
    out, e, below = _arrays(z, out, *work)
    np.exp(_folded(z, e), out=e)
    np.add(e, 1.0, out=below)
    e /= below
    e /= below
    e *= z
    np.exp(_below(z, out), out=out)
    out /= below
    out += e
    return out


def _gelu_tanh_inner(z: Array, out: Array) -> Array:
    """v = sqrt(8/pi) (z + 0.044715 z^3)"""
    np.multiply(z, z, out=out)
    out *= 0.044715
    out += 1.0
    out *= z
    out *= 1.5957691216057308
    return out


def gelu_tanh(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """z (1 + tanh(v/2)) / 2 = z sigmoid(v), v = sqrt(8/pi) (z + 0.044715 z^3): the tail is kept."""
    out, v = _arrays(z, out, *work)
    _gelu_tanh_inner(z, v)
    np.exp(_below(v, out), out=out)
    out *= z
    np.exp(_folded(v, v), out=v)
    v += 1.0
    out /= v
    return out


def gelu_tanh_prime(z: Array, out: Array | None = None, work: Work = (None, None)) -> Array:
    """s + z v' s (1 - s) with s = sigmoid(v), v as in gelu_tanh; see silu' for s (1 - s)."""
    out, v, e = _arrays(z, out, *work)
    _gelu_tanh_inner(z, v)
    np.exp(_folded(v, e), out=e)
    np.exp(_below(v, out), out=out)
    np.add(e, 1.0, out=v)
    out /= v
    e /= v
    e /= v
    np.multiply(z, z, out=v)
    v *= 3 * 0.044715
    v += 1.0
    v *= 1.5957691216057308
    v *= z
    e *= v
    out += e
    return out
