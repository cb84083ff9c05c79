"""Code as a claim: what is read of it, what is never taken for right, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import derive
from derive.diagnostic import DeriveError
from derive.layers import stack
from derive.source import check_source
from derive.verdict import Claim

HEAD = """
import numpy as np

def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)

def grads(x, y, W1, b1, W2, b2, lr, flag):
    h = np.tanh(x @ W1 + b1)
    p = softmax(h @ W2 + b2)
    dz2 = (p - y) / len(x)
    dW2 = h.T @ dz2
    db2 = dz2.sum(axis=0)
    dz1 = dz2 @ W2.T * (1 - h**2)
    BEFORE
    dW1 = x.T @ dz1
    db1 = dz1.sum(axis=0)
    AFTER
    out = {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
    LAST
    return out
"""
NET = stack("3,4:tanh,2", reduction="mean")


def code(before: str = "", after: str = "", last: str = "") -> str:
    return HEAD.replace("BEFORE", before).replace("AFTER", after).replace("LAST", last)


def verdicts(text: str, name: str = "grads") -> dict[str, str]:
    return {c.name: c.verdict for c in check_source(text, name, stack=NET).claims}


def only(text: str, name: str | None = None) -> Claim:
    network = stack("4,3", bias="none")
    (claim,) = check_source(text, name, stack=network, file="net.py").claims
    return claim


# ------------------------------------------------------------------- what is never taken for right


@pytest.mark.parametrize(
    "places",
    [
        ("", "np.clip(dW1, -1, 1, out=dW1)", ""),
        ("", "clip_(dW1)", ""),
        ("", "dW1.fill(0)", ""),
        ("", "if flag:\n        dW1 *= 2", ""),
        ("", "try:\n        pass\n    finally:\n        dW1 = dW1 * 2", ""),
        ("for _ in range(flag):\n        dz1 = dz1 @ W1", "", ""),
        ("while flag:\n        dz1 = 2 * dz1", "", ""),
        ("d = dz1.T\n    d *= 2", "", ""),
        ("v = dz1[0]\n    v *= 2", "", ""),
        ("x *= 2", "", ""),
        ("dz1 *= np.random.rand(*dz1.shape) < 0.5", "", ""),
        ("", "for g in (dW1, dW2):\n        np.clip(g, -5, 5, out=g)", ""),
        ("", "[np.clip(g, -5, 5, out=g) for g in (dW1, dW2)]", ""),
        ("", "both = [dW1, dW2]\n    for g in both:\n        g *= 2", ""),
        ("", "g = dW1\n    g *= 2", ""),
        ("", "dW1 = dW1 if flag else 2 * dW1", ""),
        ("", "dW1 = np.add(dW1, dW1, out=dW2)", ""),
        ("", "if flag:\n        return {'W1': 2 * dW1, 'b1': db1}", ""),
        ("", "", "for k in out:\n        out[k] /= len(x)"),
        ("", "", "for k, v in out.items():\n        v *= 2"),
        ("", "", "out.update({'W1': 2 * dW1})"),
        ("", "", "scale(out)"),
        ("", "", "del out['W1']"),
        ("", "", "out['W1'], out['W2'] = out['W2'], out['W1']"),
    ],
    ids=lambda places: next(filter(None, places))[:40],
)
def test_what_may_change_a_gradient_is_not_passed_over(places: tuple[str, str, str]) -> None:
    found = verdicts(code(*places))
    assert found.get("dL/dW1") != "proved" or "dL/dz1" in found


@pytest.mark.parametrize(
    "places",
    [
        ("", "", ""),
        ("", "print('gradients', dW1)", ""),
        ("", "if flag:\n        print(dW1)", ""),
        ("d = dz1.copy()\n    d *= 2", "", ""),
        ("if y is None:\n        return p", "", ""),
        ("with np.errstate(all='ignore'):\n        dz1 = dz1 * 1", "", ""),
        ("losses = []\n    losses.append(-np.sum(y * np.log(p)))", "", ""),
    ],
    ids=lambda places: next(filter(None, places), "as it is")[:40],
)
def test_what_changes_nothing_is_no_hindrance(places: tuple[str, str, str]) -> None:
    assert set(verdicts(code(*places)).values()) == {"proved"}


def test_a_function_that_only_looks_like_sigmoid_is_read_as_it_is() -> None:
    text = """
def sigmoid(z):
    return np.tanh(z)

def grads(x, y, W1, W2):
    h = sigmoid(x @ W1)
    p = softmax(h @ W2)
    return x.T @ (((p - y) / len(x)) @ W2.T * h * (1 - h)), h.T @ ((p - y) / len(x))
"""
    report = check_source(text, "grads", stack=stack("4,3,2", bias="none"))
    assert {claim.verdict for claim in report.claims} == {"unreadable"}
    found = report.claims[0].diagnostics[0]
    assert found.code == "D142"
    assert found.message == "this is not H1 of the network, which is sigmoid(z1)"
    assert (found.place is not None and found.place.line) == 6


def test_labels_are_no_array_of_ones_and_zeros() -> None:
    text = """
def grads(x, y, W):
    p = softmax(x @ W)
    d = p.copy()
    d[np.arange(len(x)), y] -= 1
    return {'W': x.T @ DELTA / len(x)}
"""
    assert only(text.replace("DELTA", "d")).verdict == "proved"
    assert only(text.replace("DELTA", "(p - y)")).verdict == "unreadable"


# ------------------------------------------------------------------------------ how it is told


def test_the_caret_stands_in_the_line_of_the_file() -> None:
    text = (
        "# a net\n\n\nclass Net:\n    def backward(self, x, y):\n        p = softmax(x @ self.W)\n"
    )
    text += "        self.dW = np.dot(p - y, x.T) / len(x)\n"
    claim = only(text, "Net.backward")
    assert (claim.name, claim.verdict, claim.line) == ("dL/dW1", "ill-shaped", 7)
    assert claim.diagnostics[0].render().split("\n")[:4] == [
        "D201: N×3 times 4×N: inner sizes 3 and 4 differ",
        " --> net.py:7:33",
        "  |         self.dW = np.dot(p - y, x.T) / len(x)",
        "  |                                 ^^^",
    ]
    assert claim.repair == "self.dW = np.dot(x.T, p - y) / x.shape[0]"


def test_weights_that_were_changed_before_are_named() -> None:
    text = """
def train(x, y, W1, W2, lr):
    h = np.tanh(x @ W1)
    p = softmax(h @ W2)
    d = (p - y) / len(x)
    W2 -= lr * h.T @ d
    W1 -= lr * x.T @ ((d @ W2.T) * (1 - h * h))
"""
    network = stack("4,3:tanh,2", bias="none")
    bad = check_source(text, stack=network).claims[1]
    assert (bad.verdict, bad.diagnostics[0].code) == ("refuted", "D324")
    assert "it uses W2 after line 6 has changed it" in bad.diagnostics[0].message
    assert bad.repair is None


def test_a_penalty_is_left_out_and_said_to_be() -> None:
    text = "def g(x, y, W, reg):\n    p = softmax(x @ W)\n"
    text += "    return {'W': x.T @ (p - y) / len(x) + reg * W}"
    claim = only(text)
    assert claim.verdict == "proved"
    assert "reg = 0: the loss has no penalty, and none is judged" in claim.facts


def test_a_penalty_of_another_shape_is_no_penalty() -> None:
    text = "def g(x, y, W1, W2, reg):\n    h = np.tanh(x @ W1)\n    p = softmax(h @ W2)\n"
    text += "    dW2 = h.T @ (p - y) / len(x) + reg * W1\n    return {'W2': dW2}"
    (claim,) = check_source(text, "g", stack=stack("4,3:tanh,2", bias="none")).claims
    assert claim.verdict == "ill-shaped"


def test_how_the_words_were_taken_is_said() -> None:
    text = "def g(X, t, w):\n    prediction = softmax(X @ w)\n"
    text += "    return X.T @ (prediction - t) / len(X)"
    report = check_source(text, "g", stack=stack("4,3"))
    assert report.claims[0].verdict == "proved"
    (note,) = report.notes
    assert note.code == "D140"
    said = "there are no biases; `X` is x, `t` is y, `w` is W1, `prediction` is yhat"
    assert note.message == f"`g` was read so: {said}"


def test_what_was_not_found_is_said() -> None:
    text = "def g(x, y, W1, b1):\n    p = softmax(x @ W1 + b1)\n"
    text += "    return {'W1': x.T @ (p - y) / len(x)}"
    (note,) = check_source(text, stack=stack("4,3")).notes
    assert note.message.endswith("no gradient by b1 was found")


def test_a_whole_file_is_every_function_with_gradients() -> None:
    text = code() + "\ndef other(x, y, W1, W2):\n    return None\n"
    report = check_source(text, stack=NET)
    assert report.claims[0].name == "grads: dL/dW2"
    assert report.ok


def test_names_may_come_from_a_document() -> None:
    document = """
input  u : n × d
param  A : d × k
target v : n × k
let    s = u @ A
loss   E = np.sum((s - v)**2) / 2
"""
    text = "def back(u, v, A):\n    s = u @ A\n    return {'A': u.T @ (s - v)}"
    assert check_source(text, "back", document=document).ok
    bad = check_source(text.replace("s - v", "v - s"), "back", document=document).claims[0]
    assert (bad.name, bad.verdict) == ("dE/dA", "refuted")
    assert bad.diagnostics[0].code == "D139"
    assert bad.diagnostics[0].message == "this is not dE/dA: a sign is wrong"
    assert bad.repair == "return {'A': -(u.T @ (v - s))}"


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def own_gradient(x: np.ndarray, y: np.ndarray, W: np.ndarray) -> np.ndarray:
    p = softmax(x @ W)
    return np.asarray(x.T @ (p - y) / len(x))


def test_a_function_is_read_in_its_own_file() -> None:
    report = derive.check_source(own_gradient, stack=stack("4,3", bias="none"))
    assert [(c.name, c.verdict) for c in report.claims] == [("dL/dW1", "proved")]
    first = (
        Path(__file__)
        .read_text()
        .split("\n")
        .index("    return np.asarray(x.T @ (p - y) / len(x))")
        + 1
    )
    assert report.claims[0].line == first


# --------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("def f(): pass", "g", "there is no function `g` in the code; it has f"),
        ("x = 1", "g", "there is no function `g` in the code; it has no function"),
        ("def f(:\n  pass", "f", "the code is not Python: invalid syntax, line 1"),
        ("def f():\n    yield 1", "f", "`f` is a generator, which gives no gradients as it runs"),
        (
            "async def f(): pass",
            "f",
            "`f` is an async function, which gives no gradients as it runs",
        ),
        (
            "def f(s):\n    exec(s)",
            "f",
            "`f` is a function that calls exec, which gives no gradients",
        ),
        (
            "class A:\n  def f(s): pass\nclass B:\n  def f(s): pass",
            "f",
            "`f` can be `A.f` or `B.f`",
        ),
        ("(" * 500 + ")" * 500, "f", "the code"),
        ("x = " + "-" * 300 + "1", "f", "the code is nested"),
        ("#" * 400_001, "f", "the code has more than 400,000 characters"),
        ("\0", "f", "the code"),
    ],
)
def test_bad_input_is_one_sentence(text: str, name: str, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        check_source(text, name, stack=NET)
    assert str(caught.value).startswith(message)
    assert caught.value.diagnostic.code in ("D106", "D127", "D137", "D138")
    assert "\n" not in str(caught.value)


def test_a_network_is_needed() -> None:
    with pytest.raises(DeriveError, match="the network is missing"):
        check_source("def f(): pass", "f")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(x):\n    return f(x)", "`f` calls itself"),
        ("def f(x, y):\n    return {'dW': np.fft.fft(x)}", "unknown function `fft`"),
        ("def f(x, y):\n    return 3", "no gradient was found in `f`"),
        ("def f(x, y, q):\n    return {'dW': x.T @ q}", "unknown name `q`"),
        ("def f(x, y):\n    return {'dW': x.T @ (p - y)}", "`p` has no value here"),
        (
            "def f(x, y, c):\n    return {'dW': x.T @ c['dz1']}",
            "what `dz1` holds is not known here",
        ),
    ],
)
def test_what_is_not_read_is_said_in_its_place(text: str, message: str) -> None:
    claim = only(text, "f")
    assert claim.verdict == "unreadable"
    assert claim.diagnostics[0].message == message
    assert claim.diagnostics[0].code in ("D101", "D116", "D141")
    assert claim.diagnostics[0].place is not None


def test_no_code_is_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    text = f"open({str(made)!r}, 'w')\ndef f(x, y, W, p=open({str(made)!r}, 'w')):\n    return x"
    check_source(text, "f", stack=stack("4,3", bias="none"))
    assert not made.exists()


# ------------------------------------------------------------------------------ the command line


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "derive.cli", "check", *words], capture_output=True, text=True
    )


def test_the_command_judges_a_function_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(code())
    done = command(f"{file}::grads", "--layers", "3,4:tanh,2")
    assert done.returncode == 0
    assert "4 claims: 4 proved" in done.stdout
    file.write_text(code().replace("x.T @ dz1", "dz1.T @ x"))
    done = command(f"{file}::grads", "--layers", "3,4:tanh,2")
    assert done.returncode == 1
    assert f"--> {file}:16:11" in done.stdout
    assert "dW1 = (dz1.T @ x).T" in done.stdout


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        (b"def f(): pass", ("--layers", "3,2"), "there is no function `nothing`"),
        (b"\xff\xfe", ("--layers", "3,2"), "is not text in UTF-8"),
        (b"def f(): pass", (), "give --layers 784,100,10, or --document FILE"),
        (b"def f(:", ("--layers", "3,2"), "is not Python"),
    ],
)
def test_misuse_of_the_command(
    tmp_path: Path, content: bytes, words: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "net.py"
    file.write_bytes(content)
    done = command(f"{file}::nothing", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
