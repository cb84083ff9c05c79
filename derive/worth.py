"""What a key says that its claims are worth: `points` and `credit` lines."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.extract import Extract
from derive.notation.spelling import shown, suggestion
from derive.statement import Credit, Points

CREDITS = ("layout", "repair", "step")
"""What gets a part of the points: right but transposed, one change from right, a right step."""

MOST = 1000
NUMBER = "points are a number from 0 to 1000, such as 2.5"
SHARE = "a part of the points is a percentage from 0% to 100%, such as 50%"


def points(_: str, body: Extract) -> Points:
    """`dL/dW2 = 4`, or `each = 2`. Raises DeriveError for what is neither."""
    name, sign, number = body.partition("=")
    if not sign or not name.text:
        raise body.refuse("D122", "points are `points dL/dW2 = 4`, or `points each = 2`")
    return Points(name.flat(), _number(number, NUMBER))


def credit(_: str, body: Extract) -> Credit:
    """`repair = 50%, step = 0.25`. Raises DeriveError for another word, or no part of a whole."""
    shares: dict[str, Fraction] = {}
    for part in body.split(","):
        name, _sign, text = part.partition("=")
        if name.text not in CREDITS or name.text in shares:
            help = suggestion(name.text, CREDITS) or f"credit is for {', '.join(CREDITS)}"
            raise part.refuse("D126", f"`{shown(part.flat())}` is no credit", help)
        shares[name.text] = _share(text)
    return Credit(shares)


def _share(part: Extract) -> Fraction:
    """A part of the whole, from `0%` to `100%`."""
    percent = part.text.endswith("%")
    number = _number(part.cut(0, -1) if percent else part, SHARE) / (100 if percent else 1)
    if number > 1:
        raise part.refuse("D124", SHARE)
    return number


def _number(part: Extract, expected: str) -> Fraction:
    """A decimal number."""
    decimal = re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,3})?", part.text, re.A)
    if not decimal or Fraction(part.text) > MOST:
        raise part.refuse("D124", expected)
    return Fraction(part.text)
