"""Formulas told apart for sure: what images say is what 50 digits say, and no kink misleads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import derive.judgement
from bench.claims import alone, with_mistake
from derive.arithmetic import EXACTLY
from derive.checker import check_document
from derive.comparing import Program, difference
from derive.modular import MODULARLY
from derive.notation import read
from derive.refuting import Images, differing
from derive.shape import dim
from derive.term import Derivation, Equation, Symbol, Term, Var
from tests.test_comparing import DERIVATION, OTHER, SAME, SHAPES, formula
from tests.wrong_sources import documents

# ------------------------------------------------------------------------------ points of formulas

N, K = dim("N"), dim("K")
FACTS = {
    "one-hot axis=1": "sum(y, axis=1, keepdims=True) ∘ y - y",
    "distribution axis=1": "sum(y, axis=1, keepdims=True) ∘ y - y",
    "one-hot axis=0": "sum(y, axis=0, keepdims=True) ∘ y - y",
    "binary": "y ∘ y - y",
    "positive": "abs(y) - y",
    "unit": "relu(1 - y) - (1 - abs(y))",
}


@pytest.mark.parametrize("fact", FACTS)
def test_a_declared_fact_holds_of_images(fact: str) -> None:
    symbol = Symbol("y", (N, K), "target", (fact,))
    p = Equation("p", read("softmax(y)", ("y",)))
    program = Program(Derivation((symbol,), (p,), "p"), {"y": (N, K), "p": (N, K)}, {})
    kept = read(FACTS[fact], ("y", "p"))
    zero = read("0 y", ("y",))
    for point in program.points(MODULARLY):
        assert Images(kept, zero).apart(lambda at=point: at) == ()
        rows = point.table(read("sum(p, axis=1)", ("p",)))
        assert rows
        assert all(row == 1 for row in rows.values())


class Recorder:
    """Pairs of formulas that the checker compares."""

    def __init__(self, monkeypatch: Any) -> None:
        self.pairs: list[tuple[Program, Term, Term]] = []
        inner = derive.judgement.agree

        def agree(program: Program, claimed: Term, true: Term) -> bool:
            self.pairs.append((program, claimed, true))
            return inner(program, claimed, true)

        monkeypatch.setattr(derive.judgement, "agree", agree)


def _documents() -> Iterator[str]:
    for path in sorted(Path("examples").glob("*.derive")):
        text = path.read_text(encoding="utf-8")
        yield text
        yield from map(with_mistake, list(alone(text))[::2])
    for _, text in list(documents())[:6]:
        yield from map(with_mistake, list(alone(text))[:2])


def test_on_claims_right_and_wrong_images_say_what_50_digits_say(monkeypatch: Any) -> None:
    recorder = Recorder(monkeypatch)
    for text in _documents():
        check_document(text)
    found = {True: 0, False: 0, None: 0}
    for program, claimed, true in recorder.pairs:
        for choice, seed in list(program.places)[:2]:
            made = partial(program.point, choice, seed, MODULARLY)
            apart = Images(claimed, true).apart(made)
            found[None if apart is None else bool(apart)] += 1
            digits = program.point(choice, seed, EXACTLY)
            if apart is not None:
                assert digits is not None
                assert bool(apart) == (difference(digits, claimed, true) is not None)
    assert found[True] > 50
    assert found[False] > 50
    assert found[None] < 0.2 * sum(found.values())


# ------------------------------------------------------------------------------- what is told of it

NET = """row
input x : N × D
param W1 : D × H
param W2 : H × K
target y : N × K one-hot
let h = {} (x W1)
let p = softmax(h W2)
loss L = -1/N sum(y ∘ log(p))
claim [dL/dW1] x.T @ ((p - y) @ W2.T * {}) / N
"""
DECIDED = {
    "relu, one exponential": (NET.format("relu", "(h >= 0)"), "images modulo primes"),
    "tanh, a tower": (NET.format("tanh", "(1 - h)"), "images modulo primes"),
    "softplus, a logarithm": (NET.format("softplus", "h"), "50 digits"),
    "fractions": ("param w : (3,)\nlet L = np.sum(w**2)\nclaim dL/dw = w", "fractions"),
}


@pytest.mark.parametrize("name", DECIDED)
def test_a_witness_says_what_decided(name: str) -> None:
    text, decided = DECIDED[name]
    claim = check_document(text).claims[0]
    assert claim.verdict == "refuted"
    assert claim.witness is not None
    assert claim.witness.decided_by == decided
    assert claim.witness.exact == (decided == "fractions")
    assert claim.witness.to_dict()["decided_by"] == decided
    assert "images" not in str(claim.witness)


LITTLE = "param w : (3,)\nlet L = np.sum({}(w))\nclaim dL/dw = {} + 1/10**{}"


@pytest.mark.parametrize("digits", [12, 18, 40])
@pytest.mark.parametrize(("function", "slope"), [("np.exp", "np.exp(w)"), ("np.square", "2*w")])
def test_a_difference_that_no_rounding_leaves_is_seen(
    function: str, slope: str, digits: int
) -> None:
    claim = check_document(LITTLE.format(function, slope, digits)).claims[0]
    assert claim.verdict == "refuted"
    assert claim.witness is not None
    assert claim.witness.decided_by in ("fractions", "images modulo primes")
    assert claim.witness.claimed != claim.witness.true


KINKS = """param a : (2,)
param b : (2,)
let L = np.sum(np.log(1 + np.exp(a - b)) + np.abs(a - b))
claim [dL/da] {} / (1 + np.exp(b - a)) + {}
"""


@pytest.mark.parametrize(
    "step", ["np.where(a - b >= 0, 1, -1)", "1 - 2 * (b > a)", "np.sign(a - b)"]
)
def test_nothing_is_refuted_at_a_kink(step: str) -> None:
    claim, little, wrong = (
        check_document(KINKS.format(n, step)).claims[0] for n in ("1", "(1 + 1/10**14)", "2")
    )
    assert claim.verdict in ("confirmed", "proved")
    for one in (little, wrong):
        assert one.verdict == "refuted"
        assert one.witness is not None
        assert one.witness.decided_by == "images modulo primes"
        assert one.witness.inputs["a"] != one.witness.inputs["b"]


OWN = "param w : (2,)\nparam v : (2,)\nlet L = np.sum((w - v)**2)\nclaim dL/dw = {}"


def test_a_formula_is_not_judged_at_its_own_kink() -> None:
    text = OWN.format("2*(w - v)**2 / np.where(w > v, w - v, np.where(w < v, w - v, 1)) ")
    assert check_document(text).claims[0].verdict in ("proved", "confirmed")
    text = OWN.format("2*(w - v) + 1 - (w > v) - (w < v)")
    assert check_document(text).claims[0].verdict in ("proved", "confirmed")


# ------------------------------------------------------------------------------ pairs of formulas


@pytest.fixture
def program() -> Program:
    return Program(DERIVATION, SHAPES, {"d": formula("p - y")})


@pytest.mark.parametrize("text", SAME)
def test_what_is_equal_differs_nowhere(program: Program, text: str) -> None:
    assert differing(program, Images(formula(text), formula(SAME[text]))) is None


@pytest.mark.parametrize("text", OTHER)
def test_what_differs_does_so_at_the_first_point(program: Program, text: str) -> None:
    found = differing(program, Images(formula(text), formula(OTHER[text])))
    assert found is not None
    assert (found.choice, found.seed, found.place) == (0, 0, (0, 0))
    assert found.arithmetic is (EXACTLY if "x @ W - z" in text else MODULARLY)


def test_without_an_image_only_a_difference_in_machine_numbers_counts(program: Program) -> None:
    little, much = (formula(f"log(1 + exp(z)) + 1/{n}") for n in (10**15, 10**3))
    true = formula("log(1 + exp(z))")
    assert differing(program, Images(little, true)) is None
    assert differing(program, Images(much, true), closely=True) is None
    found = differing(program, Images(much, true))
    assert found is not None
    assert found.arithmetic is EXACTLY


def test_without_time_digits_decide(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("derive.refuting.SECONDS", -1)
    found = differing(program, Images(formula("p ∘ p"), formula("p")))
    assert found is not None
    assert found.arithmetic is EXACTLY


def test_a_name_without_a_value_is_no_difference() -> None:
    broken = Program(DERIVATION, SHAPES, {"d": formula("z / (z - z)")})
    assert differing(broken, Images(formula("z"), Var("d"))) is None
