"""Formulas evaluated at concrete sizes with exact or many-digit numbers: the slow, certain oracle.

The meanings of `derive.ops` are read entry by entry with mpmath numbers, so nothing is shared with
the NumPy code that a module contains.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath

from derive.functions import FUNCTIONS, PRIME
from derive.ops import op_row
from derive.shape import Dim, Part, Shape
from derive.term import Apply, Const, Derivation, Term, Var

DIGITS = 50

Number = Any
Table = dict[tuple[int, ...], Number]
"""The entries of a tensor by their place; a scalar has the place ()."""


@dataclass(frozen=True)
class Arithmetic:
    """A kind of number: how a rational becomes one, sums, powers, and the primitive functions."""

    real: Callable[[Fraction | int], Number]
    total: Callable[[Iterable[Number]], Number]
    power: Callable[[Number, Number], Number]
    primitives: Mapping[str, Callable[[Number], Number]]
    pi: Callable[[], Number]


EXACTLY = Arithmetic(
    lambda value: mpmath.mpf(value.numerator) / value.denominator,
    mpmath.fsum,
    mpmath.power,
    {
        "exp": mpmath.exp,
        "log": mpmath.log,
        "sin": mpmath.sin,
        "cos": mpmath.cos,
        "erf": mpmath.erf,
        "step": lambda z: mpmath.mpf(1 if z > 0 else 0),
    },
    lambda: +mpmath.pi,
)
"""Many digits: what decides."""

QUICKLY = Arithmetic(
    float,
    sum,
    math.pow,
    {
        "exp": math.exp,
        "log": math.log,
        "sin": math.sin,
        "cos": math.cos,
        "erf": math.erf,
        "step": lambda z: 1.0 if z > 0 else 0.0,
    },
    lambda: math.pi,
)
"""Machine numbers: to sort out what many digits then decide."""


@dataclass(frozen=True)
class NumberCalculus:
    """The calculus of `derive.ops` over numbers, at given sizes."""

    sizes: Mapping[str, int]
    arithmetic: Arithmetic = EXACTLY

    zero = 0

    @property
    def pi(self) -> Number:
        """The number."""
        return self.arithmetic.pi()

    def number(self, value: Fraction | int) -> Number:
        """The constant."""
        return self.arithmetic.real(value)

    def sum(self, dim: Dim, body: Callable[[int], Number]) -> Number:
        """The sum over a dimension."""
        return self.arithmetic.total([body(k) for k in range(dim.size(self.sizes))])

    def delta(self, a: int, b: int) -> int:
        """1 where two places are equal, 0 elsewhere."""
        return int(a == b)

    def shift(self, place: int, parts: tuple[Part, ...]) -> int:
        """The place moved by the sizes of `parts`."""
        return place + (Dim(parts).size(self.sizes) if parts else 0)

    def plus(self, a: int, b: int, sign: int) -> int:
        """The sum or the difference of two places."""
        return a + sign * b

    def power(self, base: Number, exponent: Fraction) -> Number:
        """A rational power."""
        return self.arithmetic.power(base, self.number(exponent))

    def fn(self, name: str, arg: Number) -> Number:
        """An elementwise function by its definition; f' by mpmath's difference of f."""
        if name.endswith(PRIME):
            exact = NumberCalculus(self.sizes)
            slope = mpmath.diff(lambda z: exact.fn(name.removesuffix(PRIME), z), arg)
            return slope if self.arithmetic is EXACTLY else float(slope)
        row = FUNCTIONS[name]
        if row.definition is None:
            return self.arithmetic.primitives[name](arg)
        return row.definition(_Exactly(self), _Real(arg, self.arithmetic.real)).value


@dataclass(frozen=True)
class _Real:
    """A number that mixes with Fraction without rounding to a float."""

    value: Number
    real: Callable[[Fraction | int], Number]

    def _made(self, value: Number) -> _Real:
        return _Real(value, self.real)

    def _number(self, other: Any) -> Number:
        return other.value if isinstance(other, _Real) else self.real(other)

    def __add__(self, other: Any) -> _Real:
        return self._made(self.value + self._number(other))

    __radd__ = __add__

    def __neg__(self) -> _Real:
        return self._made(-self.value)

    def __sub__(self, other: Any) -> _Real:
        return self._made(self.value - self._number(other))

    def __rsub__(self, other: Any) -> _Real:
        return self._made(self._number(other) - self.value)

    def __mul__(self, other: Any) -> _Real:
        return self._made(self.value * self._number(other))

    __rmul__ = __mul__


@dataclass(frozen=True)
class _Exactly:
    """The calculus of a function's row over `_Real`."""

    calculus: NumberCalculus

    def _made(self, value: Number) -> _Real:
        return _Real(value, self.calculus.arithmetic.real)

    @property
    def pi(self) -> _Real:
        return self._made(self.calculus.pi)

    def number(self, value: Fraction | int) -> _Real:
        return self._made(self.calculus.number(value))

    def power(self, base: _Real, exponent: Fraction) -> _Real:
        return self._made(self.calculus.power(base.value, exponent))

    def fn(self, name: str, arg: _Real) -> _Real:
        return self._made(self.calculus.fn(name, arg.value))


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
    return Evaluator(shapes, values, sizes).table(term)


class Evaluator:
    """Evaluates terms at one point; what terms share (as objects) is evaluated once."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        values: Mapping[str, Table],
        sizes: Mapping[str, int],
        arithmetic: Arithmetic = EXACTLY,
    ) -> None:
        self.shapes, self.values, self.sizes = shapes, values, sizes
        self.calculus = NumberCalculus(sizes, arithmetic)
        self.done: dict[int, tuple[Term, Shape, Table]] = {}

    def table(self, term: Term) -> Table:
        """Every entry of a term."""
        return self._found(term)[1]

    def _found(self, term: Term) -> tuple[Shape, Table]:
        if isinstance(term, Const):
            return (), {(): self.calculus.number(term.value)}
        if isinstance(term, Var):
            return self._named(term.name)
        known = self.done.get(id(term))
        if known is None or known[0] is not term:
            known = self.done[id(term)] = (term, *self._applied(term))
        return known[1], known[2]

    def _named(self, name: str) -> tuple[Shape, Table]:
        if name in self.sizes:
            return (), {(): self.calculus.number(self.sizes[name])}
        return self.shapes[name], self.values[name]

    def _applied(self, term: Apply) -> tuple[Shape, Table]:
        row = op_row(term.op)
        outside = 0 if term.op == "each" else None
        args = [Operand(shape, _keyed(t, outside)) for shape, t in map(self._found, term.args)]
        shape = row.shape([arg.shape for arg in args], term.attrs)
        ranges = [range(dim.size(self.sizes)) for dim in shape]
        places = product(*ranges)
        return shape, {p: row.index(self.calculus, p, args, term.attrs) for p in places}


def _keyed(table: Table, outside: int | None) -> Callable[..., Number]:
    """The lookup of an entry; a formula of entries may ask for places outside, which are 0."""
    if outside is not None:
        return lambda *place: table.get(place, outside)
    return lambda *place: table[place]


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
