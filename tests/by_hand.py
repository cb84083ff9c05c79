"""The loss of any stack by plain NumPy formulas, written by hand for autograd to differentiate.

Samples are rows inside; nothing is shared with the emitted modules, and nothing is done for large
logits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp, primitive

from derive.dense import Stack

erf = primitive(np.vectorize(math.erf))
defvjp(erf, lambda out, z: lambda g: g * 2 / np.sqrt(np.pi) * np.exp(-(z**2)))


def logsumexp(z: Any) -> Any:
    """log of the sum of exp over each row, for logits of ordinary size."""
    return anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))


MISH = "mish(z) = z*tanh(log(1+exp(z)))"

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": anp.tanh,
    "relu": lambda z: anp.maximum(z, 0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.minimum(z, 0)) - 1),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "silu": lambda z: z / (1 + anp.exp(-z)),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / anp.sqrt(2))),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3))),
    "sin": anp.sin,
    "softmax": lambda z: anp.exp(z - logsumexp(z)),
    "log_softmax": lambda z: z - logsumexp(z),
    "mish": lambda z: z * anp.tanh(anp.log(1 + anp.exp(z))),
}

LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross-entropy": lambda h, y: -anp.sum(y * anp.log(h)),
    "nll": lambda h, y: -anp.sum(y * h),
    "binary-cross-entropy": lambda h, y: -anp.sum(y * anp.log(h) + (1 - y) * anp.log(1 - h)),
    "mse": lambda h, y: anp.sum((h - y) ** 2) / h.shape[1],
    "squared-error": lambda h, y: anp.sum((h - y) ** 2),
    "half-squared-error": lambda h, y: anp.sum((h - y) ** 2) / 2,
    "mae": lambda h, y: anp.sum(anp.abs(h - y)),
    "huber": lambda h, y: anp.sum(
        anp.where(anp.abs(h - y) < 1, (h - y) ** 2 / 2, anp.abs(h - y) - 0.5)
    ),
    "hinge": lambda h, y: anp.sum(anp.maximum(0, 1 - y * h)),
    "(yhat - y)^3 * y": lambda h, y: anp.sum((h - y) ** 3 * y),
}


def loss_by_hand(made: Stack) -> Callable[[Any, Any, Any], Any]:
    """The loss of a stack as a function of the parameters, samples and targets."""

    def turned(array: Any) -> Any:
        return array.T if made.columns else array

    def affine(params: Any, layer: int, h: Any) -> Any:
        weight = turned(params[f"W{layer}"])
        if made.bias == "augmented":
            return anp.hstack([anp.ones((len(h), 1)), h]) @ weight
        return h @ weight + (turned(params[f"b{layer}"]) if made.bias == "separate" else 0)

    def total(params: Any, x: Any, y: Any) -> Any:
        h = turned(x)
        for layer, activation in enumerate(made.activations, start=1):
            h = ACTIVATIONS[activation](affine(params, layer, h))
        mean = made.reduction == "mean" and not made.single
        formula = made.loss.formula if made.loss.name == "custom" else made.loss.name
        return LOSSES[formula](h, turned(y)) / (len(h) if mean else 1)

    return total


def targets(loss: str, count: int, width: int, rng: np.random.Generator) -> Any:
    """Targets that fit a loss, samples as rows."""
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], (count, width))
    if loss == "binary-cross-entropy":
        return rng.random((count, width))
    return rng.dirichlet(np.ones(width), count)
