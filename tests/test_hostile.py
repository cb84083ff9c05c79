"""Whatever a text says, there is a report, and in time: nothing is raised, nothing runs on."""

from __future__ import annotations

import os
import random
import time
from itertools import pairwise

import pytest

from derive import check_document, local
from derive.deadline import TimeUp, check_time, within
from tests.hostile import MONSTERS, SMALL, document

LIMIT, MARGIN = 2.0, 8.0
"""Seconds for a claim here, and what may come on top; of this process, on a loaded machine too."""


def judged(text: str) -> None:
    """Checks that there is a report on a text, within the time of its claims."""
    start = time.process_time()
    report = check_document(text, limit=LIMIT)
    assert str(report) is not None
    allowed = LIMIT * (2 + text.count("claim")) + MARGIN
    assert time.process_time() - start < allowed, text[:500]


def run(seeds: range) -> None:
    for seed in seeds:
        judged(document(random.Random(seed)))


@pytest.mark.parametrize("start", range(0, 1500, 100))
def test_hostile_texts_are_judged(start: int) -> None:
    run(range(start, start + 100))


MANY = int(os.environ.get("DERIVE_HOSTILE", "8000"))
"""How many texts the slow test takes; 100,000 of them take an hour."""


@pytest.mark.long
@pytest.mark.parametrize("start", range(10_000, 10_000 + MANY, 1000))
def test_many_hostile_texts_are_judged(start: int) -> None:
    run(range(start, start + 1000))


@pytest.mark.long
@pytest.mark.parametrize("monster", MONSTERS)
@pytest.mark.parametrize("seed", range(10))
def test_monsters_are_judged(monster: object, seed: int) -> None:
    assert callable(monster)
    judged(monster(random.Random(seed)))


def test_a_claim_that_takes_too_long_is_undecided() -> None:
    claims = check_document(f"{SMALL}claim dL/dW = x^T d", limit=0.0).claims
    assert {claim.verdict for claim in claims} == {"undecided"}
    assert "limit" in claims[0].diagnostics[0].message


def test_an_outer_limit_holds_inside() -> None:
    with within(-1.0), within(100.0), pytest.raises(TimeUp):
        check_time()
    check_time()


HEAD = "input x : (N,)\ninput A : N × N\n"
FOR_SYMPY = {
    "many terms": "loss L = \\sum_i \\sum_j ("
    + " + ".join(f"A_{{ij}} x_j^{{{k}}}" for k in range(2, 60))
    + ")",
    "many shifts": "loss L = \\sum_i (" + " + ".join(f"x_{{i+{k}}} x_i" for k in range(90)) + ")",
    "deep functions": "loss L = \\sum_i \\sum_j " + "\\exp(" * 60 + "x_j A_{ij}" + ")" * 60,
    "as deep as may be": "loss L = \\sum_i \\sum_j " + "\\exp(" * 16 + "x_j A_{ij}" + ")" * 16,
    "many blocks": f"loss L = np.sum(np.hstack([{', '.join(f'A*{k}' for k in range(2, 150))}]))",
    "a high power": "loss L = \\sum_i (x_i + \\sum_j A_{ij})^{299}",
}


@pytest.mark.parametrize("kind", FOR_SYMPY)
def test_what_sympy_is_given_is_small(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit of time interrupts SymPy, so no single call may take long."""
    taken, diff = [0.0], local.sympy.diff

    def timed(*args: object) -> object:
        start = time.process_time()
        try:
            return diff(*args)
        finally:
            taken.append(time.process_time() - start)

    monkeypatch.setattr(local.sympy, "diff", timed)
    local.vjp.cache_clear()
    judged(f"{HEAD}{FOR_SYMPY[kind]}\nclaim dL/dx = x")
    assert max(taken) < 0.2


@pytest.mark.parametrize("kind", ["many terms", "deep functions"])
def test_a_formula_that_is_too_much_for_sympy_is_refused(kind: str) -> None:
    (claim,) = check_document(f"{HEAD}{FOR_SYMPY[kind]}\nclaim dL/dx = x").claims
    assert claim.verdict == "undecided"
    assert claim.diagnostics[0].code == "D901"
    wanted = ("a formula of entries has more than 400 parts", "more than 16 deep within each other")
    assert any(text in claim.diagnostics[0].message for text in wanted)


@pytest.mark.parametrize("step", ["np.exp({0})", "sigmoid({0})", "{0} * {0}", "{0} @ W"])
def test_a_long_way_from_the_input_to_the_loss(step: str) -> None:
    """Formulas put into each other become too deep, or too long: that is a limit, not a crash."""
    names = [f"q{k}" for k in range(301)]
    steps = (f"let {b} = {step.format(a)}" for a, b in pairwise(names))
    claims = "claim dL/dx = x\nclaim dL/dq299 = q299\nclaim dL/dx = dL/dq0"
    forward = "dims N, D\ninput x : N × D\nparam W : D × D\nlet q0 = x"
    text = "\n".join([forward, *steps, "loss L = np.sum(q300)", claims])
    judged(text)
