"""What a sub-formula of a text is: a formula over matrices, and the shape that its author sees.

An array with one axis is kept as a column; its shape still says one axis. So NumPy's rules for such
arrays hold where text is NumPy, and proofs know matrices only.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.indexing import filled
from derive.shape import ONE, Dim, Shape, agree
from derive.term import Const, Term, Var, apply, const, turned


@dataclass(frozen=True, slots=True)
class Value:
    """A formula over matrices and its shape as the text has it.

    `spread`: the formula is smaller and repeats along the shape (`np.ones((N, D))` is 1).
    """

    term: Term
    shape: Shape
    spread: bool = False

    @property
    def flat(self) -> bool:
        """Whether it has one axis."""
        return len(self.shape) == 1

    @property
    def core(self) -> Shape:
        """The shape of the formula over matrices."""
        return column_shape(self.shape)

    @property
    def single(self) -> bool:
        """Whether it is one number, whatever its axes."""
        return all(dim.is_one for dim in self.shape)


def column_shape(shape: Shape) -> Shape:
    """The shape in which an array is kept: one axis as a column."""
    return (*shape, ONE) if len(shape) == 1 else shape


def solid(value: Value) -> Term:
    """The formula at its full shape."""
    if not value.spread:
        return value.term
    ones = filled(1, value.core)
    return ones if value.term == const(1) else apply("mul", ones, value.term)


def spread(value: Value, shape: Shape) -> Value:
    """A number as every entry of an array."""
    return Value(value.term, shape, True) if shape else value


def as_number(value: Value) -> Value:
    """The one entry of a 1 × 1 matrix, such as `g^T x`; a number as it is."""
    if not value.shape:
        return value
    return Value(apply("sum", solid(value), attrs=(None, False)), ())


def as_row(value: Value) -> Term:
    """An array with one axis as a row, as broadcasting lays it under a matrix."""
    return value.term if isinstance(value.term, Const) else turned(value.term)


def count(dims: tuple[Dim, ...]) -> Term:
    """The number of entries along some axes, as a formula of sizes."""
    total: Term = const(1)
    for dim in dims:
        parts = [const(part) if isinstance(part, int) else Var(part) for part in dim.parts]
        size: Term = parts[0]
        for part in parts[1:]:
            size = apply("add", size, part)
        total = size if total == const(1) else apply("mul", total, size)
    return total


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes agree for all sizes."""
    return len(a) == len(b) and all(agree(one, other) for one, other in zip(a, b, strict=True))


def fits(mine: Shape, wanted: Shape, loose: bool) -> bool:
    """Whether an array is of a shape; where it is loose, axes of size 1 do not count.

    A number is the one entry of a 1×1 matrix, also in code.
    """
    if same_shape(mine, wanted) or (not mine and all(dim.is_one for dim in wanted)):
        return True
    if not loose:
        return False
    bare = [tuple(d for d in shape if not d.is_one) for shape in (mine, wanted)]
    flat = len(wanted) < 2 or len(mine) == 0
    kept = column_shape(mine)
    return flat and same_shape(*bare) and same_shape(kept, column_shape(wanted)[: len(kept)])
