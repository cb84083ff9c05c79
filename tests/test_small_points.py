"""Small numbers for comparing: distinct sizes, sums of sizes, values that keep the declared facts."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.points import choices, constant, draw, size_names, with_sums
from derive.shape import Shape, dim
from derive.term import Symbol

SIZES = {"N": 3, "K": 4}
MATRIX: Shape = (dim("N"), dim("K"))


def drawn(facts: str, shape: Shape = MATRIX, seed: int = 0) -> np.ndarray:
    """The entries of a symbol with a fact, as an array."""
    symbol = Symbol("x", shape, "input", (facts,) if facts else ())
    table = draw(symbol, SIZES, random.Random(seed))
    made = np.empty([max(place[axis] for place in table) + 1 for axis in range(2)])
    for place, value in table.items():
        assert isinstance(value, Fraction)
        made[place] = value
    return made


@given(st.integers(0, 10**6))
def test_facts_hold_for_what_is_drawn(seed: int) -> None:
    assert (drawn("positive", seed=seed) > 0).all()
    assert set(drawn("binary", seed=seed).flat) <= {0.0, 1.0}
    assert ((drawn("unit", seed=seed) > 0) & (drawn("unit", seed=seed) < 1)).all()
    for axis in (0, 1):
        shares, hot = (drawn(f"{w} axis={axis}", seed=seed) for w in ("distribution", "one-hot"))
        assert (shares.sum(axis) == 1).all()
        assert (shares > 0).all()
        assert (hot.sum(axis) == 1).all()
        assert set(hot.flat) <= {0.0, 1.0}
    assert (drawn("distribution", seed=seed).sum(1) == 1).all()


def test_a_vector_adds_up_along_its_one_axis() -> None:
    assert drawn("distribution axis=0", (dim("K"),)).sum() == 1
    assert drawn("one-hot axis=0", (dim("K"),)).sum() == 1


def test_values_have_both_signs_none_is_zero_and_machine_numbers_hold_them() -> None:
    free = drawn("", (dim(40), dim(40)))
    assert (free > 0).any()
    assert (free < 0).any()
    assert (free != 0).all()
    assert (free * 1024 == np.round(free * 1024)).all()


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_sizes_are_distinct_so_that_nothing_fits_by_chance(count: int) -> None:
    names = tuple("ABCDEF"[:count])
    for sizes in choices(names, {}, False):
        assert len(set(sizes.values())) == count
        assert min(sizes.values()) > 1


def test_stated_sizes_are_taken_where_they_are_small_and_alone_where_values_need_them() -> None:
    assert choices(("N", "K"), {"N": 7, "K": 3}, False)[-1] == {"N": 7, "K": 3}
    assert choices(("N", "K"), {"N": 700, "K": 300}, False)[-1] != {"N": 700, "K": 300}
    assert choices(("N", "K"), {"N": 7, "K": 3}, True) == [{"N": 7, "K": 3}]


def test_sums_of_sizes_follow_from_their_names() -> None:
    names = size_names([(dim("A"), dim("P")), (dim("(A-P+1)"),)])
    assert names == ("A", "P", "(A-P+1)")
    for sizes in choices(names, {}, False):
        assert sizes["(A-P+1)"] == sizes["A"] - sizes["P"] + 1 > 0
    assert with_sums(names, {"A": 5, "P": 2})["(A-P+1)"] == 4


def test_a_sum_of_sizes_may_be_all_that_a_shape_has() -> None:
    """No array is as long as A or P here."""
    for sizes in choices(("(A-P+1)",), {"A": 6, "P": 2}, False):
        assert sizes["(A-P+1)"] == sizes["A"] - sizes["P"] + 1 > 0


def test_a_sum_of_sizes_that_is_none_is_refused() -> None:
    with pytest.raises(DeriveError, match=r"the size `\(A-P\+1\)` is -1 here"):
        with_sums(("(A-P+1)",), {"A": 2, "P": 4})


def test_constants_are_kept_as_matrices() -> None:
    half = Fraction(1, 2)
    assert constant(half, ()) == {(): half}
    assert constant((half, 2), (dim(2),)) == {(0, 0): half, (1, 0): 2}
    assert constant(((1, 2), (3, 4)), (dim(2), dim(2)))[1, 0] == 3
