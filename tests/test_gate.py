"""The gate fails where it must: a shared test that is skipped is no passed test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--require-shared"], 1)])
def test_shared_tests_that_did_not_run(options: list[str], code: int) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DERIVE", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "tests/test_corpus.py", "-p", "no:xdist", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == code
    assert "shared tests with $DERIVE_SHARED: 0 ran, 1 skipped" in done.stdout


@pytest.mark.parametrize(
    ("options", "told"), [([], "1 skipped"), (["--require-programs"], "1 error")]
)
def test_programs_that_are_not_installed(options: list[str], told: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    marked = "import pytest\n@pytest.mark.program('no-such-program')\ndef test_it(): pass\n"
    (tmp_path / "test_one.py").write_text(marked, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "--rootdir=.", "-c", os.devnull]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)
    assert told in done.stdout
    assert "needs no-such-program" in done.stdout or not options
