"""Backward passes as people write them, and the mistakes that they make in them.

Each is a text, right as it stands; a mistake is a line of it that is written otherwise. Nothing
here was made by `derive`, and the table of `derive.asserting.mistaken` was not written from it: the
kinds are those of the planted errors of other checkers, and of the questions that people ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import derive
from codegen.loading import load

AUGMENTED = '''
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def backward(params, x, y):
    """Two sigmoid layers and a softmax; the biases are row 0 of the weights."""
    W1, W2, W3 = params["W1"], params["W2"], params["W3"]
    N = len(x)
    ones = np.ones((N, 1))
    a0 = np.hstack([ones, x])
    z1 = a0 @ W1
    h1 = sigmoid(z1)
    a1 = np.hstack([ones, h1])
    z2 = a1 @ W2
    h2 = sigmoid(z2)
    a2 = np.hstack([ones, h2])
    z3 = a2 @ W3
    p = softmax(z3)
    d3 = (p - y) / N
    dW3 = a2.T @ d3
    dh2 = d3 @ W3[1:].T
    d2 = dh2 * h2 * (1 - h2)
    dW2 = a1.T @ d2
    dh1 = d2 @ W2[1:].T
    d1 = dh1 * h1 * (1 - h1)
    dW1 = a0.T @ d1
    return {"W1": dW1, "W2": dW2, "W3": dW3}
'''

SEPARATE = '''
import numpy as np


def backward(W1, b1, W2, b2, W3, b3, x, y):
    """tanh, relu, and squares of the differences; samples are columns, biases are columns."""
    N, K = x.shape[1], y.shape[0]
    z1 = W1 @ x + b1
    h1 = np.tanh(z1)
    z2 = W2 @ h1 + b2
    h2 = np.maximum(z2, 0)
    yhat = W3 @ h2 + b3
    d3 = 2 * (yhat - y) / (N * K)
    dW3 = d3 @ h2.T
    db3 = d3.sum(axis=1, keepdims=True)
    dh2 = W3.T @ d3
    d2 = dh2 * (z2 > 0)
    dW2 = d2 @ h1.T
    db2 = d2.sum(axis=1, keepdims=True)
    dh1 = W2.T @ d2
    d1 = dh1 * (1 - h1**2)
    dW1 = d1 @ x.T
    db1 = d1.sum(axis=1, keepdims=True)
    return dW1, db1, dW2, db2, dW3, db3
'''

REGULARISED = '''
import numpy as np


def backward(x, y, W1, b1, W2):
    """One hidden layer, squares, and a regulariser; biases with one axis."""
    N = len(x)
    z1 = x @ W1 + b1
    h = 1 / (1 + np.exp(-z1))
    yhat = h @ W2
    d2 = (yhat - y) / N
    dW2 = h.T @ d2 + 0.1 * W2
    dh = d2 @ W2.T
    d1 = dh * h * (1 - h)
    dW1 = x.T @ d1 + 0.1 * W1
    db1 = d1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2}
'''

DOCUMENT = """
input   x  : N × D
param   W1 : D × H
param   b1 : (H,)
param   W2 : H × K
target  y  : N × K
let     z1 = x @ W1 + b1
let     h  = sigmoid(z1)
let     yhat = h @ W2
loss    L  = 0.5 * np.sum((yhat - y)**2) / N + 0.05 * (np.sum(W1**2) + np.sum(W2**2))
"""

OWN = '''
import numpy as np


def loss(params, x, y):
    """A regression of which nothing is known but its values."""
    h = np.tanh(x @ params["W1"] + params["b1"])
    return np.sum((h @ params["W2"] + params["b2"] - y) ** 2) / len(x)


def backward(params, x, y):
    W2 = params["W2"]
    h = np.tanh(x @ params["W1"] + params["b1"])
    d2 = 2 * (h @ W2 + params["b2"] - y) / len(x)
    d1 = d2 @ W2.T * (1 - h**2)
    dW1, db1 = x.T @ d1, d1.sum(axis=0)
    dW2, db2 = h.T @ d2, d2.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
'''


def _own() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    shapes = {"W1": (4, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    x, y = rng.standard_normal((7, 4)), rng.standard_normal((7, 3))
    return {"loss": load(OWN).loss, "params": params, "x": x, "y": y}


SETTINGS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "augmented": (AUGMENTED, lambda: {"stack": derive.stack("6,5,4,3")}),
    "separate": (
        SEPARATE,
        lambda: {
            "stack": derive.stack(
                "6,5:tanh,4:relu,3:identity", loss="mse", bias="separate", layout="column"
            )
        },
    ),
    "regularised": (REGULARISED, lambda: {"document": DOCUMENT}),
    "own loss": (OWN, _own),
}


@dataclass(frozen=True)
class Mistake:
    """A kind of mistake: where it is made, and the pages of which one is the right one."""

    name: str
    setting: str
    old: str
    new: str
    codes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The backward pass with the mistake in it."""
        text = SETTINGS[self.setting][0]
        assert text.count(self.old) >= 1, f"{self.name}: `{self.old}` is not in the text"
        return text.replace(self.old, self.new)


