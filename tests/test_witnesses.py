"""Witnesses: small numbers that, typed in as they are printed, show that a claim is wrong."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from derive.arithmetic import EXACTLY, QUICKLY, RATIONALLY, Irrational, Kink, off_kinks
from derive.checker import check_document
from derive.commands.paper import Paper
from derive.commands.verdicts import show_claim
from derive.verdict import Claim, Witness

NUMPY = {"np": np}
NET = """row
input x : N × D
param W1 : D × H
param W2 : H × K
target y : N × K one-hot
let h = {} (x W1)
let p = softmax(h W2)
loss L = -1/N sum(y ∘ log(p))
"""
RELU = "relu = lambda z: np.maximum(z, 0)"
FORWARD = """h = {}(x @ W1)
p = np.exp(h @ W2) / np.exp(h @ W2).sum(1, keepdims=True)
L = -(y * np.log(p)).sum() / len(x)"""
LINEAR = """input x : N × D
param w : D × 1
param b : scalar
target t : N × 1
let p = x w + b
loss L = sum((p - t)^2) / N
"""
LINE = "p = x @ w + b; L = ((p - t)**2).sum() / len(x)"

WRONG = {
    "a sign": (NET.format("tanh"), FORWARD.format("np.tanh"), "W2", "h.T @ (y - p) / N"),
    "a number": (NET.format("tanh"), FORWARD.format("np.tanh"), "W2", "h.T @ (p - y)"),
    "a slope": (
        NET.format("tanh"),
        FORWARD.format("np.tanh"),
        "W1",
        "x.T @ ((p - y) @ W2.T * (1 - h)) / N",
    ),
    "a mask": (
        NET.format("relu"),
        RELU + "\n" + FORWARD.format("relu"),
        "W1",
        "x.T @ ((p - y) @ W2.T * (h >= 0)) / N",
    ),
    "a factor": (LINEAR, LINE, "w", "x.T @ (p - t) / N"),
    "a scalar": (LINEAR, LINE, "b", "np.sum(p - t) / N"),
    "a sum along the wrong axis": (LINEAR, LINE, "x", "2 * (p - t) @ w.T"),
    "a little": (LINEAR, LINE, "w", "x.T @ (p - t) * 2 / N + 1 / 1000000"),
}


def refuted(head: str, of: str, claim: str) -> Claim:
    found = check_document(f"{head}claim [dL/d{of}] {claim}\n").claims[0]
    assert found.verdict == "refuted"
    assert found.witness is not None
    return found


def printed(claim: Claim, columns: int, monkeypatch: Any, capsys: Any) -> list[str]:
    """The lines of the witness, as a terminal of this width has them."""
    monkeypatch.setenv("COLUMNS", str(columns))
    show_claim(Paper(), claim)
    lines: list[str] = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    start = next(place for place, line in enumerate(lines) if line.startswith("  witness"))
    more = (place for place in range(start + 1, len(lines)) if lines[place][:11].strip())
    return lines[start : next(more, len(lines))]


def typed_in(lines: list[str]) -> tuple[str, dict[str, Any]]:
    """What the lines say of both values, and the numbers that Python makes of the others."""
    first = next(place for place, line in enumerate(lines) if re.search(r"^ {11}\w+ =", line))
    said = " ".join(line[11:] for line in lines[:first])
    names: dict[str, Any] = {}
    code = "\n".join(line[11:] for line in lines[first:])
    exec(compile(code, "witness", "exec"), NUMPY, names)  # noqa: S102 (our own report)
    sizes = {name: int(size) for name, size in re.findall(r"(\w+)=(\d+)", said)}
    return said, sizes | names


def number(text: str, said: str) -> float:
    return float(Fraction(re.search(text + r" (\S+?)(?=[,\s]|$)", said)[1]))  # type: ignore[index]


def loss(forward: str, names: dict[str, Any]) -> float:
    inner = dict(names)
    exec(compile(forward, "forward", "exec"), {**NUMPY, **inner}, inner)  # noqa: S102
    return float(inner["L"])


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("kind", WRONG)
def test_finite_differences_at_the_printed_numbers_give_the_true_value(
    kind: str, columns: int, monkeypatch: Any, capsys: Any
) -> None:
    head, forward, of, text = WRONG[kind]
    found = refuted(head, of, text)
    said, names = typed_in(printed(found, columns, monkeypatch, capsys))
    assert found.witness is not None
    place, step = found.witness.entry, 1e-5
    ends = []
    for sign in (1, -1):
        moved = {**names, of: np.array(names[of], float)}
        moved[of][place] += sign * step
        ends.append(loss(forward, moved))
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(number("true", said), abs=1e-7)
    inner = dict(names)
    exec(compile(f"{forward}\nc = {text}", "c", "exec"), {**NUMPY, **inner}, inner)  # noqa: S102
    value = np.asarray(inner["c"])
    assert value[place] == pytest.approx(number("claimed", said), abs=1e-8)
    assert number("claimed", said) != number("true", said)


def test_the_sizes_are_small_and_differ() -> None:
    for head, _, of, text in WRONG.values():
        sizes = refuted(head, of, text).witness.sizes.values()  # type: ignore[union-attr]
        assert len(set(sizes)) == len(sizes)
        assert sum(sizes) <= sum(range(1, len(sizes) + 2))


def test_most_numbers_are_0_or_1() -> None:
    for kind, (head, _, of, text) in WRONG.items():
        inputs = refuted(head, of, text).witness.inputs  # type: ignore[union-attr]
        if kind != "a little":
            entries = [Fraction(v) for a in inputs.values() for v in np.ravel(np.array(a, object))]
            assert {abs(entry) for entry in entries} <= {0, 1, 2, 3, Fraction(1, 2)}
            assert sum(entry not in (0, 1) for entry in entries) <= (16 if kind == "a mask" else 0)


def test_values_that_are_fractions_are_told_as_such() -> None:
    head, _, of, text = WRONG["a factor"]
    shown = refuted(head, of, text).witness
    assert shown is not None
    assert shown.exact
    assert "digits" not in str(shown)
    assert Fraction(shown.claimed) * 2 == Fraction(shown.true)


def test_values_that_are_none_have_50_digits_and_say_so() -> None:
    head, _, of, text = WRONG["a slope"]
    shown = refuted(head, of, text).witness
    assert shown is not None
    assert not shown.exact
    assert str(shown).endswith("(to 50 digits, rounded here)")
    assert len(shown.true.lstrip("-0.")) >= 45


def test_the_same_numbers_are_in_json() -> None:
    head, _, of, text = WRONG["a mask"]
    report = check_document(f"{head}claim [dL/d{of}] {text}\n")
    shown = report.claims[0].witness
    assert shown is not None
    data = json.loads(report.to_json())["claims"][0]["witness"]
    assert data["sizes"] == dict(shown.sizes)
    assert (data["claimed"], data["true"], data["text"]) == (shown.claimed, shown.true, str(shown))
    for name, rows in shown.inputs.items():
        assert np.array_equal(np.array(data["inputs"][name]), np.array(rows, float))


def test_no_witness_is_at_a_kink() -> None:
    head, _, of, text = WRONG["a mask"]
    inputs = refuted(head, of, text).witness.inputs  # type: ignore[union-attr]
    x, w = (np.array(inputs[name], float) for name in ("x", "W1"))
    assert np.abs(x @ w).min() > 0


def test_labels_are_shown_as_labels() -> None:
    text = """dims N=4, K=3
