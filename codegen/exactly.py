"""The forward code of a stack against the exact meaning of its equations, at tiny sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from codegen.network import Array
from codegen.noise import ROUNDOFF
from codegen.points import Point, generic_point
from codegen.probe import probe
from codegen.verdict import Finer
from derive.dense import Stack, with_sizes
from derive.exact import Table, forward, loss_difference, table
from derive.infer import shapes_of

TINY = (3, 2, 4, 5)
CLOSE = 1e-12
SMALL = 2_000
"""Parameters up to which the exact oracle is asked for single entries."""


class ForwardCheck(NamedTuple):
    """The loss by the forward code and by exact evaluation, at tiny sizes."""

    sizes: tuple[int, ...]
    code: float
    exact: float

    @property
    def ok(self) -> bool:
        """Whether the two agree to rounding."""
        return abs(self.code - self.exact) <= CLOSE * (1 + abs(self.exact))

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        word = "agrees with" if self.ok else "differs from"
        gap = abs(self.code - self.exact)
        return f"{word} exact evaluation at {sizes} (difference {gap:.1e})"


def check_forward(stack: Stack, seed: int = 0) -> ForwardCheck:
    """The loss of the stack's forward code against its equations, evaluated with 50 digits."""
    tiny = with_sizes(stack, [TINY[place % len(TINY)] for place in range(len(stack.sizes))])
    network = probe(tiny)
    shapes = {s.name: _shape(tiny, s.name) for s in tiny.derivation.symbols if s.kind == "param"}
    target = {"distribution": "soft"}.get(tiny.loss.target, tiny.loss.target)
    n = 1 if tiny.single else 3
    point = generic_point(network, shapes, n, seed, target)
    code = float(network.loss(point.params, point.x, point.y))
    return ForwardCheck(tiny.sizes, code, float(_exact_loss(tiny, point)))


def _shape(stack: Stack, name: str) -> tuple[int, ...]:
    symbol = next(s for s in stack.derivation.symbols if s.name == name)
    return tuple(d.size(stack.numbers) for d in symbol.shape)


def _values(point: Point) -> dict[str, Table]:
    arrays: Mapping[str, Array] = {**point.params, "x": point.x, "y": point.y}
    return {name: table(np.asarray(value).tolist()) for name, value in arrays.items()}


def _sizes(stack: Stack, point: Point) -> dict[str, int]:
    return {**stack.numbers, "N": point.x.shape[1 if stack.columns else 0]}


def _exact_loss(stack: Stack, point: Point) -> float:
    derivation = stack.derivation
    shapes = shapes_of(derivation)
    found = forward(derivation, shapes, _values(point), _sizes(stack, point))
    return float(found[derivation.loss][()])


def finer_oracle(
    stack: Stack, point: Point, actual: Mapping[str, Array], scale: float
) -> Finer | None:
    """Single entries by differences of the exact loss with 50 digits; None for large stacks.

    The error bar leaves the code under test its rounding, by the largest gradient `scale`; where
    the difference is exactly 0 and so is the gradient under test, there is nothing to leave.
    """
    floor = 64 * ROUNDOFF * scale
    if sum(value.size for value in point.params.values()) > SMALL:
        return None
    derivation = stack.derivation
    shapes, values, sizes = shapes_of(derivation), _values(point), _sizes(stack, point)

    def finer(name: str, index: tuple[int, ...]) -> tuple[float, float]:
        value = loss_difference(derivation, shapes, values, sizes, name, index)
        if value == 0 and actual[name][index] == 0:
            return 0.0, 0.0
        return value, abs(value) * 1e-12 + floor

    return finer
