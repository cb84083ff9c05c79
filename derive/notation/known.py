"""Expressions of code whose lists, words and functions the text itself gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from derive.notation.called import Called
from derive.notation.codelike import CodeReader, tree_key
from derive.notation.environment import Own, Target
from derive.notation.labels import label_mask
from derive.notation.lookup import Lookup
from derive.notation.loops import Loop
from derive.notation.masks import negated
from derive.notation.piece import Piece, widen
from derive.notation.python import Source
from derive.notation.settled import Settled, settled
from derive.notation.shifted import unshifted
from derive.notation.spreading import is_turned, turned_round
from derive.notation.subscripts import is_all, items_of
from derive.notation.windows import is_window, read_window
from derive.scope import Alias
from derive.term import Const


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a text defines: what it takes, and its statements."""

    name: str
    takes: ast.arguments
    body: Sequence[ast.stmt]


class Mark(NamedTuple):
    """What was known at one place of a text."""

    own: dict[Target, Own]
    same: dict[Target, int]
    open: list[int]
    loops: list[Loop]
    listing: list[Loop]
    letters: set[str]
    depth: int


class KnownReader(CodeReader):
    """Reads the expressions of one text, with the lists and functions that it has made so far."""

    def __init__(self, source: Source, lookup: Lookup, trees: Mapping[str, Alias]) -> None:
        super().__init__(source, lookup, trees)
        self.functions: dict[str, Function] = {}
        self.applied: Callable[[Function, ast.Call], Sequence[Piece]] = self._never

    def _never(self, function: Function, node: ast.Call) -> Sequence[Piece]:
        raise self.refusal("D116", f"`{function.name}` cannot be called here", node)

    def form(self, node: ast.expr) -> Piece:
        """What is settled is put in first."""
        match node:
            case ast.Subscript():
                return self.part(self.settle(node))
            case ast.IfExp(test, body, orelse) if (holds := self.settled(test)) is not None:
                return self.piece(body if holds else orelse)
        return super().form(node)

    def part(self, node: ast.Subscript) -> Piece:
        """A part of an array; a window moves with a loop."""
        items = items_of(node)
        if any(is_window(self, item) for item in items):
            return read_window(self, self.piece(node.value), items, node)
        if items and all(is_turned(item) or is_all(item) for item in items):
            axes = [axis for axis, item in enumerate(items) if is_turned(item)]
            name = ast.copy_location(ast.Call(node.value, [], []), node)
            call = Called(self, "flip", name, (), {})
            return turned_round(call, self.piece(node.value), axes) if axes else super().form(node)
        return super().form(node)

    def call(self, node: ast.Call) -> Piece:
        """Functions of the text go before those of any library."""
        function = self.function_of(node)
        if function is None:
            return super().call(node)
        pieces = self.applied(function, node)
        if len(pieces) != 1:
            raise self.refusal("D113", "here are several values, and one is read", node)
        return widen(pieces[0], self.source.span(node))

    def binary(self, node: ast.BinOp) -> Piece:
        """A quotient may be a softmax."""
        piece = super().binary(node)
        return replace(piece, term=unshifted(piece.term, self.scope.shapes))

    def comparison(self, node: ast.Compare) -> Piece:
        """A label is compared to an index."""
        match node:
            case ast.Compare(left, [ast.Eq() | ast.NotEq() as sign], [right]):
                found = label_mask(self, left, right)
                if found is not None and isinstance(sign, ast.NotEq):
                    return negated(self.make, found, self.source.span(node))
                if found is not None:
                    return found
        return super().comparison(node)

    def function_of(self, node: ast.expr) -> Function | None:
        """The function of the text that is called: by its name, or as a method of `self`."""
        match node:
            case ast.Call(ast.Name(name)):
                return self.functions.get(name)
            case ast.Call(ast.Attribute(value, name)) if not self.is_module(value):
                return self.functions.get(name) if self.is_holder(value) else None
        return None

    def mark(self) -> Mark:
        """What a reading changes, so that it can be taken back."""
        own = self.own
        names = dict(own.own), dict(own.same), list(own.open)
        return Mark(*names, list(self.loops), list(self.listing), set(self.letters), self.depth)

    def reset(self, mark: Mark) -> None:
        """Take back what was read since a mark; what it cost stays spent."""
        self.own.own, self.own.same, self.own.open = mark.own, mark.same, mark.open
        self.loops, self.listing = mark.loops, mark.listing
        self.letters, self.depth = mark.letters, mark.depth

    # ------------------------------------------------------------------------ what is settled

    def place(self, node: ast.expr) -> Target | None:
        """An entry of a list is a place of its own."""
        match node:
            case ast.Subscript(value, ast.Constant(int(place))):
                if place < (self.count(value) or 0):
                    return Target(tree_key(node))
        return super().place(node)

    def settled(self, node: ast.expr) -> Settled | None:
        """The whole number, word or truth that an expression is settled to be."""
        return settled(node, self.look)

    def look(self, node: ast.expr) -> Settled | None:
        """What a name is settled to be, or the length of a list."""
        if isinstance(node, ast.Call):
            return self.count(node.args[0])
        own = self.kept(node)
        if own is None or own.settled is not None:
            return None if own is None else own.settled
        match own.piece:
            case Piece(Const(value)) if value.denominator == 1:
                return int(value)
        return None

    def kept(self, node: ast.expr) -> Own | None:
        """What the text keeps at a place, where no loop goes on to change it."""
        target = self.place(node)
        own = None if target is None else self.own.get(target)
        return None if own is None or own.busy else own

    def count(self, node: ast.expr) -> int | None:
        """How many arrays a list of the text holds."""
        own = self.kept(self.settle(node) if isinstance(node, ast.Subscript) else node)
        return None if own is None else own.count

    def entries_of(self, node: ast.expr) -> Sequence[ast.expr] | None:
        """The entries of a list, each as an expression."""
        count = self.count(node)
        return None if count is None else [entry_node(node, place) for place in range(count)]

    def settle(self, node: ast.Subscript) -> ast.Subscript:
        """`zs[-l]` as `zs[1]`, `params[f'W{l}']` as `params['W2']`, where l is settled."""
        inner = self.settle(node.value) if isinstance(node.value, ast.Subscript) else node.value
        index = self.index(inner, node.slice)
        if inner is node.value and index is node.slice:
            return node
        return ast.copy_location(ast.Subscript(inner, index, node.ctx), node)

    def index(self, array: ast.expr, node: ast.expr) -> ast.expr:
        """What stands in brackets, with the numbers and words that are settled."""
        match node:
            case ast.Slice(lower, upper, step):
                ends = [None if end is None else self.whole_end(end) for end in (lower, upper)]
                return ast.copy_location(ast.Slice(ends[0], ends[1], step), node)
            case ast.Tuple(items):
                made = [self.index(array, item) for item in items]
                return ast.copy_location(ast.Tuple(made, ast.Load()), node)
        value = self.settled(node)
        if isinstance(value, str):
            return ast.copy_location(ast.Constant(value), node)
        if value is None or isinstance(value, bool):
            return node
        count = self.count(array) or 0
        return whole_node(value + count if -count <= value < 0 else value, node)

    def whole_end(self, node: ast.expr) -> ast.expr:
        """An end of a slice, as a number where it is settled."""
        value = self.settled(node)
        return whole_node(value, node) if type(value) is int else node


def entry_node(node: ast.expr, place: int) -> ast.Subscript:
    """`zs[0]`, for the list zs."""
    index = ast.copy_location(ast.Constant(place), node)
    return ast.copy_location(ast.Subscript(node, index, ast.Load()), node)


def whole_node(value: int, node: ast.expr) -> ast.expr:
    """A whole number, standing at a place."""
    made = ast.copy_location(ast.Constant(abs(value)), node)
    return made if value >= 0 else ast.copy_location(ast.UnaryOp(ast.USub(), made), node)
