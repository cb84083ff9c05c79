"""A whole run: submissions in, grades out; what is known already is not done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.grading.evidence import STATUSES, Evidence, Finding
from derive.grading.key import Key
from derive.grading.records import Records
from derive.grading.rubric import Grade, graded
from derive.grading.spreading import Spread
from derive.grading.submissions import File, Submission
from derive.grading.task import Limits, Task


@dataclass(frozen=True)
class Graded:
    """A submission and its grade."""

    name: str
    grade: Grade


@dataclass(frozen=True)
class Progress:
    """How far a run is: files that are done, of how many, and how many of them were known."""

    done: int
    total: int
    known: int


def graded_all(
    key: Key,
    key_text: str,
    given: Sequence[Submission],
    limits: Limits,
    records: Records,
    spread: Spread,
    version: str,
    told: Callable[[Progress], None],
) -> tuple[Graded, ...]:
    """The grades of all submissions, in their order, whatever the order of the work."""
    tasks = {
        task.mark(version): task
        for one in given
        for file in one.files
        if (task := task_of(file, key_text, limits))
    }
    found = dict(_known(tasks, records))
    known = len(found)
    told(Progress(known, len(tasks), known))
    rest = {mark: task for mark, task in tasks.items() if mark not in found}
    for mark, answer, keep in spread.run(rest):
        found[mark] = Evidence.from_dict(answer)
        if keep:
            records.keep(mark, found[mark])
        told(Progress(len(found), len(tasks), known))
    return tuple(
        Graded(one.name, graded(key, together(_evidence(one, key_text, limits, version, found))))
        for one in given
    )


def task_of(file: File, key_text: str, limits: Limits) -> Task | None:
    """The work that a file is; None for one that was not read."""
    return None if file.failure else Task(key_text, file.text, file.suffix, limits)


def _known(tasks: Mapping[str, Task], records: Records) -> Iterator[tuple[str, Evidence]]:
    for mark in tasks:
        if (found := records.known(mark)) is not None:
            yield mark, found


def _evidence(
    one: Submission, key_text: str, limits: Limits, version: str, found: Mapping[str, Evidence]
) -> Iterator[tuple[str, Evidence]]:
    """What was found in each file."""
    for file in one.files:
        task = task_of(file, key_text, limits)
        evidence = found[task.mark(version)] if task else Evidence(failure=file.failure)
        yield file.name, evidence


def together(files: Iterator[tuple[str, Evidence]]) -> Evidence:
    """The evidence of all files as one: of several answers the last file's counts.

    Files without claims add nothing where another has some.
    """
    parts = list(files)
    if len(parts) == 1:
        return parts[0][1]
    good = [(name, one) for name, one in parts if not one.failure]
    failed = [f"{name}: {one.failure}" for name, one in parts if one.failure]
    if not good:
        return Evidence(failure="; ".join(failed))
    lost = tuple(one for one in failed if ": unreadable: no claim" not in one)
    unread = (*(f"{name}, {line}" for name, one in good for line in one.unread), *lost)
    findings = dict[str, Finding]()
    for name, one in good:
        for each in one.findings:
            before = findings.get(each.name)
            if before is None or each.status != "missing":
                findings[each.name] = _later(before, each, name)
    others = tuple(each for _, one in good for each in one.others)
    way = "; ".join(f"{name}: {one.way}" for name, one in good)
    sought = (_sought(one, bool(lost)) for one in findings.values())
    return Evidence(tuple(sought), others, unread, way)


def _later(before: Finding | None, after: Finding, file: str) -> Finding:
    """The answer of a later file; what an earlier one had right is a step at least."""
    note = f"{file}: {after.note}" if after.note else f"in {file}"
    later = replace(after, note=note if after.status != "missing" else "")
    step = STATUSES.index("step")
    if before and before.status == "right" and STATUSES.index(after.status) > step:
        return replace(later, status="step")
    return later


def _sought(found: Finding, lost: bool) -> Finding:
    """What is missing may stand in a file that was not read."""
    return replace(found, status="unreadable") if lost and found.status == "missing" else found
