"""The textbook step: plain NumPy, each formula as it stands in a book, nothing done for speed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.nets import Array, Gradients, Inputs, Net, Step

ROOT = np.sqrt(2 / np.pi).item()


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def bent(z: Array) -> Array:
    """The argument of tanh in gelu_tanh."""
    return ROOT * (z + 0.044715 * z**3)


def gelu_slope(z: Array) -> Array:
    t = np.tanh(bent(z))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * ROOT * (1 + 3 * 0.044715 * z**2)


def silu_slope(z: Array) -> Array:
    s = sigmoid(z)
    return s + z * s * (1 - s)


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "sigmoid": (sigmoid, lambda z, h: h * (1 - h)),
    "tanh": (np.tanh, lambda z, h: 1 - h**2),
    "relu": (lambda z: np.maximum(z, 0), lambda z, h: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z, h: np.where(z > 0, 1, 0.01).astype(z.dtype),
    ),
    "elu": (
        lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
        lambda z, h: np.where(z > 0, 1, h + 1),
    ),
    "softplus": (lambda z: np.log(1 + np.exp(z)), lambda z, h: sigmoid(z)),
    "silu": (lambda z: z * sigmoid(z), lambda z, h: silu_slope(z)),
    "gelu_tanh": (lambda z: 0.5 * z * (1 + np.tanh(bent(z))), lambda z, h: gelu_slope(z)),
    "sin": (np.sin, lambda z, h: np.cos(z)),
}
"""The function h of z, and its derivative by z and h."""


def textbook(net: Net, params: Gradients, x: Array, y: Array) -> Gradients:
    """The gradients; biases are kept in [1 H]."""
    W = [params[name] for name in net.weights]
    ones = np.ones((len(x), 1), x.dtype)
    Z: list[Array] = []
    A = [np.hstack([ones, x])]
    for w, word in zip(W[:-1], net.hidden, strict=True):
        Z.append(A[-1] @ w)
        A.append(np.hstack([ones, ACTIVATIONS[word][0](Z[-1])]))
    logits = A[-1] @ W[-1]
    E = np.exp(logits - logits.max(axis=1, keepdims=True))
    D = (E / E.sum(axis=1, keepdims=True) - y) / len(x)
    found = {net.weights[-1]: A[-1].T @ D}
    for n in reversed(range(len(net.hidden))):
        D = (D @ W[n + 1][1:].T) * ACTIVATIONS[net.hidden[n]][1](Z[n], A[n + 1][:, 1:])
        found[net.weights[n]] = A[n].T @ D
    return found


def truth(given: Inputs) -> Gradients:
    """The gradients in float64."""
    params = {name: w.astype(np.float64) for name, w in given.params.items()}
    return textbook(given.net, params, given.x.astype(np.float64), given.y.astype(np.float64))


def step(given: Inputs) -> Step:
    """The textbook as a contender."""

    def run() -> Gradients:
        return textbook(given.net, given.params, given.x, given.y)

    return Step(run, run)
