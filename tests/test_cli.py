"""The command line: bad input is one sentence and exit code 2, and nothing is left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import codegen
import derive
from codegen import training
from derive.cli import main, needs_threads
from derive.commands import checking, main_job
from derive.commands.paper import styled
from derive.parsers import PARSERS, installed_version

SMALL = ["--layers", "4,3,2", "--no-train"]

REFUSED = {
    "nothing": ([], "which network? Try: derive --layers 784,100,10,10"),
    "one layer": (["--layers", "784"], "a network has at least an input and an output"),
    "no number": (["--layers", "784,ten,10"], "a positive whole number, not `ten`"),
    "a negative size": (["--layers", "784,-3,10"], "a positive whole number, not `-3`"),
    "size zero": (["--layers", "784,0,10"], "a positive whole number, not `0`"),
    "an empty size": (["--layers", "784,,10"], "a positive whole number, not `nothing`"),
    "a huge size": (["--layers", "784,99999999999,10"], "a positive whole number"),
    "an unknown activation": (
        ["--layers", "784,100:sigmod,10"],
        "unknown activation `sigmod`; did you mean `sigmoid`?",
    ),
    "an unknown loss": (
        ["--layers", "784,10", "--loss", "crossentrpy"],
        "unknown loss `crossentrpy`; did you mean `cross-entropy`?",
    ),
    "a loss that does not fit": (
        ["--layers", "784,10:softmax", "--loss", "hinge"],
        "hinge does not fit a softmax output",
    ),
    "a loss that needs a softmax": (
        ["--layers", "784,10:relu", "--loss", "cross-entropy"],
        "cross-entropy needs an output of softmax or sigmoid, not relu",
    ),
    "too many activations": (
        ["--layers", "784,10,10", "--activations", "relu,relu,softmax"],
        "3 activations for 2 layers",
    ),
    "an unknown bias": (["--layers", "784,10", "--bias", "seperate"], "did you mean `separate`?"),
    "a broken function": (["--layers", "4,3:f,2", "--define", "f(z) = z*"], "ends too early"),
    "no function": (
        ["--layers", "4,3:f,2", "--define", "z*2"],
        "is defined as `name(z) = formula`",
    ),
    "code for a formula": (
        ["--layers", "4,3:f,2", "--define", "f(z) = __import__('os').getpid()"],
        "needs a script after it",
    ),
    "a claim without a sign": ([*SMALL, "--claim", "W2"], "a claim is an equation"),
    "no epochs": (["--layers", "784,10", "--epochs", "0"], "epochs must be 1 or more, not 0"),
    "an unknown option": ([*SMALL, "--frob"], "unrecognized arguments: --frob"),
    "a picture of no known kind": ([*SMALL, "--plot", "x.txt"], "the name must end in .png"),
    "an unknown backend": (
        [*SMALL, "--backend", "cuda"],
        "`cuda` is no backend: there are numpy and array-api",
    ),
    "an unknown name": (["explain", "W9", "--layers", "4,3,2"], "no gradient by `W9`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, sentence = REFUSED[name]
    try:
        code = main(words)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    captured = capsys.readouterr()
    assert code == 2
    assert sentence in captured.err
    assert "Traceback" not in captured.err


def test_an_unwritable_path_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "missing" / "net.py"
    assert main([*SMALL, "--emit", str(path)]) == 2
    captured = capsys.readouterr()
    assert "cannot be written" in captured.err
    assert not captured.out


def test_missing_data_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--layers", "784,3,10", "--data", str(tmp_path / "none")]) == 2
    captured = capsys.readouterr()
    assert "is not a folder" in captured.err
    assert not captured.out


def test_the_whole_job_without_training(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    assert main([*SMALL, "--emit", str(path)]) == 0
    text = capsys.readouterr().out
    assert "dL/dW2 = [1 H1]^T (yhat - y) / N" in text
    assert "4 of 4 textbook formulas proved equal, for all sizes" in text
    assert "PASS: 23 of 23 entries resolved, 0 failed" in text
    assert path.read_text().startswith('"""4 -> 3 sigmoid -> 2 softmax')
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.py"]


def test_a_module_for_any_arrays_is_proved_and_verified_before_it_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    assert main([*SMALL, "--emit", str(path), "--backend", "array-api"]) == 0
    text = capsys.readouterr().out
    assert "27 of 27 emitted lines read back and proved" in text
    assert "PASS: 23 of 23 entries resolved, 0 failed" in text
    assert path.read_text() == codegen.emit(derive.stack("4,3,2"), backend="array-api")


def test_a_module_for_any_arrays_that_fails_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = main_job.text_of

    def wrong(*given: Any, backend: str, **options: Any) -> str:
        text = honest(*given, backend=backend, **options)
        return text.replace("dz2 = (yhat - y)", "dz2 = (y - yhat)") if backend != "numpy" else text

    monkeypatch.setattr(main_job, "text_of", wrong)
    path = tmp_path / "net.py"
    assert main([*SMALL, "--emit", str(path), "--backend", "array-api"]) == 1
    assert not path.exists()
    assert main([*SMALL, "--emit", str(path)]) == 0


