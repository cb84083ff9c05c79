"""`derive grade`: from a folder to grades; stopped and gone on with; in any order."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest

from derive.cli import main
from derive.commands.grading import limits_of
from derive.diagnostic import DeriveError
from derive.grading.evidence import STATUSES
from derive.grading.key import DEFAULTS, read_key
from tests.answer_trees import KEY
from tests.made_submissions import write

ROOT = Path(__file__).parents[1]
RIGHT = "claim dL/dW2 = h^T (p - y) / N\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with a key, and a folder `all` with submissions."""
    (tmp_path / "key.derive").write_text(KEY, encoding="utf-8")
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "ann.derive").write_text(RIGHT, encoding="utf-8")
    (folder / "bob").mkdir()
    (folder / "bob" / "backward.py").write_text("dW2 = h.T @ (p - y)\n", encoding="utf-8")
    (folder / "cy.pdf").write_bytes(b"%PDF")
    (folder / "=dan.md").write_text("My answer is $x$.", encoding="utf-8")
    return tmp_path


def command(given: Path, *more: str, to: str = "results") -> list[str]:
    key, output = str(given / "key.derive"), str(given / to)
    return ["grade", str(given / "all"), "--key", key, "-o", output, *more]


def rows(given: Path, to: str = "results") -> list[dict[str, str]]:
    text = (given / to / "grades.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_grades(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(given, "--workers", "1", "--reveal", "fix")) == 0
    told = capsys.readouterr()
    assert "4 submissions graded" in told.out
    assert "graded 3 of 3 files" in told.err
    found = {row["submission"]: (row["total"], row["review"], row["reason"]) for row in rows(given)}
    missing = "dL/dz2: missing; {}dL/db2: missing; dL/dW1: missing; dL/db1: missing"
    assert found == {
        "'=dan": (
            "0",
            "yes",
            "unreadable: no claim was found: a claim is an equation for a derivative",
        ),
        "ann": ("2", "", missing.format("")),
        "bob": ("1", "", missing.format("dL/dW2: repair; ")),
        "cy": ("0", "yes", "unreadable: .pdf is not one of .derive, .md, .tex, .txt, .py"),
    }
    page = (given / "results" / "feedback" / "bob.md").read_text("utf-8")
    assert "h.T @ (p - y) / N" in page
    scores = json.loads((given / "results" / "gradescope" / "bob.json").read_text("utf-8"))
    assert scores["score"] == 1


def test_a_second_run_does_nothing_again(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(command(given, "--workers", "1"))
    before = (given / "results" / "grades.json").read_bytes()
    shutil.rmtree(given / "results" / "feedback")
    capsys.readouterr()
    assert main(command(given)) == 0
    assert capsys.readouterr().err == "graded 3 of 3 files, 3 of them known\n"
    assert (given / "results" / "grades.json").read_bytes() == before
    (given / "all" / "ann.derive").write_text("claim dL/dW2 = 0", encoding="utf-8")
    assert main(command(given)) == 0
    assert "graded 2 of 3 files, 2 of them known\n" in capsys.readouterr().err
    assert {row["submission"]: row["total"] for row in rows(given)}["ann"] == "0"


def test_a_run_that_is_killed_goes_on_where_it_was(given: Path) -> None:
    write(given / "all", 12)
    call = [sys.executable, "-m", "derive.cli", *command(given, "--workers", "1")]
    going = subprocess.Popen(call, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    records, until = given / "results" / "records", time.monotonic() + 120
    while len(list(records.glob("*.json"))) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(going.pid, signal.SIGKILL)
    going.wait()
    known = len(list(records.glob("*.json")))
    assert known >= 4
    assert not (given / "results" / "grades.csv").exists()
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"{known} of them known" in done.stderr
    main(command(given, to="anew"))
    same = [(given / to / "grades.json").read_bytes() for to in ("results", "anew")]
    assert same[0] == same[1]


def interruptible() -> None:
    """What a shell starts in its background is deaf to interrupts unless it is told to listen."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_run_that_is_interrupted_ends_at_once(given: Path) -> None:
    many = "\n".join(f"claim dL/dW1 = x^T (p - y) W2^T / {k}" for k in range(1, 900))
    (given / "all" / "ann.derive").write_text(many, encoding="utf-8")
    call = [sys.executable, "-m", "derive.cli", *command(given, "--workers", "2")]
    pipe = subprocess.PIPE
    going = subprocess.Popen(call, cwd=ROOT, stderr=pipe, stdout=pipe, preexec_fn=interruptible)
    records, until = given / "results" / "records", time.monotonic() + 120
    while len(list(records.glob("*.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    going.send_signal(signal.SIGINT)
    start = time.monotonic()
    _, told = going.communicate(timeout=60)
    assert going.returncode == 130
    assert told.decode().endswith("derive: interrupted\n")
    assert time.monotonic() - start < 20


@pytest.mark.slow
def test_the_same_in_any_order_by_any_number_of_workers(given: Path) -> None:
    write(given / "all", 40)
    found = []
    for to, workers in (("one", "1"), ("two", "2"), ("five", "5")):
        assert main(command(given, "--workers", workers, to=to)) == 0
        files = sorted((given / to).rglob("*.*"))
        found.append({str(p.relative_to(given / to)): p.read_bytes() for p in files})
    assert found[0] == found[1] == found[2]
    turned = given / "turned"
    (turned / "all").mkdir(parents=True)
    shutil.copy(given / "key.derive", turned)
    for path in sorted((given / "all").iterdir(), reverse=True):
        (shutil.copytree if path.is_dir() else shutil.copy)(path, turned / "all" / path.name)
    main(command(turned))
    assert (turned / "results" / "grades.json").read_bytes() == found[0]["grades.json"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--reveal", "all"], "--reveal is one of none, kind, shape, step, fix"),
        (["--seconds", "0"], "--seconds is a number of seconds from 0 to 3600"),
        (["--memory", "5"], "--memory is a number of megabytes, 100 or more"),
        (["--workers", "0"], "--workers is a number from 1 to 1000"),
        (["--key", "nowhere"], "nowhere cannot be read: No such file or directory"),
    ],
)
def test_misuse(
    given: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert main(command(given, *more)) == 2
    assert capsys.readouterr().err == f"derive: {message}\n"


def test_the_key_of_the_guide() -> None:
    guide = (ROOT / "docs" / "grading.md").read_text("utf-8")
    (text,) = re.findall(r"^```derive\n(.*?)^```", guide, re.S | re.M)
    key = read_key(text)
    points = {name: int(value) for name, value in key.points.items()}
    assert points == {"dL/dW2": 2, "dL/db2": 1, "dL/dW1": 3}
    assert key.credit == DEFAULTS
    assert [status for status in STATUSES if f"{status}" not in guide] == []


def test_misuse_has_a_code() -> None:
    with pytest.raises(DeriveError) as refused:
        limits_of(Namespace(reveal="all"))
    assert refused.value.diagnostic.code == "D417"


def test_results_that_cannot_be_written(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (given / "results").write_text("", encoding="utf-8")
    assert main(command(given)) == 2
    assert capsys.readouterr().err.endswith("results cannot be made: File exists\n")


def test_a_bar_where_somebody_looks(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the bar is drawn by rich; here standard error only says that it is one."""
    seen = io.StringIO()
    monkeypatch.setattr(seen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", seen)
    assert main(command(given, "--workers", "1")) == 0
    assert "3/3" in seen.getvalue()
