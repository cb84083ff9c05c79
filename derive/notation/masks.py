"""Masks: terms that are 1 where something holds and 0 elsewhere, and what is said of several."""

from __future__ import annotations

from derive.diagnostic import Span
from derive.notation.piece import Maker, Piece
from derive.term import Apply, Const, Term

_ONE = 1


def is_mask(term: Term) -> bool:
    """Whether a term is 0 or 1 everywhere, by the way it is made."""
    match term:
        case Const(value):
            return value in (0, 1)
        case Apply("step" | "delta"):
            return True
        case Apply("entry", (Apply("gather", (Apply("eye"), _)), *_)):
            return True
        case Apply("gather", (Apply("eye"), _)):
            return True
        case Apply("sub", (Const(value), mask)):
            return value == _ONE and is_mask(mask)
        case Apply("mul", (left, right)):
            return is_mask(left) and is_mask(right)
    return False


def negated(make: Maker, mask: Piece, span: Span) -> Piece:
    """1 where the mask is 0."""
    return make.apply("sub", [make.number("1", span), mask], span)


def combine(make: Maker, sign: str, left: Piece, right: Piece, span: Span) -> Piece:
    """`and` is the product; `or` is what is left when neither holds."""
    if sign == "and":
        return make.apply("mul", [left, right], span)
    neither = combine(make, "and", negated(make, left, span), negated(make, right, span), span)
    return negated(make, neither, span)
