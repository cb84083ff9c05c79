"""Sizes as sums: `A-P+1`, how many places a window of P takes in A."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from derive.shape import Dim

MOST = 8
"""How often a name stands side by side with itself: the gates of a cell are `4*H`."""

Linear = dict[str, int]
"""A size as how often each name counts; the number stands under the empty text."""

_STEP = re.compile(r"([+-]?)(\w+(?:\*\w+)*)")


def linear(dim: Dim) -> Linear:
    """A dimension as a sum.

    >>> linear(Dim(("(A-P+1)",)))
    {'A': 1, 'P': -1, '': 1}
    """
    total: Linear = {}
    for part in dim.parts:
        for sign, step in _STEP.findall(str(part).replace(" ", "")):
            name, times = _times(step)
            total[name] = total.get(name, 0) + (-times if sign == "-" else times)
    return {name: times for name, times in total.items() if times}


def _times(step: str) -> tuple[str, int]:
    """A name, or a product of names, and how often it counts: `4*H`, `H*4`, `C*S`, `H`."""
    words = step.split("*")
    names = sorted(word for word in words if not word.isdecimal())
    return "*".join(names), prod(int(word) for word in words if word.isdecimal())


def plus(a: Linear, b: Linear, sign: int = 1) -> Linear:
    """The sum or the difference of two sizes."""
    total = dict(a)
    for name, times in b.items():
        total[name] = total.get(name, 0) + sign * times
    return {name: times for name, times in total.items() if times}


def is_natural(size: Linear) -> bool:
    """Whether a size is at least 0 whatever its names are, each being at least 1.

    >>> is_natural({"k": 1, "": -1}), is_natural({"H": 1, "k": -1})
    (True, False)
    """
    return all(times > 0 for name, times in size.items() if name) and sum(size.values()) >= 0


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
    return sum(
        times * prod(sizes[one] for one in name.split("*") if name) for name, times in size.items()
    )


def said_dim(text: str) -> Dim:
    """`D`, `3`, or `D+1`; other arithmetic is a size of its own."""
    parts = [part.strip() for part in text.split("+")]
    if all(part.isidentifier() or part.isdecimal() for part in parts):
        return Dim(tuple(int(part) if part.isdecimal() else part for part in parts))
    return dim_of(linear(Dim((text,))))
