"""What `verify` found out, as data and as text: numpy.testing's words, then what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.entries import entry_text
from derive.asserting.calling import Finding
from derive.asserting.judging import Entry, Parameter

LINES = 4
"""Entries of a parameter that are shown."""


@dataclass(frozen=True)
class Explanation:
    """A known mistake that makes the very numbers that were found.

    `code` is that of its page, `where` the step in which it was made, `wrong` what was computed
    there, `right` and `numpy` what is right. `names` are the gradients that it explains.
    """

    code: str
    kind: str
    text: str
    where: str
    wrong: str
    right: str
    numpy: str
    names: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The explanation in plain text."""
        yield f"mistake  {self.text}{page_of(self.code)}"
        if self.wrong:
            yield f"  wrong  {self.where} = {self.wrong}"
        if self.right:
            yield f"  right  {self.where} = {self.right}"
        if self.numpy:
            yield f"  NumPy  {self.where.replace('dL/', '')} = {self.numpy}"


@dataclass(frozen=True)
class Run:
    """One point: what was compared there, and how it came out."""

    place: str
    dtype: str
    tolerance: str
    parameters: tuple[Parameter, ...]
    findings: tuple[Finding, ...] = ()
    oracles: tuple[str, ...] = ()
    projections: int = 0
    missed: int = 0

    @property
    def failed(self) -> bool:
        """Whether anything is wrong here."""
        return bool(self.findings or self.missed) or any(p.failed for p in self.parameters)

    @property
    def open(self) -> int:
        """Entries that no oracle could see."""
        return sum(p.unresolved for p in self.parameters)

    @property
    def counted(self) -> bool:
        """Whether anything was compared."""
        return bool(self.projections) or any(p.entries for p in self.parameters)


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `derive.verify`: `status` is PASS, FAIL or UNRESOLVED.

    `findings` are about the function as a whole, `runs` are points, `mistakes` explain the numbers.
    """

    against: str
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...] = ()
    mistakes: tuple[Explanation, ...] = ()
    meanings: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """PASS, FAIL or UNRESOLVED."""
        if self.findings or any(run.failed for run in self.runs):
            return "FAIL"
        seen = [run for run in self.runs if run.counted]
        if not seen or any(run.open for run in seen):
            return "UNRESOLVED"
        return "PASS"

    @property
    def ok(self) -> bool:
        """Whether every entry was seen, and is right."""
        return self.status == "PASS"

    @property
    def worst(self) -> Run | None:
        """The first point at which something is wrong."""
        return next((run for run in self.runs if run.failed), None)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "status": self.status,
            "against": self.against,
            "findings": [one._asdict() for one in self.findings],
            "mistakes": [vars(one) for one in self.mistakes],
            "runs": [_run_data(run) for run in self.runs],
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """The report as JSON; what is not finite is text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _how(self) -> str:
        """By which oracles, as far as anything was compared."""
        used = dict.fromkeys(name for run in self.runs for name in run.oracles)
        return f", by {' and '.join(used)}" if used else ""

    def lines(self) -> Iterator[str]:
        """The report in plain text, without a heading."""
        yield from (f"{one.kind}: {one.text}{page_of(one.code)}" for one in self.findings)
        if self.findings and (self.mistakes or self.worst):
            yield ""
        run = self.worst
        for one in self.mistakes:
            yield from one.lines()
        if self.mistakes:
            yield ""
        if run is not None:
            yield from _failing(run, dict(self.meanings))
        if run is not None:
            yield ""
        yield f"{self.status}: against {self.against}{self._how()}"
        yield from (f"  {line}" for one in self.runs for line in _summary(one))
        yield from (f"note: {text}" for text in self.notes)


def page_of(code: str) -> str:
    """Where there is more on a kind of mistake."""
    return f" (derive explain {code})" if code else ""


def _summary(run: Run) -> Iterator[str]:
    """A point in a line: how many entries, how many wrong, how many open."""
    if run.projections:
        held = run.projections - run.missed
        yield f"{run.place}, {run.dtype}: {held} of {run.projections} random directions agree"
    if not run.parameters:
        return
    total = sum(p.entries for p in run.parameters)
    failed, still = sum(p.failed for p in run.parameters), sum(p.still for p in run.parameters)
    words = [f"{total - run.open:,} of {total:,} entries resolved"]
    words += [f"{failed:,} wrong"] if failed else []
    words += [f"{still:,} of them exactly 0"] if still else []
    yield f"{run.place}, {run.dtype}: {', '.join(words)}"


def _failing(run: Run, meanings: dict[str, str]) -> Iterator[str]:
    yield f"at {run.place}, {run.dtype}"
    yield from (f"  {one.kind}: {one.text}{page_of(one.code)}" for one in run.findings)
    for one in (p for p in run.parameters if p.failed):
        yield from _parameter(one, meanings)


def _parameter(one: Parameter, meanings: dict[str, str]) -> Iterator[str]:
    """A parameter as numpy.testing puts it, and its worst entries."""
    share = 100 * one.failed / one.entries
    absolute, relative = one.largest
    yield ""
    yield f"{one.name}: mismatched elements: {one.failed:,} / {one.entries:,} ({share:.3g}%)"
    yield f"Max absolute difference among violations: {absolute:.6g}"
    yield f"Max relative difference among violations: {relative:.6g}"
    for entry in one.worst[:LINES]:
        yield _entry(one.name, entry, meanings)


def _entry(name: str, entry: Entry, meanings: dict[str, str]) -> str:
    at = entry_text(name, entry.index) if entry.index else name
    words = f" ({meanings[at]})" if at in meanings else ""
    values = f"{entry.actual:.9g} (ACTUAL), {entry.desired:.9g} (DESIRED)"
    return f" {at}{words}: {values}, floor {entry.floor:.1e} by {entry.oracle}"


def _run_data(run: Run) -> dict[str, Any]:
    return {
        "place": run.place,
        "dtype": run.dtype,
        "tolerance": run.tolerance,
        "oracles": list(run.oracles),
        "projections": run.projections,
        "missed": run.missed,
        "findings": [one._asdict() for one in run.findings],
        "parameters": [_parameter_data(one) for one in run.parameters],
    }


def _parameter_data(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "shape": list(np.shape(one.desired)),
        "entries": one.entries,
        "failed": one.failed,
        "unresolved": one.unresolved,
        "floor": _number(one.floor),
        "worst": [
            {
                "index": list(entry.index),
                "actual": _number(entry.actual),
                "desired": _number(entry.desired),
                "floor": _number(entry.floor),
                "oracle": entry.oracle,
            }
            for entry in one.worst
        ],
    }


def _number(value: float) -> float | str:
    return value if np.isfinite(value) else str(value)
