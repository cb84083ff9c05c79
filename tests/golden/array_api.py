"""6 -> 5 gelu -> 4 softmax; cross-entropy, mean over the batch; bias in [1 H]; samples are rows.

    x      : N×6
    W1     : 7×5
    W2     : 6×4
    y      : N×4
    z1     = [1 x] W1
    H1     = gelu(z1)
    z2     = [1 H1] W2
    yhat   = softmax(z2)
    L      = -sum(y ∘ log(yhat)) / N
    dL/dW1 = [1 x]^T (((yhat - y) W2[1:]^T) ∘ (Phi(z1) + z1 ∘ phi(z1))) / N
    dL/dW2 = [1 H1]^T (yhat - y) / N

The gradients hold where y rows sum to 1.
"""


COLUMNS = False
PARAMETERS = {
    "W1": (7, 5),
    "W2": (6, 4),
}


def namespace(x):
    """The functions for arrays like x; array_api_compat has them for libraries that do not."""
    if hasattr(x, "__array_namespace__"):
        return x.__array_namespace__()
    from array_api_compat import array_namespace

    return array_namespace(x)


def _folded(z):
    """-|z|"""
    xp = namespace(z)
    return -xp.abs(z)


def step(z):
    """[z > 0]: 1 above zero, 0 at zero and below; the derivative of relu."""
    xp = namespace(z)
    return xp.astype(z > 0.0, z.dtype)


def absolute(z):
    """z sign(z): |z| for real z"""
    xp = namespace(z)
    return xp.abs(z)


_MILLS = (  # (1 + z) Phi(-z) / phi(z), highest power of u first: bench/normal_tail.py
    -9.564832934712551e-10,
    -7.073898575561589e-10,
    1.1032071151574336e-08,
    9.092476134019147e-09,
    -7.758520236786343e-08,
    -6.588974491108954e-08,
    4.91996233147834e-07,
    3.2054316652589574e-07,
    -3.277287633208865e-06,
    -1.7633239265736746e-07,
    2.270961270923768e-05,
    -2.480583845192319e-05,
    -0.0001343742785571135,
    0.00045704392357953655,
    1.9530638370790786e-05,
    -0.004201290329187307,
    0.01634823128102938,
    -0.03802659218584139,
    0.0615050458401865,
    -0.0661776007790963,
    0.0250721793016388,
    0.07778159886873769,
    -0.22948753825211315,
    1.1568486282918946,
)


def _mills(z):
    """Phi(-z) / phi(z) for z >= 0: a polynomial in u = (z - 5) / (z + 5), over 1 + z."""
    xp = namespace(z)
    u = -10.0 / (z + 5.0) + 1.0
    out = xp.full_like(z, _MILLS[0])
    for coefficient in _MILLS[1:]:
        out = out * u + coefficient
    return out / (z + 1.0)


def _bell(z, scale):
    """exp(scale z^2); z^2 is split at a multiple of 1/16, so the tail is exact too."""
    xp = namespace(z)
    out = xp.clip(xp.clip(z, None, 40.0), -40.0, None)
    near = xp.round(out * 16.0) / 16.0
    return xp.exp((out - near) * (out + near) * scale) * xp.exp(near * near * scale)


def phi(z):
    """exp(-z^2/2) / sqrt(2 pi)"""
    return _bell(z, -0.5) * 0.3989422804014327


def Phi(z):
    """The normal distribution function; a tail is phi times Mills' ratio, not 1 minus the rest."""
    return absolute(step(z) - _mills(-_folded(z)) * phi(z))


def gelu(z):
    """z Phi(z)"""
    return Phi(z) * z


def softmax(z, axis=1):
    """exp(z) / sum exp(z) along an axis, of logits less their largest: exp cannot overflow."""
    xp = namespace(z)
    out = xp.exp(z - xp.max(z, axis=axis, keepdims=True))
    return out / xp.sum(out, axis=axis, keepdims=True)


def log_softmax(z, axis=1):
    """z - log sum exp(z), by log1p of all but the largest: a loss near 0 keeps its digits."""
    xp = namespace(z)
    out = z - xp.max(z, axis=axis, keepdims=True)
    rest = xp.exp(out)
    top = xp.floor(rest)
    rest = rest - top
    ties = xp.sum(top, axis=axis, keepdims=True) - 1.0
    return out - xp.log1p(xp.sum(rest, axis=axis, keepdims=True) + ties)


