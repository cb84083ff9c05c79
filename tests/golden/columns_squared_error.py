"""3 -> 4 sigmoid -> 1 sigmoid; half-squared-error, mean over the batch; bias in [1 H]; samples are columns.

    x      : 3×N
    W1     : 4×4
    W2     : 1×5
    y      : 1×N
    z1     = W1 [1; x]
    H1     = sigmoid(z1)
    z2     = W2 [1; H1]
    yhat   = sigmoid(z2)
    L      = sum((yhat - y)^2) / 2 / N
    dL/dW1 = ((W2[:, 1:]^T ((yhat - y) ∘ yhat ∘ (1 - yhat))) ∘ H1 ∘ (1 - H1)) [1; x]^T / N
    dL/dW2 = ((yhat - y) ∘ yhat ∘ (1 - yhat)) [1; H1]^T / N
"""

import numpy as np


COLUMNS = True
PARAMETERS = {
    "W1": (4, 4),
    "W2": (1, 5),
}


Array = np.ndarray


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """1 / (1 + exp(-z)); z is held where the value is a normal number, so exp cannot overflow."""
    if out is None:
        out = np.empty_like(z)
    np.maximum(z, -87.3 if z.dtype == np.float32 else -708.3, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    return np.reciprocal(out, out=out)


def weight_gradient_columns(d: Array, a: Array) -> Array:
    """d [1; a]^T: the sums of d, for the biases, beside d a^T."""
    whole = np.empty((d.shape[0], 1 + a.shape[0]), d.dtype)
    np.add.reduce(d, axis=1, out=whole[:, 0])
    np.matmul(d, a.T, out=whole[:, 1:])
    return whole


def init_params(rng, dtype=np.float64):
    """Weights from N(0, 1/fan_in), biases 0; `rng` is a numpy Generator."""
    params = {}
    params["W1"] = (rng.standard_normal((4, 4)) / np.sqrt(3)).astype(dtype)
    params["W1"][:, 0] = 0
    params["W2"] = (rng.standard_normal((1, 5)) / np.sqrt(4)).astype(dtype)
    params["W2"][:, 0] = 0
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    W2 = params["W2"]
    z1 = W1[:, 1:] @ x + W1[:, :1]            # z1 = W1 [1; x]
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = W2[:, 1:] @ H1 + W2[:, :1]           # z2 = W2 [1; H1]
    yhat = sigmoid(z2)                        # yhat = sigmoid(z2)
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[1]
    z1 = W1[:, 1:] @ x + W1[:, :1]            # z1 = W1 [1; x]
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = W2[:, 1:] @ H1 + W2[:, :1]           # z2 = W2 [1; H1]
    yhat = sigmoid(z2)                        # yhat = sigmoid(z2)
    t1 = yhat - y                             # t1 = yhat - y
    L = np.sum(t1**2) / 2 / N                 # L = sum((yhat - y)^2) / 2 / N
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[1]
    z1 = W1[:, 1:] @ x + W1[:, :1]            # z1 = W1 [1; x]
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = W2[:, 1:] @ H1 + W2[:, :1]           # z2 = W2 [1; H1]
    yhat = sigmoid(z2)                        # yhat = sigmoid(z2)
    t1 = yhat - y                             # t1 = yhat - y
    L = np.sum(t1**2) / 2 / N                 # L = sum((yhat - y)^2) / 2 / N
    dyhat = t1 / N                            # dL/dyhat = (yhat - y) / N
    dz2 = dyhat * yhat * (1 - yhat)           # dL/dz2 = dyhat ∘ yhat ∘ (1 - yhat)
    dW2 = weight_gradient_columns(dz2, H1)    # dL/dW2 = dz2 [1; H1]^T
    dH1 = W2[:, 1:].T @ dz2                   # dL/dH1 = W2[:, 1:]^T dz2
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = weight_gradient_columns(dz1, x)     # dL/dW1 = dz1 [1; x]^T
    return L, {"W1": dW1, "W2": dW2}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[1]
    z1 = W1[:, 1:] @ x + W1[:, :1]            # z1 = W1 [1; x]
    H1 = sigmoid(z1)                          # H1 = sigmoid(z1)
    z2 = W2[:, 1:] @ H1 + W2[:, :1]           # z2 = W2 [1; H1]
    yhat = sigmoid(z2)                        # yhat = sigmoid(z2)
    t1 = yhat - y                             # t1 = yhat - y
    dyhat = t1 / N                            # dL/dyhat = (yhat - y) / N
    dz2 = dyhat * yhat * (1 - yhat)           # dL/dz2 = dyhat ∘ yhat ∘ (1 - yhat)
    dW2 = weight_gradient_columns(dz2, H1)    # dL/dW2 = dz2 [1; H1]^T
    dH1 = W2[:, 1:].T @ dz2                   # dL/dH1 = W2[:, 1:]^T dz2
    dz1 = dH1 * H1 * (1 - H1)                 # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
    dW1 = weight_gradient_columns(dz1, x)     # dL/dW1 = dz1 [1; x]^T
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


class Workspace:
    """Arrays for batches of one size: with them, a step allocates none.

    The parameters are C-contiguous arrays of this dtype, as are x and y, or their transposes.
    """

    def __init__(self, batch, dtype=np.float64):
        self.batch = batch
        few = batch if batch <= 833 else 0  # few: calls cost more than their work
        self.few = few
        self.functions = (sigmoid_for(dtype),)
        self.product = np.dot if batch <= 32 else np.matmul  # dot starts sooner
        joined1 = np.ones((6, batch), dtype)
        buf2 = np.empty((6, few), dtype)
        joined3 = np.ones((4, few), dtype)
        buf3 = np.empty((4, batch), dtype)
        buf4 = np.empty((1, batch), dtype)
        buf5 = np.empty((1, batch), dtype)
        dW1 = np.empty((4, 4), dtype)
        dW2 = np.empty((1, 5), dtype)
        ones1 = np.ones((batch, 1), dtype)
        samples = np.array(batch, dtype)
        one = np.array(1, dtype)
        joined2 = joined1[0:5]
        buf1 = joined1[5:6]
        slope1 = buf2[1:5]
        slope2 = buf2[5:6]
        rest1 = joined2[1:]
        rest2 = joined3[1:]
        self.arrays = (
            joined1, buf2, joined3, buf3, buf4, buf5, dW1, dW2, ones1, samples, one, joined2, buf1,
            slope1, slope2, rest1, rest2,
        )
        self.gradient = {"W1": dW1, "W2": dW2}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (
            joined1, buf2, joined3, buf3, buf4, buf5, dW1, dW2, ones1, samples, one, joined2, buf1,
            slope1, slope2, rest1, rest2,
        ) = self.arrays
        (sigmoid,) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        # z1 = W1 [1; x]
        if few:
            np.copyto(rest2, x)
            z1 = product(W1, joined3, out=rest1)
        else:
            np.matmul(W1[:, 1:], x, out=rest1)
            np.copyto(buf3, W1[:, :1])
            z1 = np.add(rest1, buf3, out=rest1)
        # H1 = sigmoid(z1)
        H1 = sigmoid(z1, out=rest1)
        # t1 = [1; H1]
        t1 = joined2
        # z2 = W2 [1; H1]
        z2 = product(W2, t1, out=buf4)
        # yhat = sigmoid(z2)
        yhat = sigmoid(z2, out=buf1)
        # t2 = yhat - y
        np.copyto(buf4, y)
        t2 = np.subtract(yhat, buf4, out=buf4)
        # L = sum((yhat - y)^2) / 2 / N
        np.square(t2, out=buf5)
        L = np.sum(buf5) / 2 / N
        # dL/dyhat = (yhat - y) / N
        dyhat = np.divide(t2, samples, out=buf4)
        # dL/dz2 = dyhat ∘ yhat ∘ (1 - yhat)
        if few:
            np.subtract(one, joined1, out=buf2)
            np.multiply(joined1, buf2, out=buf2)
            dz2 = np.multiply(dyhat, slope2, out=buf4)
        else:
            np.multiply(dyhat, yhat, out=buf4)
            np.subtract(one, yhat, out=buf1)
            dz2 = np.multiply(buf4, buf1, out=buf4)
        # dL/dW2 = dz2 [1; H1]^T
        np.dot(dz2, t1.T, out=dW2)
        # dL/dH1 = W2[:, 1:]^T dz2
        dH1 = np.matmul(W2[:, 1:].T, dz2, out=buf3)
        # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
        if few:
            dz1 = np.multiply(dH1, slope1, out=buf3)
        else:
            np.multiply(dH1, H1, out=buf3)
            np.subtract(one, H1, out=rest1)
            dz1 = np.multiply(buf3, rest1, out=buf3)
        # dL/dW1 = dz1 [1; x]^T
        if few:
            np.dot(dz1, joined3.T, out=dW1)
        else:
            np.matmul(dz1, ones1, out=dW1[:, :1])
            np.matmul(dz1, x.T, out=dW1[:, 1:])
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (
            joined1, buf2, joined3, buf3, buf4, buf5, dW1, dW2, ones1, samples, one, joined2, buf1,
            slope1, slope2, rest1, rest2,
        ) = self.arrays
        (sigmoid,) = self.functions
        product = self.product
        few = self.few
        N = self.batch
        W1 = params["W1"]
        W2 = params["W2"]
        # z1 = W1 [1; x]
        if few:
            np.copyto(rest2, x)
            z1 = product(W1, joined3, out=rest1)
        else:
            np.matmul(W1[:, 1:], x, out=rest1)
            np.copyto(buf3, W1[:, :1])
            z1 = np.add(rest1, buf3, out=rest1)
        # H1 = sigmoid(z1)
        H1 = sigmoid(z1, out=rest1)
        # t1 = [1; H1]
        t1 = joined2
        # z2 = W2 [1; H1]
        z2 = product(W2, t1, out=buf4)
        # yhat = sigmoid(z2)
        yhat = sigmoid(z2, out=buf1)
        # t2 = yhat - y
        np.copyto(buf4, y)
        t2 = np.subtract(yhat, buf4, out=buf4)
        # dL/dyhat = (yhat - y) / N
        dyhat = np.divide(t2, samples, out=buf4)
        # dL/dz2 = dyhat ∘ yhat ∘ (1 - yhat)
        if few:
            np.subtract(one, joined1, out=buf2)
            np.multiply(joined1, buf2, out=buf2)
            dz2 = np.multiply(dyhat, slope2, out=buf4)
        else:
            np.multiply(dyhat, yhat, out=buf4)
            np.subtract(one, yhat, out=buf1)
            dz2 = np.multiply(buf4, buf1, out=buf4)
        # dL/dW2 = dz2 [1; H1]^T
        np.dot(dz2, t1.T, out=dW2)
        # dL/dH1 = W2[:, 1:]^T dz2
        dH1 = np.matmul(W2[:, 1:].T, dz2, out=buf3)
        # dL/dz1 = dH1 ∘ H1 ∘ (1 - H1)
        if few:
            dz1 = np.multiply(dH1, slope1, out=buf3)
        else:
            np.multiply(dH1, H1, out=buf3)
            np.subtract(one, H1, out=rest1)
            dz1 = np.multiply(buf3, rest1, out=buf3)
        # dL/dW1 = dz1 [1; x]^T
        if few:
            np.dot(dz1, joined3.T, out=dW1)
        else:
            np.matmul(dz1, ones1, out=dW1[:, :1])
            np.matmul(dz1, x.T, out=dW1[:, 1:])
        return self.gradient
