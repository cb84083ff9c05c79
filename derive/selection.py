"""Matrices with one 1 in a row, which pick rows by an index: `W[idx]` is a product with one."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derive.shape import Dim
from derive.values import Value as Constant

_SIGN = "·→"


def selection_name(index: str, size: object) -> str:
    """The name of the matrix that picks among `size` rows."""
    return f"{index}{_SIGN}{size}"


def is_selection(name: str) -> bool:
    """Whether a name is one of such a matrix."""
    return _SIGN in name


def selected(name: str) -> str:
    """The index that such a matrix picks by.

    >>> selected("y·→K")
    'y'
    """
    return name.partition(_SIGN)[0]


def selection_code(name: str) -> str:
    """The matrix as NumPy text.

    >>> selection_code("y·→K")
    'np.eye(K)[y]'
    """
    index, _, size = name.partition(_SIGN)
    return f"np.eye({size})[{index}]"


def hot(rows: Constant, dim: Dim, sizes: Mapping[str, int]) -> Constant:
    """An index as rows of zeros with a single 1."""
    assert isinstance(rows, tuple)
    return tuple(tuple(Fraction(place == row) for place in range(dim.size(sizes))) for row in rows)
