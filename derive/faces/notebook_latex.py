"""A report as one formula of LaTeX, for notebooks that show formulas and no HTML.

A row for each claim: what it is about, the formula as it was read, the verdict, and below a wrong
one the formula that is right. The signs are those that MathJax knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.faces.latex_math import latex_math
from derive.faces.tex import tex
from derive.verdict import Claim, Report


def write(reports: Sequence[Report]) -> str:
    """The text, between dollars."""
    rows = [row for report in reports for claim in report.claims for row in _claim(claim)]
    body = r" \\ ".join(rows)
    return rf"$\displaystyle\begin{{array}}{{lll}}{body}\end{{array}}$"


def _claim(claim: Claim) -> Iterator[str]:
    formula = latex_math(claim.formula) if claim.formula else ""
    yield rf"\text{{{tex(claim.name)}}} & {formula} & \text{{{tex(claim.verdict)}}}"
    if claim.repaired:
        yield rf" & {latex_math(claim.repaired)} & \text{{repair}}"
