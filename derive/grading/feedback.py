"""One submission's marks as pages, in Markdown and in HTML, and as Gradescope has them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

from derive.grading.grading import Graded
from derive.grading.reveal import Line, allows, revealed
from derive.grading.rubric import number, shown

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~$&])")
MOST = 50
"""Lines that were not understood, at most, that a page tells of."""


def markdown(one: Graded, level: str) -> str:
    """The page for a student."""
    grade = one.grade
    lines = [
        f"# {escaped(one.name)}",
        "",
        f"{shown(grade.total)} of {shown(grade.most)} points",
        "",
    ]
    if grade.evidence.failure:
        lines += [f"Not graded: {escaped(grade.evidence.failure)}.", ""]
    for mark in grade.marks:
        lines += [f"## {escaped(mark.name)}: {shown(mark.points)} of {shown(mark.most)}", ""]
        if not grade.evidence.failure:
            lines += _markdown(revealed(mark, level))
    lines += _unread(one, level)
    return "\n".join(lines).rstrip("\n") + "\n"


def _markdown(found: Sequence[Line]) -> Iterator[str]:
    for line in found:
        if line.drawn or line.label in FORMULAS:
            if line.label:
                yield from (f"{line.label}:", "")
            yield from (f"    {part}" for part in line.text.splitlines())
        else:
            yield escaped(f"{line.label}: {line.text}" if line.label else line.text)
        yield ""


FORMULAS = ("read as", "repair", "in NumPy")
"""Labels of formulas, which stand on lines of their own."""


def _unread(one: Graded, level: str) -> Iterator[str]:
    """The lines of a submission that were not understood."""
    unread = one.grade.evidence.unread
    if unread and allows(level, "kind"):
        yield from ("## Not understood", "")
        yield from (f"- {escaped(line)}" for line in unread[:MOST])


def page(one: Graded, level: str) -> str:
    """The same page in HTML: it needs nothing else, and nothing of a submission is markup."""
    grade, text = one.grade, html.escape
    body = [f"<h1>{text(one.name)}</h1>"]
    body.append(f"<p>{shown(grade.total)} of {shown(grade.most)} points</p>")
    if grade.evidence.failure:
        body.append(f"<p>Not graded: {text(grade.evidence.failure)}.</p>")
    for mark in grade.marks:
        body.append(f"<h2>{text(mark.name)}: {shown(mark.points)} of {shown(mark.most)}</h2>")
        if not grade.evidence.failure:
            body += map(_html, revealed(mark, level))
    if grade.evidence.unread and allows(level, "kind"):
        rows = "".join(f"<li>{text(line)}</li>" for line in grade.evidence.unread[:MOST])
        body.append(f"<h2>Not understood</h2><ul>{rows}</ul>")
    return PAGE.format(title=text(one.name), body="\n".join(body))


def _html(line: Line) -> str:
    label = f"<b>{html.escape(line.label)}</b> " if line.label else ""
    if line.drawn or line.label in FORMULAS:
        return f"<p>{label}</p><pre>{html.escape(line.text)}</pre>"
    return f"<p>{label}{html.escape(line.text)}</p>"


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; }}
body {{ padding: 0 1rem; }}
h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
pre {{ overflow-x: auto; padding: 0.5rem; border: 1px solid; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def escaped(text: str) -> str:
    r"""Text as it is, on one line: no sign of it means anything to Markdown or HTML.

    >>> print(escaped("a_1 <b>"))
    a\_1 \<b\>
    """
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def gradescope(one: Graded, level: str) -> dict[str, Any]:
    """The `results.json` of an autograder on Gradescope."""
    grade = one.grade
    told = [f"Not graded: {grade.evidence.failure}."] if grade.evidence.failure else []
    if grade.evidence.unread and allows(level, "kind"):
        told += ["Not understood:", *grade.evidence.unread[:MOST]]
    tests = [
        {
            "name": mark.name,
            "score": number(mark.points),
            "max_score": number(mark.most),
            "output": "" if grade.evidence.failure else _text(revealed(mark, level)),
            "output_format": "text",
            "visibility": "visible",
        }
        for mark in grade.marks
    ]
    return {
        "score": number(grade.total),
        "output": "\n".join(told),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def _text(found: Sequence[Line]) -> str:
    return "\n".join(f"{line.label}: {line.text}" if line.label else line.text for line in found)
