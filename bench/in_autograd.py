"""HIPS autograd: the gradient of a loss in NumPy, traced anew in each step."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import grad

from bench.nets import Gradients, Inputs, Maker, Step, joined
from bench.plain import ROOT


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


ACTIVATIONS = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "silu": lambda z: z * _sigmoid(z),
    "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(ROOT * (z + 0.044715 * z**3))),
    "sin": np.sin,
}


def traced(given: Inputs) -> Step:
    """grad(loss)."""
    x, y = given.x, given.y
    pairs = [(w[1:].copy(), w[0].copy()) for w in given.params.values()]
    calls = [ACTIVATIONS[word] for word in given.net.hidden]

    def loss(params: Any) -> Any:
        h = x
        for (w, b), call in zip(params, calls, strict=False):
            h = call(np.dot(h, w) + b)
        w, b = params[-1]
        z = np.dot(h, w) + b
        z = z - np.max(z, axis=1, keepdims=True)
        return -np.sum((z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))) * y) / len(x)

    gradient = grad(loss)

    def found() -> Gradients:
        both = [joined(w, b) for w, b in gradient(pairs)]
        return dict(zip(given.params, both, strict=True))

    return Step(lambda: gradient(pairs), found)


STEPS: dict[str, Maker] = {"HIPS autograd": traced}
