"""Numbers and arrays as text that is typed in again: exact, and short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

Array = Fraction | tuple["Array", ...]
"""A number, or the rows of an array."""

DIGITS = 10
"""Digits of a value that are shown, at least; more where two values differ only later."""

WHOLE, SHORT, FEW = 24, 12, 2
"""Entries up to which an array is written whole, at all or however few of them are not 0; and how
many such are few: of an array with these, what is not 0 is written."""


def assignments(inputs: Mapping[str, Array]) -> tuple[str, ...]:
    """Arrays as lines of NumPy, each of which gives floats; of one that is too long, a comment.

    >>> assignments({"x": ((Fraction(1), Fraction(-1, 2)),), "m": Fraction(2)})
    ('x = np.array([[1., -0.5]])', 'm = 2.')
    """
    return tuple(_assignment(name, array) for name, array in inputs.items())


def _assignment(name: str, array: Array) -> str:
    entries, shape = dict(_entries(array)), _shape(array)
    if not shape:
        return f"{name} = {_nested(array)}"
    size = str(shape) if len(shape) > 1 else str(shape[0])
    for value, made in ((0, "zeros"), (1, "ones")):
        if len(entries) > 1 and set(entries.values()) == {value}:
            return f"{name} = np.{made}({size})"
    other = {place: value for place, value in entries.items() if value}
    if len(entries) <= (SHORT if len(other) <= FEW else WHOLE):
        return f"{name} = np.array({_nested(array)})"
    if len(other) > WHOLE:
        return f"# {name}: {'×'.join(map(str, shape))} numbers, all of them in --json"
    set_ = (f"{name}[{', '.join(map(str, p))}] = {_nested(v)}" for p, v in other.items())
    return "; ".join((f"{name} = np.zeros({size})", *set_))


def _entries(
    array: Array, place: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    if isinstance(array, Fraction):
        yield place, array
        return
    for row, inner in enumerate(array):
        yield from _entries(inner, (*place, row))


def _shape(array: Array) -> tuple[int, ...]:
    return () if isinstance(array, Fraction) else (len(array), *_shape(array[0]))


def _nested(array: Array) -> str:
    if isinstance(array, Fraction):
        return _number(array)
    return f"[{', '.join(map(_nested, array))}]"


def _number(value: Fraction) -> str:
    """A fraction as a float that is exactly it, or as a quotient."""
    if value.denominator == 1:
        return f"{value.numerator}."
    if value.denominator & (value.denominator - 1):
        return f"{value.numerator}/{value.denominator}"
    return str(Decimal(value.numerator) / Decimal(value.denominator))


def as_numbers(array: Array) -> Any:
    """Nested lists of numbers, for JSON; of fractions as text, where they are no floats."""
    if not isinstance(array, Fraction):
        return [as_numbers(row) for row in array]
    if array.denominator == 1:
        return array.numerator
    return float(array) if Fraction(float(array)) == array else str(array)


def shortened(one: str, other: str) -> tuple[str, str]:
    """Two numbers with as many digits as are needed to tell them apart.

    >>> shortened("0.26894142136999512075", "1/3")
    ('0.2689414214', '1/3')
    """
    for digits in range(DIGITS, 60, DIGITS):
        made = _rounded(one, digits), _rounded(other, digits)
        if made[0] != made[1]:
            return made
    return one, other


def _rounded(text: str, digits: int) -> str:
    if not any(sign in text for sign in ".e"):
        return text
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    short = +value.normalize(Context(digits))
    return str(int(short)) if short == int(short) and abs(short) < 10**digits else str(short)
