"""Markdown: tables, lists, blocks of code. What others wrote is code, or has its signs escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.faces.latex_math import latex_math
from derive.faces.pages import blocks
from derive.faces.saying import Saying, everything, headline, mistakes, summary, title
from derive.faces.visible import visible
from derive.formula import Line
from derive.verdict import Claim, Report

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~$&@^{}])")
_STARTS = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))", re.M)
_LINKS = re.compile(r"(?i)(?<=http)(?=s?:)|(?<=www)(?=\.)|(?<=ftp)(?=:)")


def write(reports: Sequence[Report]) -> str:
    """The text."""
    claims = [claim for report in reports for claim in report.claims]
    lines = [line for report in reports for line in _report(report)]
    for code in mistakes(claims):
        lines += _page(code)
    return "\n".join(lines).rstrip() + "\n"


def text(words: str) -> str:
    r"""Words that others wrote: no sign in them means anything, and they are on one line.

    >>> print(text("<b> *a*\n- see http://x.y"))
    \<b\> \*a\* - see http\://x.y
    """
    flat = " ".join(visible(words).split())
    escaped = _STARTS.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", flat))
    return _LINKS.sub(lambda _: "\\", escaped)


def code(words: str) -> str:
    """Words as code within a line: the fence is longer than any in them."""
    flat = " ".join(visible(words).split())
    fence = _fence(flat, "`")
    room = " " if flat[:1] == "`" or flat[-1:] == "`" else ""
    return f"{fence}{room}{flat}{room}{fence}"


def block(words: str, language: str = "text", indent: str = "") -> list[str]:
    """Lines as a block of code."""
    seen = visible(words)
    fence = _fence(seen, "``")
    lines = [f"{fence}{language}", *seen.split("\n"), fence]
    return [f"{indent}{line}" for line in lines]


def _fence(words: str, shortest: str) -> str:
    runs = re.findall("`+", words)
    return "`" * max([len(shortest), *map(len, runs)]) + ("`" if runs or len(shortest) > 1 else "")


def _report(report: Report) -> Iterator[str]:
    yield from (f"# {text(title(report))}", "", summary(report.claims), "")
    if report.claims:
        yield from ("| line | claim | verdict |", "|--:|---|---|")
        yield from (_row(claim) for claim in report.claims)
        yield ""
    if report.network:
        yield from ("## The network", "")
        yield from (_line(line) for line in report.network)
        yield ""
    for claim in report.claims:
        yield from _claim(claim)
    for found in report.notes:
        yield from ("## A line that was not understood", "", *block(found.render()), "")


def _row(claim: Claim) -> str:
    name = code(claim.name).replace("|", r"\|")
    return f"| {claim.line or ''} | {name} | {claim.verdict} |"


def _line(line: Line) -> str:
    formula = f" = {code(line.formula.text())}" if line.formula else ""
    told = ", ".join((line.kind, *line.facts))
    return f"- {code(line.name)}{formula}, {text(line.shape)} ({text(told)})"


def _claim(claim: Claim) -> Iterator[str]:
    yield from (f"## {text(headline(claim))}", "")
    for said in everything(claim):
        yield from _saying(said)
    yield ""


def _saying(said: Saying) -> Iterator[str]:
    label = f"- {said.label}:" if said.label else "-"
    if said.formula is not None:
        yield f"{label} {code(said.text)}"
        yield from ("", *block(latex_math(said.formula), "math", "  "), "")
    elif said.kind == "code" and "\n" in said.text:
        yield from (label, "", *block(said.text, indent="  "), "")
    else:
        yield f"{label} {text(said.text) if said.kind == 'words' else code(said.text)}"


def _page(name: str) -> Iterator[str]:
    """The page on a mistake, which is our own text."""
    for part in blocks(name):
        if part.kind == "title":
            yield from (f"## {part.text}", "")
        elif part.kind == "code":
            yield from (*block(part.text), "")
        else:
            yield from (part.text, "")
