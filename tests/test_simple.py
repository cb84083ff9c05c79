"""Simple numbers: short to write, and true to what is declared about their array."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from derive.exact import Table
from derive.shape import Shape, dim
from derive.simple import DRAWS, Draw, drawn, simpler
from derive.term import Symbol

SIZES = {"N": 3, "K": 4}
FACTS = {
    "": lambda a: len(np.unique(a)) >= 1,
    "binary": lambda a: set(np.unique(a)) <= {0, 1},
    "positive": lambda a: (a > 0).all(),
    "unit": lambda a: ((a > 0) & (a < 1)).all(),
    "one-hot axis=1": lambda a: (a.sum(1) == 1).all() and set(np.unique(a)) == {0, 1},
    "one-hot axis=0": lambda a: (a.sum(0) == 1).all() and set(np.unique(a)) == {0, 1},
    "distribution axis=1": lambda a: (a.sum(1) == 1).all() and (a >= 0).all(),
}


MATRIX: Shape = (dim("N"), dim("K"))


def symbol(fact: str, shape: Shape = MATRIX) -> Symbol:
    return Symbol("x", shape, "input", (fact,) if fact else ())


def array(table: Table) -> np.ndarray:
    made = np.full((3, 4), np.nan)
    for place, value in table.items():
        assert isinstance(value, Fraction)
        made[place] = value
    assert np.isfinite(made).all()
    return made


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("fact", FACTS)
def test_the_declared_fact_holds_of_every_draw(fact: str, draw: Draw) -> None:
    assert FACTS[fact](array(drawn(symbol(fact), SIZES, draw)))


@pytest.mark.parametrize("fact", FACTS)
def test_what_is_simpler_keeps_the_fact(fact: str) -> None:
    one = symbol(fact)
    found = [array(table) for table in simpler(one, drawn(one, SIZES, DRAWS[1]))]
    assert bool(found) == (not fact.startswith(("one-hot", "distribution")))
    assert all(FACTS[fact](made) for made in found)


def test_the_simplest_comes_first() -> None:
    one = symbol("")
    found = [array(table) for table in simpler(one, drawn(one, SIZES, DRAWS[1]))]
    assert [int(made.sum()) for made in found] == [0, 1, 1, 1, 12]


def test_the_rows_of_a_target_differ() -> None:
    made = array(drawn(symbol("one-hot axis=1"), SIZES, DRAWS[0]))
    assert len({tuple(row) for row in made}) == 3


def test_a_vector_is_kept_as_a_column() -> None:
    table = drawn(symbol("one-hot axis=0", (dim("K"),)), SIZES, DRAWS[0])
    assert list(table) == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert sum(table.values()) == 1
