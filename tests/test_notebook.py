"""The notebook: cells that are documents, errors without a traceback, the example as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets.config import Config

import derive
from codegen.refusal import Refusal
from derive.verdict import Report
from tests.test_architecture import loaded_after

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "from_question_to_training.ipynb"
BROKEN = "stack 4,3,2\nclaim dL/dW2 = [1 H1] (yhat - y)"
RIGHT = "[1 H1]^T (yhat - y) / N"

Run = Callable[[str], ExecutionResult]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """IPython with the extension, without a history."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made = InteractiveShell.instance(
        config=Config(
            {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
        )
    )
    made.run_line_magic("load_ext", "derive")
    yield made
    InteractiveShell.clear_instance()


def test_the_extension_is_loaded_without_ipython() -> None:
    assert "IPython" not in loaded_after("import derive; derive.load_ipython_extension")


def test_a_cell_is_a_document(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    report = shell.run_cell(f"%%derive\n{BROKEN}").result
    assert isinstance(report, Report)
    assert [claim.verdict for claim in report.claims] == ["ill-shaped"]
    assert report.to_dict() == derive.check_document(f"{BROKEN}\n").to_dict()
    assert (
        "    | dL/dW2 = [1 H1] (yhat - y)\n    |                 ^^^^^^^^^^\n"
        in capsys.readouterr().out
    )


def test_the_network_may_be_given_by_options(shell: InteractiveShell) -> None:
    cell = (
        f"%%derive --layers 4,3,2 --reduction mean --as found\nSo we have ${'dL/dW2 = ' + RIGHT}$."
    )
    report = shell.run_cell(cell).result
    assert report.ok
    assert shell.user_ns["found"] is report


def test_reports_and_claims_have_a_text_and_a_page(shell: InteractiveShell) -> None:
    report = shell.run_cell(f"%%derive\n{BROKEN}").result
    for thing in (report, report.claims[0]):
        data, _ = shell.display_formatter.format(thing)
        assert data["text/plain"] == str(thing)
        assert "ill-shaped" in data["text/html"]
        assert 'class="derive derive-part"' in data["text/html"]


REFUSED = {
    "%%derive --layerz 4,3,2\nclaim a = b": "D126: unrecognized arguments: --layerz 4,3,2",
    "%%derive --layers 4,foo\nclaim a = b": "D302: a layer size is a positive whole number",
    "%%derive --layers '4,3\nclaim a = b": "D126: the options end in the middle",
    "%%derive --as 2b\n" + BROKEN: "D123: `2b` is no name for a report",
    "%%derive\nnothing here": "D129: no claim was found in this cell",
    "import derive\nderive.stack('4,3', loss='sum(q)')": "D101: unknown name `q`",
}


@pytest.mark.parametrize("cell", REFUSED)
def test_an_error_is_a_sentence_and_a_caret(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    result = shell.run_cell(cell)
    assert isinstance(result.error_in_exec, derive.DeriveError)
    shown = capsys.readouterr().out
    assert shown.startswith(REFUSED[cell])
    assert "Traceback" not in shown
    assert "notebook.py" not in shown


def test_a_refusal_of_the_numeric_half_is_a_sentence_too(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    result = shell.run_cell(
        "from pathlib import Path\nfrom codegen import mnist\nmnist.load(Path('nowhere'))"
    )
    assert isinstance(result.error_in_exec, Refusal)
    assert capsys.readouterr().out.strip() == str(result.error_in_exec)


def test_a_caret_stands_under_its_place(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("import derive\nderive.stack('4,3', loss='sum(q)')")
    assert "  | sum(q)\n  |     ^\n" in capsys.readouterr().out


def test_a_line_that_is_no_statement_is_in_the_report(shell: InteractiveShell) -> None:
    report = shell.run_cell("%%derive\nstack 4,3,2\nrow\nclam a = b").result
    (claim,) = report.claims
    assert claim.verdict == "unreadable"
    assert "did you mean `claim`?" in str(claim)


def test_the_help_of_the_cell_names_its_options(shell: InteractiveShell) -> None:
    text = shell.find_cell_magic("derive").__doc__ or ""
    assert all(option in text for option in ("--as", "--layers", "--bias", "--define"))


# -------------------------------------------------------------------------------------- the example


def outputs(cell: Any) -> str:
    """All that a cell shows, as text."""
    shown = (one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.outputs)
    return "".join(shown)


SAID = {
    "%%derive --as question": (
        "dL/dW3: proved",
        "dL/dW2: ill-shaped",
        "inner sizes 11 and 1 differ",
    ),
    "wrong =": (r"[1\ H_{1}]^T (((\hat{y} - y) W_{3}[1:]^T)", "np.hstack([np.ones("),
    "%%derive --layers": ("dL/dW2: proved", "given    y rows sum to 1"),
    "stack =": ("784 -> 100 sigmoid -> 10 sigmoid -> 10 softmax", "z1 = [1 x] W1"),
    "found =": ("dL/dW3 = [1 H2]^T (yhat - y) / N  (11×10)",),
    'found["W2"]': ("(101×10)",),
    "text =": ("def gradients(params, x, y):", 'return {"W1": dW1, "W2": dW2, "W3": dW3}'),
    "module =": ("PASS: ", "79,620 of 79,620 entries resolved"),
    "from codegen": ("(shipped with derive)", "epoch 3: loss 0."),
}
"""How the cells of the example start, and what they show."""


def test_the_example_is_kept_without_outputs() -> None:
    example = nbformat.read(EXAMPLE, as_version=4)
    nbformat.validate(example)
    assert not [
        cell for cell in example.cells if cell.get("outputs") or cell.get("execution_count")
    ]
    assert EXAMPLE.stat().st_size < 10_000


@pytest.mark.slow
def test_the_example_runs_from_question_to_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DERIVE_MNIST", raising=False)
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    example = nbformat.read(EXAMPLE, as_version=4)
    nbclient.NotebookClient(example, timeout=300, kernel_name="python3").execute()
    found = [cell for cell in example.cells if cell.cell_type == "code"]
    for start, lines in SAID.items():
        (cell,) = (one for one in found if one.source.startswith(start))
        assert [line for line in lines if line not in outputs(cell)] == [], start
    pages = [
        one.data["text/html"]
        for c in found
        for one in c.outputs
        if "text/html" in one.get("data", {})
    ]
    assert len(pages) == 5
    assert not [one for cell in found for one in cell.outputs if one.output_type == "error"]
