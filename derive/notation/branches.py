"""Choices of C and Rust as calls: `c ? a : b` and `if c { a } else { b }` are `where(c, a, b)`."""

from __future__ import annotations

import re

from derive.notation.draft import Draft, Edit

_OPEN, _CLOSED = "([{", ")]}"
_BEFORE = re.compile(r"(?:\breturn\b|[;,\n]|(?<![=<>!+*/-])=(?!=)|(?<=[+*/-])=)")
_BRACED = re.compile(
    r"\bif\b(?P<test>[^{};?]*?)\{(?P<yes>[^{};]*);?\s*\}\s*else\s*\{(?P<no>[^{};]*);?\s*\}"
)
MOST = 20
"""Choices in one text."""


def branches_to_calls(text: Draft) -> Draft:
    """The text with every choice as a call; one that is not understood stays as it is."""
    for _ in range(MOST):
        changed = _last_choice(text) or _braced(text)
        if changed is None:
            break
        text = changed
    return text


def _braced(text: Draft) -> Draft | None:
    """`if c { a } else { b }`, where both are values, or both are returned."""
    found = _BRACED.search(text.text)
    if found is None:
        return None
    returned = [re.match(r"\s*return\b", found[part]) for part in ("yes", "no")]
    if any(returned) != all(returned):
        return None
    start = found.start()
    edits: list[Edit] = [(start, start + 2, "return where(" if any(returned) else "where(")]
    for part, end in (("yes", found.start("no")), ("no", found.end())):
        inner = re.sub(r"\breturn\b", "", found[part]).strip()
        edits.append((found.start(part) - 1, found.end(part), f",({inner})"))
        edits.append((found.end(part), end - (part == "yes"), "" if part == "yes" else ")"))
    return text.splice(edits)


def _last_choice(text: Draft) -> Draft | None:
    """The last `c ? a : b`: within it there is no other."""
    mark = text.text.rfind("?")
    if mark < 0:
        return None
    colon = _next_colon(text.text, mark + 1)
    if colon is None:
        return None
    start, end = _start(text.text, mark), _end(text.text, colon + 1)
    edits: list[Edit] = [
        (start, start, "where("),
        (mark, mark + 1, ","),
        (colon, colon + 1, ","),
        (end, end, ")"),
    ]
    return text.splice(edits)


def _next_colon(text: str, place: int) -> int | None:
    depth = 0
    for index in range(place, len(text)):
        depth += (text[index] in _OPEN) - (text[index] in _CLOSED)
        if depth < 0:
            return None
        if depth == 0 and text[index] == ":":
            return index
    return None


def _start(text: str, mark: int) -> int:
    """Where the condition starts: after a bracket, an assignment, a comma, `return`."""
    ends = {found.end() for found in _BEFORE.finditer(text, 0, mark)}
    depth, start = 0, mark
    while start > 0 and not (depth == 0 and start in ends):
        depth += (text[start - 1] in _CLOSED) - (text[start - 1] in _OPEN)
        if depth < 0:
            break
        start -= 1
    return start + len(text[start:mark]) - len(text[start:mark].lstrip())


def _end(text: str, place: int) -> int:
    """Where the last value ends: before a bracket, a comma, the end of the statement."""
    depth = 0
    for index in range(place, len(text)):
        letter = text[index]
        depth += (letter in _OPEN) - (letter in _CLOSED)
        if depth < 0 or (depth == 0 and letter in ";,:\n"):
            return index
    return len(text)
