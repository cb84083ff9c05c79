"""What a command prints: headings, aligned lines, formulas that wrap; plain when piped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

WIDEST = 100
GLUE = "\u00a0"
"""A space at which a line does not break."""


def glued(formula: str) -> str:
    """The formula with lines broken only before an operator of its outer levels."""
    return re.sub(r" (?![∘/+@])", GLUE, formula)


@dataclass
class Paper:
    """A console; `quiet` prints nothing (for --json)."""

    quiet: bool = False
    console: Console = field(default_factory=lambda: Console(highlight=False))

    @property
    def width(self) -> int:
        """Columns that lines may take."""
        return min(self.console.width, WIDEST)

    def heading(self, text: str, note: str = "") -> None:
        """A line in bold, with a note beside it, or below where it is long."""
        beside = len(text) + 2 + len(note) <= self.width
        self._print(Text.assemble("\n", (text, "bold"), f"  {note}" if note and beside else ""))
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
            self._print(Text(one, style))

    def as_is(self, text: str, style: str = "") -> None:
        """Text that stands as it is, carets under their place."""
        self._print(Text(text, style))

    def equations(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Lines of name, formula and note, the notes at the right edge where there is room."""
        table = list(rows)
        names = max((len(name) for name, _, _ in table), default=0)
        for name, formula, note in table:
            left = f"  {name:<{names}} = {formula}"
            room = self.width - len(left) - len(note)
            if room > 1:
                self._print(Text.assemble(left, " " * room, (note, "dim")))
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
            self._print(Text(one))
        room = max(1, self.width - len(lines[-1]) - len(note))
        self._print(Text.assemble(lines[-1], " " * room, (note, "dim")))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as their widest cell; the first is aligned left, the others right."""
        widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
        for place, row in enumerate((head, *rows)):
            cells = [f"{row[0]:<{widths[0]}}"]
            cells += [f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True)]
            self._print(Text("  " + "  ".join(cells), "dim" if place == 0 else ""))

    def _print(self, text: Text) -> None:
        if not self.quiet:
            self.console.print(text, soft_wrap=True)
