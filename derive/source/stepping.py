"""Values that code gives names, each a step; and which names are one array."""

from __future__ import annotations

import ast
from dataclasses import replace

from derive.diagnostic import DeriveError, Diagnostic
from derive.elaborate import Elaborator
from derive.notation.containers import Held
from derive.notation.environment import Own, Target, target_of
from derive.notation.keeper import Spot
from derive.notation.loops import is_zero
from derive.notation.masks import is_mask
from derive.notation.piece import Piece
from derive.shape import Shape
from derive.source.giving import Giver
from derive.source.touching import sources_of
from derive.source.watching import Step, Watcher
from derive.tensors import column_shape
from derive.term import Const, Term, Var, variables

MOST_STEPS = 2_000


class Stepper(Giver):
    """Writes down what each statement gives a name.

    `scalars` are the names that are numbers.
    """

    def __init__(
        self, reader: Watcher, shapes: dict[str, Shape], scalars: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(reader)
        self.shapes, self.scalars = shapes, scalars
        self.steps: list[Step] = []
        self.known = dict(shapes)
        self.shapeless: set[str] = set()
        self.now: ast.stmt | None = None
        self.at: ast.stmt | None = None
        reader.quiet = lambda: self.inside > 0

    def put(
        self,
        spot: Spot,
        piece: Piece,
        nodes: int,
        depth: int | None = None,
        *,
        in_place: bool = False,
    ) -> None:
        """Give a name its value, which is a step of its own."""
        old = self.reader.own.own.get(spot.name) if spot.name is not None else None
        if (in_place or spot.items) and spot.name is not None:
            self.change_source(spot.name, spot.node)
        made = self.stepped(spot.node, piece)
        nodes = 1 if isinstance(made.term, Var | Const) else nodes
        super().put(spot, made, nodes, depth, in_place=in_place)
        if (in_place or spot.items) and old is not None and old.piece is not None:
            self.change_others(old.piece.term, made)
        if spot.name is not None:
            self.failures.pop(spot.name, None)

    def change_others(self, old: Term, new: Piece) -> None:
        """An array that is changed in place is changed under each of its names."""
        if not isinstance(old, Var) or not self.shapes.get(old.name):
            return
        own = self.reader.own.own
        for target, one in own.items():
            if one.piece is not None and one.piece.term == old:
                own[target] = replace(one, piece=new)

    def change_source(self, name: Target, node: ast.expr) -> None:
        """What is changed under another name, as `dz` is after `d = dz.T; d *= 2`, is not known."""
        own = self.reader.own.own.get(name)
        piece = None if own is None else own.piece
        step = next((one for one in self.steps if piece and piece.term == Var(one.name)), None)
        for source in sources_of(step.term) if step is not None else ():
            for target, other in list(self.reader.own.own.items()):
                if other.piece is not None and other.piece.term == Var(source):
                    message = f"`{target.name}` is changed here under another name"
                    found = self.reader.refusal("D116", message, node).diagnostic
                    self.failures[target] = found
                    self.reader.own.rebind(target, Own(None, 0))

    def _lay_one(self, target: ast.expr, held: Held, nodes: int) -> None:
        if isinstance(held, Piece):
            made = self.stepped(target, held)
            held, nodes = made, (1 if isinstance(made.term, Var | Const) else nodes)
        super()._lay_one(target, held, nodes)

    def stepped(self, node: ast.expr, piece: Piece) -> Piece:
        """The name of a value from here on; what is as short as a name stays what it is."""
        term = piece.term
        plain = self.is_plain(term) and not self.is_copy(term)
        if self.reader.loops or self.reader.listing or plain:
            return piece
        if len(self.steps) >= MOST_STEPS:
            raise self.reader.refusal("D106", "there are too many steps in this code", node)
        shape, misfit = self.shaped(term)
        if self.shapeless & set(variables(term)):
            misfit = None
        elif misfit is not None and not misfit.code.startswith("D2"):
            return piece  # within a larger formula it may have a meaning
        if shape == () and set(variables(term)) <= self.scalars:
            return piece
        name = self.fresh_name(node)
        if shape is not None:
            self.shapes[name] = shape
        else:
            self.shapeless.add(name)
        span = self.reader.source.span(node)
        words = dict(self.reader.seen) if not self.inside else {}
        inner, value = self.inside > 0, self.value_of(node)
        self.steps.append(Step(name, term, shape, piece.span, node, value, inner, misfit, words))
        if not self.inside:
            self.reader.seen.clear()
        return Piece(Var(name, span), span, scalar=shape == ())

    def is_plain(self, term: Term) -> bool:
        """Whether a formula needs no name: a name, a number, zeros, a mask."""
        return isinstance(term, Var | Const) or is_zero(term) or is_mask(term)

    def is_copy(self, term: Term) -> bool:
        """Whether the statement at hand gives a name an array of its own: `dz = dout.copy()`."""
        match self.at:
            case ast.Assign([ast.Name()], ast.Call()):
                return isinstance(term, Var) and bool(self.shapes.get(term.name))
        return False

    def value_of(self, node: ast.expr) -> ast.expr | None:
        """The expression that the statement at hand gives to what is written, where it is one."""
        match self.now:
            case ast.Assign([target], value) | ast.AugAssign(target, _, value):
                return value if target is node and not self.inside else None
            case ast.AnnAssign(target, _, value):
                return value if target is node and not self.inside else None
        return None

    def shaped(self, term: Term) -> tuple[Shape | None, Diagnostic | None]:
        """The shape of a formula, or why it has none."""
        try:
            made = Elaborator(self.shapes, text=self.reader.source.text)
            made.leaves = lambda: {n: column_shape(s) for n, s in self.shapes.items()}
            return made.value(term).shape, None
        except DeriveError as error:
            return None, error.diagnostic

    def fresh_name(self, node: ast.expr) -> str:
        """A name for a step: as it is written, where nothing else is called so."""
        while isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            node = node.value  # `dz[z <= 0] = 0` changes dz
        found = target_of(node)
        word = found.name if found is not None else ast.unparse(node)
        if isinstance(node, ast.Subscript) and found is not None:
            word = f"{ast.unparse(node.value)}_{word}"
        word = "".join(letter if letter.isalnum() or letter in "_ˑ" else "_" for letter in word)
        taken = {*self.known, *(step.name for step in self.steps), *self.reader.lookup.words}
        name, count = word, 1
        while name in taken or self.reader.lookup.stands(name):
            count += 1
            name = f"{word}ˑ{count}"
        return name
