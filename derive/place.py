"""Where the claims of a report stand in the text that was judged."""

from __future__ import annotations

from dataclasses import replace

from derive.verdict import Claim, Report


def located(report: Report, text: str) -> Report:
    """The report, each claim with the column at which its text starts, where that is found."""
    lines = text.splitlines()
    return replace(report, claims=tuple(_located(claim, lines) for claim in report.claims))


def _located(claim: Claim, lines: list[str]) -> Claim:
    first = claim.written.strip().split("\n")[0].strip()
    if not first or not claim.line or claim.line > len(lines):
        return claim
    place = lines[claim.line - 1].find(first)
    return replace(claim, column=place + 1) if place >= 0 else claim