def test_what_is_trained_is_the_numpy_module_checked_in_its_turn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DERIVE_MNIST", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    words = ["--layers", "784,3,10", "--epochs", "1", "--backend", "array-api", "--json"]
    assert main(words) == 0
    data = json.loads(capsys.readouterr().out)
    for part in (data, data["numpy"]):
        assert part["verification"]["status"] == "PASS"
        assert part["proof"]["emitted_lines"] == part["proof"]["emitted_lines_proved"]
    assert data["numpy"]["proof"]["emitted_lines"] > data["proof"]["emitted_lines"]
    assert data["training"]["trained"]


def test_lines_fit_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--layers", "784,20,10,10", "--no-train"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_json_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--json", "--claim", "dL/dW2 = [1 H1]^T (yhat - y) / N"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["verification"]["status"] == "PASS"
    assert data["claims"][0]["verdict"] == "proved"
    assert data["gradients"]["W1"]["shape"] == "5×3"


def test_a_wrong_claim_ends_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--claim", "dL/dW2 = [1 H1]^T (y - yhat)"]) == 1
    text = capsys.readouterr().out
    assert "dL/dW2: refuted" in text
    assert "Not trained" in text


def test_a_stack_that_does_not_fit_mnist_is_verified_and_not_trained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--layers", "4,3,2"]) == 0
    text = capsys.readouterr().out
    assert "PASS" in text
    assert "MNIST needs 784 inputs" in text


def test_training_on_the_shipped_images(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DERIVE_MNIST", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    weights, picture = tmp_path / "w.npz", tmp_path / "curve.png"
    words = [
        "--layers",
        "784,5,10",
        "--epochs",
        "2",
        "--save",
        str(weights),
        "--plot",
        str(picture),
    ]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "a subset of MNIST" in text
    assert "test accuracy" in text
    assert weights.stat().st_size > 10_000
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_nothing_is_trained_after_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = checking.verify

    def wrong(function: Any, stack: Any, **options: Any) -> Any:
        def off(params: Any, x: Any, y: Any) -> Any:
            return {name: 2 * value for name, value in function(params, x, y).items()}

        return honest(off, stack, **options)

    monkeypatch.setattr(checking, "verify", wrong)
    assert main(["--layers", "784,3,10", "--epochs", "1"]) == 1
    text = capsys.readouterr().out
    assert "FAIL" in text
    assert "Not trained" in text
    assert "epoch" not in text


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W2"]) == 0
    text = capsys.readouterr().out
    assert "dH2 = dz3 W3[1:]^T" in text
    assert "outer product" in text
    assert "an elementwise product" in text
    assert "[1 H1]^T dz2: 101×N times N×10 is 101×10" in text


def test_what_has_no_name_is_explained_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W2", "--bias", "separate"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "H1 W2: each sample adds the outer product of the left factor and the adjoint of" in text
    assert not re.search(r"\bd?_\d", text)


def test_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data"]) == 0
    assert "MNIST" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"derive {installed_version()}\n"


@pytest.mark.parametrize(
    ("terminal", "settings", "expected"),
    [
        (True, {"TERM": "xterm"}, "\x1b[1;31mFAIL\x1b[0m"),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, "FAIL"),
        (True, {"TERM": "dumb"}, "FAIL"),
        (True, {}, "FAIL"),
        (False, {"TERM": "xterm"}, "FAIL"),
    ],
)
def test_styles_are_for_terminals_that_take_them(
    terminal: bool, settings: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert styled("FAIL", "bold red") == expected


def test_a_job_that_does_not_train_needs_no_rich() -> None:
    code = f"import sys; from derive.cli import main; main({SMALL}); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from derive.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'sympy', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_ctrl_c_in_training_keeps_the_last_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = training._epoch

    def second(run: Any, number: int, on_step: Any) -> Any:
        if number == 2:
            raise KeyboardInterrupt
        return honest(run, number, on_step)

    monkeypatch.setattr(training, "_epoch", second)
    monkeypatch.delenv("DERIVE_MNIST", raising=False)
    weights = tmp_path / "w.npz"
    words = ["--layers", "784,3,10", "--epochs", "3", "--save", str(weights)]
    assert main(words) == 130
    assert "the weights of epoch 1 are in" in capsys.readouterr().err
    assert weights.exists()


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("--layers 784,10 --batch 256", True),
        ("--layers 784,10 --batch 255", False),
        ("--layers 784,10 --batch 256 --no-train", False),
        ("--layers 784,10", False),
    ],
)
def test_blas_gets_more_threads_for_large_batches_alone(words: str, more: bool) -> None:
    assert needs_threads(PARSERS[""]().parse_args(words.split())) is more


def test_other_commands_need_one_thread() -> None:
    assert not needs_threads(PARSERS["check"]().parse_args(["page.md"]))
