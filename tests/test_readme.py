"""The README tells the truth: its Python runs, and its documents get the verdicts that it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from derive.cli import main

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.S | re.M)
DOCUMENT = re.compile(r"^```derive\n(.*?)^```\n.*?^```text\n(.*?)^```\n", re.S | re.M)
END = "-- end of block --"


def test_the_python_of_the_readme_prints_what_it_shows() -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    code = "".join(f"{block}\nprint({END!r})\n" for block, _ in blocks)
    command = [sys.executable, "-X", "utf8", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{END}\n")
    for (block, shown), real in zip(blocks, printed, strict=False):
        assert shown in ("", real), block


def test_the_question_of_the_readme_gets_the_verdicts_that_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ((text, shown),) = DOCUMENT.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    page = tmp_path / "question.derive"
    page.write_text(text, encoding="utf-8")
    assert main(["check", str(page)]) == 1
    assert capsys.readouterr().out == shown
