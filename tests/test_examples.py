"""Every example runs, and checks itself by the assertions in it."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(path))
    text = capsys.readouterr().out
    assert "dL/dW1 = " in text
    assert "\nPASS: " in text


def test_there_is_one_for_each_question() -> None:
    assert len(EXAMPLES) >= 4
