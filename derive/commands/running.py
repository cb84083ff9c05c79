"""`derive check FILE.py::function --run`: code that cannot be read is run, and judged by values.

A person asks for it on purpose: the code runs with their own rights, in a process of its own that
ends after a limit of time.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from derive.commands.sources import parts
from derive.dense import Stack
from derive.diagnostic import Diagnostic, refuse
from derive.notation.spelling import shown
from derive.verdict import Claim, Report

SECONDS = 120.0
"""The time that a function has, with everything that it is compared with."""

CHILD = (sys.executable, "-m", "derive.asserting.of_file")
SHOWN = 300
"""Characters of what a person's code says that are repeated."""


def judged_by_value(name: str, read: Report, layers: Stack | None, document: str | None) -> Report:
    """The report on a file, its gradients judged by their values where they could not be read.

    Raises DeriveError where no single function is named.
    """
    if all(claim.verdict != "unreadable" for claim in read.claims):
        return read
    file, function = parts(name)
    if function is None:
        raise refuse("D143", f"say which function of {file} is run: {file}::backward")
    network = {"stack": layers} if document is None else {"document": document}
    answer = asked(file, function, network)
    kept = tuple(claim for claim in read.claims if claim.verdict != "unreadable")
    known = {claim.name for claim in kept}
    found = tuple(one for one in claims(function, answer) if one.name not in known)
    return replace(read, claims=(*kept, *found))


def asked(file: str, function: str, network: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a process that runs the function."""
    question = pickle.dumps((file, function, dict(network)))
    try:
        done = subprocess.run(CHILD, input=question, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return {"refused": f"it did not end within {SECONDS:g} s"}
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return {"refused": f"its process ended with code {done.returncode}: {said}"}
    return answer


def claims(function: str, answer: Mapping[str, Any]) -> Iterator[Claim]:
    """The verdict on each gradient by the numbers at all points."""
    if "refused" in answer:
        message = f"`{function}` was run, and not judged: {shown(answer['refused'][:SHOWN])}"
        yield Claim(function, "unreadable", diagnostics=(Diagnostic("D143", message),))
        return
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for run in answer["runs"]:
        for one in run["parameters"]:
            rows.setdefault(one["name"], []).append(one)
    mistakes = {name: one for one in answer["mistakes"] for name in one["names"]}
    for name, found in rows.items():
        yield _claim(name, found, mistakes.get(name))
    for one in answer["findings"]:
        message = f"{one['kind']}: {one['text']}"
        yield Claim(function, "refuted", diagnostics=(Diagnostic("D144", message),))


def _claim(
    name: str, rows: Sequence[Mapping[str, Any]], mistake: Mapping[str, Any] | None
) -> Claim:
    """One gradient: wrong where an entry is, and confirmed where all were seen to be right."""
    entries, failed = sum(r["entries"] for r in rows), sum(r["failed"] for r in rows)
    still = sum(r["unresolved"] for r in rows)
    points = f"at {len(rows)} points" if len(rows) > 1 else "at one point"
    note = f"run, and compared by value {points}; not a proof"
    claim = Claim(f"dL/d{name}", "confirmed", note=note)
    if failed:
        worst = next(entry for row in rows for entry in row["worst"])
        place = f"[{', '.join(map(str, worst['index']))}]" if worst["index"] else ""
        message = (
            f"{failed:,} of {entries:,} entries differ: {name}{place} of the gradient is "
            f"{worst['desired']:.6g}, and here {worst['actual']:.6g}"
        )
        told = (Diagnostic("D144", message, help=str(mistake["text"]) if mistake else None),)
        code = mistake["code"] if mistake else None
        return replace(claim, verdict="refuted", diagnostics=told, mistake=code or None)
    if still or not entries:
        message = f"{still:,} of {entries:,} entries were not seen by any oracle"
        return replace(claim, verdict="undecided", diagnostics=(Diagnostic("D144", message),))
    return claim
