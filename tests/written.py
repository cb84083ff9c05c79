"""Formulas as people write them, beside what NumPy makes of the same text at small sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from derive.arithmetic import QUICKLY
from derive.elaborate import Elaborator
from derive.exact import Evaluator, Table
from derive.notation.quantities import read_quantity
from derive.scope import Scope
from derive.shape import Shape, dim
from derive.tensors import Value, column_shape, solid
from derive.term import Term

Array = Any
SIZES = {"N": 3, "D": 4, "K": 2}
DIMS = {
    **dict.fromkeys(SIZES, ""),
    "A": "N D",
    "C": "N D",
    "B": "D K",
    "M": "D D",
    "Z": "N K",
    "V": "1+D K",
    "T": "N D K",
    "u": "D",
    "v": "D",
    "w": "N",
    "r": "1 D",
    "q": "N 1",
    "s": "",
    "t": "N 1",
}


def shape_of(text: str) -> Shape:
    """A shape from its sizes: `1+D K`."""
    return tuple(
        dim(*(int(p) if p.isdigit() else p for p in one.split("+"))) for one in text.split()
    )


SHAPES: Mapping[str, Shape] = {name: shape_of(text) for name, text in DIMS.items()}
"""The names of the galleries; every size is another number, so that nothing fits by chance."""


def lengths(shape: Shape, sizes: Mapping[str, int] = SIZES) -> tuple[int, ...]:
    return tuple(one.size(sizes) for one in shape)


def drawn(rng: np.random.Generator, shapes: Mapping[str, Shape] = SHAPES) -> dict[str, Array]:
    """Entries of both signs for every name but those of sizes."""
    named = {name: lengths(shape) for name, shape in shapes.items() if name not in SIZES}
    return {n: rng.uniform(0.2, 1.4, k) * rng.choice([-1, 1], k) for n, k in named.items()}


def table(array: Array, shape: Shape) -> Table:
    """An array as the entries of the formula that it is kept as."""
    kept = np.reshape(array, lengths(column_shape(shape)))
    return {place: float(kept[place]) for place in np.ndindex(kept.shape)}


def filled(found: Table, shape: Shape) -> Array:
    """Entries as an array of that shape."""
    made = np.empty(lengths(column_shape(shape)))
    for place, number in found.items():
        made[place] = number
    return made.reshape(lengths(shape))


def entries(term: Term, values: Mapping[str, Array], shapes: Mapping[str, Shape] = SHAPES) -> Table:
    """The entries of a formula over matrices."""
    kept = {name: column_shape(shape) for name, shape in shapes.items()}
    known = {name: table(array, shapes[name]) for name, array in values.items()}
    return Evaluator(kept, known, SIZES, QUICKLY).table(term)


def elaborator(text: str = "", vectors: str = "numpy", **more: Any) -> Elaborator:
    return Elaborator(SHAPES, vectors=vectors, text=text, **more)


def read(text: str) -> Term:
    """A text in NumPy notation as a term."""
    return read_quantity(text, Scope(SHAPES))


def value(text: str, vectors: str = "numpy", **more: Any) -> Value:
    """What a text means."""
    return elaborator(text, vectors, **more).value(read(text))


def evaluated(found: Value, values: Mapping[str, Array]) -> Array:
    """Its entries, as an array of the shape that its author sees."""
    return filled(entries(solid(found), values), found.shape)


def softmax(z: Array, axis: int = -1) -> Array:
    """As code has it: along the last axis."""
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


FUNCTIONS = {
    "np": np,
    "softmax": softmax,
    "log_softmax": lambda z, axis=-1: np.log(softmax(z, axis)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


def by_numpy(text: str, values: Mapping[str, Array]) -> Array:
    """What NumPy computes from the text itself."""
    return np.asarray(eval(text, dict(FUNCTIONS), {**SIZES, **values}), float)  # noqa: S307
