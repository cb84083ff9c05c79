"""Numbers and lists of numbers, as a document writes them: `0.8`, `[[1, 0], [0, 1]]`."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.extract import Extract
from derive.notation.limits import number

Value = Fraction | tuple["Value", ...]
"""A number, or a list of values of one length."""

DEEPEST = 8
TOKEN = re.compile(r"\s*([-+]?\s*(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[][,]|\S)")
CLOSE = "]"


def read_value(part: Extract) -> Value:
    """The value that a text gives.

    Raises DeriveError for any other text.

    >>> read_value(Extract.of("[1, -0.5]"))
    (Fraction(1, 1), Fraction(-1, 2))
    """
    reader = Reader(part)
    value = reader.value(0)
    if reader.tokens:
        raise reader.failure()
    return value


class Reader:
    """Reads the tokens of one text from left to right."""

    def __init__(self, part: Extract) -> None:
        self.part = part
        self.tokens = list(TOKEN.finditer(part.text))[::-1]

    @property
    def next(self) -> str:
        """The token that comes, or nothing at the end."""
        return self.tokens[-1][1] if self.tokens else ""

    def value(self, depth: int) -> Value:
        """A number or a list."""
        if self.next == "[" and depth < DEEPEST:
            self.tokens.pop()
            return self.entries(depth + 1)
        if not self.next[-1:].isdigit() and self.next[-1:] != ".":
            raise self.failure()
        literal = re.sub(r"\s", "", self.next)
        found = number(literal.lstrip("+-"), self.part.whole, self.part.spot)
        self.tokens.pop()
        return -found if literal.startswith("-") else found

    def entries(self, depth: int) -> tuple[Value, ...]:
        """The values up to the bracket that closes the list."""
        found: list[Value] = []
        while self.next != CLOSE:
            found.append(self.value(depth))
            if self.next == ",":
                self.tokens.pop()
            elif self.next != CLOSE:
                raise self.failure()
        if len({shape(one) for one in found}) != 1:
            raise self.failure("the lists in a value have one length, and at least one number")
        self.tokens.pop()
        return tuple(found)

    def failure(self, message: str = "") -> Exception:
        """The refusal at the next token."""
        if not self.tokens:
            return self.part.refuse("D128", message or "a value ends too early")
        at = self.part.cut(*self.tokens[-1].span(1))
        return at.refuse("D128", message or "a value is a number, or a list of numbers in [ ]")


def shape(value: Value) -> tuple[int, ...]:
    """The lengths of a value, outermost first.

    >>> shape(((Fraction(1), Fraction(2)),))
    (1, 2)
    """
    return (len(value), *shape(value[0])) if isinstance(value, tuple) else ()
