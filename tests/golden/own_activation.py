"""6 -> 5 mish -> 4 softmax; cross-entropy, mean over the batch; bias in [1 H]; samples are rows.

    x      : N×6
    W1     : 7×5
    W2     : 6×4
    y      : N×4
    z1     = [1 x] W1
    H1     = z1 ∘ tanh(softplus(z1))
    z2     = [1 H1] W2
    yhat   = softmax(z2)
    L      = -sum(y ∘ log(yhat)) / N
    dL/dW1 = [1 x]^T (((yhat - y) W2[1:]^T) ∘ (z1 ∘ sigmoid(z1) + tanh(softplus(z1)) ∘ (1 - tanh(softplus(z1)) ∘ z1 ∘ sigmoid(z1)))) / N
    dL/dW2 = [1 H1]^T (yhat - y) / N

The gradients hold where y rows sum to 1.
"""

import numpy as np


COLUMNS = False
PARAMETERS = {
    "W1": (7, 5),
    "W2": (6, 4),
}


Array = np.ndarray


Work = tuple[np.ndarray | None, ...]


def _arrays(z: Array, *given: Array | None) -> list[Array]:
    """The given arrays, and a new one like z in place of each None."""
    return [np.empty_like(z) if array is None else array for array in given]


def _folded(z: Array, out: Array) -> Array:
    """-|z|, by the real part."""
    if np.iscomplexobj(z):
        return np.multiply(z, 1 - 2 * (z.real > 0), out=out)
    return np.negative(np.absolute(z, out=out), out=out)


def relu(z: Array, out: Array | None = None) -> Array:
    """z [z > 0]; a complex z goes by its real part, so that relu'(0) = 0 there too."""
    if np.iscomplexobj(z):
        return np.multiply(z, z.real > 0, out=out)
    return np.maximum(z, 0.0, out=out)


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


def weight_gradient(a: Array, d: Array) -> Array:
    """[1 a]^T d: the sums of d, for the biases, above a^T d."""
    whole = np.empty((1 + a.shape[1], d.shape[1]), d.dtype)
    np.add.reduce(d, axis=0, out=whole[0])
    product = np.dot if len(a) == 1 else np.matmul  # of a column and a row, dot is quicker
    product(a.T, d, out=whole[1:])
    return whole


BY_ROWS = 4096, 1_200_000, 256


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


def init_params(rng, dtype=np.float64):
    """Weights from N(0, 1/fan_in), biases 0; `rng` is a numpy Generator."""
    params = {}
    params["W1"] = (rng.standard_normal((7, 5)) / np.sqrt(6)).astype(dtype)
    params["W1"][0] = 0
    params["W2"] = (rng.standard_normal((6, 4)) / np.sqrt(5)).astype(dtype)
    params["W2"][0] = 0
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    W2 = params["W2"]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    t1 = softplus(z1)                         # t1 = softplus(z1)
    t2 = np.tanh(t1)                          # t2 = tanh(softplus(z1))
    H1 = z1 * t2                              # H1 = z1 ∘ tanh(softplus(z1))
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    t1 = softplus(z1)                         # t1 = softplus(z1)
    t2 = np.tanh(t1)                          # t2 = tanh(softplus(z1))
    H1 = z1 * t2                              # H1 = z1 ∘ tanh(softplus(z1))
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    L = -(np.sum(y * log_softmax(z2)) / N)    # L = -sum(y ∘ log(yhat)) / N
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    t1 = softplus(z1)                         # t1 = softplus(z1)
    t2 = np.tanh(t1)                          # t2 = tanh(softplus(z1))
    H1 = z1 * t2                              # H1 = z1 ∘ tanh(softplus(z1))
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    L = -(np.sum(y * log_softmax(z2)) / N)    # L = -sum(y ∘ log(yhat)) / N
    dz2 = (yhat - y) / N                      # dL/dz2 = (yhat - y) / N
    dW2 = weight_gradient(H1, dz2)            # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:].T                      # dL/dH1 = dz2 W2[1:]^T
    t3 = sigmoid(z1)                          # t3 = sigmoid(z1)
    dz1 = dH1 * (z1 * t3 + t2 * (1 - t2 * z1 * t3))  # dL/dz1 = dH1 ∘ (z1 ∘ sigmoid(z1) + tanh(softplus(z1)) ∘ (1 - tanh(softplus(z1)) ∘ z1 ∘ sigmoid(z1)))
    dW1 = weight_gradient(x, dz1)             # dL/dW1 = [1 x]^T dz1
    return L, {"W1": dW1, "W2": dW2}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    t1 = softplus(z1)                         # t1 = softplus(z1)
    t2 = np.tanh(t1)                          # t2 = tanh(softplus(z1))
    H1 = z1 * t2                              # H1 = z1 ∘ tanh(softplus(z1))
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    dz2 = (yhat - y) / N                      # dL/dz2 = (yhat - y) / N
    dW2 = weight_gradient(H1, dz2)            # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:].T                      # dL/dH1 = dz2 W2[1:]^T
    t3 = sigmoid(z1)                          # t3 = sigmoid(z1)
    dz1 = dH1 * (z1 * t3 + t2 * (1 - t2 * z1 * t3))  # dL/dz1 = dH1 ∘ (z1 ∘ sigmoid(z1) + tanh(softplus(z1)) ∘ (1 - tanh(softplus(z1)) ∘ z1 ∘ sigmoid(z1)))
    dW1 = weight_gradient(x, dz1)             # dL/dW1 = [1 x]^T dz1
    return {"W1": dW1, "W2": dW2}


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


