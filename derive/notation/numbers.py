"""Exact numbers as text that is read back as the same number."""

from __future__ import annotations

from fractions import Fraction

LONGEST = 9
"""Digits up to which a number is written out."""


def decimal(value: Fraction) -> str | None:
    """The number as a decimal, or None where it has none.

    >>> decimal(Fraction(1, 8)), decimal(Fraction(1, 3)), decimal(Fraction(3, 10**12))
    ('0.125', None, '3e-12')
    """
    places = max(_power(value.denominator, 2), _power(value.denominator, 5))
    if 10**places % value.denominator:
        return None
    digits = str(value.numerator * 10**places // value.denominator)
    if places == 0:
        short = digits.rstrip("0") or "0"
        zeros = len(digits) - len(short)
        return digits if len(digits) <= LONGEST or not zeros else f"{short}e{zeros}"
    if places > LONGEST:
        return f"{digits}e-{places}"
    digits = digits.rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def _power(number: int, prime: int) -> int:
    """How often a prime divides a number."""
    count = 0
    while number % prime == 0:
        number //= prime
        count += 1
    return count
