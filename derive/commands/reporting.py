"""`derive report FILE… -o OUT`: the verdicts as a page, an article, or for other programs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from derive.commands.documents import exit_code, judged
from derive.diagnostic import DeriveError, refuse
from derive.faces.face import Face, face_called, face_of, written
from derive.faces.saying import summary

REFUSALS = (DeriveError,)


def run(arguments: argparse.Namespace) -> int:
    """Writes the report; the exit code is that of all claims together."""
    face, target = wanted(arguments), arguments.output
    reports = list(judged(arguments))
    text = written(face.name, reports)
    if target in (None, "-"):
        sys.stdout.write(text)
    else:
        save(Path(target), text)
        claims = [claim for report in reports for claim in report.claims]
        print(f"{target}: {summary(claims)}")
    return exit_code(reports)


def wanted(arguments: argparse.Namespace) -> Face:
    """The form that is asked for: by its name, or by the ending of the file."""
    if arguments.format:
        return face_called(arguments.format)
    if arguments.output in (None, "-"):
        raise refuse("D129", "say what the report is to be: -o report.html, or --format markdown")
    return face_of(arguments.output)


def save(path: Path, text: str) -> None:
    """Writes a file as a whole: it is there with all of the text, or as it was before."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=path.parent, delete=False
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise refuse("D129", f"{path} cannot be written: {error.strerror or error}") from None
