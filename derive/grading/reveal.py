"""What a student is shown of a mark: as much as the level allows, and nothing above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from derive.diagnostic import Diagnostic, Span
from derive.grading.evidence import Finding
from derive.grading.rubric import Mark
from derive.mistakes import MISTAKES

LEVELS = ("none", "kind", "shape", "step", "fix")
"""`none`: the points alone. `kind`: also what kind of mistake it is, and how the answer was read.
`shape`: also the shapes that do not fit. `step`: also the place, and numbers that show it. `fix`:
also a right formula nearby. Each has all that is before it."""

SAID = {
    "right": "right",
    "layout": "right, but transposed",
    "repair": "one change away from right",
    "step": "a right step, but not the answer",
    "wrong": "not right",
    "undecided": "neither shown to be right nor wrong; somebody will look at it",
    "unreadable": "not understood; somebody will look at it",
    "missing": "missing",
}


@dataclass(frozen=True)
class Line:
    """One thing to show: a label, and text; `drawn` text keeps its places."""

    label: str
    text: str
    drawn: bool = False


def revealed(mark: Mark, level: str) -> tuple[Line, ...]:
    """The lines on one derivative that a level allows."""
    return tuple(line for at, line in _lines(mark.finding) if allows(level, at))


def allows(level: str, wanted: str) -> bool:
    """Whether a level shows what belongs to another.

    >>> allows("shape", "kind"), allows("shape", "fix")
    (True, False)
    """
    return LEVELS.index(wanted) <= LEVELS.index(level)


def _lines(found: Finding) -> Iterator[tuple[str, Line]]:
    """All that there is to show, each with the level that it belongs to."""
    yield "kind", Line("", SAID[found.status])
    if found.note:
        yield "kind", Line("note", found.note)
    for claim in found.claims:
        yield from _claim(claim)


def _claim(claim: Mapping[str, Any]) -> Iterator[tuple[str, Line]]:
    """What was found of one formula."""
    if claim["line"]:
        yield "kind", Line("line", str(claim["line"]))
    if claim["read_as"]:
        yield "kind", Line("read as", claim["read_as"])
    if mistake := MISTAKES.get(claim["mistake"] or ""):
        yield "kind", Line("mistake", f"{mistake.title} (derive explain {mistake.code})")
    for data in claim["diagnostics"]:
        yield from _diagnostic(diagnostic_of(data), claim["verdict"])
    if claim["verdict"] in ("refuted", "ill-shaped") and claim["note"]:
        yield "step", Line("note", claim["note"])
    if claim["witness"]:
        yield "step", Line("numbers", claim["witness"]["text"])
    for label, name in (("repair", "repair"), ("in NumPy", "repair_numpy")):
        if claim[name]:
            yield "fix", Line(label, claim[name])


def _diagnostic(found: Diagnostic, verdict: str) -> Iterator[tuple[str, Line]]:
    """What does not fit: told before its place is. What was not understood has both at once."""
    if verdict == "unreadable":
        yield "kind", Line("", found.render(), drawn=True)
        return
    yield "shape", Line("shapes", "; ".join((found.message, *found.notes)))
    if found.span is not None and found.text:
        place = Diagnostic(found.code, "here", found.text, found.span)
        yield "step", Line("", place.render(), drawn=True)
    if found.help:
        yield "fix", Line("help", found.help)


def diagnostic_of(data: Mapping[str, Any]) -> Diagnostic:
    """The diagnostic that its data says."""
    span = Span(*data["span"]) if data["span"] else None
    notes = tuple(data["notes"])
    return Diagnostic(data["code"], data["message"], data["text"], span, notes, data["help"])
