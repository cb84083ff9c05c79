"""Small numbers at which formulas are compared: sizes, and values that keep the declared facts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import prod

from derive.diagnostic import DeriveError, refuse
from derive.exact import Table
from derive.shape import Dim, Shape
from derive.sizes import linear, value_of
from derive.tensors import column_shape
from derive.term import Symbol

ROUND = 6
"""How many sizes are taken before the smallest is taken again."""

LARGEST = 8
"""A size of the document that is taken as it is."""


def size_names(shapes: Iterable[Shape]) -> tuple[str, ...]:
    """The names of sizes in shapes, in order of appearance."""
    parts = (part for shape in shapes for dim in shape for part in dim.parts)
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, str)))


def choices(names: tuple[str, ...], stated: Mapping[str, int], fixed: bool) -> list[dict[str, int]]:
    """Sizes to compare at, the smallest first; with `fixed`, the stated ones alone.

    Two sizes that are equal in one choice differ in another, so that nothing fits by chance.
    """
    plain = list(plain_sizes(names))
    small = {name: stated[name] for name in plain if 0 < stated.get(name, 0) <= LARGEST}
    if fixed and all(name in stated for name in plain):
        return list(_possible(names, [{name: stated[name] for name in plain}]))
    made = list(_distinct(plain))
    if len(small) == len(plain):
        made.append(small)
    found = list(_possible(names, made))
    return [sizes for place, sizes in enumerate(found) if sizes not in found[:place]]


def plain_sizes(names: Iterable[str]) -> dict[str, None]:
    """The names that are sizes themselves, and then those that stand in sums alone."""
    inside = (part for name in names if not name.isidentifier() for part in linear(Dim((name,))))
    parts = (one for part in inside for one in part.split("*") if one)
    return dict.fromkeys((*(name for name in names if name.isidentifier()), *parts))


def _possible(
    names: tuple[str, ...], made: Iterable[Mapping[str, int]]
) -> Iterator[dict[str, int]]:
    """The choices in which every sum of sizes is a size; all are refused if there is none."""
    refusal: DeriveError | None = None
    found = False
    for sizes in made:
        try:
            yield with_sums(names, sizes)
            found = True
        except DeriveError as error:
            refusal = error
    if refusal is not None and not found:
        raise refusal


def _distinct(names: list[str]) -> Iterator[dict[str, int]]:
    """Sizes in turn, the small ones again and again: a network may have any number of layers."""
    yield {name: place % ROUND + 2 for place, name in enumerate(names)}
    yield {name: place % (ROUND + 1) + 2 for place, name in enumerate(reversed(names))}
    if len(names) > ROUND * (ROUND + 1):
        yield {name: place % (ROUND - 1) + 2 for place, name in enumerate(names)}


def entries(shapes: Iterable[Shape], sizes: Mapping[str, int]) -> int:
    """How many numbers arrays of these shapes hold."""
    return sum(prod(dim.size(sizes) for dim in shape) for shape in shapes)


def with_sums(names: Iterable[str], sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes with those that are sums of others, `A-P+1`."""
    found = dict(sizes)
    for name in names:
        if name not in found:
            found[name] = _sum_of(name, sizes)
    return found


def _sum_of(text: str, sizes: Mapping[str, int]) -> int:
    try:
        total = value_of(linear(Dim((text,))), sizes)
    except KeyError:
        raise refuse("D128", f"the size `{text}` is not known") from None
    if total < 1:
        raise refuse("D128", f"the size `{text}` is {total} here")
    return total


def draw(symbol: Symbol, sizes: Mapping[str, int], rng: random.Random) -> Table:
    """Entries for a symbol: fractions of 1024, so that machine numbers hold them exactly.

    They are fine enough that no two are equal by chance, where |x - y| has no slope.
    """
    shape = column_shape(symbol.shape)
    places = list(product(*(range(dim.size(sizes)) for dim in shape)))
    fact = next(iter(symbol.facts), "")
    word, _, axis = fact.partition(" axis=")
    if word in ("one-hot", "distribution"):
        return _along(shape, places, int(axis or 1), word == "one-hot", sizes, rng)
    return {place: _number(word, rng) for place in places}


def _number(fact: str, rng: random.Random) -> Fraction:
    if fact == "binary":
        return Fraction(rng.randint(0, 1))
    if fact == "unit":
        return Fraction(rng.randint(1, 15), 16)
    value = Fraction(rng.randrange(-1663, 1665, 2), 1024)
    return abs(value) if fact == "positive" else value


def _along(
    shape: Shape,
    places: list[tuple[int, ...]],
    axis: int,
    hot: bool,
    sizes: Mapping[str, int],
    rng: random.Random,
) -> Table:
    """Entries that sum to 1 along an axis: one of them, or in parts of a power of two."""
    axis = min(axis, len(shape) - 1)
    length = shape[axis].size(sizes)
    shares: dict[tuple[int, ...], list[Fraction]] = {}
    table: Table = {}
    for place in places:
        rest = place[:axis] + place[axis + 1 :]
        if rest not in shares:
            shares[rest] = _one_hot(length, rng) if hot else _parts(length, rng)
        table[place] = shares[rest][place[axis]]
    return table


def _one_hot(length: int, rng: random.Random) -> list[Fraction]:
    chosen = rng.randrange(length)
    return [Fraction(int(place == chosen)) for place in range(length)]


def _parts(length: int, rng: random.Random) -> list[Fraction]:
    left, parts = Fraction(1), []
    for _ in range(length - 1):
        parts.append(left * Fraction(rng.randint(3, 9), 16))
        left -= parts[-1]
    return [*parts, left]


def constant(value: object, dims: tuple[Dim, ...]) -> Table:
    """A declared constant, nested lists or a number, as entries."""
    if not isinstance(value, tuple):
        return {(): Fraction(str(value))}
    rows = value if value and isinstance(value[0], tuple) else [(entry,) for entry in value]
    del dims
    return {(i, j): Fraction(str(v)) for i, row in enumerate(rows) for j, v in enumerate(row)}
