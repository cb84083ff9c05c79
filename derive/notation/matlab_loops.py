"""MATLAB's loops as Python's: `for i = 1:m ... end`, and the places that their letters name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.notation.draft import Draft, Edit

_HEADER = re.compile(
    r"\bfor\s*\(?\s*([A-Za-z]\w*)\s*=\s*1\s*:\s*([^\n;,=]+?)\)?\s*(?:[,;]?\s+|[,;]|$)"
)
_OPENED = re.compile(r"\bfor ([A-Za-z]\w*) in range\(")
_END = re.compile(r"\bend(?:for)?\b[ \t]*[;,]?(?![\w)\]])")
_LINE = re.compile(r"\n[ \t]*")
_MARKS = re.compile(
    rf"(?P<header>{_HEADER.pattern})|(?P<end>{_END.pattern})|(?P<line>{_LINE.pattern})"
)
_PLACE = re.compile(r"(?<![\w.])([A-Za-z]\w*)\(([^()]*)\)(?!\s*=(?!=))")
_TARGET = re.compile(r"(?<![\w.])([A-Za-z]\w*)\(([^()]*)\)(?=\s*=(?!=))")
_INDENT = "    "


def has_loops(text: str) -> bool:
    """Whether a text has a loop as only MATLAB writes it.

    >>> has_loops("for i = 1:m, s = s + x(i); end"), has_loops("for i in x[1:m]: end")
    (True, False)
    """
    return _HEADER.search(text) is not None


def loops_to_python(text: Draft) -> Draft:
    """Headers and blocks as Python has them."""
    if not has_loops(text.text):
        return text
    text = text.rewrite(r"\b(?:length|numel)\(", "len(")
    return text.splice(list(_blocks(text.text)))


def places_to_python(text: Draft) -> Draft:
    """The places that the letters of loops name, counted from 0."""
    letters = {found[1] for found in _OPENED.finditer(text.text)}
    return text.splice(sorted(_places(text.text, letters))) if letters else text


def _places(text: str, letters: set[str]) -> Iterator[Edit]:
    """`X(i,:)` is row i, still a row; `grad(j)` on the left side is only a place."""
    for found in _TARGET.finditer(text):
        if _named(found[2], letters):
            yield found.start(2) - 1, found.end(2) + 1, f"[{found[2]}]"
    for found in _PLACE.finditer(text):
        if _named(found[2], letters):
            yield found.start(2) - 1, found.end(2) + 1, f"[{found[2]}]{_kept(found[2])}"


def _named(inner: str, letters: set[str]) -> bool:
    """Whether all that stands in brackets are letters of loops, sums of them, and colons."""
    parts = [part.strip() for part in inner.split(",")]
    words = [re.fullmatch(r"([A-Za-z]\w*)(?:\s*[+-]\s*\d+)?", part) for part in parts]
    known = [word is not None and word[1] in letters for word in words]
    return any(known) and all(ok or part == ":" for ok, part in zip(known, parts, strict=True))


def _kept(inner: str) -> str:
    """What keeps both axes of a row or a column."""
    first, *rest = (part.strip() for part in inner.split(","))
    if rest == [":"]:
        return "[None, :]"
    return "[:, None]" if first == ":" and rest else ""


def _blocks(text: str) -> Iterator[Edit]:
    """Lines set in by how many loops are open; `end` goes."""
    depth = 0
    for found in _MARKS.finditer(text):
        if found["header"]:
            depth += 1
            head = _HEADER.fullmatch(found["header"])
            assert head is not None
            yield (*found.span(), f"for {head[1]} in range({head[2]}):\n{_INDENT * depth}")
        elif found["end"] and depth:
            depth -= 1
            yield (*found.span(), f"\n{_INDENT * depth}")
        elif found["line"]:
            yield (*found.span(), f"\n{_INDENT * depth}")
