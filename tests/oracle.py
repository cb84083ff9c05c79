"""Slow, plain evaluators that the tests compare with: entry by entry, with many digits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import mpmath

from derive.arithmetic import NumberCalculus
from derive.exact import DIGITS, Table, evaluate, forward
from derive.formulas import Gradients
from derive.infer import shapes_of
from derive.poly import DELTA, SUM, Atom, Poly
from derive.shape import Shape
from derive.slots import Slot, is_index, range_of
from derive.term import Derivation, Symbol

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


# ----------------------------------------------------------------------- whole derivations


@dataclass(frozen=True)
class Point:
    """Sizes, and the entries of every name of a derivation at them."""

    sizes: Mapping[str, int]
    values: Mapping[str, Table]


def point(derivation: Derivation, sizes: Mapping[str, int], seed: int = 0) -> Point:
    """Random entries of the symbols, as their facts say they are, and the forward pass on them."""
    rng = random.Random(seed)
    shapes = shapes_of(derivation)
    with mpmath.workdps(DIGITS):
        values = {s.name: symbol_table(rng, s, sizes) for s in derivation.symbols}
        return Point(sizes, forward(derivation, shapes, values, sizes))


def symbol_table(rng: random.Random, symbol: Symbol, sizes: Mapping[str, int]) -> Table:
    """Entries of both signs; positive, or adding up to 1 along an axis, where a fact says so."""
    for fact in symbol.facts:
        word, _, axis = fact.partition(" axis=")
        table = random_table(rng, symbol.shape, sizes)
        if word == "distribution":
            return scaled_to_one(table, int(axis))
        if word == "positive":
            return table
        raise AssertionError(fact)
    return signed_table(rng, symbol.shape, sizes)


def scaled_to_one(table: Table, axis: int) -> Table:
    """The table with the entries along an axis adding up to 1."""
    totals: dict[int, Number] = {}
    for place, value in table.items():
        totals[place[1 - axis]] = totals.get(place[1 - axis], 0) + value
    return {place: value / totals[place[1 - axis]] for place, value in table.items()}


def true_gradient(derivation: Derivation, at: Point, name: str) -> Table:
    """dL/d(name), entry by entry, by differences of the loss: right to more than 25 digits.

    The name may be one of the equations: what stands after it is computed anew.
    """
    names = [equation.name for equation in derivation.equations]
    later = derivation.equations[names.index(name) + 1 :] if name in names else None
    rest = derivation if later is None else replace(derivation, equations=later)
    shapes = shapes_of(derivation)
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -16

        def loss(place: tuple[int, ...], move: Number) -> Number:
            moved = {**at.values[name], place: at.values[name][place] + move}
            known = forward(rest, shapes, {**at.values, name: moved}, at.sizes)
            return known[derivation.loss][()]

        return {p: (loss(p, step) - loss(p, -step)) / (2 * step) for p in at.values[name]}


def with_adjoints(found: Gradients, at: Point) -> Point:
    """The point with the entries of every adjoint, each by its own step."""
    shapes = {**found.backward.program.shapes, **{s.name: s.shape for s in found.steps}}
    known = dict(at.values)
    with mpmath.workdps(DIGITS):
        for name, node in found.backward.program.nodes.items():
            known.setdefault(name, evaluate(node, shapes, known, at.sizes))
        for step in found.steps:
            known[step.name] = evaluate(step.term, shapes, known, at.sizes)
    return Point(at.sizes, known)


def same_table(a: Table, b: Table, digits: int = 25) -> bool:
    """Whether two tensors have the same places, and agree in every entry."""
    with mpmath.workdps(DIGITS):
        return a.keys() == b.keys() and all(close(a[place], b[place], digits) for place in b)
