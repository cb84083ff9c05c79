"""A text that is rewritten step by step, each letter of it knowing its place in the original."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from derive.diagnostic import Span

Rewrite = str | Callable[[re.Match[str]], str]
Edit = tuple[int, int, str]
"""Start and end of a part, and what takes its place."""


class Draft(NamedTuple):
    """`text`, made out of `original`; `places[i]` is where the letter i of it comes from."""

    original: str
    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """The place in the original of a part of the text."""
        first = self._place(start)
        return Span(first, max(first, self._place(end - 1) + 1 if end > start else first))

    def _place(self, index: int) -> int:
        return self.places[index] if 0 <= index < len(self.places) else len(self.original)

    def rewrite(self, pattern: str | re.Pattern[str], new: Rewrite) -> Draft:
        """Every match of the pattern replaced; what is as long as before keeps each place."""
        edits = [
            (*found.span(), new if isinstance(new, str) else new(found))
            for found in re.finditer(pattern, self.text)
        ]
        return self.splice(edits) if edits else self

    def splice(self, edits: Sequence[Edit]) -> Draft:
        """Parts of the text replaced, which are given in their order."""
        parts: list[str] = []
        places: list[int] = []
        done = 0
        for start, end, text in edits:
            parts += [self.text[done:start], text]
            places += self.places[done:start]
            places += self._stretched(start, end, len(text))
            done = end
        parts.append(self.text[done:])
        return Draft(self.original, "".join(parts), (*places, *self.places[done:]))

    def _stretched(self, start: int, end: int, length: int) -> list[int]:
        """Places for `length` letters that stand for those from `start` to `end`."""
        if start == end:
            return [self._place(start)] * length
        last = end - 1
        inner = [self.places[min(start + k, last)] for k in range(length)]
        return [*inner[:-1], self.places[last]] if length > 1 else inner


def draft(text: str) -> Draft:
    """A text as it is.

    >>> draft("a ./ b").rewrite(r"\\./", "/").span(2, 3)
    Span(start=2, end=3)
    """
    return Draft(text, text, tuple(range(len(text))))
