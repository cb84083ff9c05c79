"""Pages of `docs/`, taken apart and tried: files are written, code is run, commands are given.

A page is read from top to bottom, in a folder of its own. A fenced block is

- a file, if the line above it is `<!-- file: NAME -->`;
- `console`: commands behind `$ `, each with what it prints; a line `...` stands for any lines;
- `python`: code that goes on from the block before it; a `text` block right behind it is what it
  prints.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?:^<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```\n"
    r"(?:\n```text\n(?P<printed>.*?)^```\n)?",
    re.S | re.M,
)
COMMAND = re.compile(r"^\$ (?P<line>.*\n)(?P<printed>(?:(?!\$ ).*\n)*)", re.M)
WIDTH = "80"
END = "-- end of block --"
SILENT = frozenset({"text", "derive", "latex"})
"""Blocks without a name that are only to be looked at."""


@dataclass(frozen=True)
class Block:
    """One fenced block: `file` is the name that it is written to."""

    kind: str
    body: str
    file: str | None
    printed: str | None


def blocks(text: str) -> tuple[Block, ...]:
    """The fenced blocks of a page, in its order."""
    return tuple(Block(m["kind"], m["body"], m["file"], m["printed"]) for m in BLOCK.finditer(text))


def fits(shown: str, real: str) -> bool:
    """Whether a text is what a page shows, where a line `...` stands for any lines.

    >>> fits("a\\n...\\nz\\n", "a\\nb\\nc\\nz\\n"), fits("a\\n", "b\\n")
    (True, False)
    """
    parts = re.split(r"^\.\.\.\n", shown, flags=re.M)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), real) is not None


@dataclass(frozen=True)
class Page:
    """A page, and the folder and environment that it is tried in."""

    text: str
    folder: Path
    environment: dict[str, str]

    def write_files(self) -> None:
        """The files of the page, in the folder."""
        for block in blocks(self.text):
            if block.file:
                place = self.folder / block.file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(block.body, encoding="utf-8")

    def commands(self) -> Iterator[tuple[str, str, str]]:
        """Each command of the page, what is shown of it, and what it printed."""
        for block in blocks(self.text):
            for match in COMMAND.finditer(block.body if block.kind == "console" else ""):
                yield match["line"].strip(), match["printed"], self._output(match["line"])

    def code(self) -> Iterator[tuple[str, str, str]]:
        """Each block of Python, what is shown of it, and what it printed, all in one process."""
        found = [b for b in blocks(self.text) if b.kind == "python" and not b.file]
        if not found:
            return
        program = "".join(f"{block.body}\nprint({END!r})\n" for block in found)
        done = self._run([sys.executable, "-X", "utf8", "-c", program])
        assert done.returncode == 0, done.stderr
        printed = done.stdout.split(f"{END}\n")
        for block, real in zip(found, printed, strict=False):
            yield block.body, block.printed or "...\n", real

    def _output(self, command: str) -> str:
        done = self._run(["bash", "-c", command])
        return done.stdout + done.stderr

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


def unknown(text: str) -> set[str]:
    """Kinds of blocks that nothing would try."""
    plain = (b for b in blocks(text) if not b.file)
    return {b.kind for b in plain} - SILENT - {"console", "python"}
