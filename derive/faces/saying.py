"""What is said of a claim in words: one list, which every face in text goes over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from derive.diagnostic import Diagnostic
from derive.faces.caption import captions
from derive.formula import FAULT, Formula, Step
from derive.mistakes import MISTAKES
from derive.notation import write
from derive.verdict import IMAGES, Claim, Report

ORDER = ("proved", "confirmed", "refuted", "ill-shaped", "undecided", "unreadable")


class Saying(NamedTuple):
    """One thing that is said: a label, the text, and the formula where the text is one.

    `kind`: "words", "formula", or "code" for lines that stand as they are. `found` is the finding
    of which the text are the lines with its caret.
    """

    label: str
    text: str
    kind: str = "words"
    formula: Formula | None = None
    found: Diagnostic | None = None


def said(claim: Claim) -> Iterator[Saying]:
    """What the verdict is about and rests on."""
    if claim.read_as:
        yield Saying("read as", claim.read_as, "formula", claim.formula)
    if claim.layout and claim.layout != "same":
        yield Saying("layout", claim.layout)
    if claim.facts:
        yield Saying("given", ", ".join(claim.facts))
    if claim.note:
        yield Saying("note", claim.note)
    if claim.witness:
        yield Saying("witness", str(claim.witness))
        yield from (Saying("", line, "code") for line in claim.witness.assignments)
        if claim.witness.decided_by == IMAGES:
            yield Saying("decided", "by images of both values modulo primes")


def helped(claim: Claim) -> Iterator[Saying]:
    """What is right, and where to read on."""
    if claim.repair:
        label = "gradient" if claim.verdict == "undecided" else "repair"
        yield Saying(label, claim.repair, "formula", claim.repaired)
    if claim.repair_numpy:
        yield Saying("in NumPy", claim.repair_numpy, "code")
    if kind := MISTAKES.get(claim.mistake or ""):
        yield Saying("mistake", f"{kind.title} (derive explain {kind.code})")


def shapes(claim: Claim) -> Iterator[Saying]:
    """The shapes that a drawn formula shows under its factors, and what it marks, in words."""
    for label, formula in (("shapes", claim.formula), ("its shapes", claim.repaired)):
        if formula is not None and (text := "; ".join(dict.fromkeys(_shapes(formula)))):
            yield Saying(label, text)


def _shapes(formula: Formula) -> Iterator[str]:
    for (node, part), caption in zip(formula.rows(), captions(formula), strict=True):
        text = write(node, "plain", scalars=formula.scalars)
        fault = " (at fault)" if part.mark == FAULT else ""
        if caption.shape:
            yield f"{text} is {caption.shape}{fault}"
        elif fault:
            yield f"{text}{fault}"
    if formula.shape:
        yield f"all of it is {formula.shape}"


def everything(claim: Claim) -> Iterator[Saying]:
    """All that is known of a claim, from what was written to how the derivative comes about."""
    if claim.written:
        yield Saying("written", claim.written, "code")
    if part := judged_part(claim):
        yield Saying("judged", part, "code")
    yield from said(claim)
    for found in claim.diagnostics:
        yield Saying("finding", found.render(), "code", None, found)
    yield from helped(claim)
    yield from shapes(claim)
    yield from (Saying("step", told(step), "code") for step in claim.steps)


def judged_part(claim: Claim) -> str:
    """The part of the written text that the verdict is on; "" where it is all of it."""
    if claim.place is None:
        return ""
    part = claim.written[claim.place.start : claim.place.end].strip()
    return part if part != claim.written.strip() else ""


def told(step: Step) -> str:
    """A step of a backward pass as lines."""
    line = step.line
    formula = f" = {line.formula.text()}" if line.formula else ""
    inner = (*step.factors, *step.reasons)
    return "\n".join((f"{line.name}{formula}  ({line.shape})", *(f"  {one}" for one in inner)))


def headline(claim: Claim) -> str:
    """Where, what about, and the verdict."""
    place = f"line {claim.line}: " if claim.line else ""
    return f"{place}{claim.name}: {claim.verdict}"


def counts(claims: Iterable[Claim]) -> list[tuple[str, int]]:
    """How many claims have each verdict, of those that occur."""
    found = Counter(claim.verdict for claim in claims)
    return [(verdict, found[verdict]) for verdict in ORDER if found[verdict]]


def summary(claims: Iterable[Claim]) -> str:
    """How many claims there are, and how many of each verdict.

    >>> summary([Claim("dL/dW", "proved"), Claim("dL/db", "refuted")])
    '2 claims: 1 proved, 1 refuted'
    """
    found = counts(claims)
    total = sum(count for _, count in found)
    shown = ", ".join(f"{count} {verdict}" for verdict, count in found)
    return f"{total} claim{'' if total == 1 else 's'}{': ' if shown else ''}{shown}"


def title(report: Report) -> str:
    """What a report is called."""
    return report.name or "derive report"


def mistakes(claims: Iterable[Claim]) -> list[str]:
    """The codes of the mistakes in claims, each once, in order."""
    return list(dict.fromkeys(c.mistake for c in claims if c.mistake and c.mistake in MISTAKES))
