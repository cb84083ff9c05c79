"""What a formula says, in NumPy: terms as they are read, by rules that are written anew here.

Nothing of `derive` but the data of a term is used, so this can judge what its checker says.
`vectors` is the convention of a text: "numpy", or an array with one axis is a "column" or a "row".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from derive.term import Apply, Const, Term, Var, const, walk

Array = Any


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array, axis: int = -1) -> Array:
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _erf(z: Array) -> Array:
    return np.vectorize(math.erf, otypes=[float])(z)


def _phi(z: Array) -> Array:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _gelu_tanh(z: Array) -> Array:
    return z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) / 2


CALLS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "erf": _erf,
    "step": lambda z: np.asarray(z > 0, float),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softplus": lambda z: np.log1p(np.exp(z)),
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 100),
    "abs": np.abs,
    "sign": np.sign,
    "Phi": lambda z: (1 + _erf(z / math.sqrt(2))) / 2,
    "phi": _phi,
    "silu": lambda z: z * sigmoid(z),
    "gelu": lambda z: z * (1 + _erf(z / math.sqrt(2))) / 2,
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "gelu_tanh": _gelu_tanh,
    "huber": lambda z: np.where(np.abs(z) < 1, z * z / 2, np.abs(z) - 0.5),
}

STEP = 1e-6


def called(op: str, z: Array) -> Array:
    """An elementwise function; a derivative by its difference."""
    if op.endswith("'"):
        f = CALLS[op[:-1]]
        return (f(z + STEP) - f(z - STEP)) / (2 * STEP)
    return CALLS[op](z)


BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "outer": np.outer,
    "inner": np.vdot,
}


class Unknown(Exception):
    """An op that is not evaluated here."""


@dataclass
class Reading:
    """Evaluates the terms of one text at one point."""

    names: Mapping[str, Array]
    vectors: str = "numpy"
    letters: dict[str, int] = field(default_factory=dict)

    def value(self, term: Term) -> Array:
        """The value, an array. Raises ValueError where shapes do not fit."""
        if isinstance(term, Const):
            return np.float64(term.value)
        if isinstance(term, Var):
            return self._name(term.name)
        rule = getattr(self, f"_{term.op}", None)
        if rule is not None:
            return rule(term)
        args = [self.value(arg) for arg in term.args]
        if term.op in BINARY:
            return BINARY[term.op](*args)
        if term.op.removesuffix("'") in CALLS:
            return called(term.op, args[0])
        raise Unknown(term.op)

    def _name(self, name: str) -> Array:
        if name.startswith("#"):
            return np.float64(self.letters[name])
        if name not in self.names:
            raise Unknown(name)
        value = np.asarray(self.names[name], float)
        if value.ndim != 1 or self.vectors == "numpy":
            return value
        return value[:, None] if self.vectors == "column" else value[None, :]

    def _both(self, term: Apply) -> tuple[Array, Array]:
        left, right = (self.value(arg) for arg in term.args)
        return left, right

    def _mul(self, term: Apply) -> Array:
        a, b = self._both(term)
        crossed = a.ndim == b.ndim == 2 and a.shape == b.shape[::-1] and 1 in a.shape
        return a * b.T if crossed and self.vectors != "numpy" else a * b

    def _matmul(self, term: Apply) -> Array:
        a, b = self._both(term)
        if not a.ndim or not b.ndim:
            return a * b
        if self.vectors != "numpy" and 1 in (a.size, b.size) and a.shape[-1] != b.shape[0]:
            return a * b
        return a @ b

    def _neg(self, term: Apply) -> Array:
        return -self.value(term.args[0])

    def _pow(self, term: Apply) -> Array:
        top, _, below = str(term.attrs[0]).partition("/")
        return np.power(self.value(term.args[0]), float(top) / float(below or 1))

    def _transpose(self, term: Apply) -> Array:
        return self.value(term.args[0]).T

    def _reduced(self, term: Apply, how: Callable[..., Array]) -> Array:
        axis, keep = (*term.attrs, None, None)[:2]
        a = self.value(term.args[0])
        return a if not a.ndim else how(a, axis=axis, keepdims=bool(keep))

    def _sum(self, term: Apply) -> Array:
        return self._reduced(term, np.sum)

    def _mean(self, term: Apply) -> Array:
        return self._reduced(term, np.mean)

    def _var(self, term: Apply) -> Array:
        return self._reduced(term, np.var)

    def _softmax(self, term: Apply) -> Array:
        a = self.value(term.args[0])
        axis: Any = term.attrs[0] if term.attrs else None
        if axis is None:
            column = a.ndim == 2 and (a.shape[1] == 1 or self.vectors == "column")
            axis = 0 if column and a.shape[0] > 1 else -1
        return softmax(a, axis)

    def _log_softmax(self, term: Apply) -> Array:
        return np.log(self._softmax(term))

    def _concat(self, term: Apply) -> Array:
        axis: Any = term.attrs[0]
        parts = [self.value(arg) for arg in term.args]
        if all(part.ndim < 2 for part in parts):
            return np.concatenate([np.atleast_1d(part) for part in parts])
        size = next(part.shape[1 - axis] for part in parts if part.ndim == 2)
        wide = (size, 1) if axis else (1, size)
        return np.concatenate([p if p.ndim == 2 else np.full(wide, p) for p in parts], axis)

    def _slice(self, term: Apply) -> Array:
        axis, start, stop = term.attrs
        a = self.value(term.args[0])
        limit = stop if isinstance(stop, int) or stop is None else int(self.names[str(stop)])
        where = [slice(None)] * a.ndim
        where[int(str(axis))] = slice(int(str(start)), limit)
        return a[tuple(where)]

    def _where(self, term: Apply) -> Array:
        condition, a, b = (self.value(arg) for arg in term.args)
        return np.where(condition > 0, a, b)

    def _diag(self, term: Apply) -> Array:
        a = self.value(term.args[0])
        return np.diag(a.ravel() if 1 in a.shape else a)

    def _trace(self, term: Apply) -> Array:
        return np.trace(self.value(term.args[0]))

    def _ravel(self, term: Apply) -> Array:
        return np.ravel(self.value(term.args[0]))

    def _filled(self, term: Apply, number: float) -> Array:
        dims = [int(self.value(Var(a) if isinstance(a, str) else const(a))) for a in term.attrs]  # type: ignore[arg-type]
        return np.full(dims, number)

    def _ones(self, term: Apply) -> Array:
        return self._filled(term, 1.0)

    def _zeros(self, term: Apply) -> Array:
        return self._filled(term, 0.0)

    def _ones_like(self, term: Apply) -> Array:
        return np.ones_like(self.value(term.args[0]))

    def _zeros_like(self, term: Apply) -> Array:
        return np.zeros_like(self.value(term.args[0]))

    def _length(self, term: Apply) -> Array:
        return np.float64(self.value(term.args[0]).shape[int(str(term.attrs[0]))])

    def _size(self, term: Apply) -> Array:
        return np.float64(self.value(term.args[0]).size)

    # --------------------------------------------------------------------------- index letters

    def _entry(self, term: Apply) -> Array:
        a = self.value(term.args[0])
        places = [int(self.value(place)) for place in term.args[1:]]
        if len(places) < a.ndim == 2 and 1 in a.shape:
            a = a.ravel()
        if any(not 0 <= p < n for p, n in zip(places, a.shape, strict=False)):
            raise ValueError("a place outside")
        return a[tuple(places)]

    def _delta(self, term: Apply) -> Array:
        a, b = self._both(term)
        return np.float64(a == b)

    def _total(self, term: Apply) -> Array:
        letter = str(term.attrs[0])
        before = self.letters.pop(letter, None)
        total = np.float64(0)
        for place in range(self.reach(letter, term.args[0])):
            self.letters[letter] = place
            total = total + self.value(term.args[0])
        self.letters.pop(letter, None)
        if before is not None:
            self.letters[letter] = before
        return total

    def reach(self, letter: str, term: Term) -> int:
        """Over how many places a letter runs: all entries that it picks have as many."""
        found = {length for node in walk(term) for length in self._lengths(letter, node)}
        if len(found) != 1:
            raise ValueError(f"the range of {letter} is {found or 'not known'}")
        return found.pop()

    def _lengths(self, letter: str, node: Term) -> list[int]:
        if not isinstance(node, Apply) or node.op != "entry" or not isinstance(node.args[0], Var):
            return []
        shape = self._name(node.args[0].name).shape
        if len(node.args) - 1 < len(shape):
            shape = tuple(size for size in shape if size > 1)
        pairs = zip(node.args[1:], shape, strict=False)
        return [size for place, size in pairs if place == Var(letter)]

    def array(self, term: Term, letters: tuple[str, ...]) -> Array:
        """The array whose axes are free letters."""
        sizes = [self.reach(letter, term) for letter in letters]
        made = np.zeros(sizes)
        for places in product(*map(range, sizes)):
            self.letters.update(zip(letters, places, strict=True))
            made[places] = self.value(term)
        return made
