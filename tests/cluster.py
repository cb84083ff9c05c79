"""A cluster of Dask on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from distributed import Client, LocalCluster


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address, and its workers."""

    address: str
    made: Any

    def workers(self) -> list[int]:
        """The process numbers of the workers that there are."""
        with Client(self.address, set_as_default=False) as client:
            return sorted(client.run(os.getpid).values())


@contextmanager
def cluster(workers: int) -> Iterator[Cluster]:
    """A cluster of some workers with one thread each; one that dies is started anew."""
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as made:
        yield Cluster(made.scheduler_address, made)
