"""Functions that make, lay out or join arrays, as code writes them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase

from derive.notation.called import Called
from derive.notation.extents import extent
from derive.notation.piece import Piece
from derive.term import Apply, Attr

Builder = Callable[[Called], Piece]


_LAYOUTS: Mapping[tuple[Attr, ...], str] = {(-1,): "ravel", (-1, 1): "column", (1, -1): "row"}


def _filled(op: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(0, 4, "shape", "size")
        return call.apply(op, attrs=call.dims(0))

    return build


def _full(call: Called) -> Piece:
    """full(dims, value) is value * ones(dims)."""
    call.count(2, 2)
    first = Called(call.reading, call.function, call.node, call.arguments[:1], {})
    return call.apply("mul", call.piece(1), call.apply("ones", attrs=first.dims(0)))


def _eye(call: Called) -> Piece:
    call.count(1, 1)
    dims = call.dims(0)
    if len(dims) != 1:
        raise call.refusal("takes one size")
    return call.apply("eye", attrs=dims)


def _like(op: str) -> Builder:
    def build(call: Called) -> Piece:
        call.count(1, 1)
        return call.apply(op, call.piece(0))

    return build


def _full_like(call: Called) -> Piece:
    call.count(2, 2)
    return call.apply("mul", call.piece(1), call.apply("ones_like", call.piece(0)))


def _reshape(call: Called) -> Piece:
    call.count(1, 6, "shape", "newshape")
    return reshaped(call, call.piece(0), call.dims(1))


def reshaped(call: Called, piece: Piece, dims: tuple[Attr, ...]) -> Piece:
    """The usual layouts by their names, another by its sizes."""
    if op := _LAYOUTS.get(dims):
        return call.apply(op, piece)
    return call.apply("reshape", piece, attrs=dims)


def _ravel(call: Called) -> Piece:
    call.count(1, 1)
    return call.apply("ravel", call.piece(0))


def _atleast(call: Called) -> Piece:
    """`np.atleast_2d(x)` lays an array with one axis as a row."""
    piece = call.piece(0)
    shape = extent(piece.term, call.reading.scope.shapes)
    if shape is None:
        raise call.refusal("needs an array whose shape is known here")
    return call.apply("row", piece) if len(shape) == 1 else piece


def _squeeze(call: Called) -> Piece:
    call.count(1, 2, "axis")
    return call.apply("squeeze", call.piece(0))


def _expand(call: Called) -> Piece:
    """A vector gets an axis: before it, it is a row; behind it, a column."""
    call.count(2, 2, "axis") if "axis" not in call.keywords else call.count(1, 1, "axis", "dim")
    axes, piece = call.axes(), call.piece(0)
    shape = extent(piece.term, call.reading.scope.shapes)
    if axes not in ((0,), (1,), (-1,)) or (shape is not None and len(shape) != 1):
        raise call.refusal("is read for a vector, with axis 0 or 1")
    return call.apply("row" if axes == (0,) else "column", piece)


def _transpose(call: Called) -> Piece:
    """Of a matrix; where axes are named, they are the two of one."""
    call.count(1, 6, "axes")
    if len(call.arguments) > 1 or call.keywords:
        named = _named_axes(call)
        if (order := _order(call, named)) is not None:
            letters = ascii_lowercase[: len(order)]
            spec = f"{letters}->{''.join(letters[axis] for axis in order)}"
            return call.apply("einsum", call.piece(0), attrs=(spec,))
        if named == (0, 1) and call.function in ("permute", "transpose") and not _swaps(call):
            return call.piece(0)
        if sorted(named) not in ([0, 1], [-2, -1]):
            raise call.refusal("is read for the two axes of a matrix")
    return call.apply("transpose", call.piece(0))


def _named_axes(call: Called) -> tuple[int, ...]:
    nodes: Sequence[ast.expr] = [*call.arguments[1:], *call.keywords.values()]
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple | ast.List):
        nodes = nodes[0].elts
    return tuple(call.whole(node) for node in nodes)


def _order(call: Called, named: tuple[int, ...]) -> list[int] | None:
    """The order of the axes of an array that has more than two; None for a matrix."""
    shape = extent(call.piece(0).term, call.reading.scope.shapes)
    swapped = call.function == "swapaxes" or (_swaps(call) and len(named) == 2)
    rank = len(shape) if shape is not None else 0 if swapped else len(named)
    places = [axis + rank if axis < 0 else axis for axis in named]
    if rank < 3 or not all(0 <= place < rank for place in places):
        return None
    if not swapped:
        return places if sorted(places) == list(range(rank)) else None
    order = list(range(rank))
    order[places[0]], order[places[1]] = places[1], places[0]
    return order


def _swaps(call: Called) -> bool:
    """Torch's `x.transpose(0, 1)` names the axes that change places."""
    return len(call.arguments) == 3


