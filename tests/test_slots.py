"""Slots, linear forms of indices and sizes: what is said of their range is true for all sizes."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.shape import Dim, dim
from derive.slots import (
    ZERO,
    Slot,
    at_least,
    fresh,
    index,
    inside,
    is_index,
    linear,
    minus,
    range_of,
    replace,
    shift,
    slot,
)

I, J = index("i", dim("a")), index("j", dim("b"))
SYMBOLS = ("", "a", "b", I, J)
SLOTS = st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(-2, 2)), max_size=4).map(linear)
RANGES = st.sampled_from([dim("a"), dim("b"), dim(1, "a"), dim(3), dim(1, "a", "b")])


def values(place: Slot) -> list[tuple[dict[str, int], int]]:
    """The slot at all small sizes and all values of its indices: (sizes, value)."""
    found = []
    for a, b in product((1, 2, 3), repeat=2):
        for i, j in product(range(a), range(b)):
            known = {"": 1, "a": a, "b": b, I: i, J: j}
            found.append(({"a": a, "b": b}, sum(known[s] * c for s, c in place)))
    return found


def test_an_index_carries_its_range() -> None:
    assert range_of(index("j", dim(1, "n1"))) == dim(1, "n1")
    assert range_of(fresh(dim("N"))) == dim("N")
    assert fresh(dim("N")) != fresh(dim("N"))
    assert is_index(I)
    assert not is_index("a")
    assert not is_index("")


def test_linear_forms_cancel_and_have_one_order() -> None:
    assert linear([("a", 1), (I, 2), ("a", -1)]) == ((I, 2),)
    assert linear([(I, 1), ("", 1)]) == linear([("", 1), (I, 1)])
    assert minus(shift(slot(I), (1,)), slot(I)) == (("", 1),)
    assert shift(ZERO, (2, "a", "a")) == linear([("", 2), ("a", 2)])
    assert shift(slot(I), ()) == slot(I)


def test_replacing_an_index_in_a_form() -> None:
    moved = shift(slot(I), (1,))
    assert replace(moved, {I: slot(J)}) == shift(slot(J), (1,))
    assert replace(moved, {I: shift(slot(I), (1,))}) == shift(slot(I), (2,))
    assert replace(moved, {J: ZERO}) is moved


@given(SLOTS, st.integers(-3, 3))
def test_a_lower_bound_holds_for_all_sizes_and_indices(place: Slot, least: int) -> None:
    if at_least(place, least):
        assert all(value >= least for _, value in values(place))


@given(SLOTS, RANGES)
def test_inside_holds_for_all_sizes_and_indices(place: Slot, whole: Dim) -> None:
    if inside(place, whole):
        assert all(0 <= value < whole.size(sizes) for sizes, value in values(place))


@pytest.mark.parametrize(
    ("place", "whole", "known"),
    [
        (slot(I), dim("a"), True),
        (ZERO, dim("a"), True),
        (shift(slot(I), (1,)), dim(1, "a"), True),
        (shift(slot(I), (1,)), dim("a"), False),
        (shift(slot(J), ("a",)), dim("a", "b"), True),
        (slot(J), dim("a"), False),
        (linear([("a", 1), ("", -1), (I, -1)]), dim("a"), True),
    ],
    ids=["i", "0", "1+i in 1+a", "1+i in a", "a+j in a+b", "j in a", "a-1-i in a"],
)
def test_what_is_known_of_ranges(place: Slot, whole: Dim, known: bool) -> None:
    assert inside(place, whole) is known
