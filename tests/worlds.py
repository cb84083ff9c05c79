"""A document at random numbers: its forward program run by NumPy, its derivatives by differences.

The statements are split by `derive`; what they compute is computed here, from their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from derive.diagnostic import DeriveError
from derive.notation import write
from derive.setting import Setting
from derive.shape import Dim
from derive.sizes import linear, value_of
from derive.statement import Let, Loss, Statement
from derive.term import Symbol, Term
from derive.truth import Target
from tests.readings import CALLS, Reading, Unknown, softmax

Array = Any
HELPERS: dict[str, Any] = {
    **CALLS,
    **{f"d{name}": lambda z, f=f: (f(z + 1e-6) - f(z - 1e-6)) / 2e-6 for name, f in CALLS.items()},
    "np": np,
    "softmax": softmax,
    "log_softmax": lambda z, axis=-1: np.log(softmax(z, axis)),
}


def _step(size: float) -> float:
    """How far an entry moves: a share of it, but a tiny share of nothing; never past 0."""
    step = 1e-3 * max(size, 1e-3)
    return min(step, size / 50) if size else step


class World(Mapping[str, Array]):
    """The values of every name at one point; a name such as `dL/dz2` is a derivative."""

    def __init__(self, made: Setting, lines: tuple[Statement, ...], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.setting, self.seed = made, seed
        self.sizes = self._sizes()
        drawn = {s.name: self._drawn(s) for s in made.symbols if "·" not in s.name}
        self.program = list(self._program(lines))
        self.drawn = {**self.sizes, **drawn}
        self.values = self.run({})
        self.derived: dict[str, Array] = {}
        self.given: dict[str, Array] = {}

    def _sizes(self) -> dict[str, int]:
        """Sizes that are all different, so that nothing fits by chance; those stated if need be."""
        stated = self.setting.sizes
        dims = [dim for shape in self.setting.shapes.values() for dim in shape]
        parts = [p for dim in dims for p in dim.parts if isinstance(p, str)]
        names = [n for n in dict.fromkeys([*stated, *parts]) if n.isidentifier()]
        fixed = bool(self.setting.constants) or any(not p.isidentifier() for p in parts)
        if fixed and all(n in stated for n in names):
            return {n: stated[n] for n in names}
        chosen = self.rng.permutation(np.arange(2, 2 + len(names)))
        return {n: int(k) for n, k in zip(names, chosen, strict=True)}

    def _length(self, dim: Dim) -> int:
        return int(value_of(linear(dim), self.sizes))

    def _drawn(self, symbol: Symbol) -> Array:
        shape = tuple(self._length(dim) for dim in symbol.shape)
        if symbol.name in self.setting.constants:
            return np.array(self.setting.constants[symbol.name], dtype=float)
        word, _, axis = next(iter(symbol.facts), "").partition(" axis=")
        if word == "binary":
            return self.rng.integers(0, 2, shape).astype(float)
        if word == "unit":
            return self.rng.uniform(0.1, 0.9, shape)
        if word == "positive":
            return self.rng.uniform(0.3, 1.7, shape)
        if word in ("one-hot", "distribution"):
            return self._shares(shape, min(int(axis or 1), len(shape) - 1), word == "one-hot")
        return self.rng.uniform(0.2, 1.4, shape) * self.rng.choice([-1, 1], shape)

    def _shares(self, shape: tuple[int, ...], axis: int, hot: bool) -> Array:
        entries = self.rng.uniform(0.2, 1.0, shape)
        if hot:
            return (entries == entries.max(axis=axis, keepdims=True)).astype(float)
        return entries / entries.sum(axis=axis, keepdims=True)

    def _program(self, lines: tuple[Statement, ...]) -> Iterator[tuple[str, str]]:
        """The forward assignments as NumPy text."""
        if self.setting.network is not None:
            for equation in self.setting.network.derivation.equations:
                yield equation.name, write(equation.term, "numpy", scalars=tuple(self.sizes))
        for line in lines:
            if isinstance(line, Let | Loss) and line.text:
                yield line.name, line.text

    def run(self, changed: Mapping[str, Array]) -> dict[str, Array]:
        """Every name, with some set to other values."""
        values: dict[str, Array] = {**self.drawn, **changed}
        for name, text in self.program:
            if name not in changed:
                values[name] = np.asarray(eval(text, dict(HELPERS), values), float)  # noqa: S307
        return values

    # ------------------------------------------------------------------------------- derivatives

    def jacobian(self, of: str, wrt: str) -> Array:
        """A row for each entry of one name, a column for each of the other."""
        base = np.asarray(self.values[wrt], float)
        columns = []
        for place in np.ndindex(base.shape):
            step = _step(abs(base[place]))
            ends = [self._moved(of, wrt, place, k * step) for k in (1, -1, 2, -2)]
            columns.append((8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * step))
        return np.array(columns).T

    def _moved(self, of: str, wrt: str, place: tuple[int, ...], step: float) -> Array:
        """The entries of a name where one entry of another has moved."""
        moved = np.array(self.values[wrt], float)
        moved[place] += step
        return np.ravel(self.run({wrt: moved})[of])

    def truth(self, target: Target) -> Array:
        """A derivative in its arrangement."""
        found = self.jacobian(target.of, target.wrt)
        if target.layout in ("jacobian", "jacobian_T"):
            return found if target.layout == "jacobian" else found.T
        shape = np.shape(self.values[target.wrt])
        if target.layout == "elementwise":
            return np.diag(found).reshape(shape)
        if found.shape[0] != 1:
            raise Unknown("the gradient of a tensor")
        return found.reshape(shape)

    def take(self, given: Mapping[str, Term]) -> None:
        """Sets the names of a text that stand for derivatives."""
        self.given = {}
        made = {}
        for name, term in given.items():
            try:
                made[name] = Reading(self).value(term)
            except (Unknown, ValueError, DeriveError):
                continue
        self.given = made

    def __getitem__(self, name: str) -> Array:
        if name in self.given:
            return self.given[name]
        if name in self.values:
            return self.values[name]
        if name not in self.derived:
            of, _, wrt = name.removeprefix("d").partition("/d")
            if of not in self.values or wrt not in self.values:
                raise Unknown(name)
            self.derived[name] = self.truth(Target(of, wrt))
        return self.derived[name]

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except Unknown:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter({**self.values, **self.given})

    def __len__(self) -> int:
        return len(self.values)
