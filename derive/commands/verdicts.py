"""What `derive check` shows of a report: each claim with what was found, and a line in the end."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from derive.commands.paper import GLUE, Paper, glued
from derive.diagnostic import Diagnostic, Span, caret_lines, cells
from derive.mistakes import MISTAKES
from derive.verdict import GOOD, Claim

LABEL = 11
"""Columns before what a line says."""

ORDER = ("proved", "confirmed", "refuted", "ill-shaped", "undecided", "unreadable")
STYLES = {
    **dict.fromkeys(GOOD, "bold green"),
    **dict.fromkeys(("refuted", "ill-shaped"), "bold red"),
}


def show_claim(paper: Paper, claim: Claim) -> None:
    """The verdict on one claim, and all that belongs to it."""
    place = f"line {claim.line}: " if claim.line else ""
    paper.line(f"{place}{claim.name}: {claim.verdict}", STYLES.get(claim.verdict, "bold"))
    for label, text in said(claim):
        for line in hanging(label, text, paper.width):
            paper.as_is(line)
    for diagnostic in claim.diagnostics:
        for line in drawn(diagnostic, paper.width):
            paper.as_is(line)
    for label, text in helped(claim):
        for line in hanging(label, text, paper.width):
            paper.as_is(line)


def said(claim: Claim) -> Iterator[tuple[str, str]]:
    """What the verdict is about and rests on."""
    if claim.read_as:
        yield "read as", glued(claim.read_as)
    if claim.layout and claim.layout != "same":
        yield "layout", claim.layout
    if claim.facts:
        yield "given", ", ".join(claim.facts)
    if claim.note:
        yield "note", claim.note
    if claim.witness:
        yield "witness", str(claim.witness)
        yield from (("", line) for line in claim.witness.assignments)


def helped(claim: Claim) -> Iterator[tuple[str, str]]:
    """What is right, and where to read on."""
    if claim.repair:
        yield "gradient" if claim.verdict == "undecided" else "repair", glued(claim.repair)
    if claim.repair_numpy:
        yield "in NumPy", claim.repair_numpy
    if kind := MISTAKES.get(claim.mistake or ""):
        yield "mistake", f"{kind.title} (derive explain {kind.code})"


def hanging(label: str, text: str, width: int) -> list[str]:
    """A label and a text that wraps beside it.

    >>> hanging("given", "y rows sum to 1", 24)
    ['  given    y rows sum to', '           1']
    """
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=f"  {label:<{LABEL - 3}} ",
        subsequent_indent=" " * LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(GLUE, " ") for line in lines]


def drawn(found: Diagnostic, width: int) -> Iterator[str]:
    """A finding with its place; of a long line, the part around the place."""
    yield from wrapped(f"{found.code}: {found.message}", width)
    if found.place is not None:
        yield f"   --> {found.place}"
    if found.span is not None and found.text:
        yield from (f"    | {line}" for line in window(found.text, found.span, width - 6))
    for note in found.notes:
        yield from wrapped(f"  = note: {note}", width)
    if found.help:
        yield from wrapped(f"  = help: {found.help}", width)


def wrapped(text: str, width: int) -> list[str]:
    """A text two columns in, its later lines further."""
    indent = len(text) - len(text.lstrip()) + 2
    return textwrap.wrap(
        text.strip(),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_on_hyphens=False,
    )


def window(text: str, span: Span, width: int) -> list[str]:
    """The line of a place with carets under it, cut down to a width around the place.

    >>> window("a + b + c + d + e + f", Span(16, 17), 11)
    ['…+ d + e +…', '       ^']
    """
    start = max(0, min(span.start, len(text)))
    head = text.rfind("\n", 0, start) + 1
    line = text[head:].partition("\n")[0]
    place = start - head
    if cells(line) <= width:
        return caret_lines(line, Span(place, min(span.end - head, len(line))))
    left = max(0, min(place - 2 * width // 3, len(line) - width))
    right = left + width
    cut = ("…" if left else "") + line[left + (left > 0) : right - (right < len(line))]
    cut += "…" if right < len(line) else ""
    return caret_lines(cut, Span(place - left, min(span.end - head - left, len(cut))))


def summary(claims: Iterable[Claim]) -> str:
    """How many claims there are, and how many of each verdict.

    >>> summary([Claim("dL/dW", "proved"), Claim("dL/db", "refuted")])
    '2 claims: 1 proved, 1 refuted'
    """
    counts = Counter(claim.verdict for claim in claims)
    total = sum(counts.values())
    shown = [f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict]]
    return f"{total} claim{'' if total == 1 else 's'}: {', '.join(shown)}"
