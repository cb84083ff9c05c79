"""`derive check FILE.py::function --run`: what cannot be read is run, and judged by its values."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.cli import main
from derive.commands.running import asked
from derive.layers import stack
from derive.verdict import Report

FILE = """
import os
import time

import numpy as np

print("a file may print")


def backward(params, x, y):
    print("so may a function")
    weights, acts = [params["W1"], params["W2"]], [x]
    for k, w in enumerate(weights):
        z = np.einsum("ni,ij->nj", acts[-1], w)
        last = (lambda e: e / e.sum(1, keepdims=True))(np.exp(z))
        acts.append(1 / (1 + np.exp(-z)) if k == 0 else last)
    d, grads = (acts[-1] - y) / len(x), {}
    while weights:
        k = len(weights)
        grads[f"W{k}"] = np.einsum("ni,nj->ij", acts[k - 1], d)
        d = np.einsum("nj,ij->ni", d, weights.pop()) * acts[k - 1] * (1 - acts[k - 1])
    return grads


def other_sign(params, x, y):
    found = backward(params, x, y)
    found["W1"] = -found["W1"]
    return found


def careless(params, x, y):
    found = backward(params, x, y)
    params["W1"] *= 0.9
    return found


def raises(params, x, y):
    (lambda: 1 / 0)()


def ends(params, x, y):
    os._exit(3)


def sleeps(params, x, y):
    time.sleep(60)
"""
LAYERS = ["--layers", "4,3,2", "--bias", "none"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def told(file: Path, function: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["check", f"{file}::{function}", *LAYERS, "--run"])
    return code, capsys.readouterr().out


def test_without_being_asked_nothing_runs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{file}::backward", *LAYERS]) == 2
    assert "this call is not read" in capsys.readouterr().out


def test_right_code_is_confirmed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(file, "backward", capsys)
    assert code == 0
    assert "2 claims: 2 confirmed" in out
    assert "run, and compared by value at 2 points; not a proof" in out


def test_wrong_code_is_refuted_and_its_mistake_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = told(file, "other_sign", capsys)
    assert code == 1
    assert "dL/dW1: refuted" in out
    assert "dL/dW2: confirmed" in out
    assert "a sign is wrong (derive explain D317)" in out


ENDS = {
    "careless": (1, "D144: in-place"),
    "raises": (2, "D143: `raises` was run, and not judged: ZeroDivisionError: division by zero"),
    "ends": (2, "D143: `ends` was run, and not judged: its process ended with code 3"),
}


@pytest.mark.parametrize("function", ENDS)
def test_whatever_code_does_ends_in_a_verdict(
    function: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected, sentence = ENDS[function]
    code, out = told(file, function, capsys)
    assert (code, sentence in " ".join(out.split())) == (expected, True), out


def test_a_limit_of_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derive.commands.running.SECONDS", 5.0)
    answer = asked(str(file), "sleeps", {"stack": stack("4,3,2", bias="none")})
    assert answer == {"refused": "it did not end within 5 s"}


def test_which_function_has_to_be_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(file), *LAYERS, "--run"]) == 2
    assert "say which function of" in capsys.readouterr().err


def test_a_report_without_claims_is_not_taken_for_right() -> None:
    assert not Report().ok
