"""The statements of a function as a list of steps: each a formula in names that came before."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from derive.diagnostic import DeriveError, Diagnostic
from derive.notation.environment import Own, Target, changed_names
from derive.notation.keeper import Value
from derive.notation.known import Function
from derive.notation.piece import Piece
from derive.shape import Shape
from derive.source.attributes import MARK
from derive.source.stepping import Stepper
from derive.source.touching import only_shows, touched
from derive.source.watching import Watcher
from derive.term import Term


class Tracer(Stepper):
    """Goes through functions of one file; `carried`: what a training loop may go on to change."""

    def __init__(
        self,
        reader: Watcher,
        shapes: dict[str, Shape],
        scalars: frozenset[str] = frozenset(),
        carried: frozenset[Term] = frozenset(),
    ) -> None:
        super().__init__(reader, shapes, scalars)
        self.carried = carried
        self.calls: list[str] = []
        self.strict = False

    # ------------------------------------------------------------------------ statements

    def statement(self, node: ast.stmt) -> Value | None:
        """One statement; what it fails of is told where it is missed."""
        self.at = node
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
        for target in {*changed_names([node]), *touched(node, self.reader.own.own)}:
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
            if not only_shows(node)
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
        if self.is_store(value) and (word := self.reader.unset(value)) is not None:
            raise self.reader.refusal("D101", f"`{word}` has no value here", value)
        if self.is_store(value):  # what was kept elsewhere, under the names that it gets here
            self.reader.allowed |= {one.id for one in targets if isinstance(one, ast.Name)}
        return super().unpacked(targets, value, node)

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


def is_attribute(target: Target) -> bool:
    """Whether a place belongs to the object whose method is read."""
    return MARK in target.name or MARK in target.holder
