"""`derive report`: the form by the ending or by its name, whole files, exit codes, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from derive.cli import main

NET = "stack 4,3,2 bias=separate reduction=sum\n"
RIGHT = NET + "claim dW2 = H1.T @ (yhat - y)\n"
WRONG = NET + "claim dW2 = H1.T @ (y - yhat)\n"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str, name: str = "page.derive") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("out.html", "<!DOCTYPE html>"),
        ("out.md", "# "),
        ("out.tex", r"\documentclass"),
        ("out.json", "{"),
        ("out.xml", "<?xml"),
        ("out.sarif", "{"),
    ],
)
def test_the_ending_says_the_form(
    file: Any, tmp_path: Path, capsys: Any, name: str, start: str
) -> None:
    target = tmp_path / name
    assert main(["report", file(WRONG), "-o", str(target)]) == 1
    assert target.read_text(encoding="utf-8").startswith(start)
    assert capsys.readouterr().out == f"{target}: 1 claim: 1 refuted\n"


def test_the_name_says_the_form_and_standard_output_is_the_default(file: Any, capsys: Any) -> None:
    assert main(["report", file(RIGHT), "--format", "gradescope"]) == 0
    assert json.loads(capsys.readouterr().out)["tests"][0]["score"] == 1
    assert main(["report", file(RIGHT), "--format", "markdown", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("# ")


def test_several_files_are_one_report(file: Any, tmp_path: Path, capsys: Any) -> None:
    target = tmp_path / "all.html"
    files = [file(RIGHT, "one.derive"), file(WRONG, "two.derive")]
    assert main(["report", *files, "-o", str(target)]) == 1
    page = target.read_text(encoding="utf-8")
    assert page.count("<h2>") == 2
    assert "2 claims: 1 proved, 1 refuted" in capsys.readouterr().out


def test_the_network_may_come_from_the_options(file: Any, capsys: Any) -> None:
    page = file("So $dz_2 = \\hat{y} - y$ for a sample.\n", "page.md")
    options = ["--layers", "4,3,2", "--single", "--format", "json"]
    assert main(["report", page, *options]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["claims"][0]["verdict"] == "proved"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say what the report is to be: -o report.html, or --format markdown"),
        (["-o", "out.pdf"], "ends in none of .html"),
        (["--format", "word"], "there is no format `word`"),
        (["-o", "no/such/folder/out.html"], "cannot be written: No such file"),
    ],
)
def test_refusals(file: Any, capsys: Any, options: list[str], message: str) -> None:
    assert main(["report", file(RIGHT), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_report_that_fails_leaves_the_old_one(file: Any, tmp_path: Path, capsys: Any) -> None:
    target = tmp_path / "out.html"
    target.write_text("old", encoding="utf-8")
    assert main(["report", file("Nothing here."), "-o", str(target)]) == 2
    assert target.read_text(encoding="utf-8") == "old"
    assert "no claim was found" in capsys.readouterr().err
    assert main(["report", file(RIGHT), "-o", str(target)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "page.derive"]
