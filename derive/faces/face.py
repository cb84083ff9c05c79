"""The table of faces: what each is called, by which ending of a file it is known, where it lives.

A face is loaded when it is first written.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from derive.diagnostic import refuse


class Face(NamedTuple):
    """One form of a report: its name, the endings of its files, and what it is."""

    name: str
    endings: tuple[str, ...]
    title: str


ROWS = (
    Face("html", (".html", ".htm"), "a page for reading, printing, sending"),
    Face("markdown", (".md", ".markdown"), "Markdown"),
    Face("latex", (".tex",), "an article in LaTeX"),
    Face("json", (".json",), "all of it as data, derive/faces/report.schema.json"),
    Face("junit", (".xml",), "JUnit XML: a claim is a test"),
    Face("sarif", (".sarif",), "SARIF 2.1.0, for code hosts and editors"),
    Face("gradescope", (), "the results.json of Gradescope"),
)
FACES: Mapping[str, Face] = {row.name: row for row in ROWS}
"""Name of a face -> its row. A notebook has the page as a part, the face `notebook`, and one
formula of LaTeX, the face `notebook_latex`."""

MODULES: Mapping[str, str] = {
    "json": "derive.faces.data",
    **{n: f"derive.faces.{n}" for n in (*FACES, "notebook", "notebook_latex") if n != "json"},
}


def written(name: str, reports: Sequence[Any]) -> str:
    """The reports in one form."""
    return str(importlib.import_module(MODULES[name]).write(reports))


def face_called(name: str) -> Face:
    """The face of a name. Raises DeriveError where there is none of that name."""
    if name not in FACES:
        raise refuse("D129", f"there is no format `{name}`; there are {', '.join(FACES)}")
    return FACES[name]


def face_of(path: str) -> Face:
    """The face that a file of this name has. Raises DeriveError where its ending is none's."""
    lower = path.lower()
    endings = {ending: row for row in ROWS for ending in row.endings}
    for ending, row in endings.items():
        if lower.endswith(ending):
            return row
    known = ", ".join(ending for ending in endings)
    raise refuse("D129", f"what `{path}` is to be is not clear: its name ends in none of {known}")
