"""Functions of the rows of a matrix: softmax and its logarithm, along either axis."""

# mypy: disable-error-code="no-any-return"
# (arithmetic on NumPy arrays is Any to mypy)

import numpy as np

from codegen.runtime.pieces import Array, Work, _arrays


def _spread(row: Array, full: Array | None) -> Array:
    """The row, once for each entry along the axis where there is an array to hold them."""
    if full is None:
        return row
    np.copyto(full, row)
    return full


def softmax(z: Array, axis: int = 1, out: Array | None = None, work: Work = (None, None)) -> Array:
    """exp(z) / sum exp(z) along an axis, of logits less their largest: exp cannot overflow."""
    full, row = work
    row = np.maximum.reduce(z, axis=axis, keepdims=True, out=row)
    out = np.subtract(z, _spread(row, full), out=out)
    np.exp(out, out=out)
    row = np.add.reduce(out, axis=axis, keepdims=True, out=work[1])
    return np.divide(out, _spread(row, full), out=out)


def log_softmax(
    z: Array, axis: int = 1, out: Array | None = None, work: Work = (None,) * 4
) -> Array:
    """z - log sum exp(z), by log1p of all but the largest: a loss near 0 keeps its digits."""
    row = np.maximum.reduce(z, axis=axis, keepdims=True, out=work[2])
    out = np.subtract(z, _spread(row, work[0]), out=out)
    top, rest = _arrays(out, *work[:2])
    np.floor(np.exp(out, out=rest).real, out=top)
    rest -= top
    ties = np.add.reduce(top, axis=axis, keepdims=True, out=work[3])
    ties -= 1.0
    row = np.add.reduce(rest, axis=axis, keepdims=True, out=work[2])
    row += ties
    np.log1p(row, out=row)
    return np.subtract(out, _spread(row, work[0]), out=out)
