"""Slow, plain evaluators that the tests compare with: entry by entry, with many digits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product
from typing import Any

import mpmath

from derive.exact import NumberCalculus, Table
from derive.poly import DELTA, SUM, Atom, Poly
from derive.shape import Shape
from derive.slots import Slot, is_index, range_of

Number = Any


def random_table(rng: random.Random, shape: Shape, sizes: Mapping[str, int]) -> Table:
    """Entries between 0.2 and 1.7, away from the kink at 0 and from poles."""
    ranges = [range(dim.size(sizes)) for dim in shape]
    return {place: mpmath.mpf(rng.randint(200, 1700)) / 1000 for place in product(*ranges)}


def signed_table(rng: random.Random, shape: Shape, sizes: Mapping[str, int]) -> Table:
    """Entries of both signs, none near 0."""
    table = random_table(rng, shape, sizes)
    return {place: value * rng.choice((1, -1)) for place, value in table.items()}


def poly_value(
    poly: Poly, values: Mapping[str, Table], sizes: Mapping[str, int], at: Mapping[str, int]
) -> Number:
    """The number that a sum of products is, its free indices standing at `at`."""
    total = mpmath.mpf(0)
    for term in poly.terms:
        ranges = [range(range_of(name).size(sizes)) for name in term.bound]
        for places in product(*ranges):
            here = {**at, **dict(zip(term.bound, places, strict=True))}
            value = mpmath.mpf(term.coef.numerator) / term.coef.denominator
            for atom, power in term.factors:
                exponent = mpmath.mpf(power.numerator) / power.denominator
                value *= mpmath.power(atom_value(atom, values, sizes, here), exponent)
            total += value
    return total


def atom_value(
    atom: Atom, values: Mapping[str, Table], sizes: Mapping[str, int], at: Mapping[str, int]
) -> Number:
    """The number that one factor is."""
    places = tuple(_place(slot, sizes, at) for slot in atom.slots)
    if atom.head == DELTA:
        return mpmath.mpf(places[0] == places[1])
    if atom.arg is not None:
        inner = poly_value(atom.arg, values, sizes, at)
        return inner if atom.head == SUM else NumberCalculus(sizes).fn(atom.head, inner)
    if atom.head in sizes:
        return mpmath.mpf(sizes[atom.head])
    return +mpmath.pi if atom.head == "π" else values[atom.head][places]


def _place(slot: Slot, sizes: Mapping[str, int], at: Mapping[str, int]) -> int:
    known = {**sizes, **at, "": 1}
    assert all(symbol in at for symbol, _ in slot if is_index(symbol))
    return sum(known[symbol] * coefficient for symbol, coefficient in slot)


def close(a: Number, b: Number, digits: int = 30) -> bool:
    """Whether two numbers agree to so many digits."""
    return bool(abs(a - b) <= mpmath.mpf(10) ** -digits * (1 + max(abs(a), abs(b))))
