"""The files that a run leaves: a table, all that was found, and a page for each student."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from derive.grading.feedback import gradescope, markdown, page
from derive.grading.grading import Graded
from derive.grading.key import Key
from derive.grading.records import write
from derive.grading.rubric import number, shown

SCHEMA = "derive-grades-1"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell starts with that a spreadsheet takes for a formula."""

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def written(key: Key, found: Sequence[Graded], folder: Path, level: str) -> None:
    """Writes all results into a folder; each file is whole or not there."""
    pages, scores = folder / "feedback", folder / "gradescope"
    for path in (pages, scores):
        path.mkdir(parents=True, exist_ok=True)
    for one in found:
        name = file_name(one.name)
        write(pages / f"{name}.md", markdown(one, level))
        write(pages / f"{name}.html", page(one, level))
        write(scores / f"{name}.json", as_json(gradescope(one, level)))
    write(folder / "grades.csv", table(key, found))
    write(folder / "grades.json", as_json(data(key, found)))


def as_json(value: Any) -> str:
    """Data as text; letters that JSON must escape alone are escaped."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def table(key: Key, found: Sequence[Graded]) -> str:
    """One row a submission, one column a derivative."""
    sink = io.StringIO()
    rows = csv.writer(sink, lineterminator="\n")
    rows.writerow(["submission", *map(cell, key.points), "total", "of", "review", "reason", "file"])
    for one in found:
        grade = one.grade
        points = [shown(mark.points) for mark in grade.marks]
        review = "yes" if grade.review else ""
        ends = (shown(grade.total), shown(grade.most), review, cell(grade.reason))
        rows.writerow([cell(one.name), *points, *ends, file_name(one.name)])
    return sink.getvalue()


def cell(text: str) -> str:
    """Text for a cell: on one line, and no formula.

    >>> cell("=1+1"), cell("dL/dW2")
    ("'=1+1", 'dL/dW2')
    """
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(FORMULA) else flat


def file_name(name: str) -> str:
    """A name for files of a submission: the same where it is a plain one, and else safe.

    >>> file_name("ann_lee"), file_name("../x")[:2]
    ('ann_lee', 'x-')
    """
    if SAFE.fullmatch(name) and name == name.lower() and not DEVICES.fullmatch(name):
        return name
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:60]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'submission'}-{digest}"


def data(key: Key, found: Sequence[Graded]) -> dict[str, Any]:
    """Everything, for the teacher and for programs."""
    return {
        "schema": SCHEMA,
        "points": {name: number(value) for name, value in key.points.items()},
        "credit": {name: number(value) for name, value in key.credit.items()},
        "submissions": [_submission(one) for one in found],
    }


def _submission(one: Graded) -> dict[str, Any]:
    grade = one.grade
    return {
        "name": one.name,
        "file": file_name(one.name),
        "total": number(grade.total),
        "of": number(grade.most),
        "review": grade.review,
        "reason": grade.reason,
        "points": {mark.name: number(mark.points) for mark in grade.marks},
        "status": {mark.name: mark.finding.status for mark in grade.marks},
        "evidence": grade.evidence.to_dict(),
    }
