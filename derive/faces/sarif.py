"""SARIF 2.1.0: what is wrong at which place of a file, for code hosts and editors.

A claim that is right is a result of the kind `pass`, so that nothing is left out. What the messages
do not say stands in the properties of a result, as in JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from derive.diagnostic import Diagnostic, Span
from derive.faces.pages import blocks
from derive.faces.saying import everything, headline
from derive.faces.visible import visible
from derive.mistakes import MISTAKES
from derive.verdict import GOOD, Claim, Report, as_json

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

LEVELS = {
    **dict.fromkeys(GOOD, ("pass", "none")),
    **dict.fromkeys(("refuted", "ill-shaped", "unreadable"), ("fail", "error")),
    "undecided": ("open", "none"),
}
"""Verdict -> kind and level of a result."""

RULES: Mapping[str, str] = {
    "proved": "the claim is equal to the derivative for all sizes, given the facts that are listed",
    "confirmed": "the claim is equal to the derivative to 50 digits at several points; not a proof",
    "refuted": "the claim differs from the derivative at the numbers that are shown",
    "ill-shaped": "the shapes in the claim do not fit",
    "undecided": "the claim was neither proved nor refuted within the limits",
    "unreadable": "the claim was not understood",
}
"""Verdict -> what it means; results that show no kind of mistake go by it."""


def write(reports: Sequence[Report]) -> str:
    """The text."""
    claims = [claim for report in reports for claim in report.claims]
    used = list(dict.fromkeys(_rule(claim) for claim in claims))
    driver = {"name": "derive", "rules": [_described(rule) for rule in used]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [n for r in reports for n in _notes(r)],
            }
        ],
        "results": [_result(c, r, used.index(_rule(c))) for r in reports for c in r.claims],
    }
    data = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return as_json(data) + "\n"


def _rule(claim: Claim) -> str:
    """The rule of a result: the kind of mistake, else the first finding, else the verdict."""
    if claim.mistake in MISTAKES:
        return str(claim.mistake)
    return claim.diagnostics[0].code if claim.diagnostics else claim.verdict


def _described(rule: str) -> dict[str, Any]:
    if rule not in MISTAKES:
        text = RULES.get(rule, f"finding {rule}")
        return {"id": rule, "shortDescription": {"text": text}}
    kind, page = MISTAKES[rule], [part.text for part in blocks(rule)]
    return {
        "id": rule,
        "name": kind.name,
        "shortDescription": {"text": kind.title},
        "help": {"text": "\n\n".join(page)},
    }


def _notes(report: Report) -> Iterator[dict[str, Any]]:
    for note in report.notes:
        yield {"level": "note", "message": {"text": visible(note.render())}}


def _result(claim: Claim, report: Report, rule: int) -> dict[str, Any]:
    kind, level = LEVELS.get(claim.verdict, ("open", "none"))
    said = "\n".join(f"{one.label}: {one.text}".strip() for one in everything(claim))
    return {
        "ruleId": _rule(claim),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": {"text": visible(f"{headline(claim)}\n{said}")},
        "locations": _locations(claim, report),
        "properties": {
            "verdict": claim.verdict,
            "codes": [found.code for found in claim.diagnostics],
            "facts": list(map(visible, claim.facts)),
            "layout": claim.layout,
            "repair": claim.repair and visible(claim.repair),
            "repairNumpy": claim.repair_numpy and visible(claim.repair_numpy),
        },
    }


def _locations(claim: Claim, report: Report) -> list[dict[str, Any]]:
    if not report.name or not claim.line:
        return []
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(visible(report.name).replace("\\", "/"))},
        "region": region(claim),
    }
    return [{"physicalLocation": place}]


def region(claim: Claim) -> dict[str, Any]:
    """The place of a claim: its fault where that is known, else the part that was judged."""
    found: dict[str, Any] = {"startLine": claim.line}
    span = _fault(claim.diagnostics, claim.written) or claim.place
    if span and claim.column and "\n" not in claim.written.strip():
        indent = len(claim.written) - len(claim.written.lstrip())
        start = claim.column - indent
        found["startColumn"] = max(1, start + span.start)
        found["endColumn"] = max(found["startColumn"] + 1, start + span.end)
    if claim.written:
        found["snippet"] = {"text": visible(claim.written)}
    return found


def _fault(diagnostics: Sequence[Diagnostic], written: str) -> Span | None:
    spans = (d.span for d in diagnostics if d.span and d.text == written)
    return next(spans, None)
