"""Small dense nets for the tests of the numeric oracles, with a textbook backward pass.

Forward functions take real and complex numbers; `backprop` is written by hand, in row layout, and
shares nothing with `codegen` but the values of the forward functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen.network import Layer, Network


def _positive(z):
    return z.real > 0


def _sigmoid(z):
    e = np.exp(np.where(_positive(z), -z, z))
    return np.where(_positive(z), 1, e) / (1 + e)


def _softmax(z):
    e = np.exp(z - z.real.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _elu(z):
    return np.where(_positive(z), z, np.expm1(np.where(_positive(z), 0, z)))


def _magnitude(z):
    return np.where(_positive(z), z, -z)


# name: (f, (z, h) -> f', kinks)
ACTIVATIONS = {
    "sigmoid": (_sigmoid, lambda z, h: h * (1 - h), ()),
    "tanh": (np.tanh, lambda z, h: 1 - h * h, ()),
    "sin": (np.sin, lambda z, h: np.cos(z), ()),
    "relu": (lambda z: z * _positive(z), lambda z, h: 1.0 * (z > 0), (0.0,)),
    "leaky": (
        lambda z: np.where(_positive(z), z, 0.01 * z),
        lambda z, h: np.where(z > 0, 1.0, 0.01),
        (0.0,),
    ),
    "abs": (_magnitude, lambda z, h: np.sign(z), (0.0,)),
    "elu": (_elu, lambda z, h: np.where(z > 0, 1.0, h + 1), (0.0,)),
    "identity": (lambda z: z, lambda z, h: np.ones_like(z), ()),
    "softmax": (_softmax, None, ()),
}


def _cross_entropy(z, y):
    s = z - z.real.max(axis=1, keepdims=True)
    return np.log(np.exp(s).sum(axis=1)) * y.sum(axis=1) - (y * s).sum(axis=1)


def _logistic(z, y):
    e = np.exp(np.where(_positive(z), -z, z))
    return (z * _positive(z) - z * y + 2 * np.arctanh(e / (2 + e))).sum(axis=1)


def _squared_softmax_slope(z, y):
    p = _softmax(z)
    g = 2 * (p - y)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


# name: (loss of each sample, its slope in z, kind of targets, kinks)
LOSSES = {
    "cross-entropy": (
        _cross_entropy,
        lambda z, y: _softmax(z) * y.sum(axis=1, keepdims=True) - y,
        "soft",
        False,
    ),
    "squared": (
        lambda z, y: ((z - y) ** 2).sum(axis=1),
        lambda z, y: 2 * (z - y),
        "real",
        False,
    ),
    "squared-softmax": (
        lambda z, y: ((_softmax(z) - y) ** 2).sum(axis=1),
        _squared_softmax_slope,
        "onehot",
        False,
    ),
    "logistic": (_logistic, lambda z, y: _sigmoid(z) - y, "unit", False),
    "absolute": (
        lambda z, y: _magnitude(z - y).sum(axis=1),
        lambda z, y: np.sign(z - y),
        "real",
        True,
    ),
    "hinge": (
        lambda z, y: ((1 - y * z) * _positive(1 - y * z)).sum(axis=1),
        lambda z, y: -y * (1 - y * z > 0),
        "sign",
        True,
    ),
}


@dataclass(frozen=True)
class Net:
    """A network for the oracles, and the names from which its backward pass is written."""

    network: Network
    activations: tuple[str, ...]
    loss: str

    @property
    def target(self):
        return LOSSES[self.loss][2]


def net(activations, loss="cross-entropy", *, bias="augmented", mean=True, columns=False):
    """A stack with these hidden activations; `bias` is augmented, separate or none."""

    def own(f):
        return (lambda z: f(z.T).T) if columns else f

    layers = []
    for k, name in enumerate((*activations, None), start=1):
        f, _, kinks = ACTIVATIONS[name] if name else (None, None, ())
        layers.append(
            Layer(
                f"W{k}",
                f"b{k}" if bias == "separate" else None,
                bias == "augmented",
                own(f) if f else None,
                name != "softmax",
                kinks,
            )
        )
    per_sample, _, _, loss_kinks = LOSSES[loss]
    sample_loss = (lambda z, y: per_sample(z.T, y.T)) if columns else per_sample
    scale = (lambda n: 1 / n) if mean else (lambda n: 1.0)
    network = Network(tuple(layers), sample_loss, scale, loss_kinks, columns)
    return Net(network, tuple(activations), loss)


def backprop(one, params, x, y):
    """The gradients by the textbook: row layout inside, the layout of the parameters outside."""
    network, columns = one.network, one.network.columns
    x, y = (x.T, y.T) if columns else (x, y)
    weights, biases = [], []
    for layer in network.layers:
        w = params[layer.weight].T if columns else params[layer.weight]
        b = params[layer.bias].reshape(-1) if layer.bias else 0.0
        weights.append(w[1:] if layer.augmented else w)
        biases.append(w[0] if layer.augmented else b)
    a, z = [x], []
    for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z.append(a[-1] @ w + b)
        if k < len(one.activations):
            a.append(ACTIVATIONS[one.activations[k]][0](z[-1]))
    d = LOSSES[one.loss][1](z[-1], y) * network.scale(len(x))
    gradients = {}
    for k in reversed(range(len(weights))):
        layer, dw, db = network.layers[k], a[k].T @ d, d.sum(axis=0)
        if layer.augmented:
            dw = np.vstack([db, dw])
        gradients[layer.weight] = dw.T if columns else dw
        if layer.bias:
            gradients[layer.bias] = db.reshape(params[layer.bias].shape)
        if k:
            d = _back(one.activations[k - 1], d @ weights[k].T, z[k - 1], a[k])
    return gradients


def _back(name, d, z, h):
    if name == "softmax":
        return h * (d - (d * h).sum(axis=1, keepdims=True))
    return d * ACTIVATIONS[name][1](z, h)
