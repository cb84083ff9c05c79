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
        self.outer = np.dot if batch == 1 else np.matmul  # dot is quicker for one sample
        buf1 = np.empty((batch, 3), dtype)
        buf2 = np.empty((batch, 2), dtype)
        buf3 = np.empty((batch, 2), dtype)
        buf4 = np.empty((batch, 3), dtype)
        dW1 = np.empty((4, 3), dtype)
        dW2 = np.empty((3, 2), dtype)
        self.arrays = (buf1, buf2, buf3, buf4, dW1, dW2)
        self.gradient = {"W1": dW1, "W2": dW2}

    def loss_and_gradients(self, params, x, y):
        """As the function `loss_and_gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, dW1, dW2) = self.arrays
        outer = self.outer
        n2 = 2
        W1 = params["W1"]
        W2 = params["W2"]
        # z1 = x W1
        z1 = np.matmul(x, W1, out=buf1)
        # H1 = tanh(z1)
        H1 = np.tanh(z1, out=buf1)
        # z2 = H1 W2
        z2 = np.matmul(H1, W2, out=buf2)
        # yhat = z2
        yhat = z2
        # t1 = yhat - y
        t1 = np.subtract(yhat, y, out=buf2)
        # L = sum((yhat - y)^2) / n2
        np.square(t1, out=buf3)
        L = np.sum(buf3) / n2
        # dL/dz2 = 2 (yhat - y) / n2
        np.multiply(2, t1, out=buf2)
        dz2 = np.divide(buf2, n2, out=buf2)
        # dL/dW2 = H1^T dz2
        outer(H1.T, dz2, out=dW2)
        # dL/dH1 = dz2 W2^T
        dH1 = np.matmul(dz2, W2.T, out=buf4)
        # dL/dz1 = dH1 ∘ (1 - H1^2)
        np.square(H1, out=buf1)
        np.subtract(1, buf1, out=buf1)
        dz1 = np.multiply(dH1, buf1, out=buf4)
        # dL/dW1 = x^T dz1
        outer(x.T, dz1, out=dW1)
        return L, self.gradient

    def gradients(self, params, x, y):
        """As the function `gradients`, in arrays that the next step overwrites."""
        (buf1, buf2, buf3, buf4, dW1, dW2) = self.arrays
        outer = self.outer
        n2 = 2
        W1 = params["W1"]
        W2 = params["W2"]
        # z1 = x W1
        z1 = np.matmul(x, W1, out=buf1)
        # H1 = tanh(z1)
        H1 = np.tanh(z1, out=buf1)
        # z2 = H1 W2
        z2 = np.matmul(H1, W2, out=buf2)
        # yhat = z2
        yhat = z2
        # t1 = yhat - y
        t1 = np.subtract(yhat, y, out=buf2)
        # dL/dz2 = 2 (yhat - y) / n2
        np.multiply(2, t1, out=buf2)
        dz2 = np.divide(buf2, n2, out=buf2)
        # dL/dW2 = H1^T dz2
        outer(H1.T, dz2, out=dW2)
        # dL/dH1 = dz2 W2^T
        dH1 = np.matmul(dz2, W2.T, out=buf4)
        # dL/dz1 = dH1 ∘ (1 - H1^2)
        np.square(H1, out=buf1)
        np.subtract(1, buf1, out=buf1)
        dz1 = np.multiply(dH1, buf1, out=buf4)
        # dL/dW1 = x^T dz1
        outer(x.T, dz1, out=dW1)
        return self.gradient
