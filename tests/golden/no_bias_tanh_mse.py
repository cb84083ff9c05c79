"""4 -> 3 tanh -> 2 identity; mse, sum over the batch; no bias; samples are rows.

    x      : N×4
    W1     : 4×3
    W2     : 3×2
    y      : N×2
    z1     = x W1
    H1     = tanh(z1)
    z2     = H1 W2
    yhat   = z2
    L      = sum((yhat - y)^2) / n2
    dL/dW1 = 2 (x^T (((yhat - y) W2^T) ∘ (1 - H1^2))) / n2
    dL/dW2 = 2 (H1^T (yhat - y)) / n2
"""

import numpy as np


COLUMNS = False
PARAMETERS = {
    "W1": (4, 3),
    "W2": (3, 2),
}


Array = np.ndarray


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
    """Weights from N(0, 1/fan_in); `rng` is a numpy Generator."""
    params = {}
    params["W1"] = (rng.standard_normal((4, 3)) / np.sqrt(4)).astype(dtype)
    params["W2"] = (rng.standard_normal((3, 2)) / np.sqrt(3)).astype(dtype)
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    W2 = params["W2"]
    z1 = x @ W1                               # z1 = x W1
    H1 = np.tanh(z1)                          # H1 = tanh(z1)
    z2 = H1 @ W2                              # z2 = H1 W2
    yhat = z2                                 # yhat = z2
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    W1 = params["W1"]
    W2 = params["W2"]
    n2 = W2.shape[1]
    z1 = x @ W1                               # z1 = x W1
    H1 = np.tanh(z1)                          # H1 = tanh(z1)
    z2 = H1 @ W2                              # z2 = H1 W2
    yhat = z2                                 # yhat = z2
    t1 = yhat - y                             # t1 = yhat - y
    L = np.sum(t1**2) / n2                    # L = sum((yhat - y)^2) / n2
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    n2 = W2.shape[1]
    z1 = x @ W1                               # z1 = x W1
    H1 = np.tanh(z1)                          # H1 = tanh(z1)
    z2 = H1 @ W2                              # z2 = H1 W2
    yhat = z2                                 # yhat = z2
    t1 = yhat - y                             # t1 = yhat - y
    L = np.sum(t1**2) / n2                    # L = sum((yhat - y)^2) / n2
    dz2 = 2 * t1 / n2                         # dL/dz2 = 2 (yhat - y) / n2
    dW2 = H1.T @ dz2                          # dL/dW2 = H1^T dz2
    dH1 = dz2 @ W2.T                          # dL/dH1 = dz2 W2^T
    dz1 = dH1 * (1 - H1**2)                   # dL/dz1 = dH1 ∘ (1 - H1^2)
    dW1 = x.T @ dz1                           # dL/dW1 = x^T dz1
    return L, {"W1": dW1, "W2": dW2}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    W1 = params["W1"]
    W2 = params["W2"]
    n2 = W2.shape[1]
    z1 = x @ W1                               # z1 = x W1
    H1 = np.tanh(z1)                          # H1 = tanh(z1)
    z2 = H1 @ W2                              # z2 = H1 W2
    yhat = z2                                 # yhat = z2
    t1 = yhat - y                             # t1 = yhat - y
    dz2 = 2 * t1 / n2                         # dL/dz2 = 2 (yhat - y) / n2
    dW2 = H1.T @ dz2                          # dL/dW2 = H1^T dz2
    dH1 = dz2 @ W2.T                          # dL/dH1 = dz2 W2^T
    dz1 = dH1 * (1 - H1**2)                   # dL/dz1 = dH1 ∘ (1 - H1^2)
    dW1 = x.T @ dz1                           # dL/dW1 = x^T dz1
    return {"W1": dW1, "W2": dW2}


