"""`dx[i:i+k] += E` in loops: what all rounds add to each entry."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from derive.notation.codelike import CodeReader
from derive.notation.extents import extent
from derive.notation.loops import is_zero
from derive.notation.parts import Store, combined, misplaced
from derive.notation.piece import Piece
from derive.notation.windows import is_apart, is_window, place, window_of, within
from derive.shape import Shape
from derive.term import Apply, Attr, Term, Var


def is_scattered(reader: CodeReader, store: Store) -> bool:
    """Whether an assignment is to a window that moves."""
    return any(is_window(reader, item) for item in _slices(reader, store).items)


def _slices(reader: CodeReader, store: Store) -> Store:
    """The assignment with `x[i + j]` as the window `x[i + j : i + j + 1]`."""
    return replace(store, items=tuple(_slice(reader, item) for item in store.items))


def _slice(reader: CodeReader, item: ast.expr) -> ast.expr:
    letters = {node.id for node in ast.walk(item) if isinstance(node, ast.Name)} & reader.letters
    if not isinstance(item, ast.BinOp) or not letters:
        return item
    end = ast.copy_location(ast.BinOp(item, ast.Add(), ast.Constant(1)), item)
    return ast.copy_location(ast.Slice(item, end), item)


def scattered(reader: CodeReader, store: Store) -> Piece:
    """The array after all rounds: an entry a gets what windows put where their place is a."""
    store = _slices(reader, store)
    like = store.base.term if store.base is not None else store.like
    shape = extent(like, reader.scope.shapes) if like is not None else None
    if shape is None or len(store.items) > len(shape):
        raise misplaced(reader, store, "the shape of this array is not known")
    value = reader.entries(reader.piece(store.value), store.node)
    names = _names(value.term)
    runs = [axis for axis in range(len(shape)) if isinstance(_item(store, axis), ast.Slice)]
    if names and len(names) != len(runs):
        raise misplaced(reader, store, "what is assigned has other axes than this place")
    if not names and extent(value.term, reader.scope.shapes) != ():
        raise misplaced(reader, store, "the shape of what is assigned is not known")
    return _laid(reader, store, shape, value, names or [reader.new_letter() for _ in runs])


def _item(store: Store, axis: int) -> ast.expr:
    return store.items[axis] if axis < len(store.items) else ast.Slice()


def _names(term: Term) -> list[str]:
    return [str(one) for one in term.attrs] if isinstance(term, Apply) and term.op == "each" else []


def _laid(
    reader: CodeReader, store: Store, shape: Shape, value: Piece, names: Sequence[str]
) -> Piece:
    """The sum over rounds and windows of the value, where the places agree."""
    span, rest = reader.source.span(store.node), list(names)
    around = [loop.letter for loop in store.around]
    inner = value.term
    if isinstance(inner, Apply) and inner.op == "each":
        inner = inner.args[0]
    body, order, summed, apart = Piece(inner, span), list[Attr](), list[str](), list[str]()
    for axis, whole in enumerate(shape):
        item = _item(store, axis)
        if not isinstance(item, ast.Slice):
            letter = _direct(reader, store, item)
            apart.append(letter)
        elif not is_window(reader, item):
            letter = rest.pop(0)
            body = _times(reader, body, within(reader, letter, whole, store.node))
        else:
            inside, letter = rest.pop(0), reader.new_letter()
            window = window_of(reader, item, whole)
            apart.extend(is_apart(window, around))
            summed.append(inside)
            put = Piece(place(reader, window, inside, store.node), span)
            ends = [Piece(Var(letter), span), put]
            for factor in (
                within(reader, inside, window.size, store.node),
                within(reader, letter, whole, store.node),
                reader.make.apply("delta", ends, span),
            ):
                body = _times(reader, body, factor)
        order.append(letter)
    _put_once(reader, store, apart)
    for letter in summed:
        body = reader.make.apply("total", [body], span, (letter, None, None))
    body = reader.totals([one for one in store.around if one.letter not in order], body, store.node)
    made = reader.make.apply("each", [body], span, tuple(order))
    return combined(reader, store.base, store.sign if store.adds else "add", made, store.node)


def _direct(reader: CodeReader, store: Store, item: ast.expr) -> str:
    """The letter of a loop that stands as an index."""
    if isinstance(item, ast.Name) and f"#{item.id}" in {loop.letter for loop in store.around}:
        return f"#{item.id}"
    raise misplaced(reader, store, "an assignment to this index is not read")


def _times(reader: CodeReader, body: Piece, factor: Piece) -> Piece:
    return reader.make.apply("mul", [body, factor], body.span)


def _put_once(reader: CodeReader, store: Store, apart: Sequence[str]) -> None:
    """What is not added has to go to zeros, and no two rounds to the same place."""
    once = all(loop.letter in apart for loop in store.around)
    if not store.adds and not (once and store.base is not None and is_zero(store.base.term)):
        message = "a later round overwrites what an earlier one put here"
        raise misplaced(reader, store, message)
