"""The quick check: a few random directional derivatives by the complex step.

Eight Gaussian directions see one wrong entry of the relative size 1e-12 among 79,620, at the price
of eight complex forward passes. They do not say which entry; `codegen.finite` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.finite import strictly_complex
from codegen.network import Array, Params
from codegen.noise import COMPLEX_STEP, ROUNDOFF

COUNT = 8


@dataclass(frozen=True, slots=True)
class Projection:
    """A gradient along a random direction v: `v . actual`, the complex step's value, its bar."""

    actual: float
    expected: float
    bar: float

    @property
    def ok(self) -> bool:
        """Whether the two agree; what is not finite never does."""
        return abs(self.actual - self.expected) <= self.bar < math.inf


def projections(
    loss: Callable[[Params, Array, Array], complex],
    params: Params,
    x: Array,
    y: Array,
    actual: Mapping[str, Array],
    *,
    count: int = COUNT,
    seed: int = 0,
) -> tuple[Projection, ...]:
    """`v . actual` against `Im L(W + ihv)/h` in `count` Gaussian directions v.

    `loss` is `network.loss` or the loss of an emitted module; `actual` has the shapes of `params`.
    The bar is `64 u (|a| + sum |v a| / sqrt(P)) + 1e-12 |v.a|` for P entries: what rounding does.
    """
    rng = np.random.default_rng(seed)
    with strictly_complex():
        return tuple(_project(loss, params, x, y, actual, rng) for _ in range(count))


def _project(
    loss: Callable[[Params, Array, Array], complex],
    params: Params,
    x: Array,
    y: Array,
    actual: Mapping[str, Array],
    rng: np.random.Generator,
) -> Projection:
    ways = {name: rng.standard_normal(value.shape) for name, value in params.items()}
    moved = {name: value + 1j * (COMPLEX_STEP * ways[name]) for name, value in params.items()}
    expected = np.imag(loss(moved, x, y)) / COMPLEX_STEP
    terms = np.concatenate([np.ravel(ways[name] * actual[name]) for name in params])
    norm = math.sqrt(sum(float(np.sum(np.square(actual[name]))) for name in params))
    along = float(terms.sum())
    spread = float(np.abs(terms).sum()) / math.sqrt(terms.size)
    bar = 64 * ROUNDOFF * (norm + spread) + 1e-12 * abs(along)
    return Projection(along, float(expected), bar)