class Workspace:
    """Arrays for batches of one size: with them, a step allocates none.

    The parameters are C-contiguous arrays of this dtype, as are x and y.
    """

    def __init__(self, batch, dtype=np.float64):
        self.batch = batch
        self.product = np.dot if batch <= 32 else np.matmul  # dot starts sooner
        buf1 = np.empty((3, batch), dtype)
        buf2 = np.empty((batch, 3), dtype)
        buf3 = np.empty((2, batch), dtype)
        buf4 = np.empty((2, batch), dtype)
        buf5 = np.empty((3, batch), dtype)
        dW1_T = np.empty((3, 4), dtype)
        dW2 = np.empty((3, 2), dtype)
        two = np.array(2, dtype)
        one = np.array(1, dtype)
        self.arrays = (buf1, buf2, buf3, buf4, buf5, dW1_T, dW2, two, one)
        self.gradient = {"W1": dW1_T.T, "W2": dW2}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, buf5, dW1_T, dW2, two, one) = self.arrays
        product = self.product
        n2 = 2
        W1 = params["W1"]
        W2 = params["W2"]
        # z1_T = W1^T x^T
        z1_T = turned(x, W1, out=buf1, work=(buf2,))
        # H1_T = tanh(z1_T)
        H1_T = np.tanh(z1_T, out=buf1)
        # z2_T = W2^T H1_T
        z2_T = product(W2.T, H1_T, out=buf3)
        # yhat_T = z2_T
        yhat_T = z2_T
        # t1 = yhat_T - y^T
        np.copyto(buf4, y.T)
        t1 = np.subtract(yhat_T, buf4, out=buf3)
        # L = sum((yhat_T - y^T)^2) / n2
        np.square(t1, out=buf4)
        L = np.sum(buf4) / n2
        # dL/dz2_T = 2 (yhat_T - y^T) / n2
        np.multiply(two, t1, out=buf3)
        dz2_T = np.divide(buf3, n2, out=buf3)
        # dL/dW2 = H1_T dz2_T^T
        np.dot(H1_T, dz2_T.T, out=dW2)
        # dL/dH1_T = W2 dz2_T
        dH1_T = product(W2, dz2_T, out=buf5)
        # dL/dz1_T = dH1_T ∘ (1 - H1_T^2)
        np.square(H1_T, out=buf1)
        np.subtract(one, buf1, out=buf1)
        dz1_T = np.multiply(dH1_T, buf1, out=buf5)
        # dL/dW1_T = dz1_T x
        np.dot(dz1_T, x, out=dW1_T)
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, buf5, dW1_T, dW2, two, one) = self.arrays
        product = self.product
        n2 = 2
        W1 = params["W1"]
        W2 = params["W2"]
        # z1_T = W1^T x^T
        z1_T = turned(x, W1, out=buf1, work=(buf2,))
        # H1_T = tanh(z1_T)
        H1_T = np.tanh(z1_T, out=buf1)
        # z2_T = W2^T H1_T
        z2_T = product(W2.T, H1_T, out=buf3)
        # yhat_T = z2_T
        yhat_T = z2_T
        # t1 = yhat_T - y^T
        np.copyto(buf4, y.T)
        t1 = np.subtract(yhat_T, buf4, out=buf3)
        # dL/dz2_T = 2 (yhat_T - y^T) / n2
        np.multiply(two, t1, out=buf3)
        dz2_T = np.divide(buf3, n2, out=buf3)
        # dL/dW2 = H1_T dz2_T^T
        np.dot(H1_T, dz2_T.T, out=dW2)
        # dL/dH1_T = W2 dz2_T
        dH1_T = product(W2, dz2_T, out=buf5)
        # dL/dz1_T = dH1_T ∘ (1 - H1_T^2)
        np.square(H1_T, out=buf1)
        np.subtract(one, buf1, out=buf1)
        dz1_T = np.multiply(dH1_T, buf1, out=buf5)
        # dL/dW1_T = dz1_T x
        np.dot(dz1_T, x, out=dW1_T)
        return self.gradient
