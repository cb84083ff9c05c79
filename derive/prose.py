r"""Shapes that sentences say: "$x$ is $1 \times 2$", "W_1 is a 2x500 matrix"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.equation import dim_name
from derive.markup import Piece

ROOM = r"\s{0,20}"
"""Room is bounded, so that a page of nothing but room costs nothing."""

LINK = (
    r"(?<!\s)\s{1,20}(?:is|are|be|has|have|being|of)\s{1,20}(?:(?:an?|the|of|with|its|size|shape"
    r"|dimensions?|matrix|vector|equal|to)\s{1,20}){0,6}"
    rf"|(?<!\s){ROOM}(?:\bshape{ROOM})?[:(]{ROOM}"
)
NUMBER_OR_NAME = r"(?:[0-9]{1,9}|[A-Za-z](?:_?[A-Za-z0-9]{1,3}|_\{\w{1,9}\})?)"
TIMES = rf"{ROOM}(?:\\times|×|\bby\b|\*){ROOM}"
SIZE = re.compile(
    rf"(?P<link>{LINK})\(?(?P<a>{NUMBER_OR_NAME})(?:{TIMES}(?P<b>{NUMBER_OR_NAME})(?![\w^])"
    r"|(?<=[0-9])\s?x\s?(?P<c>[0-9]{1,9})(?!\w)|\s{1,20}x\s{1,20}(?P<d>[A-Za-z0-9]{1,9})(?!\w))"
)
SYMBOL = re.compile(r"(?<![\w\\])(\\?[A-Za-z]{1,6}[_0-9]\w{0,9}|[A-Za-z])$")
SUPPOSED = re.compile(r"\b(?:suppose|if|imagine|would|could|cannot|can't|not|should|think)\b", re.I)
SENTENCE = re.compile(r"[.!?;]\s|\n\s*\n|\n\s*[-*•]")
NO_SYMBOL = ("a", "I")


@dataclass(frozen=True, slots=True)
class Said:
    """What has a shape, as it is written, the sizes, and where that stands in the page."""

    subject: str
    dims: tuple[str, str]
    start: int


def shapes_said(page: str, pieces: Sequence[Piece]) -> tuple[Said, ...]:
    """The shapes that the sentences of a page say, but not those that they only suppose.

    >>> from derive.markup import pieces
    >>> page = "the matrix W_1 is 2x500"
    >>> [(said.subject, said.dims) for said in shapes_said(page, pieces(page))]
    [('W_1', ('2', '500'))]
    """
    flat = flattened(page, pieces)
    formulas = {len(flat[: one.end].rstrip()): one for one in pieces if one.kind == "formula"}
    return tuple(_said(flat, formulas))


def flattened(page: str, pieces: Sequence[Piece]) -> str:
    """The page with room in the place of marks and code; the letters keep their places."""
    flat = list(page)
    for one in pieces:
        if one.kind in ("formula", "prose"):
            flat[one.begin : one.start] = " " * (one.start - one.begin)
            after = one.start + len(one.text)
            flat[after : one.end] = " " * (one.end - after)
        else:
            flat[one.begin : one.end] = " " * (one.end - one.begin)
    return "".join(flat)


def _said(flat: str, formulas: dict[int, Piece]) -> Iterator[Said]:
    for found in SIZE.finditer(flat):
        end = len(flat[max(0, found.start() - 400) : found.start()].rstrip())
        end += max(0, found.start() - 400)
        piece = formulas.get(end)
        symbol = SYMBOL.search(flat[max(0, end - 20) : end])
        if piece is None and (symbol is None or symbol[1] in NO_SYMBOL):
            continue
        subject = piece.text.strip() if piece else symbol[1] if symbol else ""
        start = piece.start if piece else end - len(subject)
        if not _supposed(flat, start):
            second = found["b"] or found["c"] or found["d"]
            yield Said(subject, (dim_name(found["a"]), dim_name(second)), start)


def _supposed(flat: str, start: int) -> bool:
    """Whether the sentence up to a place only supposes what it says."""
    before = flat[max(0, start - 300) : start]
    return SUPPOSED.search(SENTENCE.split(before)[-1]) is not None