def right(setting: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A backward pass without a mistake, and what it is checked against."""
    text, known = SETTINGS[setting]
    return load(text).backward, known()


def made(mistake: Mistake) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A backward pass with a mistake, and what it is checked against."""
    return load(mistake.text).backward, SETTINGS[mistake.setting][1]()


def _row(name: str, setting: str, old: str, new: str, *codes: str) -> Mistake:
    return Mistake(name, setting, old, new, codes)


MISTAKES = (
    # numbers in front, signs
    _row("1/N is missing", "augmented", "(p - y) / N", "(p - y)", "D318"),
    _row("1/N twice", "augmented", "dW2 = a1.T @ d2", "dW2 = a1.T @ d2 / N", "D318"),
    _row("2 of the square is missing", "separate", "2 * (yhat - y)", "(yhat - y)", "D318"),
    _row("1/K is missing", "separate", "/ (N * K)", "/ N", "D318"),
    _row("sign of the error", "augmented", "(p - y) / N", "(y - p) / N", "D317"),
    _row("sign of one gradient", "separate", "dW2 = d2 @ h1.T", "dW2 = -d2 @ h1.T", "D317"),
    # slopes of activations
    _row("no sigmoid slope", "augmented", "d2 = dh2 * h2 * (1 - h2)", "d2 = dh2", "D316"),
    _row("no tanh slope", "separate", "d1 = dh1 * (1 - h1**2)", "d1 = dh1", "D316"),
    _row("no relu mask", "separate", "d2 = dh2 * (z2 > 0)", "d2 = dh2", "D316"),
    _row("half of the sigmoid slope", "augmented", "dh1 * h1 * (1 - h1)", "dh1 * (1 - h1)", "D316"),
    _row("tanh slope for sigmoid", "augmented", "h2 * (1 - h2)", "(1 - h2**2)", "D322"),
    _row("sigmoid slope for tanh", "separate", "(1 - h1**2)", "h1 * (1 - h1)", "D322"),
    _row("slope of the wrong argument, z", "augmented", "h2 * (1 - h2)", "z2 * (1 - z2)", "D321"),
    _row("slope of a", "augmented", "h1 * (1 - h1)", "sigmoid(h1) * (1 - sigmoid(h1))", "D321"),
    _row("tanh slope with z", "separate", "(1 - h1**2)", "(1 - z1**2)", "D321"),
    _row("a (1 + a)", "augmented", "h2 * (1 - h2)", "h2 * (1 + h2)", "D317", "D322"),
    _row("slope twice", "augmented", "h2 * (1 - h2)", "(h2 * (1 - h2))**2", "D316"),
    _row("relu for its slope", "separate", "(z2 > 0)", "h2", "D322"),
    # the output
    _row("softmax diagonal", "augmented", "(p - y) / N", "-y / p * p * (1 - p) / N", "D323"),
    _row(
        "softmax slope put to it", "augmented", "(p - y) / N", "(p - y) * p * (1 - p) / N", "D323"
    ),
    _row("target forgotten", "augmented", "(p - y) / N", "p / N", "D316"),
    # biases
    _row("another row than the bias dropped", "augmented", "W3[1:].T", "W3[:-1].T", "D315"),
    _row("bias averaged", "augmented", "dW2 = a1.T @ d2", "dW2 = a1.T @ d2; dW2[0] /= N", "D319"),
    _row("no bias gradient", "augmented", "dW2 = a1.T @ d2", "dW2 = a1.T @ d2; dW2[0] = 0", "D315"),
    _row("bias last", "augmented", "dW3 = a2.T @ d3", "dW3 = np.hstack([h2, ones]).T @ d3", "D315"),
    _row("bias mean, not sum", "separate", "db2 = d2.sum(", "db2 = d2.mean(", "D319"),
    _row("bias not summed", "separate", "db1 = d1.sum(axis=1, keepdims=True)", "db1 = d1", "D319"),
    _row("bias not summed, one axis", "regularised", "d1.sum(axis=0)", "d1", "D319"),
    _row("bias summed over all", "regularised", "d1.sum(axis=0)", "d1.sum() + 0 * b1", "D319"),
    # the batch
    _row("one sample only", "augmented", "a1.T @ d2", "a1[:1].T @ d2[:1]", "D319"),
    _row(
        "outer product of sums",
        "separate",
        "dW2 = d2 @ h1.T",
        "dW2 = d2.sum(1, keepdims=True) @ h1.sum(1, keepdims=True).T",
        "D319",
    ),
    # names
    _row("z for a", "augmented", "dW2 = a1.T @ d2", "dW2 = np.hstack([ones, z1]).T @ d2", "D320"),
    _row("dH for dz", "augmented", "dW2 = a1.T @ d2", "dW2 = a1.T @ dh2", "D320"),
    _row("wrong dz handed on", "separate", "dh1 = W2.T @ d2", "dh1 = W2.T @ dh2", "D320"),
    _row("input for the layer below", "regularised", "dW2 = h.T @ d2", "dW2 = z1.T @ d2", "D320"),
    # weights
    _row("updated weights", "augmented", "dh2 = d3", "W3 = W3 - 0.3 * dW3; dh2 = d3", "D324"),
    _row("updated in place", "separate", "dh2 = W3.T", "W3 -= 0.5 * dW3; dh2 = W3.T", "D324"),
    _row("regulariser forgotten", "regularised", " + 0.1 * W1", "", "D316"),
    _row("regulariser twice", "regularised", "0.1 * W2", "0.2 * W2", "D318", "D316"),
    _row("regulariser without its 2", "regularised", "0.1 * W1", "0.05 * W1", "D318", "D316"),
    # results
    _row("transposed", "augmented", '"W2": dW2', '"W2": dW2.T', "D313"),
    _row(
        "in another order",
        "separate",
        "return dW1, db1, dW2, db2",
        "return dW1, db1, dW2, db1",
        "D320",
    ),
    # a loss of which only values are known
    _row("own loss: 1/N is missing", "own loss", "= h.T @ d2,", "= h.T @ d2 * 7,", "D318"),
    _row("own loss: sign", "own loss", "x.T @ d1,", "-x.T @ d1,", "D317"),
    _row("own loss: not summed", "own loss", "d2.sum(axis=0)", "d2", "D319"),
    _row("own loss: averaged", "own loss", "d2.sum(axis=0)", "d2.mean(axis=0)", "D318"),
    _row("own loss: transposed", "own loss", "x.T @ d1,", "(x.T @ d1).T,", "D312"),
    _row("own loss: regulariser", "own loss", "h.T @ d2,", "h.T @ d2 + 0.1 * W2,", "D316"),
    _row("own loss: no gradient", "own loss", '"b1": db1', '"b1": 0 * db1', "D316"),
    _row("own loss: no tanh slope", "own loss", " * (1 - h**2)", "", "D316"),
    _row("own loss: slope of sigmoid", "own loss", "(1 - h**2)", "h * (1 - h)", "D322"),
    # two at once
    _row(
        "1/N and the bias row",
        "augmented",
        "(p - y) / N\n    dW3 = a2.T @ d3\n    dh2 = d3 @ W3[1:].T",
        "(p - y)\n    dW3 = a2.T @ d3\n    dh2 = d3 @ W3[:-1].T",
        "D318",
    ),
    # others
    _row("hard targets", "augmented", "(p - y)", "(p - np.eye(3)[y.argmax(axis=1)])", "D320"),
    _row("epsilon in the log", "augmented", "(p - y)", "(p - y * p / (p + 1e-3))", "D318"),
)
"""What is written for what. `codes`: the pages that name it rightly."""
