"""Sizes as sums: `A-P+1`, how many places a window of P takes in A."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.shape import Dim

MOST = 8
"""How often a name stands side by side with itself: the gates of a cell are `4*H`."""

Linear = dict[str, int]
"""A size as how often each name counts; the number stands under the empty text."""

_STEP = re.compile(r"([+-]?)(?:(\d+)\*)?(\w+)(?:\*(\d+))?")


def linear(dim: Dim) -> Linear:
    """A dimension as a sum.

    >>> linear(Dim(("(A-P+1)",)))
    {'A': 1, 'P': -1, '': 1}
    """
    total: Linear = {}
    for part in dim.parts:
        for sign, *steps in _STEP.findall(str(part).replace(" ", "")):
            name, times = _times(*steps)
            total[name] = total.get(name, 0) + (-times if sign == "-" else times)
    return {name: times for name, times in total.items() if times}


def _times(before: str, word: str, behind: str) -> tuple[str, int]:
    """A name and how often it counts: `4*H`, `H*4`, `H`; a number counts for itself."""
    often = int(before or 1) * int(behind or 1)
    return ("", often * int(word)) if word.isdigit() else (word, often)


def plus(a: Linear, b: Linear, sign: int = 1) -> Linear:
    """The sum or the difference of two sizes."""
    total = dict(a)
    for name, times in b.items():
        total[name] = total.get(name, 0) + sign * times
    return {name: times for name, times in total.items() if times}


def dim_of(size: Linear) -> Dim:
    """The dimension of a size: its parts where they only add up, else one name for the sum."""
    names = sorted((name for name in size if name), key=lambda name: (size[name] < 0, name))
    number = size.get("", 0)
    if all(0 < size[name] <= MOST for name in names) and number >= 0:
        parts: list[int | str] = [name for name in names for _ in range(size[name])]
        return Dim((*parts, number) if number or not names else tuple(parts))
    text = "".join(_signed(name, size[name]) for name in names).removeprefix("+")
    return Dim((f"({text}{f'{number:+d}' if number else ''})",))


def _signed(name: str, times: int) -> str:
    return ("+" if times > 0 else "-") + name if abs(times) == 1 else f"{times:+d}*{name}"


def value_of(size: Linear, sizes: Mapping[str, int]) -> int:
    """The number. Raises KeyError for a name without one."""
    return sum(times * (sizes[name] if name else 1) for name, times in size.items())
