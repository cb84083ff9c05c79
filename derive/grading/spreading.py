"""Tasks over the workers of an executor: each is done once, whatever becomes of the workers.

Any executor of `concurrent.futures` will do, and Dask's. One that breaks is opened anew; what was
under way then is done again one by one, so that only the task that breaks it is charged with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from typing import Any

from derive.grading.judges import charged
from derive.grading.task import Task

TRIES = 3
"""How often a task is tried that ends without an answer."""

AHEAD = 2
"""Tasks under way for each worker: one being judged, one waiting."""

Answer = dict[str, Any]
Judging = Callable[[Task], Answer]


class Spread:
    """One run over many tasks; `opened` makes an executor, `workers` is how many it has."""

    def __init__(self, opened: Callable[[], Executor], workers: int, judging: Judging) -> None:
        self.opened, self.judging = opened, judging
        self.window = AHEAD * workers
        self.executor: Executor | None = None
        self.running: dict[Future[Answer], str] = {}
        self.tries: dict[str, int] = {}
        self.alone: deque[str] = deque()

    def run(self, tasks: Mapping[str, Task]) -> Iterator[tuple[str, Answer, bool]]:
        """The answers as they come: the name of a task, its answer, and whether it is one to keep.

        What a task is charged with because workers were lost is none: another run may try again.
        """
        waiting = deque(tasks)
        try:
            while waiting or self.alone or self.running:
                self._fill(tasks, waiting)
                done, _ = wait(self.running, return_when=FIRST_COMPLETED)
                for future in done:
                    name = self.running.pop(future, None)
                    if name is not None:
                        yield from self._ended(name, future, waiting)
        finally:
            self._closed()

    def _fill(self, tasks: Mapping[str, Task], waiting: deque[str]) -> None:
        """Hands out tasks; suspects one at a time, with nothing beside them."""
        while self.alone and not self.running:
            if self._hand(tasks, self.alone[0]):
                self.alone.popleft()
                return
        while waiting and not self.alone and len(self.running) < self.window:
            if self._hand(tasks, waiting[0]):
                waiting.popleft()

    def _hand(self, tasks: Mapping[str, Task], name: str) -> bool:
        """Hands out a task; False where the executor turns out to be broken."""
        if self.executor is None:
            self.executor = self.opened()
        try:
            self.running[self.executor.submit(self.judging, tasks[name])] = name
        except BrokenExecutor:
            self._closed()
            return False
        return True

    def _ended(
        self, name: str, future: Future[Answer], waiting: deque[str]
    ) -> Iterator[tuple[str, Answer, bool]]:
        """The answer of a task that has ended, or the task put back."""
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            yield name, future.result(), True
            return
        alone = not self.running
        if isinstance(error, BrokenExecutor):
            self._suspected()
        if not isinstance(error, BrokenExecutor) or alone:
            self.tries[name] = self.tries.get(name, 0) + 1
        if self.tries.get(name, 0) >= TRIES:
            yield name, charged(f"its worker ended {TRIES} times ({type(error).__name__})"), False
        else:
            self.alone.append(name)

    def _suspected(self) -> None:
        """All that was under way when an executor broke is done again, one by one."""
        self.alone.extend(self.running.values())
        self._closed()
        self.running.clear()

    def _closed(self) -> None:
        executor, self.executor = self.executor, None
        for future in self.running:
            future.cancel()
        if executor is not None:
            executor.shutdown(wait=False)
