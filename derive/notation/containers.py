"""Lists and dicts of arrays that code makes: each entry is a place of its own."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.notation.environment import Own, Target
from derive.notation.keeper import Keeper, Value
from derive.notation.known import KnownReader, entry_node
from derive.notation.piece import Piece
from derive.notation.rounds import rounds_of

Held = Piece | str | bool | list["Held"] | dict[str, "Held"] | None
"""What a name may stand for; None is the place of an array that is still to come."""


class Containers(Keeper):
    """Keeps the lists and dicts of one text."""

    reader: KnownReader

    def __init__(self, reader: KnownReader) -> None:
        super().__init__(reader)

    def rounds(self, over: ast.expr) -> Sequence[ast.expr] | None:
        """What each round of a loop picks, where it is settled."""
        return rounds_of(over, self.reader.look, self.reader.entries_of)

    def is_container(self, value: ast.expr) -> bool:
        """Whether a value is no formula: a list or dict of arrays, or settled by itself."""
        match value:
            case ast.Dict() | ast.Call(ast.Name("dict"), [], []) | ast.List([]):
                return True
            case ast.List(elts) | ast.Tuple(elts):
                return not all(_is_number(item) for item in elts)
            case ast.ListComp(_, [ast.comprehension(_, over, [], 0)]):
                return self.is_listed(over)
            case ast.BinOp(ast.List([ast.Constant(None)]), ast.Mult(), _):
                return True
        words = isinstance(self.reader.settled(value), str | bool)
        return words or self.reader.count(value) is not None

    def is_listed(self, over: ast.expr) -> bool:
        """Whether a loop runs over lists that the text has made, not over a range."""
        match over:
            case ast.Call(ast.Name("reversed" | "enumerate" | "zip" | "list"), arguments):
                return any(map(self.is_listed, arguments))
            case ast.Subscript(value, ast.Slice()):
                return self.is_listed(value)
            case ast.List(elts) | ast.Tuple(elts):
                return bool(elts)
        return self.reader.count(over) is not None

    def held(self, value: ast.expr) -> Held:
        """What a value is, read before any place of it is written to."""
        match value:
            case ast.Constant(None):
                return None
            case ast.Dict(keys, values):
                pairs = zip(map(self.key, keys, values), map(self.held, values), strict=True)
                return dict(pairs)
            case ast.Call(ast.Name("dict"), [], []):
                return {}
            case ast.List(elts) | ast.Tuple(elts) if self.is_container(value):
                return [self.held(item) for item in elts]
            case ast.ListComp(elt, [part]) if self.is_container(value):
                return self.each_held(elt, part)
            case ast.BinOp(ast.List(), ast.Mult(), count) if self.is_container(value):
                number = self.reader.settled(count)
                if type(number) is not int or not 0 <= number <= 64:
                    raise self.reader.refusal("D116", "how long this list is is not known", value)
                return [None] * number
        word = self.reader.settled(value)
        if isinstance(word, str | bool):
            return word
        if type(word) is int:
            return self.number(word, value)
        entries = self.reader.entries_of(value)
        if entries is not None:
            return [self.held(item) for item in entries]
        return self.reader.piece(value)

    def number(self, value: int, node: ast.expr) -> Piece:
        """A whole number that is not written where it stands."""
        span = self.reader.source.span(node)
        made = self.reader.make.number(str(abs(value)), span)
        return made if value >= 0 else self.reader.make.negate(made, span)

    def key(self, node: ast.expr | None, value: ast.expr) -> str:
        """The name of a place in a dict."""
        word = None if node is None else self.reader.settled(node)
        if not isinstance(word, str):
            raise self.reader.refusal("D116", "the names in this dict are not known", node or value)
        return word

    def each_held(self, elt: ast.expr, part: ast.comprehension) -> list[Held]:
        """`[np.zeros(w.shape) for w in weights]`"""
        rounds = self.rounds(part.iter)
        if rounds is None:
            raise self.reader.refusal("D116", "what this list runs over is not known", part.iter)
        before, found = dict(self.reader.own.own), list[Held]()
        for one in rounds:
            self.give(part.target, one)
            found.append(self.held(elt))
        self.reader.own.own = before
        return found

    def give(self, target: ast.expr, value: ast.expr) -> None:
        """Let a place hold a value."""
        start = self.reader.nodes
        held = self.held(value)
        self.lay(target, held, self.reader.nodes - start + 1)

    def lay(self, target: ast.expr, held: Held, nodes: int) -> None:
        """Give a place what it holds, entry by entry; no formula in it has more than `nodes`."""
        if isinstance(target, ast.Subscript):
            target = self.reader.settle(target)
        if isinstance(target, ast.Tuple | ast.List):
            if not isinstance(held, list) or len(held) != len(target.elts):
                message = "what each of these names gets is not known"
                raise self.reader.refusal("D116", message, target)
            for name, one in zip(target.elts, held, strict=True):
                self.lay(name, one, nodes)
            return
        self._lay_one(target, held, nodes)

    def _lay_one(self, target: ast.expr, held: Held, nodes: int) -> None:
        name, depth = self.name(target), len(self.reader.loops)
        match held:
            case Piece():
                self.reader.own.set(name, Own(held, depth, nodes=nodes))
            case list():
                own = Own(None, depth, listed=True, count=len(held))
                self.reader.own.set(name, own)
                for place, one in enumerate(held):
                    self.lay(entry_node(target, place), one, nodes)
            case dict():
                self._lay_names(target, held, nodes)
            case None:
                self.reader.own.set(name, Own(None, depth))
            case _:
                self.reader.own.set(name, Own(None, depth, settled=held))

    def _lay_names(self, target: ast.expr, held: Mapping[str, Held], nodes: int) -> None:
        for word, one in held.items():
            key = ast.copy_location(ast.Constant(word), target)
            self.lay(ast.copy_location(ast.Subscript(target, key, ast.Load()), target), one, nodes)

    def name(self, target: ast.expr) -> Target:
        """The name of a place."""
        found = self.reader.place(target)
        if found is None:
            raise self.reader.refusal("D116", "only a name can be assigned", target)
        return found

    def appended(self, array: ast.expr, value: ast.expr) -> Value:
        """`deltas.append(E)`: one entry more, or in a loop over letters an entry for each round."""
        own = self.reader.kept(array)
        if own is None or own.count is None or self.reader.loops[own.depth :]:
            return super().appended(array, value)
        start, piece = self.reader.nodes, self.reader.piece(value)
        self.reader.own.set(self.name(array), replace(own, count=own.count + 1))
        self.lay(entry_node(array, own.count), piece, self.reader.nodes - start + 1)
        return Value(piece, array, self.name(array))


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(ast.USub(), operand):
            return _is_number(operand)
        case ast.Constant(value):
            return isinstance(value, int | float) and not isinstance(value, bool)
    return False
