"""Sizes as symbols: a dimension is a number, a name, or several laid side by side (`1+n1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

Part = int | str


@dataclass(frozen=True, slots=True)
class Dim:
    """A size: the parts, in order, whose sizes add up to it. `[1 H]` has the parts 1 and n1."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a dimension has at least one part")

    def __str__(self) -> str:
        return "+".join(map(str, self.parts))

    @property
    def is_one(self) -> bool:
        """Whether it is the number 1, which broadcasts."""
        return self.parts == (1,)

    def total(self) -> tuple[int, tuple[tuple[str, int], ...]]:
        """The size as a linear form: a number, and how often each name occurs."""
        names = [part for part in self.parts if isinstance(part, str)]
        counts = tuple((name, names.count(name)) for name in sorted(set(names)))
        return sum(part for part in self.parts if isinstance(part, int)), counts

    def size(self, sizes: Mapping[str, int]) -> int:
        """The number, once every name has one."""
        return sum(part if isinstance(part, int) else sizes[part] for part in self.parts)


ONE = Dim((1,))
Shape = tuple[Dim, ...]


def dim(*parts: Part) -> Dim:
    """A dimension from its parts.

    >>> str(dim(1, "n1"))
    '1+n1'
    """
    return Dim(parts)


@lru_cache(maxsize=10_000)
def agree(a: Dim, b: Dim) -> bool:
    """Whether two dimensions have the same size for all values of their names."""
    return a == b or a.total() == b.total()


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape of an elementwise result, or None where the two do not fit.

    Ranks differ only by leading axes, and an axis of size 1 repeats: NumPy's rule.
    """
    if a == b or not b:
        return a
    if not a:
        return b
    rank = max(len(a), len(b))
    pairs = zip(_lead(a, rank), _lead(b, rank), strict=True)
    dims = [_wider(one, other) for one, other in pairs]
    return None if None in dims else tuple(d for d in dims if d is not None)


def _lead(shape: Shape, rank: int) -> Shape:
    return (ONE,) * (rank - len(shape)) + shape


def _wider(a: Dim, b: Dim) -> Dim | None:
    if agree(a, b):
        return a if len(a.parts) >= len(b.parts) else b
    if a.is_one:
        return b
    return a if b.is_one else None


def long_axes(shape: Shape) -> int:
    """The number of axes that are longer than 1.

    >>> long_axes((ONE, dim("N")))
    1
    """
    return sum(not one.is_one for one in shape)


def shape_text(shape: Shape, sizes: Mapping[str, int] | None = None) -> str:
    """A shape for people: `N×(1+n1)`, or with the numbers that are known.

    >>> shape_text((dim("N"), dim(1, "n1")), {"n1": 100})
    'N×101'
    """
    if not shape:
        return "scalar"
    texts = [dim_text(one, sizes or {}) for one in shape]
    if len(shape) == 1:
        return f"({texts[0]},)"
    return "×".join(f"({t})" if "+" in t and t[0] != "(" else t for t in texts)


def dim_text(one: Dim, sizes: Mapping[str, int]) -> str:
    """A dimension for people: a number once every part is known, else its parts."""
    known = [sizes.get(part, part) if isinstance(part, str) else part for part in one.parts]
    numbers = [part for part in known if isinstance(part, int)]
    return str(sum(numbers)) if len(numbers) == len(known) else "+".join(map(str, known))
