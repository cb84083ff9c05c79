"""Lines of a document: statements and what goes on below them; pieces that know their place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.diagnostic import DeriveError, Span, refuse

LONGEST = 200_000
"""Letters of a document at most."""

LONGEST_LINE = 20_000
INDENT = 4
COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.M)
OPEN, CLOSED = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Extract:
    """A piece of a statement: its text without room at its ends, in a whole, from `start` on."""

    whole: str
    start: int
    text: str

    @classmethod
    def of(cls, whole: str) -> Extract:
        """All of a text."""
        return cls(whole, 0, whole).cut(0)

    def cut(self, start: int, end: int | None = None) -> Extract:
        """A part of it."""
        part = self.text[start:end]
        room = len(part) - len(part.lstrip())
        return Extract(self.whole, self.start + start + room, part.strip())

    def partition(
        self, sign: str, *, outside: str = "", pattern: bool = False
    ) -> tuple[Extract, bool, Extract]:
        """What stands before and after the first sign, and whether there is one.

        `outside` is a word after which the sign does not count.
        """
        guard = rf"(?<!{outside})" if outside else ""
        found = re.search(guard + (sign if pattern else re.escape(sign)), self.text)
        if not found:
            return self, False, self.cut(len(self.text))
        return self.cut(0, found.start()), True, self.cut(found.end())

    def at_top(self, sign: str) -> tuple[Extract, bool, Extract]:
        """As `partition`, at the first sign that stands outside all brackets."""
        depth = 0
        for place, letter in enumerate(self.text):
            depth += (letter in OPEN) - (letter in CLOSED)
            if letter == sign and depth <= 0:
                return self.cut(0, place), True, self.cut(place + 1)
        return self.partition(sign)

    def split(self, sign: str) -> list[Extract]:
        """The pieces between signs."""
        pieces, rest, more = [], self, True
        while more:
            piece, more, rest = rest.partition(sign)
            pieces.append(piece)
        return pieces

    def words(self) -> list[Extract]:
        """The words; room inside quotes does not part them."""
        found = re.finditer(r"(?:'[^']*'|\"[^\"]*\"|\S)+", self.text)
        return [self.cut(*match.span()) for match in found]

    def without_comments(self) -> Extract:
        """The piece with room in the place of each comment."""
        blank = COMMENT.sub(lambda match: " " * len(match[0]), self.text)
        return Extract(self.whole, self.start, blank).cut(0)

    def flat(self) -> str:
        """The text on one line."""
        return re.sub(r"\s*\n\s*", " ", self.text)

    def refuse(self, code: str, message: str, help: str | None = None) -> DeriveError:
        """The refusal that points at this piece."""
        return refuse(code, message, self.whole, self.spot, help=help)

    @property
    def spot(self) -> Span:
        """Its place in the whole, one letter at least."""
        first = self.text.partition("\n")[0]
        return Span(self.start, self.start + max(1, len(first)))


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: the number of its line, its letters in the file, its text."""

    number: int
    span: Span
    text: str

    @property
    def first(self) -> str:
        """The line that it starts with."""
        return self.text.partition("\n")[0]

    @property
    def at(self) -> int:
        """Where its keyword starts."""
        return len(self.text) - len(self.text.lstrip())

    @property
    def keyword(self) -> str:
        """Its first word."""
        return self.text.split()[0]

    def longer(self, span: Span, text: str) -> Line:
        """The statement with one more line."""
        return Line(self.number, self.span.join(span), f"{self.text}\n{text}")

    @property
    def body(self) -> Extract:
        """What stands after the keyword."""
        return Extract.of(self.text).cut(len(self.keyword))


def lines_of(text: str) -> tuple[Line, ...]:
    """The statements of a text: comments left out, lines that go on put together.

    Raises DeriveError for a text that is too long.
    """
    if len(text) > LONGEST:
        raise refuse("D127", f"the document has {len(text)} characters; at most {LONGEST} are read")
    found: list[Line] = []
    base, start = None, 0
    for number, raw in enumerate(text.splitlines(keepends=True), 1):
        line = raw.rstrip().replace("\t", " " * INDENT)
        room = len(line) - len(line.lstrip())
        base = room if base is None and line else base or 0
        span = Span(start, start + len(raw.rstrip()))
        start += len(raw)
        if found and room >= base + INDENT and line:
            found[-1] = found[-1].longer(span, line[base + INDENT :])
        elif line and line[room] != "#":
            found.append(Line(number, span, line))
    return tuple(found)
