"""Processes for submissions: what they may take, and what becomes of those that take more."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.grading import judges
from derive.grading.judges import Judge, Lost, dismiss, judge
from derive.grading.task import Limits, Task
from derive.grading.worker import isolated
from tests.answer_trees import KEY

MEGABYTES = 200
RIGHT = "claim dL/dW2 = h^T (p - y) / N"


def task(text: str = RIGHT, seconds: float = 20.0, megabytes: int = 1500) -> Task:
    return Task(KEY, text, ".derive", Limits(seconds, megabytes))


@pytest.fixture(autouse=True)
def _dismissed() -> Any:
    yield
    dismiss()


def busy() -> dict[str, Any]:
    """Work that pays no heed to any limit."""
    while True:
        sum(range(1000))


def greedy() -> dict[str, Any]:
    kept = [bytearray(2**20)]
    while True:
        kept.append(bytearray(len(kept[-1])))


def deep() -> dict[str, Any]:
    def down(k: int) -> int:
        return down(k + 1) + 1

    return {"depth": down(0)}


def killed() -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def asleep() -> dict[str, Any]:
    time.sleep(1000)
    return {}


def failing() -> dict[str, Any]:
    raise SystemExit


@pytest.mark.parametrize(
    ("work", "seconds", "failure"),
    [
        (busy, 0, "time: it takes more than 0 s"),
        (greedy, 30, f"memory: it takes more than {MEGABYTES} MB"),
        (deep, 30, "depth: it is nested too deeply"),
        (killed, 30, "broken: its process ended with SIGSEGV"),
        (asleep, 0, "time: it takes more than 0 s"),
        (failing, 30, "broken: its process ended with code 1"),
    ],
)
def test_what_takes_too_much_ends_alone(
    work: Callable[[], dict[str, Any]],
    seconds: float,
    failure: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert isolated(work, seconds, MEGABYTES)["failure"] == failure


def test_nothing_can_be_written(tmp_path: Path) -> None:
    def work() -> dict[str, Any]:
        try:
            (tmp_path / "x").write_text("x" * 100, encoding="utf-8")
        except OSError as error:
            return {"refused": error.errno is not None}
        return {"refused": False}

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    assert isolated(work, 1, MEGABYTES) == {"refused": True}


def test_a_worker_judges_one_after_another() -> None:
    first, second = judge(task()), judge(task("claim dL/dW2 = h^T (p - y)"))
    told = [{f["name"]: f["status"] for f in one["findings"]}["dL/dW2"] for one in (first, second)]
    assert told == ["right", "repair"]
    assert len(judges.FREE) == 1


def test_a_hostile_submission_costs_only_itself() -> None:
    many = "\n".join(f"claim dL/dW1 = x^T (p - y) W2^T / {k}" for k in range(1, 500))
    worker = judge(task(many, seconds=1.0))
    assert worker["failure"] == "time: it takes more than 1 s"
    (same,) = judges.FREE
    assert judge(task(seconds=1.0))["failure"] == ""
    assert [same] == judges.FREE


def test_a_worker_that_is_killed_is_replaced() -> None:
    judge(task())
    (worker,) = judges.FREE
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    assert judge(task())["failure"] == ""
    (other,) = judges.FREE
    assert other is not worker


def test_a_key_that_cannot_be_read_ends_its_worker() -> None:
    with pytest.raises(Lost):
        Judge(Task("no key", RIGHT, ".derive", Limits()))


def test_a_mark_is_of_all_that_the_outcome_depends_on() -> None:
    marks = {
        one.mark(version)
        for one in (task(), task("claim dL/dW2 = 1"), task(seconds=9.0), task(megabytes=999))
        for version in ("1", "2")
    }
    assert len(marks) == 8
    assert task().mark("1") == task().mark("1")
