"""Kinds of numbers, exact ones and machine numbers, and the calculus of `derive.ops` over them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import mpmath

from derive.functions import FUNCTIONS, PRIME
from derive.shape import Dim, Part

Number = Any


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A kind of number: how a rational becomes one, sums, powers, and the primitive functions.

    `digits` makes one of a number of many digits; what is below `noise`, of numbers near 1, says
    nothing. `kept` is what stands for a number that others are calculated from, where that is
    another one: exact numbers may grow without end.
    """

    real: Callable[[Fraction | int], Number]
    total: Callable[[Iterable[Number]], Number]
    power: Callable[[Number, Number], Number]
    primitives: Mapping[str, Callable[[Number], Number]]
    pi: Callable[[], Number]
    digits: Callable[[Number], Number]
    noise: Number
    kept: Callable[[Number], Number] | None = None


LARGEST = 16_000
"""Bits before the point beyond which a number is put into no exp or sin: exp of exp of exp of a
number would fill the memory, and exp(10000) must not be refused."""


def _real(function: Callable[..., Number], most: float = math.inf) -> Callable[..., Number]:
    """A function that raises, as machine numbers do, where its value is complex or too large."""

    def real(*args: Number) -> Number:
        if any(mpmath.mag(arg) > most for arg in args):
            raise OverflowError("a value that is too large")
        value = function(*args)
        if isinstance(value, mpmath.mpc):
            raise ValueError("a complex value")
        return value

    return real


EXACTLY = Arithmetic(
    lambda value: mpmath.mpf(value.numerator) / value.denominator,
    mpmath.fsum,
    _real(mpmath.power),
    {
        "exp": _real(mpmath.exp, LARGEST),
        "log": _real(mpmath.log),
        "sin": _real(mpmath.sin, LARGEST),
        "cos": _real(mpmath.cos, LARGEST),
        "erf": _real(mpmath.erf, LARGEST),
        "step": lambda z: mpmath.mpf(1 if z > 0 else 0),
    },
    lambda: +mpmath.pi,
    lambda value: value,
    mpmath.mpf(10) ** -25,
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
    float,
    1e-8,
)
"""Machine numbers: to sort out what many digits then decide."""


class Irrational(Exception):
    """A value is no fraction, or one that is too long."""


class Kink(ArithmeticError):
    """A function has no derivative here, and what is taken for one is a convention."""


MOST_BITS = 4_000
"""The length of a fraction, in bits, beyond which it is not one to calculate with."""


def irrational(*_: Number) -> Number:
    """No value."""
    raise Irrational


def is_long(value: Fraction) -> bool:
    """Whether a fraction is too long to calculate with.

    >>> is_long(Fraction(2, 3)), is_long(Fraction(10**2000))
    (False, True)
    """
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS


def rational_power(base: Fraction | int, exponent: Fraction | int) -> Fraction:
    """A power that is a fraction; of a root only that of 0 and 1."""
    base, exponent = Fraction(base), Fraction(exponent)
    if exponent.denominator != 1:
        if base in (0, 1) and exponent > 0:
            return base
        raise Irrational
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > MOST_BITS:
        raise Irrational
    return Fraction(base ** int(exponent))


def _rational_at(place: int, value: int) -> Callable[[Number], Number]:
    """A function that is a fraction at one place alone, as exp is at 0."""
    return lambda z: Fraction(value) if z == place else irrational()


RATIONALLY = Arithmetic(
    Fraction,
    lambda values: sum(values, Fraction(0)),
    rational_power,
    {
        "exp": _rational_at(0, 1),
        "log": _rational_at(1, 0),
        "sin": _rational_at(0, 0),
        "cos": _rational_at(0, 1),
        "erf": _rational_at(0, 0),
        "step": lambda z: Fraction(z > 0),
    },
    irrational,
    irrational,
    0,
    lambda value: irrational() if is_long(value) else value,
)
"""Fractions, without any error; raises Irrational where a value is none."""


def off_kinks(arithmetic: Arithmetic) -> Arithmetic:
    """The arithmetic that has no value at a kink: raises Kink there.

    >>> off_kinks(QUICKLY).primitives["step"](0.5)
    1.0
    """
    step, near = arithmetic.primitives["step"], arithmetic.noise

    def checked(z: Number) -> Number:
        if abs(z) <= near:
            raise Kink
        return step(z)

    return replace(arithmetic, primitives={**arithmetic.primitives, "step": checked})


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
            base, exact = name.removesuffix(PRIME), NumberCalculus(self.sizes)
            if FUNCTIONS[base].kinks:
                self.fn(base, arg)  # raises where this arithmetic has no value at a kink
            return self.arithmetic.digits(mpmath.diff(lambda z: exact.fn(base, z), arg))
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
