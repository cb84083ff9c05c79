"""Where submissions are judged: on the cores of this machine, or on a cluster of Dask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from derive.diagnostic import refuse

CONNECTING = 20
"""Seconds in which a scheduler must answer."""


@dataclass(frozen=True)
class Place:
    """A way to open an executor, and how many workers it has."""

    opened: Callable[[], Executor]
    workers: int


@contextmanager
def place(workers: int | None = None, scheduler: str | None = None) -> Iterator[Place]:
    """This machine, or the cluster with a scheduler. Raises DeriveError where there is none."""
    if scheduler is None:
        count = workers or available()
        # a thread does nothing but wait for the process that it has
        yield Place(lambda: ThreadPoolExecutor(count, "grading"), count)
        return
    try:
        from distributed import Client  # large, and only for those who have a cluster
    except ImportError:
        message = "--scheduler needs Dask: pip install 'derive-backprop[cluster]'"
        raise refuse("D414", message) from None
    try:
        client: Any = Client(scheduler, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise refuse("D414", f"no scheduler answers at {scheduler}: {error}") from None
    try:
        threads = sum(client.nthreads().values())
        yield Place(lambda: client.get_executor(pure=False), workers or max(1, threads))
    finally:
        client.close()


def available() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
