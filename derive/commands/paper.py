"""What a command prints: headings, aligned lines, formulas that wrap; plain when piped."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDEST = 100
GLUE = "\u00a0"
"""A space at which a line does not break."""

CODES = {"bold": "1", "dim": "2", "bold red": "1;31", "bold green": "1;32"}
"""Styles as a terminal takes them (ECMA-48, select graphic rendition)."""


def glued(formula: str) -> str:
    """The formula with lines broken only before an operator of its outer levels."""
    return re.sub(r" (?![∘/+@])", GLUE, formula)


def colourful() -> bool:
    """Whether standard output is a terminal that takes styles, and nobody asked for none."""
    dumb = os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdout.isatty() and not dumb and not os.environ.get("NO_COLOR")


def styled(text: str, style: str) -> str:
    """The text in a style of `CODES`, where styles are seen."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if text and style and colourful() else text


@dataclass
class Paper:
    """Standard output; `quiet` prints nothing (for --json)."""

    quiet: bool = False

    @property
    def width(self) -> int:
        """Columns that lines may take."""
        return min(shutil.get_terminal_size().columns, WIDEST)

    def heading(self, text: str, note: str = "") -> None:
        """A line in bold, with a note beside it, or below where it is long."""
        beside = len(text) + 2 + len(note) <= self.width
        self._print("\n" + styled(text, "bold") + (f"  {note}" if note and beside else ""))
        if not beside:
            self.line(f"  {note}")

    def line(self, text: str = "", style: str = "") -> None:
        """Text that wraps, later lines indented."""
        indent = len(text) - len(text.lstrip())
        wrapped = textwrap.wrap(
            text,
            self.width,
            subsequent_indent=" " * (indent + 4),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for one in wrapped or [""]:
            self._print(styled(one, style))

    def as_is(self, text: str, style: str = "") -> None:
        """Text that stands as it is, carets under their place."""
        self._print(styled(text, style))

    def equations(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Lines of name, formula and note, the notes at the right edge where there is room."""
        table = list(rows)
        names = max((len(name) for name, _, _ in table), default=0)
        for name, formula, note in table:
            left = f"  {name:<{names}} = {formula}"
            room = self.width - len(left) - len(note)
            if room > 1:
                self._print(left + " " * room + styled(note, "dim"))
            else:
                self._wrapped(name, formula, note, names)

    def _wrapped(self, name: str, formula: str, note: str, names: int) -> None:
        indent = " " * (names + 5)
        lines = [
            one.replace(GLUE, " ")
            for one in textwrap.wrap(
                f"  {name:<{names}} = {glued(formula)}".replace(" =", GLUE + "="),
                self.width - len(note) - 2,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        ]
        for one in lines[:-1]:
            self._print(one)
        room = max(1, self.width - len(lines[-1]) - len(note))
        self._print(lines[-1] + " " * room + styled(note, "dim"))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as their widest cell; the first is aligned left, the others right."""
        widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
        for place, row in enumerate((head, *rows)):
            cells = [f"{row[0]:<{widths[0]}}"]
            cells += [f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True)]
            self._print(styled("  " + "  ".join(cells), "dim" if place == 0 else ""))

    def _print(self, text: str) -> None:
        if not self.quiet:
            print(text, flush=True)  # a reader that went away is noticed here
