"""The networks whose gradient step is measured, and the same inputs of a step for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from codegen.emission import text_of
from codegen.loading import load
from derive.formulas import gradients
from derive.layers import stack

Array = np.ndarray
Gradients = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Net:
    """Dense layers with their biases in row 0 of the weights, softmax, mean cross-entropy."""

    sizes: tuple[int, ...]
    hidden: tuple[str, ...]
    batches: tuple[int, ...]

    @property
    def layers(self) -> str:
        """As `derive.layers.stack` reads it."""
        first, *inner, last = self.sizes
        named = [f"{size}:{word}" for size, word in zip(inner, self.hidden, strict=True)]
        return ",".join([str(first), *named, f"{last}:softmax"])

    @property
    def weights(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(f"W{n}" for n in range(1, len(self.sizes)))


MIXED = (
    *("sigmoid", "tanh", "relu", "softplus", "silu", "gelu_tanh"),
    *("elu", "leaky_relu", "sin", "tanh", "sigmoid"),
)

NETS = {
    "digits": Net((784, 100, 10, 10), ("sigmoid",) * 2, (1, 32, 128, 1024, 10000)),
    "wide": Net((784, 512, 512, 10), ("relu",) * 2, (1, 32, 128, 1024)),
    "deep": Net((64,) * 20 + (10,), ("tanh",) * 19, (1, 32, 128)),
    "mixed": Net((100,) + (64,) * 11 + (10,), MIXED, (1, 32, 256)),
    "untuned": Net((300, 257, 129, 31, 7), ("softplus", "elu", "silu"), (3, 50, 400)),
}
"""`untuned`: widths, batches and functions that no choice in the emitted code was made by."""


@cache
def module(net: str, products: str = "numpy") -> ModuleType:
    """The emitted module of a network, with matrix products by a library."""
    made = stack(NETS[net].layers)
    return load(text_of(made, gradients(made)), products=products)


@dataclass(frozen=True, slots=True)
class Case:
    """A step to be measured: the network, the samples of a batch, the kind of float."""

    net: str
    batch: int
    dtype: str

    def __str__(self) -> str:
        return f"{self.net} {self.dtype} batch {self.batch}"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a step is given; a fifth of the pixels is not zero, as on a page with a digit."""

    net: Net
    case: Case
    params: Gradients
    x: Array
    y: Array
    labels: Array

    @property
    def ones_and_x(self) -> Array:
        """[1 x], which a data set needs once."""
        return np.hstack([np.ones((len(self.x), 1), self.x.dtype), self.x])


def inputs(case: Case) -> Inputs:
    """The same numbers in every process."""
    net, rng = NETS[case.net], np.random.default_rng(0)
    n, dtype = case.batch, np.dtype(case.dtype)
    x = rng.random((n, net.sizes[0])) * (rng.random((n, net.sizes[0])) < 0.2)
    drawn = [rng.standard_normal((a + 1, b)) / np.sqrt(a) for a, b in pairwise(net.sizes)]
    labels = rng.integers(0, net.sizes[-1], n)
    params = {name: w.astype(dtype) for name, w in zip(net.weights, drawn, strict=True)}
    return Inputs(
        net, case, params, x.astype(dtype), np.eye(net.sizes[-1], dtype=dtype)[labels], labels
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A contender, ready to run; the floor has no gradients to be checked."""

    run: Callable[[], object]
    gradients: Callable[[], Gradients] | None
    allocated: Callable[[], int] | None = None


Maker = Callable[[Inputs], Step]


def largest_error(found: Gradients, truth: Gradients) -> float:
    """The largest error of an entry, by the largest entry of its gradient."""
    errors = [
        np.abs(np.asarray(found[name], np.float64) - true).max() / np.abs(true).max()
        for name, true in truth.items()
    ]
    return float(max(errors))


def joined(weights: Any, biases: Any) -> Array:
    """[b; W], as the network here keeps them, of the two that others keep apart."""
    return np.vstack([np.asarray(biases)[None], np.asarray(weights)])
