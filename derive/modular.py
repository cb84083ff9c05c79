"""Numbers modulo primes, in which an exponential is a power: what differs there does differ.

The values of formulas at fractions are quotients of sums of products c e^(r + is), with fractions
r and s, and c made of fractions and i. Powers of e with different exponents are linearly
independent over such c (the theorem of Lindemann and Weierstrass). So two values are equal by
algebra or not at all, and what keeps the laws of algebra, e^(a + b) = e^a e^b among them, gives
equal values one image. Such an image is calculated here: of a fraction it is what it is modulo a
prime p, of i a root of -1, of e^r and e^(is) the powers of two elements of order q, q a prime that
divides p - 1, with exponents modulo q.

- **Images that differ prove that the values do**, at these very numbers, without any rounding.
- **Equal images prove nothing**, but are hardly ever those of different values: a sum of powers of
  one element has no more roots than its degree (Schwartz and Zippel), among q elements.

G. H. Gonnet, Determining equivalence of expressions in random polynomial time, STOC 1984, 334-341,
has these images ("signatures"), with exponents modulo p - 1. That is even; here fractions with
every small denominator are exponents.

An exponential of exponentials (two layers of sigmoid) takes its exponent modulo q from an image:
so the primes are a row, each with the one before it for its q, and an image is modulo all of them
from some place on. For such towers no theorem speaks of single numbers. But as functions of the
inputs they are equal only by the same laws (J. Ax, On Schanuel's conjectures, Annals of
Mathematics 93, 1971, 252-268): images that differ then prove that the formulas do, while the values
at these numbers are told apart by their digits. An exponential of an exponential of a number that
is written in a formula is the exception; for it this is Schanuel's conjecture.

A value is a Fraction as long as it is one and short; then it is greater or less than another.
Later it is a `Residue`, which is neither. There is no image of log, of a root, of erf or of pi:
they raise Irrational.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, count, pairwise
from math import prod
from typing import Any, NamedTuple

from derive.arithmetic import (
    RATIONALLY,
    Arithmetic,
    Irrational,
    Number,
    irrational,
    is_long,
    rational_power,
)

FIRST, MULTIPLES = 2**58 - 27, (4, 32, 20, 60, 112, 156, 120, 72)
"""A prime, and what each prime and those before it are multiplied with, before 1 is added, to make
the next; as multiples of 4 they leave a root of -1."""

PRIMES = tuple(accumulate(MULTIPLES, lambda prime, multiple: multiple * prime + 1, initial=FIRST))
"""The row: how many there are less one is how deep exponentials have images."""

MODULI = tuple(prod(PRIMES[level:]) for level in range(len(PRIMES)))
"""What an image is taken modulo, by how many exponentials are in each other."""


class Step(NamedTuple):
    """From a prime to the next: elements of its order there, which e and e^i are, and what i is."""

    order: int
    prime: int
    e: int
    turn: int
    root: int


def _step(order: int, prime: int) -> Step:
    """The step; where its elements come from does not matter, as long as no text has them."""
    e, turn = (
        pow(seed, (prime - 1) // order, prime) for seed in (31415926535897932, 2718281828459)
    )
    roots = (pow(number, (prime - 1) // 4, prime) for number in count(2))
    return Step(order, prime, e, turn, next(r for r in roots if r * r % prime == prime - 1))


STEPS = tuple(_step(order, prime) for order, prime in pairwise(PRIMES))


@lru_cache(4096)
def _inverse(number: int, modulus: int) -> int:
    """One over a number; Irrational where that has no image."""
    try:
        return pow(number, -1, modulus)
    except ValueError:
        raise Irrational from None


@lru_cache
def _weights(level: int) -> tuple[int, ...]:
    """Numbers that are 1 modulo one prime and 0 modulo the others, from a place in the row on."""
    whole = MODULI[level]
    return tuple(whole // p * _inverse(whole // p, p) for p in PRIMES[level:])


def image(number: Number, modulus: int = MODULI[0]) -> int:
    """What a number is modulo primes.

    >>> image(Fraction(1, 2), 5)
    3
    """
    if isinstance(number, Residue):
        return number.value % modulus
    below = number.denominator
    over: int = number.numerator
    return over % modulus if below == 1 else over * _inverse(below, modulus) % modulus


class Residue:
    """A number of which only the image is known, modulo `MODULI[level]`."""

    __slots__ = ("level", "value")

    def __init__(self, value: int, level: int) -> None:
        self.value, self.level = value % MODULI[level], level

    def _met(self, other: Any) -> tuple[int, int]:
        """The image of another number, and the level that both have."""
        if type(other) is Residue:
            return other.value, max(self.level, other.level)
        return image(other, MODULI[self.level]), self.level

    def __add__(self, other: Any) -> Residue:
        value, level = self._met(other)
        return Residue(self.value + value, level)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Residue:
        value, level = self._met(other)
        return Residue(self.value * value, level)

    __rmul__ = __mul__

    def __neg__(self) -> Residue:
        return Residue(-self.value, self.level)

    def __sub__(self, other: Any) -> Residue:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Residue:
        return (-self).__add__(other)

    def __eq__(self, other: object) -> bool:
        return not (self - other).value

    def __abs__(self) -> Residue:
        raise Irrational

    def __repr__(self) -> str:
        return f"Residue({self.value}, {self.level})"


def _power(base: Number, exponent: Fraction | int) -> Number:
    """A power; of a residue only a whole one."""
    if not isinstance(base, Residue):
        return rational_power(base, exponent)
    if exponent.denominator != 1:
        raise Irrational
    modulus = MODULI[base.level]
    whole = _inverse(base.value, modulus) if exponent < 0 else base.value
    return Residue(pow(whole, abs(int(exponent)), modulus), base.level)


def _raised(z: Number, value: Callable[[Step, int], int]) -> Residue:
    """The image of what is, modulo each prime, made of powers whose exponent is the number."""
    level = z.level if isinstance(z, Residue) else 0
    steps = STEPS[level:]
    if not steps:
        raise Irrational
    parts = (value(step, image(z, step.order)) for step in steps)
    joined = (part * weight for part, weight in zip(parts, _weights(level + 1), strict=True))
    return Residue(sum(joined), level + 1)


def _exp(step: Step, k: int) -> int:
    return pow(step.e, k, step.prime)


def _cos(step: Step, k: int) -> int:
    """(e^iz + e^-iz) / 2."""
    turns = pow(step.turn, k, step.prime) + pow(step.turn, -k, step.prime)
    return turns * _inverse(2, step.prime)


def _sin(step: Step, k: int) -> int:
    """(e^iz - e^-iz) / 2i."""
    turns = pow(step.turn, k, step.prime) - pow(step.turn, -k, step.prime)
    return turns * _inverse(2 * step.root, step.prime)


def _function(name: str, value: Callable[[Step, int], int] | None = None) -> Callable[[Any], Any]:
    """A function that is a fraction where it is known to be, and elsewhere has an image or none."""
    rational = RATIONALLY.primitives[name]

    def found(z: Number) -> Number:
        if value is not None and (isinstance(z, Residue) or z):
            return _raised(z, value)
        return irrational() if isinstance(z, Residue) else rational(z)

    return found


def _kept(value: Number) -> Number:
    """The number, or its image alone where it is too long."""
    return Residue(image(value), 0) if not isinstance(value, Residue) and is_long(value) else value


MODULARLY = Arithmetic(
    Fraction,
    lambda values: sum(values, Fraction(0)),
    _power,
    {
        "exp": _function("exp", _exp),
        "log": _function("log"),
        "sin": _function("sin", _sin),
        "cos": _function("cos", _cos),
        "erf": _function("erf"),
        "step": _function("step"),
    },
    irrational,
    irrational,
    0,
    _kept,
)
"""Images modulo primes: what differs does so beyond any rounding; what has none is Irrational."""
