"""Sums, means and norms of arrays as code writes them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from derive.notation.called import Called
from derive.notation.extents import extent
from derive.notation.piece import Piece
from derive.notation.shifted import GREATEST
from derive.term import Apply

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


def largest(call: Called) -> Piece:
    """The largest entry along one axis, or of all."""
    call.count(1, 2, "axis", "keepdims")
    axes = call.axes()
    if axes is not None and len(axes) != 1:
        raise call.refusal("takes one axis")
    axis = None if axes is None else axes[0]
    return call.apply(GREATEST, call.piece(0), attrs=(axis, call.keepdims()))


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


def _log_sum_exp(call: Called) -> Piece:
    """log of the sum of exp."""
    call.count(1, 2, "axis", "keepdims")
    return call.apply("log", _reduced(call, "sum", call.apply("exp", call.piece(0))))


def _norm(call: Called) -> Piece:
    """The root of the sum of squares."""
    call.count(1, 1, "axis", "keepdims")
    squares = call.apply("pow", call.piece(0), attrs=("2",))
    return call.apply("pow", _reduced(call, "sum", squares), attrs=("1/2",))


def _rows_added(call: Called) -> Piece:
    """Python's `sum(A)` adds up the rows of a matrix, and the entries of a vector."""
    if len(call.arguments) != 1 or call.keywords:
        return _reduction("sum")(call)
    piece = call.piece(0)
    shape = extent(piece.term, call.reading.scope.shapes)
    if shape is None and not _is_entrywise(piece):
        raise call.refusal("adds up rows, if there are any", "write np.sum")
    return call.apply("sum", piece, attrs=(None if shape is None or len(shape) == 1 else 0, False))


def _is_entrywise(piece: Piece) -> bool:
    term = piece.term
    return isinstance(term, Apply) and term.op == "each" and len(term.attrs) == 1


def _columns(op: str) -> Builder:
    """MATLAB's `sum(A)`: along columns, of a row or column all of it; `sum(sum(A))` is all."""

    def build(call: Called) -> Piece:
        call.count(1, 1)
        first = call.arguments[0]
        if isinstance(first, ast.Call) and _is_twice(first, call.function):
            return call.apply(op, call.reading.piece(first.args[0]), attrs=(None, False))
        piece = call.piece(0)
        if isinstance(piece.term, Apply) and piece.term.op == "ravel":
            return call.apply(op, piece, attrs=(None, False))
        shape = extent(piece.term, call.reading.scope.shapes)
        if shape is None:
            raise call.refusal("goes along columns, or a row; which of both is not known")
        lone = len(shape) < 2 or any(size.is_one for size in shape)
        return call.apply(op, piece, attrs=(None, False) if lone else (0, True))

    return build


def _is_twice(node: ast.Call, function: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == function and len(node.args) == 1


REDUCTIONS: Mapping[str, Builder] = {
    **dict.fromkeys(("sum", "reduce_sum", "nansum"), _reduction("sum")),
    **dict.fromkeys(("mean", "average", "reduce_mean"), _reduction("mean")),
    "var": _variance,
    "std": _deviation,
    "norm": _norm,
    **dict.fromkeys(("logsumexp", "reduce_logsumexp"), _log_sum_exp),
    **dict.fromkeys(("amax", "nanmax", "reduce_max"), largest),
    "builtin_sum": _rows_added,
    "sum_columns": _columns("sum"),
    "mean_columns": _columns("mean"),
}
"""Function of code -> what makes its term."""
