"""A report as a page has it: statements in order, each with its claims and their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from derive.diagnostic import Diagnostic, Span
from derive.formula import FAULT
from derive.verdict import Claim, Report

JUDGED = "judged"

Run = tuple[str, str]
"""A piece of text and what it is: "", "judged" or "fault"."""


@dataclass(frozen=True)
class Statement:
    """What stands in one place of the text, and the claims that it makes, numbered."""

    line: int | None
    runs: tuple[Run, ...]
    claims: tuple[tuple[int, Claim], ...]


def statements(report: Report, start: int = 1) -> tuple[Statement, ...]:
    """The claims of a report by where they stand."""
    numbered = list(enumerate(report.claims, start))
    groups = groupby(numbered, lambda pair: (pair[1].line, pair[1].written))
    return tuple(
        Statement(line, written_runs(text, [c for _, c in found]), found)
        for (line, text), group in groups
        for found in [tuple(group)]
    )


def written_runs(text: str, claims: Iterable[Claim]) -> tuple[Run, ...]:
    """What was written, with the parts that were judged and those that are at fault."""
    kinds = [""] * len(text)
    found = list(claims)
    parts = [claim.place for claim in found if claim.place]
    faults = [d.span for c in found for d in c.diagnostics if d.span and d.text == text]
    for kind, spans in ((JUDGED, parts), (FAULT, faults)):
        for span in spans:
            start, end = max(span.start, 0), min(span.end, len(text))
            kinds[start:end] = [kind] * max(0, end - start)
    if all(kind != "" for kind in kinds):
        kinds = [kind.replace(JUDGED, "") for kind in kinds]
    return tuple(_runs(text, kinds))


def found_runs(found: Diagnostic) -> tuple[Run, ...]:
    """The text of a finding, with its place."""
    kinds = [""] * len(found.text)
    span = found.span or Span(0, 0)
    kinds[span.start : span.end] = [FAULT] * len(kinds[span.start : span.end])
    return tuple(_runs(found.text, kinds))


def _runs(text: str, kinds: list[str]) -> Iterator[Run]:
    pairs = groupby(zip(text, kinds, strict=True), lambda pair: pair[1])
    for kind, letters in pairs:
        yield "".join(letter for letter, _ in letters), kind
