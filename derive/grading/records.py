"""What was found, kept file by file: a run that is stopped goes on where it was."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

from derive.diagnostic import refuse
from derive.grading.evidence import Evidence

MARK = re.compile(r"[0-9a-f]{64}")


class Records:
    """A folder with a file for each outcome, by the mark of its task."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def known(self, mark: str) -> Evidence | None:
        """What is recorded under a mark; None where nothing is, or what is there is damaged."""
        try:
            data = json.loads(self._path(mark).read_text(encoding="utf-8"))
            return Evidence.from_dict(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, mark: str, found: Evidence) -> None:
        """Records an outcome: all of it, or nothing."""
        write(self._path(mark), json.dumps(found.to_dict(), ensure_ascii=False, indent=1) + "\n")

    def _path(self, mark: str) -> Path:
        assert MARK.fullmatch(mark)
        return self.folder / f"{mark}.json"


def write(path: Path, text: str) -> None:
    """Writes a file all at once: a reader has the old one or the new one.

    Raises DeriveError, in one sentence, where that cannot be.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as sink:
                sink.write(text)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise refuse("D415", f"{path} cannot be written: {error.strerror or error}") from None
