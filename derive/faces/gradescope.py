"""Gradescope: the `results.json` of an autograder. A claim is a test, a right one a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.faces.markdown import block, code, text
from derive.faces.saying import everything, headline, summary, title
from derive.faces.visible import visible
from derive.verdict import GOOD, Claim, Report, as_json


def write(reports: Sequence[Report]) -> str:
    """The text."""
    several = len(reports) > 1
    named = [(c, f"{title(r)}, " if several else "") for r in reports for c in r.claims]
    claims = [claim for claim, _ in named]
    notes = [note for report in reports for note in report.notes]
    told = [summary(claims), *("\n".join(block(note.render())) for note in notes)]
    data: dict[str, Any] = {
        "output": "\n\n".join(told),
        "output_format": "md",
        "visibility": "visible",
        "tests": [_test(claim, place, of) for place, (claim, of) in enumerate(named, 1)],
    }
    if not claims:
        data["score"] = 0
    return as_json(data) + "\n"


def _test(claim: Claim, place: int, of: str) -> dict[str, Any]:
    good = claim.verdict in GOOD
    return {
        "name": visible(of + headline(claim)),
        "name_format": "text",
        "number": str(place),
        "score": 1.0 if good else 0.0,
        "max_score": 1.0,
        "status": "passed" if good else "failed",
        "output": "\n".join(_output(claim)),
        "output_format": "md",
        "tags": [claim.verdict, *(found.code for found in claim.diagnostics)],
        "extra_data": {"verdict": claim.verdict, "mistake": claim.mistake},
        "visibility": "visible",
    }


def _output(claim: Claim) -> list[str]:
    """All that is said of a claim, in Markdown."""
    lines = []
    for said in everything(claim):
        label = f"**{said.label}** " if said.label else ""
        if "\n" in said.text:
            lines += [f"- {label}", "", *block(said.text, indent="  "), ""]
        else:
            lines.append(f"- {label}{text(said.text) if said.kind == 'words' else code(said.text)}")
    return lines
