"""JUnit XML: a claim is a test case; a wrong one fails, one that is not settled is skipped."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from derive.faces.saying import everything, headline, title
from derive.faces.visible import visible
from derive.verdict import Claim, Report

OUTCOMES = {
    "refuted": "failure",
    "ill-shaped": "failure",
    "unreadable": "error",
    "undecided": "skipped",
}
"""Verdict -> the element that says so; what is proved or confirmed has none."""


def write(reports: Sequence[Report]) -> str:
    """The text."""
    root = Element("testsuites", name="derive")
    for report in reports:
        _suite(root, report)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suite(root: Element, report: Report) -> None:
    outcomes = [OUTCOMES.get(claim.verdict) for claim in report.claims]
    counts = {f"{kind}s": outcomes.count(kind) for kind in ("failure", "error")}
    counts |= {"tests": len(outcomes), "skipped": outcomes.count("skipped")}
    suite = SubElement(root, "testsuite", name=visible(title(report)), time="0")
    for name, count in counts.items():
        suite.set(name, str(count))
    for place, claim in enumerate(report.claims, 1):
        _case(suite, claim, place, report)
    if report.notes:
        notes = "\n\n".join(note.render() for note in report.notes)
        SubElement(suite, "system-err").text = visible(notes)


def _case(suite: Element, claim: Claim, place: int, report: Report) -> None:
    name = f"{place}. {claim.name}"
    case = SubElement(
        suite, "testcase", name=visible(name), classname=visible(title(report)), time="0"
    )
    if report.name:
        case.set("file", visible(report.name))
    if claim.line:
        case.set("line", str(claim.line))
    properties = SubElement(case, "properties")
    for key, value in _properties(claim):
        SubElement(properties, "property", name=key, value=visible(value))
    told = visible("\n".join(_lines(claim)))
    if outcome := OUTCOMES.get(claim.verdict):
        found = claim.diagnostics[0].message if claim.diagnostics else headline(claim)
        result = SubElement(case, outcome, message=visible(found))
        if outcome != "skipped":
            result.set("type", claim.verdict)
        result.text = told
    SubElement(case, "system-out").text = told


def _properties(claim: Claim) -> list[tuple[str, str]]:
    """What a program asks for by name."""
    shapes = [claim.formula.shape] if claim.formula and claim.formula.shape else []
    return [
        ("verdict", claim.verdict),
        *(("code", found.code) for found in claim.diagnostics),
        *(("shape", shape) for shape in shapes),
        *(("mistake", code) for code in [claim.mistake] if code),
        *(("layout", layout) for layout in [claim.layout] if layout),
        *(("fact", fact) for fact in claim.facts),
    ]


def _lines(claim: Claim) -> list[str]:
    """All that is said of a claim, in lines."""
    lines = [headline(claim)]
    for said in everything(claim):
        first, *rest = said.text.split("\n")
        lines += [f"{said.label:<11}{first}", *(f"{'':<11}{line}" for line in rest)]
    return lines
