"""Windows that move with a loop: `x[i:i+k, 2*j:2*j+3]`, entry by entry."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from derive.notation.codelike import CodeReader
from derive.notation.extents import extent
from derive.notation.piece import Piece
from derive.shape import Dim
from derive.sizes import Linear, dim_of, is_natural, linear, plus
from derive.term import Term, Var

MOST_STEPS = 16
"""The longest step of a window from one round to the next."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a window starts, in letters and numbers, and how long it is."""

    start: Linear
    size: Dim


def is_window(reader: CodeReader, item: ast.expr) -> bool:
    """Whether a slice moves with an index letter."""
    if not isinstance(item, ast.Slice) or item.lower is None or item.upper is None:
        return False
    names = {node.id for node in ast.walk(item) if isinstance(node, ast.Name)}
    return bool(names & reader.letters)


def window_of(reader: CodeReader, item: ast.expr, whole: Dim) -> Window:
    """The window that a slice is, which has to stay within its axis."""
    assert isinstance(item, ast.Slice)
    assert item.lower is not None
    assert item.upper is not None
    start, stop = (_affine(reader, end) for end in (item.lower, item.upper))
    size = None if start is None or stop is None else plus(stop, start, -1)
    if start is None or size is None or item.step is not None or any(map(_is_letter, size)):
        raise reader.refusal("D111", "how far this slice goes is not known", item)
    if not _stays(reader, start, size, linear(whole)):
        message = f"it is not certain that this slice stays within the {whole} entries here"
        raise reader.refusal("D111", message, item)
    return Window(start, dim_of(size))


def _is_letter(name: str) -> bool:
    return name.startswith("#")


def _affine(reader: CodeReader, node: ast.expr) -> Linear | None:
    """A sum of letters, sizes and numbers; a letter may count a few times."""
    match node:
        case ast.Constant(int(value)) if not isinstance(value, bool):
            return {"": value} if value else {}
        case ast.Name(name) if name in reader.letters:
            return {f"#{name}": 1}
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            parts = _affine(reader, left), _affine(reader, right)
            if parts[0] is None or parts[1] is None:
                return None
            return plus(parts[0], parts[1], 1 if isinstance(sign, ast.Add) else -1)
        case ast.BinOp(left, ast.Mult(), right):
            return _multiple(_affine(reader, left), _affine(reader, right))
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            return linear(Dim((str(reader.size_of(node)),)))
    return None


def _multiple(a: Linear | None, b: Linear | None) -> Linear | None:
    """A sum, a number of times."""
    for one, other in ((a, b), (b, a)):
        if one is not None and other is not None and set(one) <= {""}:
            times = one.get("", 0)
            return {n: t * times for n, t in other.items()} if 0 < times <= MOST_STEPS else None
    return None


def _stays(reader: CodeReader, start: Linear, size: Linear, whole: Linear) -> bool:
    """Whether first and last of a window are places of its axis, in every round."""
    rounds = {loop.letter: loop.rounds for loop in (*reader.loops, *reader.listing)}
    last = plus(start, size)
    for letter in filter(_is_letter, start):
        count = rounds.get(letter)
        if count is None or start[letter] < 0:
            return False
        most = plus(linear(count), {"": 1}, -1)
        last = plus(last, {letter: start[letter]}, -1)
        last = plus(last, {name: start[letter] * times for name, times in most.items()})
    first = {name: times for name, times in start.items() if not _is_letter(name)}
    return is_natural(first) and is_natural(plus(whole, last, -1))


def place(reader: CodeReader, window: Window, letter: str, node: ast.expr) -> Term:
    """The place in an axis of one entry of a window."""
    span = reader.source.span(node)
    made = Piece(Var(letter), span)
    for name, times in sorted(window.start.items(), reverse=True):
        step = reader.make.number(str(times), span) if not name else Piece(Var(name), span)
        for _ in range(times if name else 1):
            made = reader.make.apply("add", [made, step], span)
    return made.term


def within(reader: CodeReader, letter: str, size: Dim, node: ast.expr) -> Piece:
    """1, said with a letter, so that it is known how far the letter runs."""
    span = reader.source.span(node)
    ones = reader.make.apply("ones", [], span, (str(size),))
    return reader.make.apply("entry", [ones, Piece(Var(letter), span)], span)


def read_window(
    reader: CodeReader, base: Piece, items: Sequence[ast.expr], node: ast.expr
) -> Piece:
    """The window of an array as an array, entry by entry."""
    span, shape = reader.source.span(node), extent(base.term, reader.scope.shapes)
    if shape is None or len(items) > len(shape):
        raise reader.refusal("D111", "the shape of what this slice is taken of is not known", node)
    factors, places, letters = list[Piece](), list[Piece](), list[str]()
    for axis, whole in enumerate(shape):
        item = items[axis] if axis < len(items) else ast.Slice()
        if isinstance(item, ast.Slice):
            letter = reader.new_letter()
            letters.append(letter)
            size, term = _run(reader, item, whole, letter, node)
            factors.append(within(reader, letter, size, node))
        else:
            term = reader.index_term(item)
        places.append(Piece(term, span))
    body = reader.make.apply("entry", [base, *places], span)
    for factor in factors:
        body = reader.make.apply("mul", [body, factor], span)
    return reader.make.apply("each", [body], span, tuple(letters))


def _run(
    reader: CodeReader, item: ast.Slice, whole: Dim, letter: str, node: ast.expr
) -> tuple[Dim, Term]:
    """How many entries a slice takes of an axis, and the place of one of them."""
    if item.lower is item.upper is item.step is None:
        return whole, Var(letter)
    window = window_of(reader, item, whole)
    return window.size, place(reader, window, letter, node)


def is_apart(window: Window, around: Sequence[str]) -> Sequence[str]:
    """The letter with which a window moves by its own length, so that no two rounds meet."""
    letters = [name for name in window.start if _is_letter(name)]
    if len(letters) != 1 or letters[0] not in around:
        return []
    return letters if linear(window.size) == {"": window.start[letters[0]]} else []
