"""The names that code writes to: what is in them, and what an assignment leaves there."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from derive.notation.codelike import CodeReader
from derive.notation.environment import Own, Target, root_of, target_of
from derive.notation.filling import scatter
from derive.notation.parts import Store, combined, items_under
from derive.notation.piece import Piece
from derive.notation.stores import stored
from derive.term import Term, Var


@dataclass(frozen=True, slots=True)
class Value:
    """What a statement says: the value, what it is given to, and where it stands."""

    piece: Piece
    target: ast.expr | None = None
    name: Target | None = None
    ended: bool = False


class Keeper:
    """Keeps the values of one text's own names."""

    def __init__(self, reader: CodeReader) -> None:
        self.reader = reader

    def put(self, target: ast.expr, piece: Piece, nodes: int, depth: int | None = None) -> None:
        """Give a name its value."""
        name = target_of(root_of(target))
        if name is None:
            if isinstance(root_of(target), ast.Attribute):
                return  # `x.grad = ...`: nothing reads it by this name
            raise self.reader.refusal("D116", "only a name can be assigned", target)
        if depth is None:
            depth = len(self.reader.loops) if root_of(target) is target else self.since(name)
        self.reader.own.set(name, Own(piece, depth, nodes=nodes + 1, busy=self.still(name, depth)))

    def still(self, name: Target, depth: int) -> frozenset[int]:
        """The open loops that go on to change a name which was set at a depth."""
        return frozenset(self.reader.own.open[depth:])

    def since(self, name: Target) -> int:
        """At how many open loops a name was last set as a whole."""
        own = self.reader.own.get(name)
        return own.depth if own is not None else 0

    def scaled(self, target: ast.expr, sign: str, value: ast.expr) -> Piece:
        """`dW *= E` needs a value to start from."""
        if items_under(target):
            return self.scaled_part(target, sign, value)
        old, new = self.reader.piece(target), self.reader.piece(value)
        if sign == "div":
            return self.reader.make.divide(old, new, self.reader.source.span(target))
        return self.reader.make.apply(sign, [old, new], self.reader.source.span(target))

    def scaled_part(self, target: ast.expr, sign: str, value: ast.expr) -> Piece:
        """`dx[mask] *= E` is `dx[mask] = dx * E`."""
        op = ast.Mult() if sign == "mul" else ast.Div()
        product = ast.copy_location(ast.BinOp(root_of(target), op, value), value)
        assert isinstance(target, ast.Subscript)
        return self.store(target, product, "add", adds=False)

    def accumulated(self, target: ast.expr, sign: str, value: ast.expr) -> Piece:
        """`dW += E` within loops adds up all rounds since dW was set."""
        reader, (old, depth) = self.reader, self.before(target)
        body = reader.piece(value)
        body = reader.totals(reader.loops[depth:], body, value)
        return combined(reader, old, sign, body, target)

    def before(self, target: ast.expr) -> tuple[Piece | None, int]:
        """The value that a name has before it is added to, and at how many loops it was set."""
        root = root_of(target)
        name = target_of(root)
        own = None if name is None else self.reader.own.get(name)
        if own is not None and (own.piece is not None or own.depth or not own.busy):
            return own.piece, own.depth
        if (alias := self.reader.tree_alias(root)) is not None:
            return self.reader.standing(alias, root), 0
        if name is None or not self.reader.lookup.known(name.name):
            return None, 0
        term = self.reader.lookup.find(name.name)
        return (None if term is None else self.reader.standing(term, root)), 0

    def store(self, target: ast.Subscript, value: ast.expr, sign: str, *, adds: bool) -> Piece:
        """An assignment to a part of an array."""
        base, depth = self.before(target)
        around = tuple(self.reader.loops[depth:])
        name = target_of(root_of(target))
        like = None if name is None else self.like(name)
        items = items_under(target)
        store = Store(target, items, base, like, value, adds, sign, around)
        return stored(self.reader, store)

    def like(self, name: Target) -> Term | None:
        """A term of the shape of a derivative that nothing has set: of what it is by."""
        term = self.reader.lookup.derivative(name.name)
        return Var(term.name.partition("/d")[2]) if isinstance(term, Var) else None

    def added_at(self, array: ast.expr, idx: ast.expr, value: ast.expr) -> Value:
        """`np.add.at(dW, idx, dout)` adds a row as often as its index comes."""
        base, _ = self.before(array)
        name = target_of(array)
        like = base.term if base is not None else None
        if like is None and name is not None:
            like = self.like(name)
        if like is None:
            raise self.reader.refusal("D116", "the shape of this array is not known", array)
        index, rows = self.reader.piece(idx), self.reader.piece(value)
        made = scatter(self.reader, index.term, rows, like, array, lasting=False)
        piece = combined(self.reader, base, "add", made, array)
        self.put(array, piece, 1)
        return Value(piece, array, name)

    def appended(self, array: ast.expr, value: ast.expr) -> Value:
        """`deltas.append(E)`: in a loop, the list has an entry for each round."""
        name = target_of(array)
        own = None if name is None else self.reader.own.get(name)
        piece = self.reader.piece(value)
        if name is None or own is None or not own.listed:
            return Value(piece, array, name)
        around = self.reader.loops[own.depth :]
        if len(around) != 1 or own.piece is not None:
            raise self.reader.refusal("D116", "what this list holds is not known", array)
        made = self.reader.array(around, piece, value)
        self.reader.own.set(name, replace(own, piece=made))
        return Value(made, array, name)
