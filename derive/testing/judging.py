"""The verdicts on a document, claim by claim as it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.checker import check_document
from derive.diagnostic import Diagnostic
from derive.statement import ClaimLine
from derive.verdict import Claim, Report


@dataclass(frozen=True, slots=True)
class Judged:
    """For each claim of a document its verdicts: one for each link of a chain, and for a shape.

    `shapes` are those of the names of the network; `notes` are on lines that were not understood.
    """

    claims: tuple[tuple[Claim, ...], ...]
    shapes: Mapping[str, str]
    notes: tuple[Diagnostic, ...]


def judged(text: str, claims: Sequence[ClaimLine]) -> Judged:
    """The verdicts of `check_document` on the claims that were read in a document."""
    report = check_document(text)
    shapes = {line.name: line.shape for line in report.network}
    return Judged(tuple(_verdicts(report, one) for one in claims), shapes, report.notes)


def _verdicts(report: Report, line: ClaimLine) -> tuple[Claim, ...]:
    """The verdicts on a claim; one on the whole document is one on every claim."""
    own = [one for one in report.claims if (one.line, one.written) == (line.line, line.text)]
    own += [one for one in report.claims if one.line is None]
    return tuple(own) or (Claim("claim", "unreadable", note="nothing to judge", line=line.line),)
