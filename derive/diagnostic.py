"""What went wrong, where, and what would help: diagnostics as data, drawn with a caret."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of characters in one source text."""

    start: int
    end: int

    def join(self, other: Span | None) -> Span:
        """The smallest span that holds both."""
        if other is None:
            return self
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: its name, line and column, both counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, one sentence, its place, and what would help."""

    code: str
    message: str
    text: str = ""
    span: Span | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    place: Place | None = None

    def render(self) -> str:
        """The finding as lines of plain text, with carets under its place.

        >>> print(Diagnostic("D001", "unknown name `q`", "a + q", Span(4, 5)).render())
        D001: unknown name `q`
          | a + q
          |     ^
        """
        lines = [f"{self.code}: {self.message}"]
        if self.place is not None:
            lines.append(f" --> {self.place}")
        if self.span is not None and self.text:
            lines += [f"  | {line}" for line in caret_lines(self.text, self.span)]
        lines += [f"  = note: {note}" for note in self.notes]
        if self.help:
            lines.append(f"  = help: {self.help}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The finding as plain data; `span` is where it starts and ends in `text`."""
        return {
            "code": self.code,
            "message": self.message,
            "text": self.text,
            "span": None if self.span is None else [self.span.start, self.span.end],
            "notes": list(self.notes),
            "help": self.help,
            "rendered": self.render(),
            **({} if self.place is None else {"place": asdict(self.place)}),
        }


class DeriveError(ValueError):
    """A refusal that carries its diagnostic; `str` of it is one clear sentence."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return self.diagnostic.render().split("\n")


def refuse(
    code: str,
    message: str,
    text: str = "",
    span: Span | None = None,
    *,
    notes: tuple[str, ...] = (),
    help: str | None = None,
) -> DeriveError:
    """The error for a refusal, to be raised by the caller."""
    return DeriveError(Diagnostic(code, message, text, span, notes, help))


def caret_lines(text: str, span: Span) -> list[str]:
    """The line of `text` in which `span` starts, and a line of carets under the span."""
    start = max(0, min(span.start, len(text)))
    head = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[head : stop if stop >= 0 else len(text)].replace("\t", " ")
    width = cells(line[start - head : span.end - head]) or 1
    return [line, " " * cells(line[: start - head]) + "^" * width]


def cells(text: str) -> int:
    """Columns that a terminal gives to `text`: combining marks take none, wide letters two."""
    return sum(_cell(letter) for letter in text)


def _cell(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