input x : N × D
param W : D × K
target y : (N,) index
let p = softmax(x W)
loss L = -np.mean(np.log(p[np.arange(N), y]))
claim dW = x.T @ p
"""
    shown = check_document(text).claims[0].witness
    assert shown is not None
    assert len(shown.inputs["y"]) == shown.sizes["N"]
    assert all(isinstance(one, Fraction) for one in shown.inputs["y"])


def test_of_a_factor_the_derivative_above_is_shown() -> None:
    text = "row\ninput x : 1 × D\nparam W : D × K\nlet z = x W\nclaim dz/dx = 2 W^T\n"
    shown = check_document(text).claims[0].witness
    assert shown is not None
    w, above = (np.array(shown.inputs[name], float) for name in ("W", "upstream"))
    assert (above @ w.T)[shown.entry] == float(Fraction(shown.true))
    assert 2 * float(Fraction(shown.true)) == float(Fraction(shown.claimed))


def test_a_formula_without_a_value_says_so() -> None:
    shown = refuted(LINEAR, "w", "x.T @ (p - t) / (N - N)").witness
    assert shown is not None
    assert shown.claimed == "no value (a division by zero)"
    assert shown.inputs.keys() == {"x", "w", "b", "t"}


def test_an_array_of_constants_is_not_changed() -> None:
    text = "const c : (3,) = [1, 2, 4]\nparam x : (3,)\nlet L = np.sum(c*x*x)\nclaim dx = 2*x*x*c"
    shown = check_document(text).claims[0].witness
    assert shown is not None
    x = np.array(shown.inputs["x"], float)
    assert "c" not in shown.inputs
    place = shown.entry
    assert float(Fraction(shown.true)) == 2 * np.array([1, 2, 4])[place] * x[place]


# ---------------------------------------------------------------------------------- the arithmetic


@pytest.mark.parametrize(
    ("name", "at", "value"), [("exp", 0, 1), ("log", 1, 0), ("sin", 0, 0), ("cos", 0, 1)]
)
def test_a_function_is_a_fraction_where_it_is_known_to_be(name: str, at: int, value: int) -> None:
    assert RATIONALLY.primitives[name](Fraction(at)) == value
    with pytest.raises(Irrational):
        RATIONALLY.primitives[name](Fraction(1, 2))


def test_powers_of_fractions() -> None:
    assert RATIONALLY.power(Fraction(2, 3), Fraction(-2)) == Fraction(9, 4)
    assert RATIONALLY.power(0, Fraction(1, 2)) == 0
    assert isinstance(RATIONALLY.power(3, Fraction(-1)), Fraction)
    with pytest.raises(ZeroDivisionError):
        RATIONALLY.power(0, Fraction(-1))
    for base, exponent in ((Fraction(2), Fraction(1, 2)), (Fraction(3), Fraction(10**9))):
        with pytest.raises(Irrational):
            RATIONALLY.power(base, exponent)


@pytest.mark.parametrize("arithmetic", [QUICKLY, EXACTLY, RATIONALLY])
def test_off_the_kinks_a_step_is_one(arithmetic: Any) -> None:
    step = off_kinks(arithmetic).primitives["step"]
    assert step(arithmetic.real(Fraction(1, 2))) == 1
    assert step(arithmetic.real(Fraction(-1, 2))) == 0
    with pytest.raises(Kink):
        step(arithmetic.real(Fraction(0)))


def test_a_witness_in_words() -> None:
    shown = Witness({"N": 2, "D": 1}, (0, 1), "1/2", "1/4", {"x": ((Fraction(1), Fraction(0)),)})
    assert str(shown) == "at N=2, D=1, entry [0, 1]: claimed 1/2, true 1/4"
    assert shown.assignments == ("x = np.array([[1., 0.]])",)
    assert str(Witness({}, (), "2", "3")) == "claimed 2, true 3"
