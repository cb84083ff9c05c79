"""Numbers that are short to write, for arrays that keep their declared facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product

from derive.exact import Table
from derive.tensors import column_shape
from derive.term import Symbol

SIMPLE = (*map(Fraction, (1, -1, 2, -2)), Fraction(1, 2), Fraction(-1, 2), Fraction(3))
"""Numbers that are short to write."""

SIMPLEST: Mapping[str, tuple[Fraction, Fraction]] = {
    "": (Fraction(0), Fraction(1)),
    "binary": (Fraction(0), Fraction(1)),
    "positive": (Fraction(1), Fraction(2)),
    "unit": (Fraction(1, 2), Fraction(1, 4)),
}
"""What entries are set to, by the fact that their array keeps: the simplest number, the next."""

ALL_IN_ONE = ("one-hot", "distribution")
"""Facts by which entries sum to 1, and none is changed alone."""

Draw = Callable[[str, int], Fraction]
"""A number for an entry, by the fact that its array keeps, and by the number of the entry."""


def _plain(word: str, place: int) -> Fraction:
    """The number 1, or what is nearest to it."""
    del place
    return SIMPLEST[word][1]


def _simple(word: str, place: int) -> Fraction:
    """One of the numbers that are short to write, each at another place."""
    if word == "binary":
        return Fraction(place % 3 % 2)
    if word == "unit":
        return Fraction(1 + place % 3, 4)
    value = SIMPLE[place % len(SIMPLE)]
    return abs(value) if word == "positive" else value


def _turned(word: str, place: int) -> Fraction:
    """As above, in another order."""
    return _simple(word, 3 * place + 2)


def _small(word: str, place: int) -> Fraction:
    """As above, near 0 where that may be: what is fed with large numbers is flat."""
    return _simple(word, place) / (1 if word in ("binary", "unit") else 4)


DRAWS = (_plain, _simple, _turned, _small)


def _word(symbol: Symbol) -> str:
    """The fact that an array keeps, without its axis."""
    return next(iter(symbol.facts), "").partition(" axis=")[0]


def drawn(symbol: Symbol, sizes: Mapping[str, int], draw: Draw) -> Table:
    """Entries for a symbol: what sums to 1 is a single 1 in each line, each at another place."""
    shape = column_shape(symbol.shape)
    lengths = [dim.size(sizes) for dim in shape]
    word, places = _word(symbol), product(*map(range, lengths))
    if word not in ALL_IN_ONE:
        kind = word if word in SIMPLEST else ""
        return {place: draw(kind, number) for number, place in enumerate(places)}
    axis = min(int(symbol.facts[0].partition(" axis=")[2] or 1), len(shape) - 1)
    rest = {place: sum(place) - place[axis] for place in places}
    return {p: Fraction(p[axis] == line % lengths[axis]) for p, line in rest.items()}


def simpler(symbol: Symbol, table: Table) -> Iterator[Table]:
    """An array with simpler entries, the simplest first: all 0, all 0 but one, all 1."""
    word = _word(symbol)
    if word in ALL_IN_ONE:
        return
    low, high = SIMPLEST.get(word, SIMPLEST[""])
    places = list(table)
    yield dict.fromkeys(places, low)
    for one in dict.fromkeys((places[-1], places[0], places[len(places) // 2])):
        yield {place: high if place == one else low for place in places}
    yield dict.fromkeys(places, high)
