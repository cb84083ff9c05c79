"""Grading: submissions a second on one and two workers and on a cluster, memory, and right marks.

All submissions are generated with known marks; a worker of the cluster is killed on the way.
"""

from __future__ import annotations

import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from bench.report import Options, Report
from derive.grading.executors import place
from derive.grading.grading import Graded, Progress, graded_all
from derive.grading.judges import dismiss, judge
from derive.grading.key import read_key
from derive.grading.records import Records
from derive.grading.results import as_json, data
from derive.grading.spreading import Spread
from derive.grading.submissions import submissions
from derive.grading.task import Limits
from tests.answer_trees import KEY
from tests.cluster import Cluster, cluster
from tests.made_submissions import Made, write

COUNT, PART = 1000, 120
"""Submissions whose marks are compared, and those that speeds are measured on."""

BRIEF = 6
Told = Callable[[Progress], None]


def graded(folder: Path, workers: int, scheduler: str | None, told: Told) -> tuple[Graded, ...]:
    """The grades of a folder, nothing being known before."""
    with tempfile.TemporaryDirectory() as results, place(workers, scheduler) as where:
        spread = Spread(where.opened, where.workers, judge)
        try:
            return graded_all(
                read_key(KEY),
                KEY,
                submissions(folder),
                Limits(),
                Records(Path(results)),
                spread,
                "bench",
                told,
            )
        finally:
            dismiss()


def timed(
    folder: Path, report: Report, case: str, workers: int, scheduler: str | None = None
) -> tuple[Graded, ...]:
    """Grades a folder, and shows how many submissions a second that makes."""
    start, files, before = time.perf_counter(), [0], worked()
    found = graded(folder, workers, scheduler, lambda one: files.__setitem__(0, one.total))
    seconds = time.perf_counter() - start
    report.show(case, "submissions", "a second", [len(found) / seconds])
    report.show(case, "files judged (each content once)", "a second", [files[0] / seconds])
    if scheduler is None:
        spent = (worked() - before) / files[0]
        report.show(case, "of the processor for a file", "s", [spent])
    return found


def worked() -> float:
    """Seconds of the processor that workers which have ended took, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def right(found: tuple[Graded, ...], known: Mapping[str, Made]) -> int:
    """How many submissions have the marks that they are worth."""
    return sum(abs(float(one.grade.total) - known[one.name].total) < 1e-9 for one in found)


def told_apart(found: tuple[Graded, ...], known: Mapping[str, Made], report: Report) -> None:
    """How many marks are right, and which are not."""
    report.show(f"{len(found)} submissions", "right marks", "of them", [right(found, known)], 0)
    for one in found:
        if abs(float(one.grade.total) - known[one.name].total) >= 1e-9:
            worth = known[one.name]
            report.say(f"  {one.name}: {float(one.grade.total)}, not {worth.total}: {worth.story}")


def text_of(found: tuple[Graded, ...]) -> str:
    """All that was found, to be compared."""
    return as_json(data(read_key(KEY), found))


def killing(made: Cluster) -> tuple[Told, list[int]]:
    """What kills a worker when a third is done, and whom it killed."""
    killed: list[int] = []

    def told(one: Progress) -> None:
        if one.done >= one.total // 3 and not killed:
            killed.append(made.workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    return told, killed


def on_a_cluster(folder: Path, report: Report, here: str) -> None:
    """The same on a cluster; and once more, with a worker that is killed."""
    if find_spec("distributed") is None:
        report.say("left out: distributed is missing (pip install 'derive-backprop[cluster]')")
        return
    with cluster(2) as made:
        found = timed(folder, report, "cluster of two", 2, made.address)
        same = text_of(found) == here
        report.show("cluster of two", "the same as here", "", [float(same)], 0)
        told, killed = killing(made)
        found = graded(folder, 2, made.address, told)
        names = [one.name for one in found]
        lost = len(list(folder.iterdir())) - len(set(names))
        case = "cluster, a worker killed"
        report.show(case, "workers killed", "", [len(killed)], 0)
        report.show(case, "lost", "submissions", [lost], 0)
        report.show(case, "counted twice", "submissions", [len(names) - len(set(names))], 0)
        report.show(case, "the same as here", "", [float(text_of(found) == here)], 0)


def main(options: Options, report: Report) -> None:
    """Speeds on a part, marks on all."""
    count, part = (BRIEF, BRIEF) if options.brief else (COUNT, PART)
    with tempfile.TemporaryDirectory() as folder:
        some, every = Path(folder) / "some", Path(folder) / "every"
        some.mkdir()
        every.mkdir()
        write(some, part)
        known = write(every, count)
        one = timed(some, report, "one worker", 1)
        two = timed(some, report, "two workers", 2)
        here = text_of(one)
        report.show("two workers", "the same as one", "", [float(text_of(two) == here)], 0)
        on_a_cluster(some, report, here)
        told_apart(timed(every, report, "two workers, all", 2), known, report)
    for who, whom in (
        ("this process", resource.RUSAGE_SELF),
        ("a worker", resource.RUSAGE_CHILDREN),
    ):
        peak = resource.getrusage(whom).ru_maxrss / 1024
        report.show("memory", f"most of {who}", "MB", [peak], 0)
