"""`derive grade FOLDER --key KEY.derive -o RESULTS`: many submissions against one key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from derive.commands.files import text_of
from derive.commands.paper import Paper
from derive.diagnostic import DeriveError, refuse
from derive.grading.executors import place
from derive.grading.grading import Graded, Progress, graded_all
from derive.grading.judges import abandon, dismiss, judge
from derive.grading.key import read_key
from derive.grading.records import Records
from derive.grading.results import written
from derive.grading.reveal import LEVELS
from derive.grading.rubric import shown
from derive.grading.spreading import Spread
from derive.grading.submissions import submissions
from derive.grading.task import Limits

REFUSALS = (DeriveError,)
STEPS = 10
"""How often a run tells how far it is, where nobody sees a bar."""

Told = Callable[[Progress], None]


def run(arguments: argparse.Namespace) -> int:
    """Grades all submissions; the exit code is 0 when each has a grade."""
    limits = limits_of(arguments)
    text = text_of(arguments.key)
    key = read_key(text)
    given = submissions(Path(arguments.folder))
    output = Path(arguments.output)
    records = Records(_folder(output) / "records")
    with place(arguments.workers, arguments.scheduler) as where, told() as tell:
        spread = Spread(where.opened, where.workers, judge)
        try:
            found = graded_all(key, text, given, limits, records, spread, release(), tell)
        except BaseException:
            abandon()  # no thread goes on waiting for what is being judged
            raise
        finally:
            dismiss()
    written(key, found, output, arguments.reveal)
    summary(Paper(), found, output)
    return 0


def limits_of(arguments: argparse.Namespace) -> Limits:
    """The limits for one file. Raises DeriveError for what makes no sense."""
    if arguments.reveal not in LEVELS:
        raise refuse("D417", f"--reveal is one of {', '.join(LEVELS)}")
    if not 0 < arguments.seconds <= 3600:
        raise refuse("D417", "--seconds is a number of seconds from 0 to 3600")
    if not 100 <= arguments.memory <= 1_000_000:
        raise refuse("D417", "--memory is a number of megabytes, 100 or more")
    if arguments.workers is not None and not 1 <= arguments.workers <= 1000:
        raise refuse("D417", "--workers is a number from 1 to 1000")
    return Limits(arguments.seconds, arguments.memory)


def _folder(path: Path) -> Path:
    """The folder for results, made where it is not there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse("D415", f"{path} cannot be made: {error.strerror}") from None
    return path


def release() -> str:
    """The version of the installed package."""
    try:
        return version("derive-backprop")
    except PackageNotFoundError:
        return "0"


def summary(paper: Paper, found: tuple[Graded, ...], output: Path) -> None:
    """How the submissions did, and where the results are."""
    mean = sum((one.grade.total for one in found), Fraction(0)) / len(found)
    paper.line(f"{len(found)} submissions graded", "bold")
    paper.line(f"  mean     {shown(mean)} of {shown(found[0].grade.most)}")
    paper.line(f"  all      {sum(one.grade.total == one.grade.most for one in found)} full marks")
    look = [one.name for one in found if one.grade.review]
    paper.line(f"  review   {len(look)}: somebody should look, the column `review` says at which")
    paper.line(f"  written  {output / 'grades.csv'}, grades.json, feedback/, gradescope/")


@contextmanager
def told() -> Iterator[Told]:
    """What tells of progress: a bar on a terminal, and a line now and then where it is piped."""
    if not sys.stderr.isatty():
        yield Plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("grading")
        yield lambda one: bar.update(task, completed=one.done, total=one.total)


class Plain:
    """A line on standard error for each tenth that is done."""

    def __init__(self) -> None:
        self.last = -1

    def __call__(self, one: Progress) -> None:
        step = STEPS * one.done // one.total if one.total else STEPS
        if step > self.last:
            known = f", {one.known} of them known" if one.known else ""
            print(f"graded {one.done} of {one.total} files{known}", file=sys.stderr, flush=True)
        self.last = max(self.last, step)
