"""What is remembered of the statements of a function: steps, values returned, words used."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.diagnostic import Diagnostic, Span
from derive.notation.known import KnownReader
from derive.notation.lookup import Lookup
from derive.notation.piece import Piece
from derive.notation.python import Source
from derive.shape import Shape
from derive.source.attributes import MARK
from derive.term import Term, Var


@dataclass(frozen=True)
class Step:
    """A value that code gives a name: `name` stands for `term` in what follows.

    `node` is what is written to, `value` the expression, where they stand in the function itself;
    `inner` says that a function called there has the name. No shape: the formula has none.
    """

    name: str
    term: Term
    shape: Shape | None
    span: Span
    node: ast.expr | None
    value: ast.expr | None
    inner: bool
    misfit: Diagnostic | None = None
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """A value that is returned: the words or places that lead to it, and where it stands."""

    path: tuple[str | int, ...]
    piece: Piece
    node: ast.expr


class Watcher(KnownReader):
    """Reads expressions, and remembers what the last of them called the names in it."""

    def __init__(self, source: Source, words: Lookup) -> None:
        super().__init__(source, words, {})
        self.seen: dict[str, str] = {}
        self.quiet: Callable[[], bool] = bool
        self.allowed: set[str] = set()

    def named(self, name: str, node: ast.expr) -> Piece:
        """What a word stands for, where Python has a value for it."""
        if (word := self.unset(node)) is not None:
            raise self.refusal("D101", f"`{word}` has no value here", node)
        found = super().named(name, node)
        known = isinstance(found.term, Var) and "/d" in found.term.name
        if known and not (isinstance(node, ast.Name) and name in self.allowed):
            raise self.refusal("D101", f"what `{name}` holds is not known here", node)
        return found

    def unset(self, node: ast.expr) -> str | None:
        """The name that an expression starts with, where nothing gives it a value."""
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self.allowed or node.id.startswith(MARK):
            return None
        return node.id

    def piece(self, node: ast.expr) -> Piece:
        """The term of an expression."""
        found = super().piece(node)
        place = isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        if place and isinstance(found.term, Var) and not self.quiet():
            self.seen[found.term.name] = self.source.written(node)
        return found
