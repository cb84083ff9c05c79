"""The statements of a function as a list of steps: each a formula in names that came before."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from derive.diagnostic import DeriveError, Diagnostic
from derive.elaborate import Elaborator
from derive.notation.containers import Held
from derive.notation.environment import Own, Target, changed_names, target_of
from derive.notation.keeper import Spot, Value
from derive.notation.known import Function
from derive.notation.loops import is_zero
from derive.notation.masks import is_mask
from derive.notation.piece import Piece
from derive.shape import Shape
from derive.source.attributes import MARK
from derive.source.giving import Giver
from derive.source.watching import Step, Watcher
from derive.tensors import column_shape
from derive.term import Const, Term, Var, variables

MOST_STEPS = 2_000


class Tracer(Giver):
    """Goes through functions of one file, and writes down what each statement gives a name.

    `scalars` are the names that are numbers; `carried` what a training loop may go on to change.
    """

    def __init__(
        self,
        reader: Watcher,
        shapes: dict[str, Shape],
        scalars: frozenset[str] = frozenset(),
        carried: frozenset[Term] = frozenset(),
    ) -> None:
        super().__init__(reader)
        self.shapes, self.scalars, self.carried = shapes, scalars, carried
        self.steps: list[Step] = []
        self.known = dict(shapes)
        self.calls: list[str] = []
        self.shapeless: set[str] = set()
        self.strict = False
        self.now: ast.stmt | None = None
        reader.quiet = lambda: self.inside > 0

    # ------------------------------------------------------------------------ statements

    def statement(self, node: ast.stmt) -> Value | None:
        """One statement; what it fails of is told where it is missed."""
        if self.strict:
            return super().statement(node)
        match node:
            case ast.With(body=body):
                return self.run(body)
            case ast.Try(body=body, orelse=orelse, finalbody=last):
                return self.run([*body, *orelse, *last])
            case ast.For(target, over, body, []) if self.is_repeated(target, over, body):
                return self.one_round(body)
            case ast.While(body=body):
                return self.one_round(body)
            case ast.FunctionDef(name, takes, body):
                self.reader.functions[name] = Function(name, takes, body)
                return None
        with self.guarded(node):
            if isinstance(node, ast.Return):
                self.gives_back(node)
                return None
            return super().statement(node)
        return None

    def branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Value | None:
        """A choice; one that cannot be settled is passed over where it only ends the function."""
        if self.strict:
            return super().branch(node, rest)
        holds = self.reader.settled(node.test)
        if holds is not None or self.reader.is_flag(node.test):
            return self.run(node.body if holds or holds is None else node.orelse)
        with self.guarded(node):
            if any(isinstance(part, ast.Return) for part in ast.walk(node)):
                message = "which way this `if` goes is not known"
                raise self.reader.refusal("D116", message, node.test)
            return super().branch(node, ())
        return None

    @contextmanager
    def guarded(self, node: ast.stmt) -> Iterator[None]:
        """Within: what cannot be read makes the names that the statement writes unknown."""
        mark, count = self.reader.mark(), len(self.steps)
        calls, inside = len(self.calls), self.inside
        self.strict, self.now = True, node
        self.reader.nodes = 0
        try:
            yield
        except DeriveError as error:
            self.reader.reset(mark)
            del self.steps[count:], self.calls[calls:]
            self.inside = inside
            self.failed(node, error.diagnostic)
        finally:
            self.strict = False

    def failed(self, node: ast.stmt, found: Diagnostic) -> None:
        """Remember why the names that a statement writes are not known."""
        cause = self.cause(node) or found
        self.unread.append(cause)
        for target in (*changed_names([node]), *handed_over(node)):
            self.failures[target] = cause
            self.reader.own.rebind(target, Own(None, len(self.reader.loops)))

    def is_repeated(self, target: ast.expr, over: ast.expr, body: Sequence[ast.stmt]) -> bool:
        """Whether a loop does the same again and again, as one over epochs does.

        Then one round tells what a gradient is, made with the weights as they are.
        """
        names = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
        read = {
            part.id
            for node in body
            if not _only_shows(node)
            for part in ast.walk(node)
            if isinstance(part, ast.Name)
        }
        match over:
            case ast.Call(ast.Name("range" | "xrange" | "tqdm" | "trange")):
                return not names & read and self.rounds(over) is None
        return False

    def one_round(self, body: Sequence[ast.stmt]) -> Value | None:
        """One round of a training loop: what it carries on, but for the weights, is not known."""
        own = self.reader.own
        for target in changed_names(body):
            before = own.own.get(target)
            if before is None or (before.piece and before.piece.term in self.carried):
                continue
            message = f"`{target.name}` changes from one round of the loop to the next"
            self.failures[target] = self.reader.refusal("D116", message, body[0]).diagnostic
            own.rebind(target, Own(None, 0))
        return self.run(body)

    def unpacked(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`z1, a1 = cache`, where what the cache holds is known."""
        entries = self.reader.entries_of(value)
        if entries is not None and len(entries) == len(targets):
            self.give(ast.copy_location(ast.Tuple(list(targets), ast.Store()), value), value)
            return None
        return super().unpacked(targets, value, node)

    # ------------------------------------------------------------------------ steps

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
        made = self.stepped(spot.node, piece)
        nodes = 1 if isinstance(made.term, Var | Const) else nodes
        super().put(spot, made, nodes, depth, in_place=in_place)
        if spot.name is not None:
            self.failures.pop(spot.name, None)

    def _lay_one(self, target: ast.expr, held: Held, nodes: int) -> None:
        if isinstance(held, Piece):
            made = self.stepped(target, held)
            held, nodes = made, (1 if isinstance(made.term, Var | Const) else nodes)
        super()._lay_one(target, held, nodes)

    def stepped(self, node: ast.expr, piece: Piece) -> Piece:
        """The name of a value from here on; what is as short as a name stays what it is."""
        term = piece.term
        if self.reader.loops or self.reader.listing or self.is_plain(term):
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

    # ------------------------------------------------------------------------ functions

    def expression(self, node: ast.expr) -> Value | None:
        """A call of a function of the text, for what it does; any other expression."""
        function = self.reader.function_of(node)
        if function is None or not isinstance(node, ast.Call):
            return super().expression(node)
        end = ast.copy_location(ast.Return(ast.copy_location(ast.Constant(0), node)), node)
        self.applied(replace(function, body=[*function.body, end]), node)
        return None

    def applied(self, function: Function, node: ast.Call) -> Sequence[Piece]:
        """What a function gives; one that calls itself is refused."""
        if function.name in self.calls:
            raise self.reader.refusal("D116", f"`{function.name}` calls itself", node)
        self.calls.append(function.name)
        found = super().applied(function, node)
        self.calls.pop()
        return found

    def leave(self, before: dict[Target, Own], arguments: Mapping[str, ast.expr]) -> None:
        """What a method gives an attribute stays."""
        kept = {t: one for t, one in self.reader.own.own.items() if is_attribute(t)}
        super().leave(before, arguments)
        self.reader.own.own.update(kept)


def handed_over(node: ast.stmt) -> Iterator[Target]:
    """The names that a statement gives to calls that are not read, and which those may change."""
    for call in ast.walk(node):
        match call:
            case ast.NamedExpr(ast.Name(word)):
                yield Target(word)
            case ast.Call(func, arguments, keywords) if isinstance(node, ast.Expr):
                held = [func.value] if isinstance(func, ast.Attribute) else []
                for one in (*held, *arguments, *(word.value for word in keywords)):
                    if (target := target_of(one)) is not None:
                        yield target


def is_attribute(target: Target) -> bool:
    """Whether a place belongs to the object whose method is read."""
    return MARK in target.name or MARK in target.holder


def _only_shows(node: ast.stmt) -> bool:
    """Whether a statement only prints, or does so now and then."""
    match node:
        case ast.Expr(ast.Call(ast.Name("print"))):
            return True
        case ast.If(body=body, orelse=orelse):
            return all(map(_only_shows, (*body, *orelse)))
    return False