def softplus_for(dtype):
    """`softplus` of numbers of this dtype, in arrays that are given."""
    if np.dtype(dtype).kind == "c":
        return softplus
    n1 = np.array(0.0, dtype)

    def run(z, out, work):
        e, = work
        np.exp(np.negative(np.absolute(z, out=e), out=e), out=e)
        np.log1p(e, out=e)
        return np.add(np.maximum(z, n1, out=out), e, out=out)

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
        few = batch if batch <= 3333 else 0  # few: calls cost more than their work
        self.few = few
        self.functions = (log_softmax_for(dtype), sigmoid_for(dtype), softplus_for(dtype))
        self.product = np.dot if batch <= 32 else np.matmul  # dot starts sooner
        given1 = np.ones((few, 7), dtype)
        buf1 = np.empty((few, 5), dtype)
        buf2 = np.empty((5, batch), dtype)
        buf3 = np.empty((batch, 5), dtype)
        buf4 = np.empty((5, batch), dtype)
        buf5 = np.empty((5, batch), dtype)
        joined1 = np.ones((6, batch), dtype)
        buf6 = np.empty((4, batch), dtype)
        buf7 = np.empty((4, batch), dtype)
        buf8 = np.empty((4, batch), dtype)
        buf9 = np.empty((1, batch), dtype)
        buf10 = np.empty((4, batch), dtype)
        buf11 = np.empty((4, batch), dtype)
        buf12 = np.empty((1, batch), dtype)
        buf13 = np.empty((5, batch), dtype)
        buf14 = np.empty((5, batch), dtype)
        dW1_T = np.empty((5, 7), dtype)
        dW2 = np.empty((6, 4), dtype)
        ones1 = np.ones((batch, 1), dtype)
        samples = np.array(batch, dtype)
        one = np.array(1, dtype)
        rest1 = given1[:, 1:]
        rest2 = joined1[1:]
        self.arrays = (
            given1, buf1, buf2, buf3, buf4, buf5, joined1, buf6, buf7, buf8, buf9, buf10, buf11,
            buf12, buf13, buf14, dW1_T, dW2, ones1, samples, one, rest1, rest2,
        )
        self.gradient = {"W1": dW1_T.T, "W2": dW2}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (
            given1, buf1, buf2, buf3, buf4, buf5, joined1, buf6, buf7, buf8, buf9, buf10, buf11,
            buf12, buf13, buf14, dW1_T, dW2, ones1, samples, one, rest1, rest2,
        ) = self.arrays
        (log_softmax, sigmoid, softplus) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        # z1_T = W1^T [1; x^T]
        if few:
            np.copyto(rest1, x)
            z1_T = turned(given1, W1, out=buf2, work=(buf1,))
        else:
            turned(x, W1[1:], out=buf2, work=(buf3,))
            np.copyto(buf4, W1[:1].T)
            z1_T = np.add(buf2, buf4, out=buf2)
        # t1 = softplus(z1_T)
        t1 = softplus(z1_T, out=buf4, work=(buf5,))
        # t2 = tanh(softplus(z1_T))
        t2 = np.tanh(t1, out=buf4)
        # H1_T = z1_T ∘ tanh(softplus(z1_T))
        H1_T = np.multiply(z1_T, t2, out=rest2)
        # t3 = [1; H1_T]
        t3 = joined1
        # z2_T = W2^T [1; H1_T]
        z2_T = product(W2.T, t3, out=buf6)
        # yhat_T = softmax(z2_T, axis=0)
        yhat_T = softmax(z2_T, axis=0, out=buf7, work=(buf8, buf9))
        # L = -sum(y^T ∘ log(yhat_T)) / N
        np.copyto(buf8, y.T)
        log_softmax(z2_T, axis=0, out=buf6, work=(buf10, buf11, buf9, buf12))
        np.multiply(buf8, buf6, out=buf8)
        L = -(np.sum(buf8) / N)
        # dL/dz2_T = (yhat_T - y^T) / N
        np.copyto(buf8, y.T)
        np.subtract(yhat_T, buf8, out=buf7)
        dz2_T = np.divide(buf7, samples, out=buf7)
        # dL/dW2 = [1; H1_T] dz2_T^T
        np.dot(t3, dz2_T.T, out=dW2)
        # dL/dH1_T = W2[1:] dz2_T
        dH1_T = product(W2[1:], dz2_T, out=buf5)
        # t4 = sigmoid(z1_T)
        t4 = sigmoid(z1_T, out=buf13)
        # dL/dz1_T = dH1_T ∘ (z1_T ∘ sigmoid(z1_T) + tanh(softplus(z1_T)) ∘ (1 - tanh(softplus(z1_T)) ∘ z1_T ∘ sigmoid(z1_T)))
        np.multiply(z1_T, t4, out=buf14)
        np.multiply(t2, z1_T, out=buf2)
        np.multiply(buf2, t4, out=buf2)
        np.subtract(one, buf2, out=buf2)
        np.multiply(t2, buf2, out=buf4)
        np.add(buf14, buf4, out=buf14)
        dz1_T = np.multiply(dH1_T, buf14, out=buf5)
        # dL/dW1_T = dz1_T [1; x^T]^T
        if few:
            np.dot(dz1_T, given1, out=dW1_T)
        else:
            np.matmul(dz1_T, ones1, out=dW1_T[:, :1])
            np.matmul(dz1_T, x, out=dW1_T[:, 1:])
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (
            given1, buf1, buf2, buf3, buf4, buf5, joined1, buf6, buf7, buf8, buf9, buf10, buf11,
            buf12, buf13, buf14, dW1_T, dW2, ones1, samples, one, rest1, rest2,
        ) = self.arrays
        (log_softmax, sigmoid, softplus) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        # z1_T = W1^T [1; x^T]
        if few:
            np.copyto(rest1, x)
            z1_T = turned(given1, W1, out=buf2, work=(buf1,))
        else:
            turned(x, W1[1:], out=buf2, work=(buf3,))
            np.copyto(buf4, W1[:1].T)
            z1_T = np.add(buf2, buf4, out=buf2)
        # t1 = softplus(z1_T)
        t1 = softplus(z1_T, out=buf4, work=(buf5,))
        # t2 = tanh(softplus(z1_T))
        t2 = np.tanh(t1, out=buf4)
        # H1_T = z1_T ∘ tanh(softplus(z1_T))
        H1_T = np.multiply(z1_T, t2, out=rest2)
        # t3 = [1; H1_T]
        t3 = joined1
        # z2_T = W2^T [1; H1_T]
        z2_T = product(W2.T, t3, out=buf6)
        # yhat_T = softmax(z2_T, axis=0)
        yhat_T = softmax(z2_T, axis=0, out=buf6, work=(buf7, buf9))
        # dL/dz2_T = (yhat_T - y^T) / N
        np.copyto(buf7, y.T)
        np.subtract(yhat_T, buf7, out=buf6)
        dz2_T = np.divide(buf6, samples, out=buf6)
        # dL/dW2 = [1; H1_T] dz2_T^T
        np.dot(t3, dz2_T.T, out=dW2)
        # dL/dH1_T = W2[1:] dz2_T
        dH1_T = product(W2[1:], dz2_T, out=buf5)
        # t4 = sigmoid(z1_T)
        t4 = sigmoid(z1_T, out=buf13)
        # dL/dz1_T = dH1_T ∘ (z1_T ∘ sigmoid(z1_T) + tanh(softplus(z1_T)) ∘ (1 - tanh(softplus(z1_T)) ∘ z1_T ∘ sigmoid(z1_T)))
        np.multiply(z1_T, t4, out=buf14)
        np.multiply(t2, z1_T, out=buf2)
        np.multiply(buf2, t4, out=buf2)
        np.subtract(one, buf2, out=buf2)
        np.multiply(t2, buf2, out=buf4)
        np.add(buf14, buf4, out=buf14)
        dz1_T = np.multiply(dH1_T, buf14, out=buf5)
        # dL/dW1_T = dz1_T [1; x^T]^T
        if few:
            np.dot(dz1_T, given1, out=dW1_T)
        else:
            np.matmul(dz1_T, ones1, out=dW1_T[:, :1])
            np.matmul(dz1_T, x, out=dW1_T[:, 1:])
        return self.gradient
