"""Backprop as textbooks print it: a table of formulas, written by hand.

This is an oracle: nothing in it was made by the differentiator, and nothing in the differentiator
knows it. `{H}`, `{d}`, ... stand for the names of a layer; formulas are read by `derive.notation`.
Sources of the forms: Nielsen, Neural Networks and Deep Learning, ch. 2 (BP1-BP4); Bishop, Pattern
Recognition and Machine Learning, 4.3 and 5.3; Goodfellow et al., Deep Learning, 6.2 and 6.5.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from derive.dense import Stack
from derive.notation import read
from derive.term import Term

OUTPUT = {
    ("softmax", "cross-entropy"): "yhat - y",
    ("sigmoid", "cross-entropy"): "-y ∘ (1 - yhat)",
    ("log_softmax", "nll"): "exp(yhat) - y",
    ("sigmoid", "binary-cross-entropy"): "yhat - y",
}
"""dL/dz of the output layer where activation and loss belong together, before the reduction."""

LOSS = {
    "mse": "2 (yhat - y) / {K}",
    "squared-error": "2 (yhat - y)",
    "half-squared-error": "yhat - y",
    "mae": "sign(yhat - y)",
    "huber": "huber'(yhat - y)",
    "hinge": "-y ∘ [1 - y ∘ yhat > 0]",
}
"""dL/dyhat, before the reduction."""

SLOPE = {
    "sigmoid": "{h} ∘ (1 - {h})",
    "tanh": "1 - {h}^2",
    "relu": "[{z} > 0]",
    "leaky_relu": "0.01 + 0.99 [{z} > 0]",
    "elu": "elu'({z})",
    "softplus": "sigmoid({z})",
    "silu": "sigmoid({z}) + {z} ∘ sigmoid({z}) ∘ (1 - sigmoid({z}))",
    "gelu": "Phi({z}) + {z} ∘ phi({z})",
    "gelu_tanh": "gelu_tanh'({z})",
    "sin": "cos({z})",
}
"""The derivative of an elementwise activation, by its output `{h}` or its argument `{z}`."""

WHOLE = {
    "softmax": "{h} ∘ ({d} - sum({d} ∘ {h}, axis={axis}, keepdims=True))",
    "log_softmax": "{d} - exp({h}) ∘ sum({d}, axis={axis}, keepdims=True)",
}
"""dL/dz of an activation over a whole sample, by the adjoint `{d}` of its output."""

WEIGHT = {
    ("row", "augmented"): "[1 {a}]^T {dz}",
    ("row", "separate"): "{a}^T {dz}",
    ("row", "none"): "{a}^T {dz}",
    ("column", "augmented"): "{dz} [1; {a}]^T",
    ("column", "separate"): "{dz} {a}^T",
    ("column", "none"): "{dz} {a}^T",
}
"""dL/dW: every sample adds the outer product of the layer's input and its error."""

BIAS = {"row": "sum({dz}, axis=0, keepdims=True)", "column": "sum({dz}, axis=1, keepdims=True)"}
"""dL/db: the errors added up over the samples."""

BACK = {
    ("row", "augmented"): "{dz} {W}[1:]^T",
    ("row", "separate"): "{dz} {W}^T",
    ("row", "none"): "{dz} {W}^T",
    ("column", "augmented"): "{W}[:,1:]^T {dz}",
    ("column", "separate"): "{W}^T {dz}",
    ("column", "none"): "{W}^T {dz}",
}
"""dL/dH of the layer before: the error comes back through the weights, not through the bias."""


class Handmade(NamedTuple):
    """A formula from the table: the name it is the gradient of, its text, and it as a term."""

    name: str
    text: str
    term: Term


FULL = 6
"""Layers at the output whose errors are written out; before them `dz7` stands for the error."""


def textbook(made: Stack) -> tuple[Handmade, ...]:
    """The textbook's formula of every parameter and every z of a stack, from the output on.

    Those of the last layers are written out in full, the others by the error of the layer after.
    A layer whose activation is not in the table, and everything before it, is left out.
    """
    errors = [f"dz{layer}" for layer in range(1, made.depth + 1)]
    names = (*made.derivation.names(), "N", *made.numbers, *errors)
    error = _output_error(made)
    found: list[tuple[str, str]] = []
    for layer in range(made.depth, 0, -1):
        if error is None:
            break
        found.append((f"z{layer}", error))
        if made.depth - layer >= FULL:
            error = f"dz{layer}"
        found += _parameters(made, layer, error)
        error = _before(made, layer, error) if layer > 1 else None
    return tuple(Handmade(name, text, _read(text, names)) for name, text in found)


@cache
def _read(text: str, names: tuple[str, ...]) -> Term:
    """The formula as a term: the same one at all sizes."""
    return read(text, names)


def _output_error(made: Stack) -> str | None:
    """dL/dz of the output layer with the reduction, or None where no textbook has it."""
    activation, loss = made.activations[-1], made.loss.name
    joint = OUTPUT.get((activation, loss))
    if joint is None:
        outer = LOSS.get(loss)
        if outer is None:
            return None
        joint = _through(made, made.depth, outer.format(K=f"n{made.depth}"))
    mean = made.reduction == "mean" and not made.single
    return f"({joint}) / N" if joint and mean else joint


def _through(made: Stack, layer: int, d: str) -> str | None:
    """dL/dz of a layer by dL/d(its output)."""
    activation = made.activations[layer - 1]
    h = "yhat" if layer == made.depth else f"H{layer}"
    if activation == "identity":
        return d
    if activation in WHOLE:
        return WHOLE[activation].format(h=h, d=f"({d})", axis=made.axis)
    slope = SLOPE.get(activation)
    if slope is None:
        return None
    return f"({d}) ∘ ({slope.format(h=h, z=f'z{layer}')})"


def _parameters(made: Stack, layer: int, error: str) -> list[tuple[str, str]]:
    a = "x" if layer == 1 else f"H{layer - 1}"
    weight = WEIGHT[made.layout, made.bias].format(a=a, dz=f"({error})")
    bias = [(f"b{layer}", BIAS[made.layout].format(dz=error))] if made.bias == "separate" else []
    return [(f"W{layer}", weight), *bias]


def _before(made: Stack, layer: int, error: str) -> str | None:
    back = BACK[made.layout, made.bias].format(dz=f"({error})", W=f"W{layer}")
    return _through(made, layer - 1, back)
