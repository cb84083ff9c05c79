"""Expressions of code with names of its own, aliases of whole expressions, lists and loops."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derive.diagnostic import DeriveError
from derive.functions import is_function
from derive.notation import loops
from derive.notation.activations import FLAGS
from derive.notation.dims import dim_of
from derive.notation.environment import Environment, Own, Target, is_text, target_of
from derive.notation.extents import extent
from derive.notation.limits import MAX_NODES
from derive.notation.lookup import Lookup
from derive.notation.loops import Loop, Unsure
from derive.notation.piece import Piece, widen
from derive.notation.python import Source
from derive.notation.ranges import bind
from derive.notation.subscripts import index_of
from derive.notation.surface import SurfaceReader
from derive.scope import Alias
from derive.term import Apply, Attr, Const, Term, Var, size

Comprehension = ast.ListComp | ast.GeneratorExp


class CodeReader(SurfaceReader):
    """Reads the expressions of one text of code."""

    def __init__(self, source: Source, lookup: Lookup, trees: Mapping[str, Alias]) -> None:
        super().__init__(source, lookup)
        self.trees = trees
        self.own = Environment(self.lookup.known)
        self.loops: list[Loop] = []
        self.listing: list[Loop] = []
        self.nodes = 0

    # ------------------------------------------------------------------------ names

    def form(self, node: ast.expr) -> Piece:
        """Own names first, then aliases of whole expressions, then the forms."""
        self.spend(1, node)
        if (piece := self.own_value(node)) is not None:
            return piece
        if (alias := self.tree_alias(node)) is not None:
            self.spend(size(alias), node)
            return self.standing(alias, node)
        match node:
            case ast.ListComp() | ast.GeneratorExp():
                return self.listed(node)
            case ast.IfExp(test, body) if self.is_flag(test):
                return self.piece(body)
            case ast.Lambda(body=body):
                return self.piece(body)
            case ast.BinOp(ast.List([ast.Constant() as one]), ast.Mult(), rounds):
                return self.repeated(one, rounds, node)
        return super().form(node)

    def repeated(self, one: ast.expr, rounds: ast.expr, node: ast.expr) -> Piece:
        """`[0] * n`"""
        span = self.source.span(node)
        ones = self.make.apply("ones", [], span, (dim_of(self, rounds),))
        value = self.piece(one)
        if value.term == Const(Fraction(0)):
            return self.make.apply("zeros_like", [ones], span)
        return self.make.apply("mul", [value, ones], span)

    def size_of(self, node: ast.expr) -> Attr:
        """A size as code writes it."""
        return dim_of(self, node)

    def index_term(self, node: ast.expr) -> Term:
        """An index as code writes it."""
        return index_of(self, node)

    def is_flag(self, node: ast.expr) -> bool:
        """Whether a condition only asks for the derivative: `if deriv == True`."""
        match node:
            case ast.Name(id=name) | ast.Compare(
                ast.Name(id=name), [ast.Eq() | ast.Is()], [ast.Constant(True)]
            ):
                return name in FLAGS and not self.names_something(name)
        return False

    def spend(self, nodes: int, node: ast.expr) -> None:
        """Refuse a formula that its own names make too large."""
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            message = f"the formula has more than {MAX_NODES} parts, its own names put in"
            raise self.refusal("D106", message, node)

    def place(self, node: ast.expr) -> Target | None:
        """What can be written to: a name, or a place such as `deltas[-1]` that has a value."""
        if isinstance(node, ast.Subscript) and not is_text(node.slice):
            key = tree_key(node)
            return Target(key) if key in self.trees or Target(key) in self.own.own else None
        return target_of(node)

    def root(self, node: ast.expr) -> ast.expr:
        """The array in `dW[i][j]`, which may be a place itself."""
        while isinstance(node, ast.Subscript) and not is_text(node.slice):
            if self.place(node) is not None:
                break
            node = node.value
        return node

    def own_value(self, node: ast.expr) -> Piece | None:
        """The value of a name that the text itself has set."""
        target = self.place(node)
        own = None if target is None else self.own.get(target)
        if own is None or target is None:
            return None
        if own.busy or own.piece is None:
            message = f"`{target.name}` changes from one round of the loop to the next"
            if not own.busy:
                message = f"`{target.name}` has no value here yet"
            raise self.refusal("D116", message, node)
        self.spend(own.nodes, node)
        return widen(own.piece, self.source.span(node))

    def tree_alias(self, node: ast.expr) -> Term | None:
        """What an alias of a whole expression says that this is."""
        if not self.trees or isinstance(node, ast.Constant):
            return None
        alias = self.trees.get(tree_key(node))
        return None if alias is None else alias.term

    def called(self, func: ast.expr) -> tuple[str, list[ast.expr]]:
        """An alias of a whole expression may be the function; a bare `sum` is Python's."""
        alias = self.trees.get(tree_key(func)) if self.trees else None
        if alias is not None and alias.function:
            return alias.function, []
        name, receiver = super().called(func)
        bare = name == "sum" and isinstance(func, ast.Name)
        return "builtin_sum" if bare else name, receiver

    def names_something(self, word: str) -> bool:
        """Own names count."""
        return self.own.get(Target(word)) is not None or super().names_something(word)

    def named(self, name: str, node: ast.expr) -> Piece:
        """An index is a place, not a number."""
        if name in self.letters:
            message = f"`{name}` is an index, and is not read as a number"
            raise self.refusal("D116", message, node)
        return super().named(name, node)

    def index_name(self, word: str) -> Term | None:
        """An own name that is an index is what it stands for."""
        own = self.own.get(Target(word))
        if own is not None and own.piece is not None and not own.busy:
            return own.piece.term
        return super().index_name(word)

    # ------------------------------------------------------------------------ loops

    def call(self, node: ast.Call) -> Piece:
        """`sum` of a list given entry by entry is a sum over its letter."""
        match node:
            case ast.Call(func, [ast.ListComp() | ast.GeneratorExp() as inner], []):
                if self.called(func)[0] in ("sum", "builtin_sum", "fsum"):
                    return self.summed(inner)
                if self.called(func)[0] in ("list", "tuple"):
                    return self.listed(inner)
            case ast.Call(ast.Name("list"), [ast.Call(ast.Name("map")) as inner], []):
                return self.call(inner)
            case ast.Call(ast.Name("map"), [function, array], []):
                return self.mapped(function, array, node)
            case ast.Call(ast.Attribute(array, name), [function], []) if name in MAPS:
                return self.mapped(function, array, node)
            case ast.Call(ast.Call(ast.Attribute(attr="vectorize"), [function]), [array], []):
                return self.mapped(function, array, node)
        return super().call(node)

    def mapped(self, function: ast.expr, array: ast.expr, node: ast.Call) -> Piece:
        """`map(f, xs)`: f of every entry, its body being one that goes entry by entry."""
        if not isinstance(function, ast.Lambda):
            return self.call(ast.copy_location(ast.Call(function, [array], []), node))
        if len(function.args.args) != 1:
            raise self.refusal("D113", "this function is not read", function)
        before, argument = dict(self.own.own), self.piece(array)
        name = Target(function.args.args[0].arg)
        self.own.set(name, Own(argument, len(self.loops), nodes=size(argument.term)))
        piece = self.piece(function.body)
        self.own.own = before
        if not goes_entrywise(piece.term, argument.term):
            raise self.refusal("D113", "this function does not go entry by entry", function)
        return widen(piece, self.source.span(node))

    def enter(self, node: Comprehension) -> tuple[list[Loop], dict[Target, Own]]:
        """The loops of a comprehension, their names set; and the own names of before."""
        before = dict(self.own.own)
        found: list[Loop] = []
        for part in node.generators:
            if part.ifs or part.is_async:
                raise self.refusal("D116", "a condition in a list is not read", node)
            found.append(bind(self, part.target, part.iter))
        self.listing += found
        return found, before

    def leave(self, found: Sequence[Loop], before: dict[Target, Own]) -> None:
        """Forget the names of a comprehension."""
        self.own.own = before
        del self.listing[len(self.listing) - len(found) :]
        self.letters -= {loop.letter[1:] for loop in found}

    def listed(self, node: Comprehension) -> Piece:
        """`[E for x in xs]`"""
        found, before = self.enter(node)
        if len(found) != 1:
            raise self.refusal("D116", "only one `for` in a list is read", node)
        piece = self.array(found, self.piece(node.elt), node)
        self.leave(found, before)
        return piece

    def summed(self, node: Comprehension) -> Piece:
        """`sum(E for x in xs for y in ys)`"""
        found, before = self.enter(node)
        piece = self.totals(found, self.piece(node.elt), node)
        self.leave(found, before)
        return piece

    def totals(self, found: Sequence[Loop], body: Piece, node: ast.expr | ast.stmt) -> Piece:
        """The sum of a body over loops, the inmost first."""
        span = self.source.span(node)
        for loop in reversed(found):
            try:
                body = loops.total(self.make, loop, body, self.scope.shapes, span)
            except Unsure as unsure:
                raise self.unsure(unsure) from None
        return body

    def array(self, found: Sequence[Loop], body: Piece, node: ast.expr | ast.stmt) -> Piece:
        """The array of a body for all rounds of loops, axis by axis."""
        span = self.source.span(node)
        constant = isinstance(body.term, Const) and len(found) == 1
        try:
            if constant and found[0].rounds is not None:
                ones = self.make.apply("ones", [], span, (str(found[0].rounds),))
                return self.make.apply("mul", [body, ones], span)
            body = self.entries(body, node)
            return loops.each(self.make, found, body, self.scope.shapes, span)
        except Unsure as unsure:
            raise self.unsure(unsure) from None

    def entries(self, body: Piece, node: ast.expr | ast.stmt) -> Piece:
        """An array in each round, said entry by entry."""
        shape = extent(body.term, self.scope.shapes)
        if not shape:
            return body
        letters = [self.new_letter() for _ in shape]
        span = self.source.span(node)
        pieces = [Piece(Var(letter), span) for letter in letters]
        one = self.make.apply("entry", [body, *pieces], span)
        return self.make.apply("each", [one], span, tuple(letters))

    def unsure(self, unsure: Unsure) -> DeriveError:
        """The refusal of a loop."""
        return self.refusal("D116", unsure.message, unsure.loop.node)

    def set_element(self, target: ast.expr, piece: Piece) -> None:
        """The name of an element of what a loop runs over."""
        name = target_of(target)
        if not isinstance(target, ast.Name) or name is None:
            raise self.refusal("D116", "this target of a loop is not read", target)
        self.own.set(name, Own(piece, len(self.loops) + 1))

    def entry_of(self, piece: Piece, letter: str, node: ast.expr) -> Piece:
        """The entry or row of an array that a round of a loop picks."""
        span = self.source.span(node)
        if isinstance(piece.term, Apply) and piece.term.op == "entry":
            more = [Piece(arg, span) for arg in (*piece.term.args, Var(letter))]
            return self.make.apply("entry", more, span)
        return replace(self.make.apply("entry", [piece, Piece(Var(letter), span)], span))


MAPS = frozenset(("map", "mapv", "apply", "applymap", "unaryExpr"))
"""Methods that apply a function to every entry."""

_ENTRYWISE = frozenset(("add", "sub", "neg", "mul", "div", "pow", "maximum", "minimum", "where"))


def goes_entrywise(body: Term, argument: Term) -> bool:
    """Whether the argument is only reached through ops that go entry by entry."""
    if body == argument or isinstance(body, Const | Var):
        return True
    entrywise = body.op in _ENTRYWISE or is_function(body.op)
    return entrywise and all(goes_entrywise(arg, argument) for arg in body.args)


def tree_key(node: ast.expr) -> str:
    """A text that equal expressions share."""
    return ast.dump(node).replace("Store()", "Load()")
