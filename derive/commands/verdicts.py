"""What `derive check` shows of a report: each claim with what was found, and a line in the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from derive.commands.paper import GLUE, Paper, glued
from derive.diagnostic import Diagnostic, Span, caret_lines, cells
from derive.faces.saying import Saying, headline, helped, said
from derive.verdict import GOOD, Claim

LABEL = 11
"""Columns before what a line says."""

STYLES = {
    **dict.fromkeys(GOOD, "bold green"),
    **dict.fromkeys(("refuted", "ill-shaped"), "bold red"),
}


def show_claim(paper: Paper, claim: Claim) -> None:
    """The verdict on one claim, and all that belongs to it."""
    paper.line(headline(claim), STYLES.get(claim.verdict, "bold"))
    for line in block(claim, paper.width):
        paper.as_is(line)


def block(claim: Claim, width: int) -> Iterator[str]:
    """The lines below the headline."""
    yield from _sayings(said(claim), width)
    for diagnostic in claim.diagnostics:
        yield from drawn(diagnostic, width)
    yield from _sayings(helped(claim), width)


def _sayings(sayings: Iterable[Saying], width: int) -> Iterator[str]:
    """What is said of a claim, each with its label before it."""
    for one in sayings:
        text = glued(one.text) if one.kind == "formula" else one.text
        yield from hanging(one.label, text, width)


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
