"""A network written by hand with the interface of an emitted module, and a little data for it.

Sigmoid layers, softmax, mean cross-entropy; each `W` holds its bias as row 0 (`[1 H]`). With
`columns` every array is transposed: samples are columns and `W1` is `100 × 785`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen import mnist
from codegen.mnist import Mnist

Array = NDArray[np.floating[Any]]
Params = dict[str, Array]


@cache
def shipped() -> Mnist:
    """The subset inside the package."""
    return mnist.open_source(mnist.shipped())


def little(train: int = 90, test: int = 40) -> Mnist:
    """The first of the shipped images."""
    full = shipped()
    return replace(
        full,
        train_images=full.train_images[:train],
        train_labels=full.train_labels[:train],
        test_images=full.test_images[:test],
        test_labels=full.test_labels[:test],
    )


@dataclass(frozen=True)
class Handmade:
    """The functions of a module, for the sizes of one stack."""

    sizes: tuple[int, ...] = (784, 100, 10, 10)
    COLUMNS: bool = False

    @cached_property
    def PARAMETERS(self) -> dict[str, tuple[int, int]]:
        """The shape of each parameter."""
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        shapes = [(fan_in + 1, width) for fan_in, width in pairs]
        return {f"W{i}": s[::-1] if self.COLUMNS else s for i, s in enumerate(shapes, 1)}

    def init_params(self, rng: np.random.Generator, dtype: Any = np.float64) -> Params:
        """Weights from N(0, 1/fan_in), biases 0."""
        params = {}
        for i, (fan_in, width) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            w = np.zeros((fan_in + 1, width))
            w[1:] = rng.standard_normal((fan_in, width)) / np.sqrt(fan_in)
            params[f"W{i}"] = (w.T if self.COLUMNS else w).astype(dtype)
        return params

    def forward(self, params: Params, x: Array) -> Array:
        """The softmax of the last layer."""
        a = (x if self.COLUMNS else x.T).astype(x.dtype)
        weights = self._rows(params)
        for w in weights[:-1]:
            a = sigmoid(w[1:].T @ a + w[0][:, None])
        e = weights[-1][1:].T @ a + weights[-1][0][:, None]
        e = np.exp(e - e.max(axis=0))
        p: Array = e / e.sum(axis=0)
        return p if self.COLUMNS else p.T

    def loss(self, params: Params, x: Array, y: Array) -> float:
        """The mean cross-entropy."""
        return self.loss_and_gradients(params, x, y)[0]

    def gradients(self, params: Params, x: Array, y: Array) -> Params:
        """dL/dW of each W."""
        return self.loss_and_gradients(params, x, y)[1]

    def loss_and_gradients(self, params: Params, x: Array, y: Array) -> tuple[float, Params]:
        """The loss, and dL/dW of each W."""
        return self.Workspace(x.shape[self.COLUMNS], x.dtype).loss_and_gradients(params, x, y)

    def Workspace(self, batch: int, dtype: Any = np.float64) -> Workspace:
        """Arrays for batches of one size."""
        return Workspace(self, batch, np.dtype(dtype))

    def _rows(self, params: Params) -> list[Array]:
        return [w.T if self.COLUMNS else w for w in params.values()]


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), in its form by tanh, in place."""
    z *= 0.5
    np.tanh(z, out=z)
    z *= 0.5
    z += 0.5
    return z


class Workspace:
    """One gradient step on samples as columns, with few allocations."""

    def __init__(self, net: Handmade, batch: int, dtype: Any) -> None:
        """Activations `[1; H]` with their row of ones set once, and the gradients."""
        self.net = net
        self.hidden = [np.ones((k + 1, batch), dtype) for k in net.sizes[1:-1]]
        self.errors = [np.empty((k, batch), dtype) for k in net.sizes[1:]]
        shapes = net.PARAMETERS.items()
        self.transposed = [np.empty(s if net.COLUMNS else s[::-1], dtype) for _, s in shapes]
        given = self.transposed if net.COLUMNS else [g.T for g in self.transposed]
        self.given: Params = dict(zip(net.PARAMETERS, given, strict=True))

    def gradients(self, params: Params, x: Array, y: Array) -> Params:
        """dL/dW of each W, in arrays that the next call overwrites."""
        return self.loss_and_gradients(params, x, y)[1]

    def loss_and_gradients(self, params: Params, x: Array, y: Array) -> tuple[float, Params]:
        """The loss, and dL/dW of each W, in arrays that the next call overwrites."""
        rows = self.net._rows(params)
        x, y = (x, y) if self.net.COLUMNS else (x.T, y.T)
        self._forward(rows, x)
        p = self.errors[-1]
        np.maximum(p, np.finfo(p.dtype).tiny, out=p)
        loss = -float(np.vdot(y.T, np.log(p).T)) / x.shape[1]
        p -= y
        p *= 1 / x.shape[1]
        self._backward(rows, x)
        return loss, self.given

    def _forward(self, rows: list[Array], x: Array) -> None:
        a = x
        for w, h in zip(rows, self.hidden, strict=False):
            z = np.matmul(w[1:].T, a, out=h[1:])
            z += w[0][:, None]
            a = sigmoid(z)
        p = np.matmul(rows[-1][1:].T, a, out=self.errors[-1])
        p += rows[-1][0][:, None]
        p -= p.max(axis=0)
        np.exp(p, out=p)
        p /= p.sum(axis=0)

    def _backward(self, rows: list[Array], x: Array) -> None:
        for i in reversed(range(1, len(rows))):
            d, g, h = self.errors[i], self.errors[i - 1], self.hidden[i - 1]
            np.matmul(d, h.T, out=self.transposed[i])
            np.matmul(rows[i][1:], d, out=g)
            g *= h[1:]
            np.subtract(1, h[1:], out=h[1:])
            g *= h[1:]
        np.matmul(self.errors[0], x.T, out=self.transposed[0][:, 1:])
        self.errors[0].sum(axis=1, out=self.transposed[0][:, 0])
