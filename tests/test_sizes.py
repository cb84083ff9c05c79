"""Sizes as sums: read, put together, and turned back into what a shape holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.shape import Dim, dim
from derive.sizes import dim_of, linear, plus, said_dim, value_of

SIZES = {"A": 7, "P": 3, "H": 5}
LINEAR = {
    "A-P+1": {"A": 1, "P": -1, "": 1},
    "4*H": {"H": 4},
    "H*4": {"H": 4},
    "2*H+A-3": {"H": 2, "A": 1, "": -3},
    "(A - P)": {"A": 1, "P": -1},
    "3*2": {"": 6},
    "A-A+2": {"": 2},
}


@pytest.mark.parametrize("text", LINEAR)
def test_a_size_is_a_sum(text: str) -> None:
    found = linear(Dim((text,)))
    assert found == LINEAR[text]
    assert value_of(found, SIZES) == eval(text, {}, SIZES)  # noqa: S307


def test_parts_that_add_up_stay_parts() -> None:
    assert dim_of({"A": 1, "": 1}) == dim("A", 1)
    assert dim_of({"H": 2}) == dim("H", "H")
    assert dim_of({"": 3}) == dim(3)
    assert dim_of({"A": 1, "P": -1, "": 1}) == dim("(A-P+1)")


def test_a_name_without_a_number_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        value_of({"Q": 1}, SIZES)


SUMS = st.dictionaries(st.sampled_from(["A", "P", "H", ""]), st.integers(-3, 3), max_size=4)


@given(SUMS, SUMS, st.sampled_from([1, -1]))
def test_sums_and_differences_are_those_of_the_numbers(
    a: dict[str, int], b: dict[str, int], sign: int
) -> None:
    total = plus(a, b, sign)
    assert value_of(total, SIZES) == value_of(a, SIZES) + sign * value_of(b, SIZES)
    assert linear(dim_of(total)) == total
    assert 0 not in total.values() or 0 in a.values()


def test_a_raised_digit_is_no_number() -> None:
    """`²` is a digit to Python and no literal of a number: as a size it is a name."""
    assert said_dim("²") == Dim(("²",))
    assert said_dim("D+²") == Dim(("D", "²"))
