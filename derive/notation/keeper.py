"""The names that code writes to: what is in them, and what an assignment leaves there."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from derive.notation.codelike import CodeReader, tree_key
from derive.notation.environment import Own, Target
from derive.notation.extents import extent
from derive.notation.filling import scatter
from derive.notation.parts import Store, combined, items_from
from derive.notation.piece import Piece
from derive.notation.shifted import unshifted
from derive.notation.stores import stored
from derive.notation.subscripts import is_all
from derive.term import Term, Var


@dataclass(frozen=True, slots=True)
class Value:
    """What a statement says: the value, what it is given to, and where it stands.

    `more`: all that a function gives; `several`: that it is not known which of them is meant.
    """

    piece: Piece
    target: ast.expr | None = None
    name: Target | None = None
    ended: bool = False
    more: tuple[Piece, ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """What is written to: a name, by the node of it, and what stands in brackets behind."""

    node: ast.expr
    root: ast.expr
    name: Target | None
    items: tuple[ast.expr, ...] = ()


class Keeper:
    """Keeps the values of one text's own names."""

    def __init__(self, reader: CodeReader) -> None:
        self.reader = reader

    def spot(self, target: ast.expr) -> Spot:
        """What an assignment writes to.

        `deltas[-1]` is a name as good as any where nothing is known of `deltas`.
        """
        root = self.reader.root(target)
        found = Spot(target, root, self.reader.place(root), items_from(root, target))
        if not found.items or not all(map(self.is_label, found.items)):
            return found
        if self.before(found)[0] is not None or self.like(found) is not None:
            return found
        return Spot(target, target, Target(tree_key(target)))

    def is_label(self, item: ast.expr) -> bool:
        """Whether an item only tells places apart: numbers, and names that are no arrays."""
        for node in ast.walk(item):
            if isinstance(node, ast.Name):
                if node.id in self.reader.letters or self.reader.names_something(node.id):
                    return False
            elif isinstance(node, ast.expr) and not isinstance(
                node, ast.Constant | ast.UnaryOp | ast.BinOp
            ):
                return False
        return not is_all(item)

    def put(
        self,
        spot: Spot,
        piece: Piece,
        nodes: int,
        depth: int | None = None,
        *,
        in_place: bool = False,
    ) -> None:
        """Give a name its value; `in_place`, change the array that it stands for."""
        if spot.name is None:
            if isinstance(spot.root, ast.Attribute):
                return  # `x.grad = ...`: nothing reads it by this name
            raise self.reader.refusal("D116", "only a name can be assigned", spot.node)
        if depth is None:
            depth = self.since(spot) if spot.items else len(self.reader.loops)
        # the open loops behind that depth go on to change it
        busy = frozenset(self.reader.own.open[depth:])
        own = Own(piece, depth, nodes=nodes + 1, busy=busy)
        if spot.items or in_place:
            self.reader.own.change(spot.name, own)
        else:
            self.reader.own.rebind(spot.name, own)

    def alias(self, target: Target | None, value: ast.expr) -> None:
        """`a = b` gives the array b another name; a number is a value of its own."""
        source = self.reader.place(value)
        if target is None or source is None or source == target:
            return
        piece = self.reader.piece(value)
        if extent(piece.term, self.reader.scope.shapes) != ():
            self.reader.own.link(target, source)

    def since(self, spot: Spot) -> int:
        """At how many open loops a name was last set as a whole."""
        own = None if spot.name is None else self.reader.own.get(spot.name)
        return own.depth if own is not None else 0

    def before(self, spot: Spot) -> tuple[Piece | None, int]:
        """The value that a name has before it is added to, and at how many loops it was set."""
        own = None if spot.name is None else self.reader.own.get(spot.name)
        if own is not None and (own.piece is not None or own.depth or not own.busy):
            self.reader.spend(own.nodes, spot.node)
            return own.piece, own.depth
        if (alias := self.reader.tree_alias(spot.root)) is not None:
            return self.reader.standing(alias, spot.root), 0
        if spot.name is None or not self.reader.lookup.known(spot.name.name):
            return None, 0
        term = self.reader.lookup.find(spot.name.name)
        return (None if term is None else self.reader.standing(term, spot.root)), 0

    def like(self, spot: Spot) -> Term | None:
        """A term of the shape of a derivative that nothing has set: of what it is by."""
        term = None if spot.name is None else self.reader.lookup.derivative(spot.name.name)
        return Var(term.name.partition("/d")[2]) if isinstance(term, Var) else None

    # ------------------------------------------------------------------------ values

    def accumulated(self, spot: Spot, sign: str, value: ast.expr) -> Piece:
        """`dW += E` within loops adds up all rounds since dW was set."""
        reader, (old, depth) = self.reader, self.before(spot)
        body = reader.piece(value)
        body = reader.totals(reader.loops[depth:], body, value)
        return combined(reader, old, sign, body, spot.node)

    def scaled(self, spot: Spot, sign: str, value: ast.expr) -> Piece:
        """`dW *= E` needs a value to start from; `dx[mask] *= E` is `dx[mask] = dx * E`."""
        if spot.items:
            op = ast.Mult() if sign == "mul" else ast.Div()
            product = ast.copy_location(ast.BinOp(spot.root, op, value), value)
            return self.store(spot, product, "add", adds=False)
        old, new = self.before(spot)[0], self.reader.piece(value)
        if old is None:
            raise self.reader.refusal("D116", "this has no value before", spot.node)
        span = self.reader.source.span(spot.node)
        if sign == "div":
            made = self.reader.make.divide(old, new, span)
            return replace(made, term=unshifted(made.term, self.reader.scope.shapes))
        return self.reader.make.apply(sign, [old, new], span)

    def store(self, spot: Spot, value: ast.expr, sign: str, *, adds: bool) -> Piece:
        """An assignment to a part of an array."""
        base, depth = self.before(spot)
        around = tuple(self.reader.loops[depth:])
        assert isinstance(spot.node, ast.Subscript)
        store = Store(spot.node, spot.items, base, self.like(spot), value, adds, sign, around)
        return stored(self.reader, store)

    def added_at(self, array: ast.expr, idx: ast.expr, value: ast.expr) -> Value:
        """`np.add.at(dW, idx, dout)` adds a row as often as its index comes."""
        spot = self.spot(array)
        base, _ = self.before(spot)
        like = self.like(spot) if base is None else base.term
        if like is None:
            raise self.reader.refusal("D116", "the shape of this array is not known", array)
        index, rows = self.reader.piece(idx), self.reader.piece(value)
        made = scatter(self.reader, index.term, rows, like, array, lasting=False)
        piece = combined(self.reader, base, "add", made, array)
        self.put(spot, piece, 1, in_place=True)
        return Value(piece, array, spot.name)

    def appended(self, array: ast.expr, value: ast.expr) -> Value:
        """`deltas.append(E)`: in a loop, the list has an entry for each round."""
        name = self.reader.place(array)
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
