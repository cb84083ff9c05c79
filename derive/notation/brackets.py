"""What square brackets are: a slice, cells side by side, or only brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.notation.limits import number
from derive.notation.piece import Maker
from derive.notation.scanner import Token
from derive.notation.words import TRANSPOSE
from derive.term import Attr

CELL = (",", "|", "&")
ROW = (";", "\\\\")
_COMPARISONS = (">", "<", "≥", "≤")
_STARTS = frozenset(("number", "name", "call", "open", "command", "piece"))
_ENDS = frozenset(("number", "name", "close", "piece"))


def _top(tokens: Sequence[Token], place: int) -> Iterator[int]:
    """The places of the tokens in these brackets that no other brackets hold."""
    depth = 0
    while depth or tokens[place].kind != "close":
        if tokens[place].kind == "close":
            depth -= 1
        if depth == 0:
            yield place
        if tokens[place].kind == "open":
            depth += 1
        place += 1


def is_slice(tokens: Sequence[Token], place: int) -> bool:
    """Whether the bracket here selects: `W[1:]`, `W[0]`; it then follows without room."""
    opened = tokens[place]
    if opened.kind != "open" or opened.text != "[" or opened.spaced:
        return False
    inner = [tokens[at] for at in _top(tokens, place + 1)]
    if any(token.is_sign(":") for token in inner):
        return True
    return bool(inner) and all(token.kind == "number" or token.is_sign(",", "-") for token in inner)


def read_slice(tokens: Sequence[Token], place: int, make: Maker) -> list[tuple[Attr, ...]]:
    """The (axis, start, stop) of each axis on which the bracket here selects."""
    items: list[list[Token]] = [[]]
    for at in _top(tokens, place + 1):
        if tokens[at].is_sign(","):
            items.append([])
        else:
            items[-1].append(tokens[at])
    opened = tokens[place]
    bounds = [_bounds(item, opened, make) for item in items]
    return [(axis, *pair) for axis, pair in enumerate(bounds) if pair is not None]


def _bounds(item: Sequence[Token], opened: Token, make: Maker) -> tuple[int, int | None] | None:
    """Start and stop; None for a whole axis, `:`; a single row keeps its axis."""
    shape = "".join(":" if token.is_sign(":") else token.kind[0] for token in item)
    numbers = [_whole(token, make) for token in item if token.kind == "number"]
    match shape, numbers:
        case ":", []:
            return None
        case "n", [row]:
            return row, row + 1
        case "n:", [start]:
            return start, None
        case ":n", [stop]:
            return 0, stop
        case "n:n", [start, stop]:
            return start, stop
    span = item[0].span.join(item[-1].span) if item else opened.span
    raise make.refusal("D111", _BOUNDS, span, "W[1:] leaves out the first row")


_BOUNDS = "a slice has whole numbers from 0 on as its bounds"


def _whole(token: Token, make: Maker) -> int:
    value = number(token.text, make.text, token.span)
    if value.denominator != 1:
        raise make.refusal("D111", _BOUNDS, token.span)
    return int(value)


def splits_at_room(tokens: Sequence[Token], place: int) -> bool:
    """Whether room alone separates the cells here: a lone 1 or 0 beside an operand, `[1 H]`."""
    places = list(_top(tokens, place))
    if any(tokens[at].is_sign(*CELL, *_COMPARISONS) for at in places):
        return False
    return any(tokens[at].text in ("1", "0") and _is_lone(tokens, at, place) for at in places)


def _is_lone(tokens: Sequence[Token], at: int, first: int) -> bool:
    if tokens[at].kind != "number":
        return False
    before, after = tokens[at - 1], tokens[at + 1]
    ends = before.kind in _ENDS or before.is_sign(TRANSPOSE, "'")
    follows = at > first and ends and tokens[at].spaced
    leads = after.kind in _STARTS and after.spaced
    begins = at == first or before.is_sign(*ROW)
    finishes = after.kind == "close" or after.is_sign(*ROW)
    return (leads and (begins or follows)) or (follows and finishes)
