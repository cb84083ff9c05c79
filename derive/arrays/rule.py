"""What the rules of arrays share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive.indexing import closed, fresh_letter
from derive.ops import ShapeMismatch
from derive.shape import ONE, Dim, Shape, shape_text
from derive.sizes import said_dim
from derive.tensors import Value
from derive.term import Apply, Attr, Var, apply

Rule = Callable[[Any, Apply], Value]
"""Makes the value of a written op, by what knows the names and their shapes."""


OPEN_EYE = (Dim(("?",)), Dim(("?",)))
"""The shape of an identity `I` whose size its partner decides; its formula is the factor on it."""


ONE_WIDE = ((fresh_letter(), ONE),)
"""The second axis of an array with one axis, which is kept as a column."""


def args_of(e: Any, term: Apply) -> list[Value]:
    return [e.value(arg) for arg in term.args]


def axis_of(shape: Shape, axis: Attr) -> int:
    place = axis + len(shape) if isinstance(axis, int) and axis < 0 else axis
    if not isinstance(place, int) or not 0 <= place < len(shape):
        raise ShapeMismatch("axis", f"shape {shape_text(shape)} has no axis {axis}")
    return place


def dim_of_attr(attr: Attr) -> Dim | None:
    """A size that is written in a call; -1 is whatever is left."""
    if attr == -1 or isinstance(attr, bool):
        return None
    assert isinstance(attr, int | str)
    return Dim((attr,)) if isinstance(attr, int) else said_dim(attr)


def eye_of(dim: Dim) -> Value:
    i, j = fresh_letter(), fresh_letter()
    body = apply("delta", Var(i), Var(j))
    return Value(closed(body, [(i, dim), (j, dim)], {}), (dim, dim))
