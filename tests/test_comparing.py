"""Formulas compared by value: where they differ, the numbers that show it, and what is kept."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from derive.arithmetic import EXACTLY
from derive.checker import check_document
from derive.comparing import Program, agree, at, confirmed, difference, witness
from derive.notation import read
from derive.shape import dim
from derive.term import Derivation, Equation, Symbol, Term, Var

N, D, K = dim("N"), dim("D"), dim("K")
NAMES = ("x", "W", "y", "z", "p", "N", "D", "K")


def formula(text: str) -> Term:
    return read(text, NAMES, scalars=("N", "D", "K"))


DERIVATION = Derivation(
    (
        Symbol("x", (N, D), "input"),
        Symbol("W", (D, K), "param"),
        Symbol("y", (N, K), "target", ("distribution axis=1",)),
    ),
    (Equation("z", formula("x @ W")), Equation("p", formula("softmax(z)"))),
    "p",
)
SHAPES = {"x": (N, D), "W": (D, K), "y": (N, K), "z": (N, K), "p": (N, K), "d": (N, K)}


@pytest.fixture
def program() -> Program:
    return Program(DERIVATION, SHAPES, {"d": formula("p - y")})


SAME = {
    "z - z + p": "p",
    "exp(z) / sum(exp(z), axis=1, keepdims=True)": "p",
    "sum(y, axis=1, keepdims=True) ∘ p": "p",
    "(z^2 - 1) / (z - 1) - 1": "z",
}
OTHER = {"p ∘ p": "p", "-z": "z", "z + 1/1000": "z", "z / N": "z", "z / (x @ W - z)": "z"}


@pytest.mark.parametrize("text", SAME)
def test_what_is_equal_agrees_and_has_no_witness(program: Program, text: str) -> None:
    claimed, true = formula(text), formula(SAME[text])
    assert agree(program, claimed, true)
    assert confirmed(program, claimed, true)
    assert witness(program, claimed, true) is None


@pytest.mark.parametrize("text", OTHER)
def test_what_differs_has_a_witness_at_which_both_values_are_so(
    program: Program, text: str
) -> None:
    claimed, true = formula(text), formula(OTHER[text])
    assert not agree(program, claimed, true)
    shown = witness(program, claimed, true)
    assert shown is not None
    assert shown.claimed != shown.true
    assert shown.sizes == program.choices[0]


def test_a_witness_says_what_numpy_computes_there(program: Program) -> None:
    claimed, true = formula("p ∘ p"), formula("p")
    shown = witness(program, claimed, true)
    point = next(program.points(exact=True))
    assert shown is not None
    sizes = point.sizes
    x, w = (
        np.array([[float(point.evaluator.values[n][i, j]) for j in range(b)] for i in range(a)])
        for n, a, b in (("x", sizes["N"], sizes["D"]), ("W", sizes["D"], sizes["K"]))
    )
    p = np.exp(x @ w) / np.exp(x @ w).sum(1, keepdims=True)
    assert float(shown.true) == pytest.approx(p[shown.entry], rel=1e-5)
    assert float(shown.claimed) == pytest.approx(p[shown.entry] ** 2, rel=1e-5)


def test_a_formula_without_a_value_differs_and_says_so(program: Program) -> None:
    shown = witness(program, formula("z / (z - z)"), formula("z"))
    assert shown is not None
    assert shown.claimed == "no value (a division by zero)"


def test_machine_numbers_and_many_digits_are_the_same_point(program: Program) -> None:
    quick, exact = program.point(0, 0), program.point(0, 0, exact=True)
    assert quick is not None
    assert exact is not None
    assert exact.evaluator.calculus.arithmetic is EXACTLY
    for name in ("x", "W", "p", "d"):
        for place, value in exact.evaluator.values[name].items():
            assert float(value) == pytest.approx(quick.evaluator.values[name][place], rel=1e-12)


def test_a_difference_below_machine_numbers_is_seen_in_many_digits(program: Program) -> None:
    claimed, true = formula("z + 1/10^15"), formula("z")
    assert agree(program, claimed, true)
    with mpmath.workdps(50):
        assert not confirmed(program, claimed, true)


def test_an_extended_program_has_the_points_of_its_base(program: Program) -> None:
    longer = program.extended({"d·": Var("d")}, {"d·": (N, K)})
    below, above = program.point(1, 1), longer.point(1, 1)
    assert below is not None
    assert above is not None
    assert above.sizes == below.sizes
    assert above.evaluator.values["x"] is below.evaluator.values["x"]
    assert above.evaluator.values["d·"] == below.evaluator.values["d"]
    assert difference(above, Var("d·"), formula("p - y")) is None


def test_an_entry_is_read_where_broadcasting_puts_it() -> None:
    row = {(0, j): j for j in range(3)}
    assert [at(row, (1, j)) for j in range(3)] == [0, 1, 2]
    assert at({(): 7}, (2, 1)) == 7


def test_constants_fix_the_sizes_and_the_values() -> None:
    text = "const c : (3,) = [1, 2, 4]\nparam x : (3,)\nlet L = np.sum(c*x*x)\nclaim dx = "
    right, wrong = (check_document(text + claim).claims[0] for claim in ("2*c*x", "2*x*x*c"))
    assert right.verdict == "proved"
    assert wrong.verdict == "refuted"
