"""`derive check`: what it prints for people and for programs, its exit codes, its refusals."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from derive.cli import main
from derive.commands.paper import Paper
from derive.commands.verdicts import show_claim, window
from derive.diagnostic import Diagnostic, Span, cells
from derive.faces.saying import summary
from derive.statements import statements
from derive.verdict import Claim, Witness

NET = "stack 4,3,2 bias=separate reduction=sum\n"
RIGHT = NET + "claim dW2 = H1.T @ (yhat - y)\n"
WRONG = NET + "claim dW2 = H1.T @ (y - yhat)\n"
BENT = NET + "claim dW2 = (yhat - y) H1\n"
STRANGE = NET + "claim dW2 = H1 q\n"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str, name: str = "page.derive") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize(
    ("text", "code"), [(RIGHT, 0), (WRONG, 1), (BENT, 1), (STRANGE, 2), ("parm W : 2 × 3\n", 2)]
)
def test_the_exit_code_is_that_of_the_worst_claim(file: Any, text: str, code: int) -> None:
    assert main(["check", file(text)]) == code


def test_a_right_claim_is_shown_with_what_it_rests_on(file: Any, capsys: Any) -> None:
    main(["check", file(RIGHT)])
    assert capsys.readouterr().out.splitlines() == [
        "line 2: dL/dW2: proved",
        "  read as  H1^T (yhat - y)",
        "  given    y rows sum to 1",
        "",
        "1 claim: 1 proved",
    ]


def test_a_wrong_shape_is_shown_with_its_place_and_what_is_right(file: Any, capsys: Any) -> None:
    main(["check", file(BENT)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "line 2: dL/dW2: ill-shaped"
    at = lines.index("    | dW2 = (yhat - y) H1")
    assert lines[at + 1] == "    |                  ^^"
    assert any(line.startswith("  repair   ") for line in lines)
    assert any("derive explain D3" in line for line in lines)
    assert lines[-1] == "1 claim: 1 ill-shaped"


def test_a_refuted_claim_has_a_witness(file: Any, capsys: Any) -> None:
    main(["check", file(WRONG)])
    out = capsys.readouterr().out
    assert "  witness  at " in out
    assert "a sign is wrong (derive explain D317)" in out


def test_several_files_are_headed_by_their_names(file: Any, capsys: Any) -> None:
    good, bad = file(RIGHT, "good.derive"), file(WRONG, "bad.derive")
    assert main(["check", good, bad, good]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith(".derive")] == [good, bad]
    assert lines[-1] == "1 claim: 1 refuted"


def test_standard_input_is_read(capsys: Any, monkeypatch: Any) -> None:
    stream = io.TextIOWrapper(io.BytesIO(RIGHT.encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert main(["check", "-"]) == 0
    assert "dL/dW2: proved" in capsys.readouterr().out


def test_the_network_may_come_from_the_options(file: Any, capsys: Any) -> None:
    page = file("So $dz_2 = \\hat{y} - y$ for a sample.\n", "page.md")
    assert main(["check", page, "--layers", "4,3,2", "--single"]) == 0
    assert "line 1: dL/dz2: proved" in capsys.readouterr().out


def test_json_says_the_same(file: Any, capsys: Any) -> None:
    name = file(WRONG)
    assert main(["check", "--json", name]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    (one,) = data["files"]
    assert (one["file"], one["ok"], one["claims"][0]["verdict"]) == (name, False, "refuted")
    assert one["claims"][0]["line"] == 2


REFUSED = {
    "a file that is not there": (None, "cannot be read: No such file"),
    "no text": (b"\xff\xfe\x00", "is not text in UTF-8"),
    "no claim": (b"Nothing here.", "no claim was found in"),
    "nothing": (b"", "no claim was found in"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_checked_is_refused(name: str, tmp_path: Path, capsys: Any) -> None:
    data, message = REFUSED[name]
    path = tmp_path / "page"
    if data is not None:
        path.write_bytes(data)
    assert main(["check", str(path)]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err


def test_a_folder_is_refused(tmp_path: Path, capsys: Any) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_no_file_is_misuse(capsys: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check"])
    assert caught.value.code == 2
    assert "FILE" in capsys.readouterr().err


# ------------------------------------------------------------------------------------- the lines

LONG = "dW = " + " + ".join(f"W_{{{k}}}" for k in range(40))
CLAIM = Claim(
    "dL/dW",
    "refuted",
    "dL/dW = " + " + ".join(["x^T d"] * 20),
    ("y rows sum to 1", "m entries are positive", "the loss is the sum over the batch"),
    "transposed",
    " + ".join(["x^T d"] * 20),
    " + ".join(["x.T @ d"] * 20),
    (Diagnostic("D202", "no " * 40, LONG, Span(150, 155), ("a note",), "a help"),),
    Witness({"N": 2}, (0, 1), "1", "2"),
    "D312",
    ("transposed",),
    "a note on the claim",
    7,
)


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_no_line_is_wider_than_the_paper(columns: int, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    show_claim(Paper(), CLAIM)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    starts = ("layout", "given", "note", "witness", "repair", "in NumPy", "mistake")
    assert all(any(line.startswith(f"  {start} ") for line in lines) for start in starts)
    assert "    = note: a note" in lines
    assert "    = help: a help" in lines


@pytest.mark.parametrize("place", range(0, len(LONG) - 5, 7))
def test_the_window_keeps_the_carets_under_their_place(place: int) -> None:
    line, carets = window(LONG, Span(place, place + 5), 50)
    start = len(carets) - len(carets.lstrip())
    assert cells(line) <= 50
    assert line[start : start + 5] == LONG[place : place + 5]
    assert carets.strip() == "^^^^^"


def test_the_window_shows_the_line_of_the_place() -> None:
    assert window("a = b\nc = d", Span(10, 11), 50) == ["c = d", "    ^"]


def test_the_summary_counts_verdicts() -> None:
    claims = [Claim("a", verdict) for verdict in ("unreadable", "proved", "proved")]
    assert summary(claims) == "3 claims: 2 proved, 1 unreadable"


def test_output_through_a_pipe_has_no_styles(file: Any, capsys: Any) -> None:
    main(["check", file(WRONG)])
    assert "\x1b" not in capsys.readouterr().out


def test_no_colour_is_respected(monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    show_claim(Paper(), CLAIM)
    assert "\x1b[1;31m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    show_claim(Paper(), CLAIM)
    assert "\x1b" not in capsys.readouterr().out


def test_the_texts_here_are_statements() -> None:
    assert all(statements(text) for text in (RIGHT, WRONG, BENT, STRANGE))
