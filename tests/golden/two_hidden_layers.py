"""784 -> 100 sigmoid -> 10 sigmoid -> 10 softmax; cross-entropy, mean over the batch; bias in [1 H]; samples are rows.

    x      : N×784
    W1     : 785×100
    W2     : 101×10
    W3     : 11×10
    y      : N×10
    z1     = [1 x] W1
    H1     = sigmoid(z1)
    z2     = [1 H1] W2
    H2     = sigmoid(z2)
    z3     = [1 H2] W3
    yhat   = softmax(z3)
    L      = -sum(y ∘ log(yhat)) / N
    dL/dW1 = [1 x]^T (((((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) W2[1:]^T) ∘ H1 ∘ (1 - H1)) / N
    dL/dW2 = [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N
    dL/dW3 = [1 H2]^T (yhat - y) / N

The gradients hold where y rows sum to 1.
"""

import numpy as np


COLUMNS = False
PARAMETERS = {
    "W1": (785, 100),
    "W2": (101, 10),
    "W3": (11, 10),
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


def weight_gradient(a: Array, d: Array) -> Array:
    """[1 a]^T d: the sums of d, for the biases, above a^T d."""
    whole = np.empty((1 + a.shape[1], d.shape[1]), d.dtype)
    np.add.reduce(d, axis=0, out=whole[0])
    product = np.dot if len(a) == 1 else np.matmul  # of a column and a row, dot is quicker
    product(a.T, d, out=whole[1:])
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
    params["W1"] = (rng.standard_normal((785, 100)) / np.sqrt(784)).astype(dtype)
    params["W1"][0] = 0
    params["W2"] = (rng.standard_normal((101, 10)) / np.sqrt(100)).astype(dtype)
    params["W2"][0] = 0
    params["W3"] = (rng.standard_normal((11, 10)) / np.sqrt(10)).astype(dtype)
    params["W3"][0] = 0
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    W2 = params["W2"]
    W3 = params["W3"]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    H2 = sigmoid(z2)                          # H2 = sigmoid(z2)
    z3 = H2 @ W3[1:] + W3[:1]                 # z3 = [1 H2] W3
    yhat = softmax(z3)                        # yhat = softmax(z3)
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    W1 = params["W1"]
    W2 = params["W2"]
    W3 = params["W3"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    H2 = sigmoid(z2)                          # H2 = sigmoid(z2)
    z3 = H2 @ W3[1:] + W3[:1]                 # z3 = [1 H2] W3
    L = -(np.sum(y * log_softmax(z3)) / N)    # L = -sum(y ∘ log(yhat)) / N
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    W3 = params["W3"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    H2 = sigmoid(z2)                          # H2 = sigmoid(z2)
    z3 = H2 @ W3[1:] + W3[:1]                 # z3 = [1 H2] W3
    yhat = softmax(z3)                        # yhat = softmax(z3)
    L = -(np.sum(y * log_softmax(z3)) / N)    # L = -sum(y ∘ log(yhat)) / N
    dz3 = (yhat - y) / N                      # dL/dz3 = (yhat - y) / N
    dW3 = weight_gradient(H2, dz3)            # dL/dW3 = [1 H2]^T dz3
    dH2 = dz3 @ W3[1:].T                      # dL/dH2 = dz3 W3[1:]^T
    dz2 = dH2 * H2 * (1 - H2)                 # dL/dz2 = dH2 ∘ H2 ∘ (1 - H2)
    dW2 = weight_gradient(H1, dz2)            # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:].T                      # dL/dH1 = dz2 W2[1:]^T
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = weight_gradient(x, dz1)             # dL/dW1 = [1 x]^T dz1
    return L, {"W1": dW1, "W2": dW2, "W3": dW3}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    W3 = params["W3"]
    N = x.shape[0]
    z1 = x @ W1[1:] + W1[:1]                  # z1 = [1 x] W1
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = H1 @ W2[1:] + W2[:1]                 # z2 = [1 H1] W2
    H2 = sigmoid(z2)                          # H2 = sigmoid(z2)
    z3 = H2 @ W3[1:] + W3[:1]                 # z3 = [1 H2] W3
    yhat = softmax(z3)                        # yhat = softmax(z3)
    dz3 = (yhat - y) / N                      # dL/dz3 = (yhat - y) / N
    dW3 = weight_gradient(H2, dz3)            # dL/dW3 = [1 H2]^T dz3
    dH2 = dz3 @ W3[1:].T                      # dL/dH2 = dz3 W3[1:]^T
    dz2 = dH2 * H2 * (1 - H2)                 # dL/dz2 = dH2 ∘ H2 ∘ (1 - H2)
    dW2 = weight_gradient(H1, dz2)            # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:].T                      # dL/dH1 = dz2 W2[1:]^T
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = weight_gradient(x, dz1)             # dL/dW1 = [1 x]^T dz1
    return {"W1": dW1, "W2": dW2, "W3": dW3}


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
        few = batch if batch <= 25 else 0  # few: calls cost more than their work
        self.few = few
        self.functions = (log_softmax_for(dtype), sigmoid_for(dtype))
        self.product = np.dot if batch <= 32 else np.matmul  # dot starts sooner
        joined1 = np.ones((112, batch), dtype)
        buf1 = np.empty((112, few), dtype)
        given1 = np.ones((few, 785), dtype)
        buf2 = np.empty((few, 100), dtype)
        buf3 = np.empty((batch, 100), dtype)
        buf4 = np.empty((100, batch), dtype)
        buf5 = np.empty((10, batch), dtype)
        buf6 = np.empty((10, batch), dtype)
        buf7 = np.empty((10, batch), dtype)
        buf8 = np.empty((1, batch), dtype)
        buf9 = np.empty((10, batch), dtype)
        buf10 = np.empty((10, batch), dtype)
        buf11 = np.empty((1, batch), dtype)
        dW1_T = np.empty((100, 785), dtype)
        dW2 = np.empty((101, 10), dtype)
        dW3 = np.empty((11, 10), dtype)
        ones1 = np.ones((batch, 1), dtype)
        pad1 = np.zeros((100, 2), dtype)
        pad2 = np.zeros((2, 785), dtype)
        pad3 = np.zeros((2, 784), dtype)
        samples = np.array(batch, dtype)
        one = np.array(1, dtype)
        joined2 = joined1[0:101]
        joined3 = joined1[101:112]
        slope1 = buf1[1:101]
        slope2 = buf1[102:112]
        rest1 = joined2[1:]
        rest2 = joined3[1:]
        rest3 = given1[:, 1:]
        self.arrays = (
            joined1, buf1, given1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, buf9, buf10, buf11,
            dW1_T, dW2, dW3, ones1, pad1, pad2, pad3, samples, one, joined2, joined3, slope1,
            slope2, rest1, rest2, rest3,
        )
        self.gradient = {"W1": dW1_T.T, "W2": dW2, "W3": dW3}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (
            joined1, buf1, given1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, buf9, buf10, buf11,
            dW1_T, dW2, dW3, ones1, pad1, pad2, pad3, samples, one, joined2, joined3, slope1,
            slope2, rest1, rest2, rest3,
        ) = self.arrays
        (log_softmax, sigmoid) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        W3 = params["W3"]
        # z1_T = W1^T [1; x^T]
        if few:
            np.copyto(rest3, x)
            z1_T = turned(given1, W1, out=rest1, work=(buf2,))
        else:
            turned(x, W1[1:], out=rest1, work=(buf3,))
            np.copyto(buf4, W1[:1].T)
            z1_T = np.add(rest1, buf4, out=rest1)
        # H1_T = sigmoid(z1_T)
        H1_T = sigmoid(z1_T, out=rest1)
        # t1 = [1; H1_T]
        t1 = joined2
        # z2_T = W2^T [1; H1_T]
        z2_T = product(W2.T, t1, out=rest2)
        # H2_T = sigmoid(z2_T)
        H2_T = sigmoid(z2_T, out=rest2)
        # t2 = [1; H2_T]
        t2 = joined3
        # z3_T = W3^T [1; H2_T]
        z3_T = product(W3.T, t2, out=buf5)
        # yhat_T = softmax(z3_T, axis=0)
        yhat_T = softmax(z3_T, axis=0, out=buf6, work=(buf7, buf8))
        # L = -sum(y^T ∘ log(yhat_T)) / N
        np.copyto(buf7, y.T)
        log_softmax(z3_T, axis=0, out=buf5, work=(buf9, buf10, buf8, buf11))
        np.multiply(buf7, buf5, out=buf7)
        L = -(np.sum(buf7) / N)
        # dL/dz3_T = (yhat_T - y^T) / N
        np.copyto(buf7, y.T)
        np.subtract(yhat_T, buf7, out=buf6)
        dz3_T = np.divide(buf6, samples, out=buf6)
        # dL/dW3 = [1; H2_T] dz3_T^T
        np.dot(t2, dz3_T.T, out=dW3)
        # dL/dH2_T = W3[1:] dz3_T
        dH2_T = product(W3[1:], dz3_T, out=buf7)
        # dL/dz2_T = dH2_T ∘ H2_T ∘ (1 - H2_T)
        if few:
            np.subtract(one, joined1, out=buf1)
            np.multiply(joined1, buf1, out=buf1)
            dz2_T = np.multiply(dH2_T, slope2, out=buf7)
        else:
            np.multiply(dH2_T, H2_T, out=buf7)
            np.subtract(one, H2_T, out=rest2)
            dz2_T = np.multiply(buf7, rest2, out=buf7)
        # dL/dW2 = [1; H1_T] dz2_T^T
        np.dot(t1, dz2_T.T, out=dW2)
        # dL/dH1_T = W2[1:] dz2_T
        dH1_T = product(W2[1:], dz2_T, out=buf4)
        # dL/dz1_T = dH1_T ∘ H1_T ∘ (1 - H1_T)
        if few:
            dz1_T = np.multiply(dH1_T, slope1, out=buf4)
        else:
            np.multiply(dH1_T, H1_T, out=buf4)
            np.subtract(one, H1_T, out=rest1)
            dz1_T = np.multiply(buf4, rest1, out=buf4)
        # dL/dW1_T = dz1_T [1; x^T]^T
        if few:
            outer(dz1_T, given1, out=dW1_T, work=(pad1, pad2))
        else:
            np.matmul(dz1_T, ones1, out=dW1_T[:, :1])
            outer(dz1_T, x, out=dW1_T[:, 1:], work=(pad1, pad3))
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (
            joined1, buf1, given1, buf2, buf3, buf4, buf5, buf6, buf7, buf8, buf9, buf10, buf11,
            dW1_T, dW2, dW3, ones1, pad1, pad2, pad3, samples, one, joined2, joined3, slope1,
            slope2, rest1, rest2, rest3,
        ) = self.arrays
        (log_softmax, sigmoid) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        W3 = params["W3"]
        # z1_T = W1^T [1; x^T]
        if few:
            np.copyto(rest3, x)
            z1_T = turned(given1, W1, out=rest1, work=(buf2,))
        else:
            turned(x, W1[1:], out=rest1, work=(buf3,))
            np.copyto(buf4, W1[:1].T)
            z1_T = np.add(rest1, buf4, out=rest1)
        # H1_T = sigmoid(z1_T)
        H1_T = sigmoid(z1_T, out=rest1)
        # t1 = [1; H1_T]
        t1 = joined2
        # z2_T = W2^T [1; H1_T]
        z2_T = product(W2.T, t1, out=rest2)
        # H2_T = sigmoid(z2_T)
        H2_T = sigmoid(z2_T, out=rest2)
        # t2 = [1; H2_T]
        t2 = joined3
        # z3_T = W3^T [1; H2_T]
        z3_T = product(W3.T, t2, out=buf5)
        # yhat_T = softmax(z3_T, axis=0)
        yhat_T = softmax(z3_T, axis=0, out=buf5, work=(buf6, buf8))
        # dL/dz3_T = (yhat_T - y^T) / N
        np.copyto(buf6, y.T)
        np.subtract(yhat_T, buf6, out=buf5)
        dz3_T = np.divide(buf5, samples, out=buf5)
        # dL/dW3 = [1; H2_T] dz3_T^T
        np.dot(t2, dz3_T.T, out=dW3)
        # dL/dH2_T = W3[1:] dz3_T
        dH2_T = product(W3[1:], dz3_T, out=buf6)
        # dL/dz2_T = dH2_T ∘ H2_T ∘ (1 - H2_T)
        if few:
            np.subtract(one, joined1, out=buf1)
            np.multiply(joined1, buf1, out=buf1)
            dz2_T = np.multiply(dH2_T, slope2, out=buf6)
        else:
            np.multiply(dH2_T, H2_T, out=buf6)
            np.subtract(one, H2_T, out=rest2)
            dz2_T = np.multiply(buf6, rest2, out=buf6)
        # dL/dW2 = [1; H1_T] dz2_T^T
        np.dot(t1, dz2_T.T, out=dW2)
        # dL/dH1_T = W2[1:] dz2_T
        dH1_T = product(W2[1:], dz2_T, out=buf4)
        # dL/dz1_T = dH1_T ∘ H1_T ∘ (1 - H1_T)
        if few:
            dz1_T = np.multiply(dH1_T, slope1, out=buf4)
        else:
            np.multiply(dH1_T, H1_T, out=buf4)
            np.subtract(one, H1_T, out=rest1)
            dz1_T = np.multiply(buf4, rest1, out=buf4)
        # dL/dW1_T = dz1_T [1; x^T]^T
        if few:
            outer(dz1_T, given1, out=dW1_T, work=(pad1, pad2))
        else:
            np.matmul(dz1_T, ones1, out=dW1_T[:, :1])
            outer(dz1_T, x, out=dW1_T[:, 1:], work=(pad1, pad3))
        return self.gradient
