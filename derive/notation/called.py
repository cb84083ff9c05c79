"""A call in code, as the builders of `derive.notation.arrays` take it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from derive.diagnostic import DeriveError, Span
from derive.notation.dims import dims_of
from derive.notation.piece import Maker, Piece
from derive.notation.python import Source
from derive.scope import Scope
from derive.term import Attr, Const

_IGNORED = frozenset(("dtype", "copy", "casting", "requires_grad", "device"))
"""Keywords that say how a value is kept, not what it is."""

_KEYWORDS = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "keep_dims": "keepdims"}
"""Keywords of other libraries -> those of NumPy."""


class Reading(Protocol):
    """What reads the expressions of one text."""

    scope: Scope
    source: Source
    make: Maker

    def piece(self, node: ast.expr) -> Piece: ...
    def mask(self, node: ast.expr) -> Piece: ...
    def value(self, node: ast.expr) -> Attr: ...
    def new_letter(self) -> str: ...
    def size_name(self, word: str) -> str | None: ...
    def refusal(
        self, code: str, message: str, node: ast.expr | ast.stmt, help: str | None = None
    ) -> DeriveError: ...


@dataclass(frozen=True, slots=True)
class Called:
    """A call: the function, and what it is called on and with, not yet read."""

    reading: Reading
    function: str
    node: ast.Call
    arguments: Sequence[ast.expr]
    keywords: Mapping[str, ast.expr]

    @property
    def make(self) -> Maker:
        """The maker of the text."""
        return self.reading.make

    @property
    def span(self) -> Span:
        """The place of the call."""
        return self.reading.source.span(self.node)

    def refusal(self, message: str, help: str | None = None) -> DeriveError:
        """The error for a call that makes no sense."""
        return self.reading.refusal("D110", f"`{self.function}` {message}", self.node, help)

    def count(self, least: int, most: int, *keywords: str) -> None:
        """Refuse a wrong number of arguments, and keywords that the function does not have."""
        given = len(self.arguments)
        if not least <= given <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            noun = "argument" if most == 1 else "arguments"
            raise self.refusal(f"takes {wanted} {noun}, and here are {given}")
        for word in self.keywords:
            if _KEYWORDS.get(word, word) not in keywords and word not in _IGNORED:
                raise self.refusal(f"takes no `{word}=` here")

    def pieces(self) -> list[Piece]:
        """The arguments, read."""
        return [self.reading.piece(argument) for argument in self.arguments]

    def piece(self, place: int) -> Piece:
        """One argument, read."""
        return self.reading.piece(self.arguments[place])

    def node_of(self, word: str, place: int) -> ast.expr | None:
        """An argument that goes by a keyword or by its place."""
        for spelled, node in self.keywords.items():
            if _KEYWORDS.get(spelled, spelled) == word:
                return node
        return self.arguments[place] if place < len(self.arguments) else None

    def axes(self, place: int = 1) -> tuple[int, ...] | None:
        """The axes that are reduced; None for all."""
        node = self.node_of("axis", place)
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return None
        items = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(self.whole(item) for item in items)

    def keepdims(self, place: int = 9) -> bool:
        """Whether a reduced axis stays, as 1."""
        node = self.node_of("keepdims", place)
        value = node.value if isinstance(node, ast.Constant) else None
        if node is not None and value not in (0, 1):
            raise self.refusal("takes True or False as `keepdims`")
        return bool(value)

    def whole(self, node: ast.expr) -> int:
        """A whole number."""
        term = self.reading.piece(node).term
        if not isinstance(term, Const) or term.value.denominator != 1:
            raise self.refusal("takes a whole number as `axis`")
        return int(term.value)

    def dims(self, start: int) -> tuple[Attr, ...]:
        """Sizes, from one argument on."""
        named = [self.keywords[w] for w in ("shape", "size", "newshape") if w in self.keywords]
        nodes = [*self.arguments[start:], *named]
        if not nodes:
            raise self.refusal("takes a size")
        return dims_of(self.reading, nodes)

    def apply(self, op: str, *pieces: Piece, attrs: tuple[Attr, ...] = ()) -> Piece:
        """An op at the place of the call."""
        return self.make.apply(op, pieces, self.span, attrs)

    def number(self, literal: str) -> Piece:
        """A number at the place of the call."""
        return self.make.number(literal, self.span)
