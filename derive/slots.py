"""Slots: what stands at one place of an indexed factor, as a linear form of indices and sizes.

`W[1+j, q]` has the slots `1+j` and `q`. An index carries its range in its name: `%4|n1` runs over
0 .. n1-1. So a range never has to be looked up, and two indices of different ranges never mix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import count

from derive.shape import Dim, Part

Slot = tuple[tuple[str, int], ...]
"""Sorted (symbol, coefficient) pairs; the symbol of the constant is the empty text."""

_PLUS = re.compile(r"\+(?![^()]*\))")
"""Between the parts of a dimension; a sum in brackets is one name, `(A-P+1)`."""

ZERO: Slot = ()
_fresh = count()


def fresh(dim: Dim) -> str:
    """A new index over `dim`."""
    return f"%{next(_fresh)}|{dim}"


def index(name: str, dim: Dim) -> str:
    """The index called `name` over `dim`; names of letters never clash with fresh ones."""
    return f"%{name}|{dim}"


def is_index(symbol: str) -> bool:
    """Whether a symbol of a slot is an index (otherwise it is a size, or the constant)."""
    return symbol.startswith("%")


@lru_cache(maxsize=4096)
def range_of(symbol: str) -> Dim:
    """The dimension over which an index runs."""
    parts = _PLUS.split(symbol.partition("|")[2])
    return Dim(tuple(int(part) if part.isdecimal() else part for part in parts))


def slot(symbol: str) -> Slot:
    """The slot that is one symbol."""
    return ((symbol, 1),)


def linear(pairs: Iterable[tuple[str, int]]) -> Slot:
    """The sum of the pairs, in canonical order."""
    total: dict[str, int] = {}
    for symbol, coefficient in pairs:
        total[symbol] = total.get(symbol, 0) + coefficient
    return tuple(sorted((s, c) for s, c in total.items() if c))


def shift(place: Slot, parts: Iterable[Part]) -> Slot:
    """The slot moved by the sizes of `parts`."""
    moves = [("", part) if isinstance(part, int) else (part, 1) for part in parts]
    return linear([*place, *moves]) if moves else place


def plus(a: Slot, b: Slot) -> Slot:
    """The sum of two slots."""
    return linear([*a, *b])


def minus(a: Slot, b: Slot) -> Slot:
    """The difference of two slots."""
    return linear([*a, *((symbol, -coefficient) for symbol, coefficient in b)])


def replace(place: Slot, values: Mapping[str, Slot]) -> Slot:
    """The slot with indices replaced by slots."""
    if not any(symbol in values for symbol, _ in place):
        return place
    pairs: list[tuple[str, int]] = []
    for symbol, coefficient in place:
        new = values.get(symbol, ((symbol, 1),))
        pairs += [(s, c * coefficient) for s, c in new]
    return linear(pairs)


def at_least(place: Slot, least: int) -> bool:
    """Whether the slot is provably >= least, for all sizes >= 1 and all values of its indices."""
    pairs: list[tuple[str, int]] = []
    for symbol, coefficient in place:
        if not is_index(symbol):
            pairs.append((symbol, coefficient))
        elif coefficient < 0:
            number, names = range_of(symbol).total()
            pairs += [("", coefficient * (number - 1))]
            pairs += [(name, coefficient * times) for name, times in names]
    bound = linear(pairs)
    sizes = [coefficient for symbol, coefficient in bound if symbol]
    constant = sum(coefficient for symbol, coefficient in bound if not symbol)
    return all(c > 0 for c in sizes) and constant + sum(sizes) >= least


def inside(place: Slot, dim: Dim) -> bool:
    """Whether the slot provably stays in 0 .. dim-1."""
    number, names = dim.total()
    top = linear([("", number - 1), *names])
    return at_least(place, 0) and at_least(minus(top, place), 0)
