"""Functions in pieces, with a kink at 0 or at 1, and what the other functions share."""

# mypy: disable-error-code="no-any-return"
# (arithmetic on NumPy arrays is Any to mypy)

import numpy as np

Array = np.ndarray
Work = tuple[np.ndarray | None, ...]


def _arrays(z: Array, *given: Array | None) -> list[Array]:
    """The given arrays, and a new one like z in place of each None."""
    return [np.empty_like(z) if array is None else array for array in given]


def _below(z: Array, out: Array) -> Array:
    """min(z, 0), by the real part."""
    if np.iscomplexobj(z):
        return np.multiply(z, z.real <= 0, out=out)
    return np.minimum(z, 0.0, out=out)


def _folded(z: Array, out: Array) -> Array:
    """-|z|, by the real part."""
    if np.iscomplexobj(z):
        return np.multiply(z, 1 - 2 * (z.real > 0), out=out)
    return np.negative(np.absolute(z, out=out), out=out)


def step(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """[z > 0]: 1 above zero, 0 at zero and below; the derivative of relu."""
    (out,) = _arrays(z, out)
    np.copyto(out, np.greater(z.real, 0.0, out=work[0]))
    return out


def sign(z: Array, out: Array | None = None) -> Array:
    """step(z) - step(-z): -1, 0 or 1, by the real part."""
    (out,) = _arrays(z, out)
    return np.sign(z.real, out=out)


def absolute(z: Array, out: Array | None = None) -> Array:
    """z sign(z): |z| for real z, and analytic in the imaginary direction, as np.abs is not."""
    if np.iscomplexobj(z):
        return np.multiply(z, np.sign(z.real), out=out)
    return np.absolute(z, out=out)


def relu(z: Array, out: Array | None = None) -> Array:
    """z [z > 0]; a complex z goes by its real part, so that relu'(0) = 0 there too."""
    if np.iscomplexobj(z):
        return np.multiply(z, z.real > 0, out=out)
    return np.maximum(z, 0.0, out=out)


def leaky_relu(z: Array, out: Array | None = None) -> Array:
    """z above zero, z / 100 below: the larger of the two."""
    if np.iscomplexobj(z):
        return np.multiply(z, 0.01 + 0.99 * (z.real > 0), out=out)
    (out,) = _arrays(z, out)
    return np.maximum(z, np.multiply(z, 0.01, out=out), out=out)


def huber_prime(z: Array, out: Array | None = None) -> Array:
    """z where |z| < 1, else its sign: z held between -1 and 1."""
    (out,) = _arrays(z, out)
    return np.maximum(np.minimum(z, 1.0, out=out), -1.0, out=out)


def huber(z: Array, out: Array | None = None, work: Work = (None,)) -> Array:
    """z^2 / 2 where |z| < 1, else |z| - 1/2: c (z - c/2) with c = huber', so no large square."""
    out, c = _arrays(z, out, *work)
    np.multiply(huber_prime(z, out=c), -0.5, out=out)
    out += z
    out *= c
    return out
