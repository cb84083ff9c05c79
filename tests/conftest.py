"""Fixtures and settings of all tests.

A test marked `shared("VARIABLE")` needs a folder outside this repository, and the environment
variable says where it is: `DERIVE_MNIST` the full set, `DERIVE_SHARED` a corpus of derivations,
`DERIVE_SEEDS` the pages of the questions that this began with.
Without it the test is skipped, and with `--require-shared` the run then fails.

A test marked `program("NAME")` runs another program, such as a browser. Where that is not installed
the test is skipped, and with `--require-programs` it fails.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections import Counter
from pathlib import Path

# Before NumPy is loaded: on few cores the threads of two test processes get into each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "derive",
    derandomize=True,
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("derive")

FOLDERS = ("DERIVE_MNIST", "DERIVE_SHARED", "DERIVE_SEEDS")
"""What `shared` may name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("derive")
    group.addoption("--update", action="store_true", help="write golden files anew")
    group.addoption(
        "--require-shared", action="store_true", help="fail where a `shared` test did not run"
    )
    group.addoption(
        "--require-programs", action="store_true", help="fail where a program is not installed"
    )


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew instead of compared."""
    return bool(request.config.getoption("--update"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers, the same ones in every run of this test; a failure shows the seed."""
    seed = zlib.crc32(request.node.nodeid.encode())
    print(f"rng: numpy.random.default_rng({seed})")
    return np.random.default_rng(seed)


@pytest.fixture
def corpus() -> Path:
    """The folder of $DERIVE_SHARED."""
    return Path(os.environ["DERIVE_SHARED"])


# ------------------------------------------------------------------------------- shared tests


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose folder, or whose program, is not there."""
    for marker in item.iter_markers("program"):
        missing = [name for name in marker.args if not shutil.which(name)]
        if missing and item.config.getoption("--require-programs"):
            pytest.fail(f"needs {' and '.join(missing)}, which --require-programs asks for")
        if missing:
            pytest.skip(f"needs {' and '.join(missing)}")
    for marker in item.iter_markers("shared"):
        (variable,) = marker.args
        item.user_properties.append(("shared", FOLDERS.index(variable)))
        if not os.environ.get(variable):
            pytest.skip(f"needs a folder in ${variable}")


class SharedCount:
    """How many tests of each folder ran, and how many were skipped."""

    def __init__(self, required: bool) -> None:
        self.required = required
        self.ran: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, place in report.user_properties:
            if key == "shared" and isinstance(place, int):
                self.skipped[FOLDERS[place]] += report.skipped
                self.ran[FOLDERS[place]] += report.when == "call" and not report.skipped

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self.ran:
            line = f"shared tests with ${name}: {self.ran[name]} ran, {self.skipped[name]} skipped"
            terminalreporter.write_line(line)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.required and any(self.skipped[name] or not self.ran[name] for name in FOLDERS):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    """Counts where the reports of all workers arrive."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SharedCount(config.getoption("--require-shared")))
