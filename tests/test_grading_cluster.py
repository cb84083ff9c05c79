"""A real cluster of Dask on this machine, with a worker killed while it grades."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from derive.grading.executors import place
from derive.grading.grading import Progress, graded_all
from derive.grading.judges import judge
from derive.grading.key import read_key
from derive.grading.records import Records
from derive.grading.results import as_json, data
from derive.grading.spreading import Spread
from derive.grading.submissions import submissions
from derive.grading.task import Limits
from tests.answer_trees import KEY
from tests.cluster import Cluster, cluster
from tests.made_submissions import Made, write

COUNT = 24
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Cluster]:
    with cluster(2) as made:
        yield made


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Made]]:
    folder = tmp_path_factory.mktemp("given")
    return folder, write(folder, COUNT)


def grades(folder: Path, results: Path, scheduler: str | None, told: Any = None) -> str:
    """All that is found, as text."""
    key = read_key(KEY)
    with place(2, scheduler) as where:
        found = graded_all(
            key,
            KEY,
            submissions(folder),
            Limits(),
            Records(results),
            Spread(where.opened, where.workers, judge),
            "test",
            told or (lambda one: None),
        )
    return as_json(data(key, found))


def test_a_cluster_finds_what_one_machine_finds(
    two_workers: Cluster, given: tuple[Path, dict[str, Made]], tmp_path: Path
) -> None:
    folder, _ = given
    here = grades(folder, tmp_path / "here", None)
    assert grades(folder, tmp_path / "there", two_workers.address) == here


def test_a_worker_is_killed_and_nothing_is_lost_or_counted_twice(
    two_workers: Cluster, given: tuple[Path, dict[str, Made]], tmp_path: Path
) -> None:
    folder, known = given
    killed, steps = list[int](), list[Progress]()

    def told(one: Progress) -> None:
        steps.append(one)
        if one.done >= one.total // 3 and not killed:
            killed.append(two_workers.workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    text = grades(folder, tmp_path / "there", two_workers.address, told)
    assert killed
    assert killed[0] not in two_workers.workers()
    assert text == grades(folder, tmp_path / "here", None)
    assert [one.done for one in steps] == list(range(steps[-1].total + 1))
    assert len(list((tmp_path / "there").glob("*.json"))) == steps[-1].total
    assert len(known) == COUNT == text.count('"review"')
