"""How long, deep and large a formula may be, so that hostile text costs nothing."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.diagnostic import Span, refuse

MAX_TEXT = 20_000
MAX_NESTING = 100
MAX_DEPTH = 200
MAX_DIGITS = 30
MAX_EXPONENT = 300
MAX_NODES = 20_000


def check_length(text: str) -> None:
    """Refuse a text that no person wrote."""
    if len(text) > MAX_TEXT:
        message = f"the formula has {len(text)} characters; at most {MAX_TEXT} are read"
        raise refuse("D107", message)


def number(literal: str, text: str, span: Span) -> Fraction:
    """The exact value of a decimal literal.

    >>> number("0.5", "", Span(0, 3))
    Fraction(1, 2)
    """
    mantissa, _, exponent = literal.lower().partition("e")
    if len(re.sub(r"\D", "", mantissa)) > MAX_DIGITS:
        message = f"a number has more than {MAX_DIGITS} digits"
        raise refuse("D108", message, text, span)
    if len(exponent) > len("+0300") or abs(int(exponent or "0")) > MAX_EXPONENT:
        message = f"a number has a decimal exponent beyond {MAX_EXPONENT}"
        raise refuse("D108", message, text, span)
    return Fraction(literal)


def check_size(value: Fraction, text: str, span: Span) -> Fraction:
    """Refuse a number that arithmetic has made too long to write."""
    if max(abs(value.numerator), value.denominator) >= 10 ** (MAX_EXPONENT + MAX_DIGITS):
        raise refuse("D108", "a number here is too long", text, span)
    return value


def power(value: Fraction, text: str, span: Span) -> Fraction:
    """An exponent, refused beyond what a formula can mean."""
    if max(abs(value.numerator), value.denominator) > MAX_EXPONENT:
        raise refuse("D108", f"a power here is beyond {MAX_EXPONENT}", text, span)
    return value
