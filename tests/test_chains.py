"""Products taken apart and bracketed anew: every way that has a shape, the cheapest first."""

from __future__ import annotations

import pytest

from derive.chains import ANY, MOST_FACTORS, Chain, Part, bracketings, chain_of, join
from derive.diagnostic import DeriveError
from derive.edits import Edit
from derive.notation import read, write
from derive.shape import shape_text
from derive.term import Term, Var, turned
from tests.written import SHAPES, elaborator


def formula(text: str) -> Term:
    return read(text, tuple(SHAPES))


def variants(factor: Term) -> list[Part]:
    """As it is, and transposed at the cost of one change."""
    value, other = elaborator().value(factor), turned(factor)
    changed = Part(other, elaborator().value(other), 1.0, (Edit("transposed", factor),))
    return [Part(factor, value), *([changed] if len(value.shape) == 2 else [])]


def found(text: str, most: float = 3.0) -> list[tuple[str, str, float]]:
    """The formulas of a row of factors: text, shape, cost."""
    parts = bracketings(chain_of(formula(text)), variants, most)
    return [(write(p.term, "plain"), shape_text(p.value.shape), p.cost) for p in parts]


def test_a_product_is_a_row_of_factors_and_signs() -> None:
    chain = chain_of(formula("A^T (C ∘ A) B"))
    assert [write(factor, "plain") for factor in chain.factors] == ["A^T", "C", "A", "B"]
    assert chain.signs == ("matmul", "mul", "matmul")
    assert chain_of(formula("A + C")) == Chain((formula("A + C"),), ())


def test_what_fits_as_it_is_costs_nothing() -> None:
    assert ("A^T C", "D×D", 0.0) in found("A^T C")
    assert found("A^T C")[0][2] == 0.0


def test_a_sign_and_a_transpose_are_changes() -> None:
    costs = {text: cost for text, _, cost in found("A C")}
    assert costs["A C^T"] == costs["A^T C"] == costs["A ∘ C"] == 1.0


def test_brackets_change_nothing_by_themselves() -> None:
    """`A ∘ Z B^T ∘ C` is read from the left; what people mean is another bracketing of it."""
    costs = {text: cost for text, _, cost in found("A ∘ Z B^T ∘ C")}
    assert costs["A ∘ ((Z B^T) ∘ C)"] == 0.0


def test_every_formula_has_the_shape_that_is_said_and_costs_at_most_what_is_asked() -> None:
    for most in (0.0, 1.0, 2.0):
        for text, shape, cost in found("A C B", most):
            assert shape_text(elaborator(text).value(formula(text)).shape) == shape
            assert cost <= most


def test_the_cheapest_come_first() -> None:
    costs = [cost for _, _, cost in found("A ∘ Z B^T ∘ C")]
    assert costs == sorted(costs)
    assert costs[-1] > costs[0]


def test_what_has_no_shape_is_not_among_them() -> None:
    texts = {text for text, _, _ in found("A C B")}
    with pytest.raises(DeriveError):
        elaborator().value(formula("A C B"))
    assert texts == {"A^T (C B)", "(A ∘ C) B"}


def test_a_sign_of_a_factor_that_came_in_is_free() -> None:
    left, right = (Part(Var(name), elaborator().value(Var(name))) for name in ("A", "C"))
    free, changed = (join("mul", left, right, sign, 3.0) for sign in (ANY, "matmul"))
    assert free is not None
    assert changed is not None
    assert (free.cost, changed.cost) == (0.0, 1.0)
    assert join("matmul", left, right, "matmul", 3.0) is None


def test_rows_of_one_axis_may_be_meant_as_an_outer_product() -> None:
    assert ("outer(w, u)", "N×D", 1.0) in found("w u")


def test_a_long_row_is_left_alone() -> None:
    assert found(" ".join(["M"] * (MOST_FACTORS + 1))) == []
