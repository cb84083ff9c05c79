"""Sizes as symbols: they agree when they are equal for all values, and broadcast as in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.shape import ONE, Dim, Shape, agree, broadcast, dim, dim_text, shape_text

PARTS = st.sampled_from([1, 1, 2, "n1", "n2", "N"])
DIMS = st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: Dim(tuple(parts)))
SHAPES = st.lists(st.sampled_from([ONE, dim("N"), dim("n1"), dim(1, "n1")]), max_size=3).map(tuple)
SIZES = {"N": 7, "n1": 3, "n2": 5}


def test_a_size_is_a_number_a_name_or_several_side_by_side() -> None:
    assert [str(d) for d in (dim(3), dim("N"), dim(1, "n1"))] == ["3", "N", "1+n1"]
    assert dim(1, "n1", 2, "n1").total() == (3, (("n1", 2),))
    assert dim(1, "n1", 2, "n1").size({"n1": 10}) == 23
    with pytest.raises(ValueError, match="at least one part"):
        Dim(())


def test_one_is_special_and_a_size_that_may_be_one_is_not() -> None:
    assert ONE.is_one
    assert not dim("N").is_one
    assert not dim(2).is_one


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (dim("n1"), dim("n1"), True),
        (dim(1, "n1"), dim("n1", 1), True),
        (dim(1, 1), dim(2), True),
        (dim("n1"), dim("n2"), False),
        (dim(1, "n1"), dim("n1"), False),
        (dim("n1", "n1"), dim("n1"), False),
    ],
)
def test_sizes_agree_for_all_values_of_their_names(a: Dim, b: Dim, same: bool) -> None:
    assert agree(a, b) is same


@given(DIMS, DIMS)
def test_sizes_that_agree_are_equal_numbers(a: Dim, b: Dim) -> None:
    assert agree(a, b) == all(
        a.size(sizes) == b.size(sizes)
        for sizes in (SIZES, {"N": 1, "n1": 1, "n2": 1}, {"N": 100, "n1": 10, "n2": 31})
    )


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ((), (dim("N"), dim("n1")), (dim("N"), dim("n1"))),
        ((dim("N"), dim("n1")), (ONE, dim("n1")), (dim("N"), dim("n1"))),
        ((dim("N"), ONE), (ONE, dim("n1")), (dim("N"), dim("n1"))),
        ((dim("n1"),), (dim("N"), dim("n1")), (dim("N"), dim("n1"))),
        ((dim("N"), dim("n1")), (dim("n1"), dim("N")), None),
        ((dim("N"), dim("n1")), (dim("N"), dim("n2")), None),
        ((dim("N"), dim(1, "n1")), (dim("N"), dim("n1")), None),
    ],
)
def test_broadcasting(a: Shape, b: Shape, both: Shape | None) -> None:
    assert broadcast(a, b) == both
    assert broadcast(b, a) == both


@given(SHAPES, SHAPES)
def test_broadcasting_is_that_of_numpy(a: Shape, b: Shape) -> None:
    """At sizes that are pairwise distinct, none of them 1."""
    found = broadcast(a, b)
    numbers = [tuple(d.size(SIZES) for d in shape) for shape in (a, b)]
    if found is None:
        with pytest.raises(ValueError, match="shape mismatch"):
            np.broadcast_shapes(*numbers)
    else:
        assert tuple(d.size(SIZES) for d in found) == np.broadcast_shapes(*numbers)


def test_shapes_for_people() -> None:
    assert shape_text(()) == "scalar"
    assert shape_text((dim("N"),)) == "(N,)"
    assert shape_text((dim("N"), dim(1, "n1"))) == "N×(1+n1)"
    assert shape_text((dim("N"), dim(1, "n1")), {"n1": 100}) == "N×101"
    assert dim_text(dim(1, "n1", "n2"), {"n1": 100}) == "1+100+n2"