def _blocks(call: Called, nodes: Sequence[ast.expr]) -> list[Piece]:
    if len(nodes) != 1 or not isinstance(nodes[0], ast.List | ast.Tuple):
        raise call.refusal("takes what is joined in one list")
    return [call.reading.piece(node) for node in nodes[0].elts]


def _joined(default: int | None) -> Builder:
    def build(call: Called) -> Piece:
        call.count(1, 2, "axis")
        axes = call.axes() if default is None else (default,)
        blocks = _blocks(call, call.arguments[:1])
        return _concat(call, blocks, axes if axes is not None else (0,))

    return build


def _concat(call: Called, blocks: Sequence[Piece], axes: tuple[int, ...]) -> Piece:
    if not blocks or len(axes) != 1:
        raise call.refusal("joins blocks along one axis")
    return call.apply("concat", *blocks, attrs=(axes[0],))


def _append(call: Called) -> Piece:
    """np.append lays both out flat, unless it is told an axis."""
    call.count(2, 3, "axis")
    axes = call.axes(2)
    if axes is not None:
        return _concat(call, [call.piece(0), call.piece(1)], axes)
    flat = [_flat(call, call.piece(place)) for place in (0, 1)]
    return _concat(call, flat, (0,))


def _flat(call: Called, piece: Piece) -> Piece:
    shape = extent(piece.term, call.reading.scope.shapes)
    if shape is not None and len(shape) <= 1:
        return piece
    if isinstance(piece.term, Apply) and piece.term.op == "ravel":
        return piece
    return call.apply("ravel", piece)


def _stacked(call: Called) -> Piece:
    """np.hstack joins vectors end to end, and matrices side by side."""
    call.count(1, 1)
    blocks = _blocks(call, call.arguments)
    ranks = {len(shape) for shape in _extents(call, blocks) if shape}
    return _concat(call, blocks, (0,) if ranks == {1} else (1,))


def _extents(call: Called, blocks: Sequence[Piece]) -> list[tuple[object, ...] | None]:
    return [extent(block.term, call.reading.scope.shapes) for block in blocks]


def _stacked_rows(call: Called) -> Piece:
    """np.vstack makes a row of each vector first."""
    call.count(1, 1)
    return _concat(call, _laid(call, "row"), (0,))


def _stacked_columns(call: Called) -> Piece:
    call.count(1, 1)
    return _concat(call, _laid(call, "column"), (1,))


def _laid(call: Called, op: str) -> list[Piece]:
    blocks = _blocks(call, call.arguments)
    shapes = _extents(call, blocks)
    return [
        call.apply(op, block) if shape is not None and len(shape) == 1 else block
        for block, shape in zip(blocks, shapes, strict=True)
    ]


SHAPING: Mapping[str, Builder] = {
    "ones": _filled("ones"),
    "zeros": _filled("zeros"),
    "full": _full,
    "eye": _eye,
    "identity": _eye,
    "ones_like": _like("ones_like"),
    **dict.fromkeys(("zeros_like", "empty_like"), _like("zeros_like")),
    "full_like": _full_like,
    **dict.fromkeys(("reshape", "view"), _reshape),
    **dict.fromkeys(("ravel", "flatten"), _ravel),
    "squeeze": _squeeze,
    "atleast_2d": _atleast,
    **dict.fromkeys(("expand_dims", "unsqueeze"), _expand),
    **dict.fromkeys(("transpose", "t", "permute", "swapaxes"), _transpose),
    **dict.fromkeys(("concatenate", "concat", "cat"), _joined(None)),
    "hstack": _stacked,
    **dict.fromkeys(("vstack", "row_stack"), _stacked_rows),
    "column_stack": _stacked_columns,
    "append": _append,
}
"""Function of code -> what makes its term."""
