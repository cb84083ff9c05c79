"""Arrays as NumPy text: read back by Python, they are the numbers that were written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.numbers_text import Array, as_numbers, assignments, shortened

NUMBERS = st.builds(lambda n, d: Fraction(n, 2**d), st.integers(-2000, 2000), st.integers(0, 10))
MOSTLY = st.sampled_from([Fraction(0)] * 5 + [Fraction(1)] * 3 + [Fraction(-1, 2)])


@st.composite
def arrays(draw: Any) -> Array:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    entry = draw(st.sampled_from([NUMBERS, MOSTLY, st.just(Fraction(0)), st.just(Fraction(1))]))
    made: Array = tuple(tuple(draw(entry) for _ in range(columns)) for _ in range(rows))
    return draw(st.sampled_from([made, made[0], draw(entry)]))  # type: ignore[index]


@given(arrays())
def test_what_is_written_is_read_back(array: Array) -> None:
    (line,) = assignments({"a": array})
    names: dict[str, Any] = {}
    if line.startswith("#"):
        assert np.count_nonzero(np.array(array, float)) > 24
        return
    exec(line, {"np": np}, names)  # noqa: S102 (our own text)
    assert np.array_equal(names["a"], np.array(array, float))
    assert np.asarray(names["a"]).dtype == float
    assert np.array_equal(np.array(as_numbers(array), float), np.array(array, float))


ONE, NO = Fraction(1), Fraction(0)
WRITTEN = {
    "a = 1.": ONE,
    "a = 1/3": Fraction(1, 3),
    "a = np.array([1., 0.])": (ONE, NO),
    "a = np.zeros(2)": (NO, NO),
    "a = np.ones((1, 2))": ((ONE, ONE),),
    "a = np.array([[1.]])": ((ONE,),),
    "a = np.zeros((5, 4)); a[1, 2] = -0.5": tuple(
        tuple(Fraction(-1, 2) if (i, j) == (1, 2) else NO for j in range(4)) for i in range(5)
    ),
    "# a: 26 numbers, all of them in --json": (ONE, *[Fraction(2)] * 25),
}


@pytest.mark.parametrize("line", WRITTEN)
def test_the_shortest_form_is_taken(line: str) -> None:
    assert assignments({"a": WRITTEN[line]}) == (line,)


def test_no_number_is_rounded_in_json() -> None:
    assert as_numbers((Fraction(1, 3), Fraction(1, 4), Fraction(2))) == ["1/3", 0.25, 2]


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("1/2", "1/4"), ("1/2", "1/4")),
        (("0.75000000000000000000", "2.0"), ("0.75", "2")),
        (("0.33333333333333333333", "1/3"), ("0.3333333333", "1/3")),
        (("0.12345678901111", "0.12345678902222"), ("0.12345678901111", "0.12345678902222")),
        (("1.5e+3000", "2.5e-40"), ("1.5E+3000", "2.5E-40")),
        (("no value (a division by zero)", "0.5"), ("no value (a division by zero)", "0.5")),
        (("same.", "same."), ("same.", "same.")),
    ],
)
def test_values_are_rounded_as_long_as_they_differ(
    pair: tuple[str, str], expected: tuple[str, str]
) -> None:
    assert shortened(*pair) == expected
