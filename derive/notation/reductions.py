"""Sums, means and norms of arrays as code writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.notation.called import Called
from derive.notation.piece import Piece

Builder = Callable[[Called], Piece]


def _reduced(call: Called, op: str, piece: Piece) -> Piece:
    """A reduction over one axis after the other; means of means are means of all."""
    axes, keep = call.axes(), call.keepdims()
    if axes is None:
        return call.apply(op, piece, attrs=(None, keep))
    if len({axis < 0 for axis in axes}) > 1:
        raise call.refusal("takes axes that all count from one side")
    # with every axis that goes, those behind it move: the last goes first
    for axis in sorted(axes, key=abs, reverse=axes[0] >= 0):
        piece = call.apply(op, piece, attrs=(axis, keep))
    return piece


def _reduction(op: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(1, 2, "axis", "keepdims")
        return _reduced(call, op, call.piece(0))

    return build


def _variance(call: Called) -> Piece:
    call.count(1, 2, "axis", "keepdims", "ddof", "unbiased")
    for word in ("ddof", "unbiased"):
        node = call.keywords.get(word)
        if node is not None and call.whole(node) != 0:
            raise call.refusal(f"is read with {word}=0 only")
    axes = call.axes()
    if axes is not None and len(axes) != 1:
        raise call.refusal("takes one axis")
    axis = None if axes is None else axes[0]
    return call.apply("var", call.piece(0), attrs=(axis, call.keepdims()))


def _deviation(call: Called) -> Piece:
    return call.apply("pow", _variance(call), attrs=("1/2",))


def _norm(call: Called) -> Piece:
    """The root of the sum of squares."""
    call.count(1, 1, "axis", "keepdims")
    squares = call.apply("pow", call.piece(0), attrs=("2",))
    return call.apply("pow", _reduced(call, "sum", squares), attrs=("1/2",))


REDUCTIONS: Mapping[str, Builder] = {
    **dict.fromkeys(("sum", "reduce_sum", "nansum"), _reduction("sum")),
    **dict.fromkeys(("mean", "average", "reduce_mean"), _reduction("mean")),
    "var": _variance,
    "std": _deviation,
    "norm": _norm,
}
"""Function of code -> what makes its term."""
