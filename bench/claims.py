"""Claims: time to a verdict and to a repair, one claim a document, and growth with depth."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.report import Options, Report
from derive import check_document
from derive.formulas import gradients
from derive.judgement import Judgement
from derive.layers import stack
from derive.verdict import GOOD
from tests.wrong_sources import documents

VERDICT, REPAIR = (0.020, 1.0), (0.3, 3.0)
"""Seconds that are aimed at: the median, and all but one in twenty."""

DEPTHS, BRIEF_DEPTHS = (2, 4, 8, 16, 32), (2,)
BRIEF_DOCUMENTS = 1
SLOWEST = 3
"""How many of the slowest claims are shown."""


class Mending:
    """Seconds that were spent on repairs since it was last asked."""

    def __init__(self) -> None:
        self.seconds = 0.0
        inner: Callable[..., Any] = Judgement.mended

        def mended(judgement: Judgement, claim: Any) -> Any:
            start = time.process_time()
            try:
                return inner(judgement, claim)
            finally:
                self.seconds += time.process_time() - start

        Judgement.mended = mended  # type: ignore[method-assign]

    def taken(self) -> float:
        """The seconds so far, which are forgotten."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds


def alone(text: str) -> Iterator[str]:
    """A document for each claim of a document."""
    rows: list[list[str]] = []
    for line in text.rstrip().split("\n"):
        if line[:1].isspace() and rows:
            rows[-1].append(line)
        else:
            rows.append([line])
    for place, row in enumerate(rows):
        if row[0].startswith("claim"):
            above = [r for r in rows[:place] if not r[0].startswith("claim")]
            yield "\n".join("\n".join(r) for r in (*above, row))


def with_mistake(text: str) -> str:
    """The last claim of a document with a mistake: a transpose lost, or a sign."""
    head, _, claim = text.rpartition("claim")
    changed = re.sub(r"\.T\b|\^T|\^\{?\\top\}?", "", claim, count=1)
    if changed == claim:
        changed = re.sub(r"(\]|=)\s*(?!.*(?:\]|=))", r"\1 -", claim, count=1)
    return f"{head}claim{changed}"


def shown(name: str, seconds: list[float], aims: tuple[float, float], report: Report) -> None:
    """The median and the 95th percentile beside what is aimed at."""
    late = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    case = f"{len(seconds)} claims"
    report.show(case, f"{name} (aim {1e3 * aims[0]:.0f})", "ms", [1e3 * s for s in seconds], 1)
    report.show(case, f"{name}, 95% (aim {1e3 * aims[1]:.0f})", "ms", [1e3 * late], 0)
    report.show(case, f"{name}, most", "s", [max(seconds)])


def measured(texts: list[str], report: Report) -> None:
    """Every claim of every document, as it is and with a mistake."""
    mending, verdicts, repairs = Mending(), list[float](), list[float]()
    slow: list[tuple[float, str, str]] = []
    for one in (
        v for text in texts for single in alone(text) for v in (single, with_mistake(single))
    ):
        mending.taken()
        start = time.process_time()
        found = check_document(one).claims
        seconds = time.process_time() - start
        spent = mending.taken()
        verdicts.append(seconds - spent)
        if spent and not all(claim.verdict in GOOD for claim in found):
            repairs.append(seconds)
        slow += [(seconds - spent, "verdict", one), (spent, "repair", one)]
    for name, seconds_of, aims in (("verdict", verdicts, VERDICT), ("repair", repairs, REPAIR)):
        if seconds_of:
            shown(name, seconds_of, aims, report)
    for seconds, what, one in sorted(slow, reverse=True)[:SLOWEST]:
        report.say(f"--- {seconds:.2f} s to {what}\n{one}")


def growth(depths: tuple[int, ...], report: Report) -> None:
    """The claim about the first weight of ever deeper networks: one step, and all of it."""
    for depth in depths:
        layers = ",".join(["3"] * (depth + 1))
        found = gradients(stack(layers, bias="separate"))
        head = f"stack {layers} bias=separate\n"
        forms = {"in one": found["W1"].numpy, "by d/dz1": "x.T @ dL/dz1"}
        for what, formula in forms.items():
            start = time.process_time()
            claim = check_document(f"{head}claim [dL/dW1] {formula}").claims[0]
            taken = 1e3 * (time.process_time() - start)
            report.show(f"{depth} layers", f"{what}: {claim.verdict}", "ms", [taken], 0)


def main(options: Options, report: Report) -> None:
    """All documents, or one; then depth."""
    check_document("stack 3,2\nclaim [dL/dW1] [1 x]^T (yhat - y) / N")
    texts = [text for _, text in documents()]
    measured(texts[:BRIEF_DOCUMENTS] if options.brief else texts, report)
    growth(BRIEF_DEPTHS if options.brief else DEPTHS, report)
