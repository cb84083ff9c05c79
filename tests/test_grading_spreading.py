"""Tasks over workers: each is done once, whatever order, number or fate the workers have."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from derive.diagnostic import DeriveError
from derive.grading.executors import available, place
from derive.grading.spreading import TRIES, Spread
from derive.grading.task import Limits, Task

Seen = dict[str, list[tuple[dict[str, Any], bool]]]


def tasks(*texts: str) -> dict[str, Task]:
    return {text: Task("", text, ".md", Limits()) for text in texts}


def numbered(count: int) -> dict[str, Task]:
    return tasks(*map(str, range(count)))


def run(spread: Spread, given: dict[str, Task]) -> Seen:
    """Every answer by the name of its task."""
    seen: Seen = {}
    for name, answer, keep in spread.run(given):
        seen.setdefault(name, []).append((answer, keep))
    return seen


def once(seen: Seen) -> dict[str, str]:
    """The texts of the answers, each of which came once."""
    assert all(len(answers) == 1 for answers in seen.values())
    return {
        name: answer[0][0].get("text", answer[0][0].get("failure")) for name, answer in seen.items()
    }


# what workers do: functions of a module, so that other processes have them


def echo(task: Task) -> dict[str, Any]:
    return {"text": task.text}


def fatal(task: Task) -> dict[str, Any]:
    """Ends its process for one task, at once."""
    if task.text == "7":
        os._exit(1)
    time.sleep(0.01)
    return echo(task)


def unlucky(folder: str, task: Task) -> dict[str, Any]:
    """Ends its process once, the first time that a task is tried."""
    mark = Path(folder) / task.text
    if task.text in ("3", "11") and not mark.exists():
        mark.touch()
        os._exit(1)
    return echo(task)


def failing(task: Task) -> dict[str, Any]:
    if task.text == "7":
        raise RuntimeError("no")
    return echo(task)


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def threads(count: int) -> Callable[[], Executor]:
    return lambda: ThreadPoolExecutor(count)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_every_task_once(workers: int) -> None:
    found = once(run(Spread(threads(workers), workers, echo), numbered(30)))
    assert found == {str(k): str(k) for k in range(30)}


def test_nothing_to_do() -> None:
    def never() -> Executor:
        raise AssertionError("an executor is opened for nothing")

    assert run(Spread(never, 2, echo), {}) == {}


def test_a_task_that_fails_is_tried_again_and_then_charged() -> None:
    tried: list[str] = []

    def counted(task: Task) -> dict[str, Any]:
        tried.append(task.text)
        return failing(task)

    seen = run(Spread(threads(2), 2, counted), numbered(12))
    assert once(seen)["7"] == f"broken: its worker ended {TRIES} times (RuntimeError)"
    assert [keep for _, keep in seen["7"]] == [False]
    assert tried.count("7") == TRIES
    assert all(keep for name, ((_, keep),) in seen.items() if name != "7")


def test_a_pool_that_breaks_charges_the_guilty_alone() -> None:
    """Of a broken pool nobody knows who broke it: what was under way is done again, one by one."""
    found = once(run(Spread(processes, 2, fatal), numbered(16)))
    assert found.pop("7") == f"broken: its worker ended {TRIES} times (BrokenProcessPool)"
    assert found == {str(k): str(k) for k in range(16) if k != 7}


def test_workers_that_die_once_lose_nothing(tmp_path: Path) -> None:
    judging = partial(unlucky, str(tmp_path))
    found = once(run(Spread(processes, 2, judging), numbered(16)))
    assert found == {str(k): str(k) for k in range(16)}


def test_a_run_that_is_given_up_leaves_no_executor() -> None:
    opened: list[ThreadPoolExecutor] = []

    def one() -> Executor:
        opened.append(ThreadPoolExecutor(1))
        return opened[-1]

    going: Iterator[Any] = Spread(one, 1, echo).run(numbered(9))
    next(going)
    going.close()  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="shutdown"):
        opened[0].submit(echo, numbered(1)["0"])


def test_here_there_are_as_many_workers_as_cores() -> None:
    with place() as where:
        assert where.workers == available() >= 1
    with place(3) as where:
        assert where.workers == 3


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derive.grading.executors.CONNECTING", 0.5)
    wanted = pytest.raises(DeriveError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9")
    with wanted as refused, place(scheduler="tcp://127.0.0.1:9"):
        raise AssertionError("connected")
    assert refused.value.diagnostic.code == "D414"
