"""Stacks for every activation, with every loss, in every convention, and points for them.

There is one for each activation and convention, with the losses in turn, so that any two of
activation, loss, bias, layout and reduction meet.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from codegen.verification import shapes_of
from derive.dense import Stack
from derive.layers import stack
from tests.by_hand import ACTIVATIONS, LOSSES, MISH, targets

CONVENTIONS = tuple(
    product(("augmented", "separate", "none"), ("row", "column"), ("mean", "sum", "single"))
)
OUTPUTS = {
    "cross-entropy": "softmax",
    "nll": "log_softmax",
    "binary-cross-entropy": "sigmoid",
    "hinge": "tanh",
}
"""The last activation where the loss asks for one, or where one is of use to it."""


def grid(hidden: str, layers: str = "3,4,3") -> list[Stack]:
    """The stacks of one hidden activation; where the loss allows it, it is the output too."""
    losses = tuple(LOSSES)
    start = list(ACTIVATIONS).index(hidden)
    made = []
    for place, (bias, layout, reduction) in enumerate(CONVENTIONS):
        loss = losses[(start + place) % len(losses)]
        output = OUTPUTS.get(loss, hidden if place % 2 else "identity")
        made.append(
            stack(
                layers,
                activations=f"{hidden},{output}",
                loss=loss,
                bias=bias,
                layout=layout,
                reduction=None if reduction == "single" else reduction,
                single=reduction == "single",
                define=[MISH],
            )
        )
    return made


def point(
    made: Stack, rng: np.random.Generator, count: int = 5, dtype: Any = np.float64
) -> tuple[dict[str, Any], Any, Any]:
    """Parameters, samples and targets, each in one piece."""
    count = 1 if made.single else count
    params = {n: rng.standard_normal(shape) for n, shape in shapes_of(made).items()}
    x = rng.standard_normal((count, made.sizes[0])).astype(dtype)
    y = targets(made.loss.name, count, made.sizes[-1], rng).astype(dtype)
    if made.columns:
        x, y = np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
    return {name: value.astype(dtype) for name, value in params.items()}, x, y
