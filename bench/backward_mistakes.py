"""Mistakes in backward passes: how many are found (all must be), how many are named rightly."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report import Options, Report
from derive.asserting.report import GradientReport
from derive.asserting.verifying import verify
from tests.backward_passes import MISTAKES, Mistake, made

BRIEF = 3


def pages(report: GradientReport) -> list[str]:
    """The pages that a report points to, the numbers' own first."""
    found = [one.code for one in (*report.mistakes, *report.findings)]
    return [code for code in found if code]


def row(mistake: Mistake, report: GradientReport) -> str:
    """A line of the table: found or not, named or not, what was told."""
    told = "; ".join(one.text for one in report.mistakes) or "-"
    found = "found" if report.status == "FAIL" else "MISSED"
    codes = pages(report)
    named = "named" if codes and codes[0] in mistake.codes else "     "
    return f"  {found:<6} {named}  {mistake.setting:<12} {mistake.name:<36} {told}"


def main(options: Options, report: Report) -> None:
    """Every mistake of the table, or those whose names have a part that is asked for."""
    chosen: Sequence[Mistake] = [
        one for one in MISTAKES if any(part in one.name for part in options.only or ("",))
    ]
    seconds, found, named = [], 0, 0
    for mistake in chosen[:BRIEF] if options.brief else chosen:
        function, known = made(mistake)
        start = options.clock()
        told = verify(function, **known)
        seconds.append(options.clock() - start)
        report.say(row(mistake, told))
        found += told.status == "FAIL"
        named += bool(pages(told)) and pages(told)[0] in mistake.codes
    case = f"{len(seconds)} mistakes"
    report.show(case, "found", "%", [100 * found / len(seconds)], 1)
    report.show(case, "named rightly", "%", [100 * named / len(seconds)], 1)
    report.show(case, "time of one", "s", seconds)
