"""5 -> 4 sigmoid -> 3 softmax; cross-entropy, one sample; separate bias; samples are rows.

    x      : 1×5
    W1     : 5×4
    b1     : 1×4
    W2     : 4×3
    b2     : 1×3
    y      : 1×3
    z1     = x W1 + b1
    H1     = sigmoid(z1)
    z2     = H1 W2 + b2
    yhat   = softmax(z2)
    L      = -sum(y ∘ log(yhat))
    dL/dW1 = x^T (((yhat - y) W2^T) ∘ H1 ∘ (1 - H1))
    dL/db1 = ((yhat - y) W2^T) ∘ H1 ∘ (1 - H1)
    dL/dW2 = H1^T (yhat - y)
    dL/db2 = yhat - y

The gradients hold where y rows sum to 1.
"""

import numpy as np


COLUMNS = False
PARAMETERS = {
    "W1": (5, 4),
    "b1": (1, 4),
    "W2": (4, 3),
    "b2": (1, 3),
}


Array = np.ndarray


Work = tuple[np.ndarray | None, ...]


def _arrays(z: Array, *given: Array | None) -> list[Array]:
    """The given arrays, and a new one like z in place of each None."""
    return [np.empty_like(z) if array is None else array for array in given]


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """1 / (1 + exp(-z)); z is held where the value is a normal number, so exp cannot overflow."""
    if out is None:
        out = np.empty_like(z)
    np.maximum(z, -87.3 if z.dtype == np.float32 else -708.3, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    return np.reciprocal(out, out=out)


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


def init_params(rng, dtype=np.float64):
    """Weights from N(0, 1/fan_in), biases 0; `rng` is a numpy Generator."""
    params = {}
    params["W1"] = (rng.standard_normal((5, 4)) / np.sqrt(5)).astype(dtype)
    params["b1"] = np.zeros((1, 4), dtype)
    params["W2"] = (rng.standard_normal((4, 3)) / np.sqrt(4)).astype(dtype)
    params["b2"] = np.zeros((1, 3), dtype)
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    b1 = params["b1"]
    W2 = params["W2"]
    b2 = params["b2"]
    z1 = x @ W1 + b1                          # z1 = x W1 + b1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2 + b2                         # z2 = H1 W2 + b2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    W1 = params["W1"]
    b1 = params["b1"]
    W2 = params["W2"]
    b2 = params["b2"]
    z1 = x @ W1 + b1                          # z1 = x W1 + b1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2 + b2                         # z2 = H1 W2 + b2
    L = -np.sum(y * log_softmax(z2))          # L = -sum(y ∘ log(yhat))
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    b1 = params["b1"]
    W2 = params["W2"]
    b2 = params["b2"]
    z1 = x @ W1 + b1                          # z1 = x W1 + b1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2 + b2                         # z2 = H1 W2 + b2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    L = -np.sum(y * log_softmax(z2))          # L = -sum(y ∘ log(yhat))
    dz2 = yhat - y                            # dL/dz2 = yhat - y
    dW2 = H1.T @ dz2                          # dL/dW2 = H1^T dz2
    db2 = dz2                                 # dL/db2 = dz2
    dH1 = dz2 @ W2.T                          # dL/dH1 = dz2 W2^T
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = x.T @ dz1                           # dL/dW1 = x^T dz1
    db1 = dz1                                 # dL/db1 = dz1
    return L, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    b1 = params["b1"]
    W2 = params["W2"]
    b2 = params["b2"]
    z1 = x @ W1 + b1                          # z1 = x W1 + b1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2 + b2                         # z2 = H1 W2 + b2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    dz2 = yhat - y                            # dL/dz2 = yhat - y
    dW2 = H1.T @ dz2                          # dL/dW2 = H1^T dz2
    db2 = dz2                                 # dL/db2 = dz2
    dH1 = dz2 @ W2.T                          # dL/dH1 = dz2 W2^T
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = x.T @ dz1                           # dL/dW1 = x^T dz1
    db1 = dz1                                 # dL/db1 = dz1
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def sigmoid_for(dtype):
    """`sigmoid` of numbers of this dtype, in arrays that are given."""
    if np.dtype(dtype).kind == "c":
        return sigmoid
    n1 = np.array(-87.3 if np.dtype(dtype) == np.float32 else -708.3, dtype)
    n2 = np.array(1.0, dtype)

    def run(z, out):
        np.maximum(z, n1, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.add(out, n2, out=out)
        return np.reciprocal(out, out=out)

    return run


def log_softmax_for(dtype):
    """`log_softmax` of numbers of this dtype, in arrays that are given."""
    if np.dtype(dtype).kind == "c":
        return log_softmax
    n1 = np.array(1.0, dtype)

    def run(z, out, work, axis=1):
        row = np.maximum.reduce(z, axis=axis, keepdims=True, out=work[2])
        out = np.subtract(z, _spread(row, work[0]), out=out)
        top, rest = work[:2]
        np.floor(np.exp(out, out=rest), out=top)
        rest -= top
        ties = np.add.reduce(top, axis=axis, keepdims=True, out=work[3])
        ties -= n1
        row = np.add.reduce(rest, axis=axis, keepdims=True, out=work[2])
        row += ties
        np.log1p(row, out=row)
        return np.subtract(out, _spread(row, work[0]), out=out)

    return run


class Workspace:
    """Arrays for batches of one size: with them, a step allocates none.

    The parameters are C-contiguous arrays of this dtype, as are x and y.
    """

    def __init__(self, batch, dtype=np.float64):
        self.batch = batch
        self.functions = (log_softmax_for(dtype), sigmoid_for(dtype))
        buf1 = np.empty((1, 4), dtype)
        buf2 = np.empty((1, 3), dtype)
        buf3 = np.empty((1, 3), dtype)
        buf4 = np.empty((1, 3), dtype)
        buf5 = np.empty((1, 1), dtype)
        buf6 = np.empty((1, 3), dtype)
        buf7 = np.empty((1, 1), dtype)
        buf8 = np.empty((1, 4), dtype)
        dW1 = np.empty((5, 4), dtype)
        db1 = np.empty((1, 4), dtype)
        dW2 = np.empty((4, 3), dtype)
        db2 = np.empty((1, 3), dtype)
        one = np.array(1, dtype)
        self.arrays = (buf1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, dW1, db1, dW2, db2, one)
        self.gradient = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, dW1, db1, dW2, db2, one) = self.arrays
        (log_softmax, sigmoid) = self.functions
        W1 = params["W1"]
        b1 = params["b1"]
        W2 = params["W2"]
        b2 = params["b2"]
        # z1 = x W1 + b1
        np.dot(x, W1, out=buf1)
        z1 = np.add(buf1, b1, out=buf1)
        # H1 = sigmoid(z1)
        H1 = sigmoid(z1, out=buf1)
        # z2 = H1 W2 + b2
        np.dot(H1, W2, out=buf2)
        z2 = np.add(buf2, b2, out=buf2)
        # yhat = softmax(z2)
        yhat = softmax(z2, axis=1, out=buf3, work=(buf4, buf5))
        # L = -sum(y ∘ log(yhat))
        log_softmax(z2, axis=1, out=buf2, work=(buf4, buf6, buf5, buf7))
        np.multiply(y, buf2, out=buf2)
        L = -np.sum(buf2)
        # dL/dz2 = yhat - y
        dz2 = np.subtract(yhat, y, out=buf3)
        # dL/dW2 = H1^T dz2
        np.dot(H1.T, dz2, out=dW2)
        # dL/db2 = dz2
        np.copyto(db2, dz2)
        # dL/dH1 = dz2 W2^T
        dH1 = np.dot(dz2, W2.T, out=buf8)
        # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
        np.multiply(dH1, H1, out=buf8)
        np.subtract(one, H1, out=buf1)
        dz1 = np.multiply(buf8, buf1, out=buf8)
        # dL/dW1 = x^T dz1
        np.dot(x.T, dz1, out=dW1)
        # dL/db1 = dz1
        np.copyto(db1, dz1)
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, dW1, db1, dW2, db2, one) = self.arrays
        (log_softmax, sigmoid) = self.functions
        W1 = params["W1"]
        b1 = params["b1"]
        W2 = params["W2"]
        b2 = params["b2"]
        # z1 = x W1 + b1
        np.dot(x, W1, out=buf1)
        z1 = np.add(buf1, b1, out=buf1)
        # H1 = sigmoid(z1)
        H1 = sigmoid(z1, out=buf1)
        # z2 = H1 W2 + b2
        np.dot(H1, W2, out=buf2)
        z2 = np.add(buf2, b2, out=buf2)
        # yhat = softmax(z2)
        yhat = softmax(z2, axis=1, out=buf2, work=(buf3, buf5))
        # dL/dz2 = yhat - y
        dz2 = np.subtract(yhat, y, out=buf2)
        # dL/dW2 = H1^T dz2
        np.dot(H1.T, dz2, out=dW2)
        # dL/db2 = dz2
        np.copyto(db2, dz2)
        # dL/dH1 = dz2 W2^T
        dH1 = np.dot(dz2, W2.T, out=buf8)
        # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
        np.multiply(dH1, H1, out=buf8)
        np.subtract(one, H1, out=buf1)
        dz1 = np.multiply(buf8, buf1, out=buf8)
        # dL/dW1 = x^T dz1
        np.dot(x.T, dz1, out=dW1)
        # dL/db1 = dz1
        np.copyto(db1, dz1)
        return self.gradient
