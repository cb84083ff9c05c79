"""exp(z - max(z)) over its sum is softmax(z): the greatest entry cancels, whatever it is.

So code that is safe for great numbers is read, of whatever array the greatest entry is taken.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.notation.extents import extent
from derive.shape import Shape
from derive.term import Apply, Attr, Term

GREATEST = "peak"
"""The op of `np.max(z, axis=1)`; what does not cancel here is a name of which nothing is known."""


def unshifted(term: Term, shapes: Mapping[str, Shape]) -> Term:
    """The softmax that a quotient is, or the quotient."""
    match term:
        case Apply("div", (Apply("exp", (Apply("sub", (z, shift)),)) as over, under)):
            pass
        case _:
            return term
    axis = _reduced(under, "sum", over)
    along = _reduced(shift, GREATEST, z)
    shape = extent(z, shapes)
    if axis is _NONE or along is _NONE or shape is None or not _fits(axis, along, len(shape)):
        return term
    return Apply("softmax", (z,), (axis if isinstance(axis, int) else -1,), term.span)


_NONE = object()


def _reduced(term: Term, op: str, inner: Term) -> Attr | object:
    """The axis along which a term reduces another, so that the result still lies beside it."""
    match term:
        case Apply(found, (one,), (axis, keep)) if (found, one) == (op, inner):
            return axis if keep or axis is None else _NONE
        case Apply("column", (Apply(found, (one,), (axis, False)),)) if (found, one) == (op, inner):
            return axis if axis in (1, -1) else _NONE
    return _NONE


def _fits(axis: object, along: object, rank: int) -> bool:
    """Whether the sum goes along one axis, on which what is taken off does not change."""
    if axis is None:
        return rank == 1
    if not isinstance(axis, int) or not -rank <= axis < rank:
        return False
    return along is None or (isinstance(along, int) and along % rank == axis % rank)
