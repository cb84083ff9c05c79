"""Workers at hand: each judges one file at a time, and one that is lost is replaced.

`judge` is what an executor calls, in a thread here or on another machine: it finds a free worker
of its process, or starts one.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from derive.grading.evidence import Evidence
from derive.grading.task import GRACE, WAIT, Task

ROOT = Path(__file__).parents[2]
START = (
    f"import sys; sys.path.append({str(ROOT)!r}); from derive.grading.worker import main; main()"
)
TRIES = 2
STARTING = 120.0
"""Seconds in which a worker must be ready."""


class Lost(RuntimeError):
    """A worker ended, and not by what it was judging."""


class Judge:
    """One worker process."""

    def __init__(self, task: Task) -> None:
        self.head = task.head()
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}  # no order of a set is left to chance
        self.process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=fixed,
            start_new_session=True,  # so that it ends with what it has forked, and only by us
        )
        LIVE.add(self)
        try:
            self.talk(self.head, STARTING)
        except BaseException:
            self.close()
            raise

    def talk(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Sends a line, and has the line that answers it. Raises Lost."""
        sink, source = self.process.stdin, self.process.stdout
        assert sink is not None
        assert source is not None
        try:
            sink.write(json.dumps(message).encode() + b"\n")
            sink.flush()
            if not select.select([source], [], [], seconds)[0]:
                raise Lost("a worker gives no answer")
            return dict(json.loads(source.readline()))
        except (OSError, ValueError) as error:
            raise Lost("a worker has ended") from error

    def judged(self, task: Task) -> dict[str, Any]:
        """The evidence for a file. Raises Lost."""
        message = {"text": task.text, "suffix": task.suffix}
        return self.talk(message, WAIT * task.limits.seconds + STARTING + GRACE)

    def close(self) -> None:
        """Ends the worker."""
        LIVE.discard(self)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # a request that nobody read
                    pipe.close()


FREE: list[Judge] = []
LIVE: set[Judge] = set()
LOCK = threading.Lock()
STOPPED = threading.Event()


def judge(task: Task) -> dict[str, Any]:
    """The evidence for a file, as data. Raises Lost where workers end one after another."""
    for _ in range(TRIES):
        if STOPPED.is_set():
            break
        try:
            worker = _taken(task)
        except Lost:
            continue
        try:
            answer = worker.judged(task)
        except BaseException as error:
            worker.close()
            if isinstance(error, Lost):
                continue
            raise
        with LOCK:
            FREE.append(worker)
        return answer
    raise Lost("workers end one after another")


def _taken(task: Task) -> Judge:
    """A free worker for the key, or a new one."""
    with LOCK:
        mine = next((one for one in FREE if one.head == task.head()), None)
        if mine is not None:
            FREE.remove(mine)
            return mine
        others, FREE[:] = FREE[:], []
    for one in others:
        one.close()
    return Judge(task)


@atexit.register
def dismiss() -> None:
    """Ends all workers that are free."""
    with LOCK:
        idle, FREE[:] = FREE[:], []
    for one in idle:
        one.close()


def abandon() -> None:
    """Ends all workers, those at work too, and starts no more in this process."""
    STOPPED.set()
    for one in list(LIVE):
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)


def charged(reason: str) -> dict[str, Any]:
    """What is recorded of a file that no worker gets through."""
    return Evidence(failure=f"broken: {reason}").to_dict()
