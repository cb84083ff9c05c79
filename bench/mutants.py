"""Wrong formulas made of right ones: how many are proved (none must be), how many are mended."""

from __future__ import annotations

import sys
import time
import warnings

from bench.report import Options, Report
from tests.trials import Tally, rights, tried
from tests.wrong_sources import documents

SINGLES, DOUBLES = 16, 6
BRIEF_DOCUMENTS, BRIEF_RIGHTS, BRIEF_SINGLES, BRIEF_DOUBLES = 1, 2, 3, 1


def main(options: Options, report: Report) -> None:
    """All documents, or those that are named by a part of their names; briefly, a few claims."""
    warnings.simplefilter("ignore")
    total, parts = Tally(), options.only or ("",)
    named = [(name, text) for name, text in documents() if any(part in name for part in parts)]
    singles, doubles = (BRIEF_SINGLES, BRIEF_DOUBLES) if options.brief else (SINGLES, DOUBLES)
    for name, text in named[:BRIEF_DOCUMENTS] if options.brief else named:
        start, before = time.process_time(), total.counts["made"]
        found = list(rights(text))
        for right in found[:BRIEF_RIGHTS] if options.brief else found:
            tried(right, singles, doubles, total)
        seconds = time.process_time() - start
        case = f"{total.counts['made'] - before} wrong formulas"
        report.show(case, name, "s", [seconds])
    report.say(str(total))
    for fault in total.faults:
        report.say(f"\n{fault}")
    print(*total.unmended, sep="\n\n", file=sys.stderr)
