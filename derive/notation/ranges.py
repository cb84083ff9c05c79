"""What a loop of code runs over: `range(n)`, `enumerate(xs)`, `zip(us, vs)`, an array."""

from __future__ import annotations

import ast
from typing import Protocol

from derive.diagnostic import DeriveError
from derive.notation.dims import dim_of
from derive.notation.extents import extent
from derive.notation.loops import Loop
from derive.notation.piece import Piece
from derive.scope import Scope
from derive.shape import Dim
from derive.sizes import said_dim

_RANGES = frozenset(("range", "arange", "xrange", "prange"))
_SAME = frozenset(("tqdm", "reversed", "list"))
"""Calls whose argument is run over, in an order that sums do not see."""


class Reading(Protocol):
    """What reads the expressions of one text."""

    scope: Scope
    letters: set[str]

    def piece(self, node: ast.expr) -> Piece: ...
    def new_letter(self) -> str: ...
    def size_name(self, word: str) -> str | None: ...
    def entry_of(self, piece: Piece, letter: str, node: ast.expr) -> Piece: ...
    def set_element(self, target: ast.expr, piece: Piece) -> None: ...
    def refusal(
        self, code: str, message: str, node: ast.expr | ast.stmt, help: str | None = None
    ) -> DeriveError: ...


def bind(reading: Reading, target: ast.expr, over: ast.expr) -> Loop:
    """The loop of `for target in over`, whose names are set."""
    name, arguments = _function(over)
    if name in _SAME and arguments:
        return bind(reading, target, arguments[0])
    if name in _RANGES:
        return _range(reading, target, arguments, over)
    if name == "enumerate" and arguments:
        return _enumerated(reading, target, arguments[0], over)
    letter = reading.new_letter()
    return Loop(letter, _elements(reading, target, over, letter), over, whole=True)


def _function(node: ast.expr) -> tuple[str | None, list[ast.expr]]:
    match node:
        case ast.Call(ast.Name(id=name), arguments, []):
            return name, arguments
        case ast.Call(ast.Attribute(ast.Name("np" | "numpy"), "arange"), arguments, []):
            return "arange", arguments
    return None, []


def _letter(reading: Reading, target: ast.expr) -> str:
    """The letter that a name is, from here on."""
    if not isinstance(target, ast.Name):
        raise reading.refusal("D116", "this target of a loop is not read", target)
    reading.letters.add(target.id)
    return f"#{target.id}"


def _range(reading: Reading, target: ast.expr, arguments: list[ast.expr], over: ast.expr) -> Loop:
    """`range(n)` and `range(0, n)`"""
    first, *rest = arguments or [over]
    if rest and isinstance(first, ast.Constant) and first.value == 0:
        first, *rest = rest
    if rest or not arguments:
        raise reading.refusal("D116", "a loop is read from 0 on, step by step", over)
    size = str(dim_of(reading, first))
    if "/" in size:
        raise reading.refusal("D116", "how often this loop runs is not read", over)
    return Loop(_letter(reading, target), said_dim(size), over)


def _enumerated(reading: Reading, target: ast.expr, inner: ast.expr, over: ast.expr) -> Loop:
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        raise reading.refusal("D116", "enumerate gives an index and an element", target)
    index, element = target.elts
    letter = _letter(reading, index)
    return Loop(letter, _elements(reading, element, inner, letter), over, whole=True)


def _elements(reading: Reading, target: ast.expr, over: ast.expr, letter: str) -> Dim | None:
    """Set the names of the elements; how many there are."""
    name, arguments = _function(over)
    if name != "zip":
        piece = reading.piece(over)
        reading.set_element(target, reading.entry_of(piece, letter, target))
        shape = extent(piece.term, reading.scope.shapes)
        return shape[0] if shape else None
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(arguments) or not arguments:
        raise reading.refusal("D116", "zip gives one element of each", target)
    pairs = zip(target.elts, arguments, strict=True)
    sizes = [_elements(reading, part, inner, letter) for part, inner in pairs]
    return next((size for size in sizes if size is not None), None)
