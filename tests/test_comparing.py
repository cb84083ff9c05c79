"""Formulas compared by value: where they differ, the numbers that show it, and what is kept."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from derive.arithmetic import EXACTLY
from derive.checker import check_document
from derive.comparing import Program, agree, at, confirmed, difference
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
def test_what_is_equal_agrees(program: Program, text: str) -> None:
    claimed, true = formula(text), formula(SAME[text])
    assert agree(program, claimed, true)
    assert confirmed(program, claimed, true)


@pytest.mark.parametrize("text", OTHER)
def test_what_differs_does_so_at_the_first_point(program: Program, text: str) -> None:
    claimed, true = formula(text), formula(OTHER[text])
    point = program.point(0, 0)
    assert not agree(program, claimed, true)
    assert point is not None
    assert difference(point, claimed, true) == (0, 0)


def test_a_point_says_what_numpy_computes_there(program: Program) -> None:
    point = next(program.points(EXACTLY))
    values, sizes = point.evaluator.values, point.sizes
    x, w = (
        np.array([[float(values[n][i, j]) for j in range(b)] for i in range(a)])
        for n, a, b in (("x", sizes["N"], sizes["D"]), ("W", sizes["D"], sizes["K"]))
    )
    p = np.exp(x @ w) / np.exp(x @ w).sum(1, keepdims=True)
    table = point.table(formula("p ∘ p"))
    assert table is not None
    assert all(float(value) == pytest.approx(p[place] ** 2) for place, value in table.items())


def test_named_formulas_are_calculated_when_they_are_asked_for(program: Program) -> None:
    point = program.point(0, 0)
    assert point is not None
    assert "d" not in point.evaluator.values
    assert point.table(Var("d")) == point.evaluator.values["d"]


def test_a_name_without_a_value_is_no_difference() -> None:
    broken = Program(DERIVATION, SHAPES, {"d": formula("z / (z - z)")})
    point = broken.point(0, 0)
    assert point is not None
    assert not point.speaks_of(Var("d"))
    assert difference(point, Var("d"), formula("z")) is None
    assert not agree(broken, Var("d"), formula("z"))


def test_a_formula_without_a_value_differs(program: Program) -> None:
    point = program.point(0, 0)
    assert point is not None
    assert difference(point, formula("z / (z - z)"), formula("z")) == (0, 0)


def test_machine_numbers_and_many_digits_are_the_same_point(program: Program) -> None:
    quick, exact = program.point(0, 0), program.point(0, 0, EXACTLY)
    assert quick is not None
    assert exact is not None
    assert exact.evaluator.calculus.arithmetic is EXACTLY
    for name in ("x", "W", "p", "d"):
        many, few = exact.table(Var(name)), quick.table(Var(name))
        assert many is not None
        assert few is not None
        for place, value in many.items():
            assert float(value) == pytest.approx(few[place], rel=1e-12)


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
    assert above.table(Var("d·")) == below.table(Var("d"))
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
