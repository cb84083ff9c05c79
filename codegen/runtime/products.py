"""Products for gradients: sums over the samples."""

import numpy as np

from codegen.runtime.pieces import Array


def weight_gradient(a: Array, d: Array) -> Array:
    """[1 a]^T d: the sums of d, for the biases, above a^T d."""
    whole = np.empty((1 + a.shape[1], d.shape[1]), d.dtype)
    np.add.reduce(d, axis=0, out=whole[0])
    product = np.dot if len(a) == 1 else np.matmul  # of a column and a row, dot is quicker
    product(a.T, d, out=whole[1:])
    return whole


def weight_gradient_columns(d: Array, a: Array) -> Array:
    """d [1; a]^T: the sums of d, for the biases, beside d a^T."""
    whole = np.empty((d.shape[0], 1 + a.shape[0]), d.dtype)
    np.add.reduce(d, axis=1, out=whole[:, 0])
    np.matmul(d, a.T, out=whole[:, 1:])
    return whole


def outer(a: Array, b: Array, out: Array, work: tuple[Array, Array]) -> Array:
    """a b; a column and a row are padded with zeros to two of each: BLAS is quick only then."""
    if a.shape[1] > 1:
        return np.matmul(a, b, out=out)
    left, right = work
    np.copyto(left[:, :1], a)
    np.copyto(right[:1], b)
    return np.matmul(left, right, out=out)


BY_ROWS = 4096, 1_200_000, 256
"""What makes a product quicker by rows, although it is turned then: at most so many bytes of a
unit's values, so many multiplications at least, and in single precision at most so many units."""


def turned(a: Array, b: Array, out: Array, work: tuple[Array]) -> Array:
    """(a b)^T; where the columns of b lie one after another, b^T stands as it is: no rows then."""
    n = len(a)
    if b.strides[0] < b.strides[1]:
        return np.matmul(b.T, a.T, out=out)
    if n == 1:  # then it is the same numbers in a row
        np.dot(a, b, out=out.T)
        return out
    long, least, wide = BY_ROWS
    narrow = b.shape[1] <= wide or a.itemsize > 4
    if narrow and n * a.itemsize <= long and n * b.size >= least:
        np.copyto(out, np.matmul(a, b, out=work[0]).T)
        return out
    return np.matmul(b.T, a.T, out=out)