def init_params(rng, xp, dtype=None):
    """Weights from N(0, 1/fan_in), biases 0; `rng` is a numpy Generator, `xp` a namespace."""
    params = {}
    W1 = xp.asarray(rng.standard_normal((7, 5)) / 6**0.5, dtype=dtype)
    params["W1"] = xp.concat([xp.zeros_like(W1[:1, :]), W1[1:, :]], axis=0)
    W2 = xp.asarray(rng.standard_normal((6, 4)) / 5**0.5, dtype=dtype)
    params["W2"] = xp.concat([xp.zeros_like(W2[:1, :]), W2[1:, :]], axis=0)
    return params


def forward(params, x):
    """The prediction yhat for samples x."""
    W1 = params["W1"]
    W2 = params["W2"]
    z1 = x @ W1[1:, :] + W1[:1, :]            # z1 = [1 x] W1
    H1 = gelu(z1)                             # H1 = gelu(z1)
    z2 = H1 @ W2[1:, :] + W2[:1, :]           # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    return yhat


def loss(params, x, y):
    """The loss, a number."""
    xp = namespace(x)
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:, :] + W1[:1, :]            # z1 = [1 x] W1
    H1 = gelu(z1)                             # H1 = gelu(z1)
    z2 = H1 @ W2[1:, :] + W2[:1, :]           # z2 = [1 H1] W2
    L = -(xp.sum(y * log_softmax(z2)) / N)    # L = -sum(y ∘ log(yhat)) / N
    return L


def loss_and_gradients(params, x, y):
    """The loss, and its gradient by every parameter, in the parameter's shape."""
    xp = namespace(x)
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:, :] + W1[:1, :]            # z1 = [1 x] W1
    H1 = gelu(z1)                             # H1 = gelu(z1)
    z2 = H1 @ W2[1:, :] + W2[:1, :]           # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    L = -(xp.sum(y * log_softmax(z2)) / N)    # L = -sum(y ∘ log(yhat)) / N
    dz2 = (yhat - y) / N                      # dL/dz2 = (yhat - y) / N
    dW2 = xp.concat([xp.sum(dz2, axis=0, keepdims=True), H1.T @ dz2], axis=0)  # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:, :].T                   # dL/dH1 = dz2 W2[1:]^T
    dz1 = dH1 * (Phi(z1) + z1 * phi(z1))      # dL/dz1 = dH1 ∘ (Phi(z1) + z1 ∘ phi(z1))
    dW1 = xp.concat([xp.sum(dz1, axis=0, keepdims=True), x.T @ dz1], axis=0)  # dL/dW1 = [1 x]^T dz1
    return L, {"W1": dW1, "W2": dW2}


def gradients(params, x, y):
    """The gradient of the loss by every parameter, in the parameter's shape."""
    xp = namespace(x)
    W1 = params["W1"]
    W2 = params["W2"]
    N = x.shape[0]
    z1 = x @ W1[1:, :] + W1[:1, :]            # z1 = [1 x] W1
    H1 = gelu(z1)                             # H1 = gelu(z1)
    z2 = H1 @ W2[1:, :] + W2[:1, :]           # z2 = [1 H1] W2
    yhat = softmax(z2)                        # yhat = softmax(z2)
    dz2 = (yhat - y) / N                      # dL/dz2 = (yhat - y) / N
    dW2 = xp.concat([xp.sum(dz2, axis=0, keepdims=True), H1.T @ dz2], axis=0)  # dL/dW2 = [1 H1]^T dz2
    dH1 = dz2 @ W2[1:, :].T                   # dL/dH1 = dz2 W2[1:]^T
    dz1 = dH1 * (Phi(z1) + z1 * phi(z1))      # dL/dz1 = dH1 ∘ (Phi(z1) + z1 ∘ phi(z1))
    dW1 = xp.concat([xp.sum(dz1, axis=0, keepdims=True), x.T @ dz1], axis=0)  # dL/dW1 = [1 x]^T dz1
    return {"W1": dW1, "W2": dW2}
