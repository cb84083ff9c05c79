"""Formulas evaluated at concrete sizes with exact or many-digit numbers: the slow, certain oracle.

The meanings of `derive.ops` are read entry by entry with mpmath numbers, so nothing is shared with
the NumPy code that a module contains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath

from derive.functions import FUNCTIONS, PRIME
from derive.ops import op_row
from derive.shape import Dim, Part, Shape
from derive.term import Const, Derivation, Term, Var

DIGITS = 50

Number = Any
Table = dict[tuple[int, ...], Number]
"""The entries of a tensor by their place; a scalar has the place ()."""

PRIMITIVES: Mapping[str, Callable[[Number], Number]] = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "erf": mpmath.erf,
    "step": lambda z: mpmath.mpf(1 if z > 0 else 0),
}


@dataclass(frozen=True)
class NumberCalculus:
    """The calculus of `derive.ops` over numbers, at given sizes."""

    sizes: Mapping[str, int]

    zero = 0

    @property
    def pi(self) -> Number:
        """The number."""
        return +mpmath.pi

    def number(self, value: Fraction | int) -> Number:
        """The constant."""
        return mpmath.mpf(value.numerator) / value.denominator

    def sum(self, dim: Dim, body: Callable[[int], Number]) -> Number:
        """The sum over a dimension."""
        return mpmath.fsum(body(k) for k in range(dim.size(self.sizes)))

    def delta(self, a: int, b: int) -> int:
        """1 where two places are equal, 0 elsewhere."""
        return int(a == b)

    def shift(self, place: int, parts: tuple[Part, ...]) -> int:
        """The place moved by the sizes of `parts`."""
        return place + (Dim(parts).size(self.sizes) if parts else 0)

    def power(self, base: Number, exponent: Fraction) -> Number:
        """A rational power."""
        return mpmath.power(base, self.number(exponent))

    def fn(self, name: str, arg: Number) -> Number:
        """An elementwise function by its definition; f' by mpmath's difference of f."""
        if name.endswith(PRIME):
            return mpmath.diff(lambda z: self.fn(name.removesuffix(PRIME), z), arg)
        row = FUNCTIONS[name]
        if row.definition is None:
            return PRIMITIVES[name](arg)
        return row.definition(_Exactly(self), _Real(arg)).value


@dataclass(frozen=True)
class _Real:
    """A number that mixes with Fraction without rounding to a float."""

    value: Number

    def __add__(self, other: Any) -> _Real:
        return _Real(self.value + _number(other))

    __radd__ = __add__

    def __neg__(self) -> _Real:
        return _Real(-self.value)

    def __sub__(self, other: Any) -> _Real:
        return _Real(self.value - _number(other))

    def __rsub__(self, other: Any) -> _Real:
        return _Real(_number(other) - self.value)

    def __mul__(self, other: Any) -> _Real:
        return _Real(self.value * _number(other))

    __rmul__ = __mul__


def _number(value: Any) -> Number:
    if isinstance(value, _Real):
        return value.value
    return mpmath.mpf(value.numerator) / value.denominator


@dataclass(frozen=True)
class _Exactly:
    """The calculus of a function's row over `_Real`."""

    calculus: NumberCalculus

    @property
    def pi(self) -> _Real:
        return _Real(self.calculus.pi)

    def number(self, value: Fraction | int) -> _Real:
        return _Real(_number(value))

    def power(self, base: _Real, exponent: Fraction) -> _Real:
        return _Real(self.calculus.power(base.value, exponent))

    def fn(self, name: str, arg: _Real) -> _Real:
        return _Real(self.calculus.fn(name, arg.value))


@dataclass(frozen=True)
class Operand:
    """A tensor that can be asked for an entry."""

    shape: Shape
    entry: Callable[..., Number]

    def __call__(self, *places: int) -> Number:
        return self.entry(*places)

    def at(self, out: tuple[int, ...]) -> Number:
        """The entry that broadcasting puts at `out`."""
        mine = out[len(out) - len(self.shape) :]
        pairs = zip(self.shape, mine, strict=True)
        return self.entry(*(0 if dim.is_one else place for dim, place in pairs))


def evaluate(
    term: Term, shapes: Mapping[str, Shape], values: Mapping[str, Table], sizes: Mapping[str, int]
) -> Table:
    """Every entry of a term. `values` holds the entries of its names, `sizes` the dimensions."""
    return _table(_operand(term, shapes, values, NumberCalculus(sizes)), sizes)


def _table(source: Operand, sizes: Mapping[str, int]) -> Table:
    ranges = [range(dim.size(sizes)) for dim in source.shape]
    return {place: source(*place) for place in product(*ranges)}


def _operand(
    term: Term, shapes: Mapping[str, Shape], values: Mapping[str, Table], s: NumberCalculus
) -> Operand:
    if isinstance(term, Const):
        return Operand((), lambda: s.number(term.value))
    if isinstance(term, Var):
        if term.name in s.sizes:
            return Operand((), lambda: mpmath.mpf(s.sizes[term.name]))
        table = values[term.name]
        return Operand(shapes[term.name], lambda *place: table[place])
    row = op_row(term.op)
    parts = (_operand(arg, shapes, values, s) for arg in term.args)
    args = [Operand(a.shape, _table(a, s.sizes).__getitem__) for a in parts]
    keyed = [Operand(a.shape, _keyed(a.entry)) for a in args]
    shape = row.shape([a.shape for a in keyed], term.attrs)
    return Operand(shape, lambda *place: row.index(s, place, keyed, term.attrs))


def _keyed(lookup: Callable[[tuple[int, ...]], Number]) -> Callable[..., Number]:
    return lambda *place: lookup(place)


def forward(
    derivation: Derivation,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Table],
    sizes: Mapping[str, int],
) -> dict[str, Table]:
    """The entries of every name of a derivation, at `DIGITS` digits."""
    known = dict(values)
    with mpmath.workdps(DIGITS):
        for equation in derivation.equations:
            known[equation.name] = evaluate(equation.term, shapes, known, sizes)
    return known


def table(rows: Sequence[Sequence[float]]) -> Table:
    """A matrix of floats as exact entries."""
    return {(i, j): mpmath.mpf(v) for i, row in enumerate(rows) for j, v in enumerate(row)}


def loss_difference(
    derivation: Derivation,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Table],
    sizes: Mapping[str, int],
    name: str,
    place: tuple[int, ...],
) -> float:
    """dL/d(one entry) by a central difference at `DIGITS` digits; right to about 30 of them."""
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -(DIGITS // 3)
        ends = [
            forward(derivation, shapes, _moved(values, name, place, move), sizes)
            for move in (step, -step)
        ]
        up, down = (found[derivation.loss][()] for found in ends)
        return float((up - down) / (2 * step))


def _moved(
    values: Mapping[str, Table], name: str, place: tuple[int, ...], step: Number
) -> dict[str, Table]:
    return {**values, name: {**values[name], place: values[name][place] + step}}
