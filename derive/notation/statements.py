"""Statements of code to the value of the last of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.diagnostic import DeriveError
from derive.notation.assigning import Assigner
from derive.notation.codelike import tree_key
from derive.notation.defined import arguments_of, function_in, without_classes
from derive.notation.environment import Own, Target, changed_names
from derive.notation.keeper import Value
from derive.notation.known import Function, KnownReader
from derive.notation.piece import Piece
from derive.notation.ranges import bind

MOST_ROUNDS = 12
"""Rounds of a loop over numbers that are gone through one by one, where letters do not do."""

MOST_CALLS = 16
"""How deep functions of a text may call each other."""

_SILENT = frozenset(("print", "assert", "zero_grad", "backward", "step", "show", "debug"))
"""Calls that say nothing about a value."""


class Runner(Assigner):
    """Goes through the statements of one text."""

    def __init__(self, reader: KnownReader, wanted: str = "") -> None:
        super().__init__(reader, wanted)
        self.inside = 0
        reader.applied = self.applied

    def run(self, statements: Sequence[ast.stmt]) -> Value | None:
        """The value of the last statement that has one."""
        value = None
        statements = without_classes(statements)
        for place, node in enumerate(statements):
            if place + 1 < len(statements) and (function := function_in(node)):
                self.reader.functions[function.name] = function
                continue
            if isinstance(node, ast.If):
                found = self.branch(node, statements[place + 1 :])
                if found is not None and found.ended:
                    return found
            else:
                found = self.statement(node)
            value = found or value
            if isinstance(node, ast.Return):
                return value
        return value

    def statement(self, node: ast.stmt) -> Value | None:
        """One statement, by its form."""
        match node:
            case ast.Assign(targets, value):
                return self.assignment(targets, value, node)
            case ast.AnnAssign(target, _, value) if value is not None:
                return self.assignment([target], value, node)
            case ast.AugAssign(target, op, value):
                return self.augmented(target, op, value, node)
            case ast.Return(ast.Tuple(elts=parts) as value):
                return self.returned(parts, value)
            case ast.Return(ast.Dict() as value) if not self.inside:
                return self.returned_by_name(value)
            case ast.Return(value) if value is not None:
                return Value(self.reader.piece(value), ended=True)
            case ast.Expr(value):
                return self.expression(value)
            case ast.For(target, over, body, []):
                return self.loop(target, over, body)
            case ast.FunctionDef(body=body) | ast.With(body=body):
                return self.run(body)
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Global() | ast.Assert():
                return None
        what = type(node).__name__.lower()
        raise self.reader.refusal("D116", f"this statement is not read: {what}", node)

    def returned(self, parts: Sequence[ast.expr], node: ast.expr) -> Value:
        """`return dx, dw, db`: all of them from a function that is called, else what is wanted."""
        if self.inside:
            pieces = tuple(map(self.reader.piece, parts))
            return Value(pieces[0], ended=True, more=pieces)
        chosen = [part for part in parts if self.is_wanted(part)]
        if len(chosen) != 1:
            raise self.reader.refusal("D113", "here are several values, and one is read", node)
        return Value(self.reader.piece(chosen[0]), ended=True)

    def returned_by_name(self, value: ast.Dict) -> Value:
        """`return {'dW1': dW1, 'db1': db1}`: what is wanted of it."""
        pairs = zip(value.keys, value.values, strict=True)
        chosen = [one for key, one in pairs if key is not None and self.is_named_so(key)]
        if len(chosen) != 1:
            raise self.reader.refusal("D113", "here are several values, and one is read", value)
        return Value(self.reader.piece(chosen[0]), ended=True)

    # ------------------------------------------------------------------------ expressions

    def expression(self, node: ast.expr) -> Value | None:
        """A value, or a call that changes an array."""
        match node:
            case ast.Constant(str()):
                return None
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) if name in _SILENT:
                return None
            case ast.Call(
                ast.Attribute(ast.Attribute(attr="add"), "at"), [array, ast.Tuple() as idx, value]
            ):
                place = ast.copy_location(ast.Subscript(array, idx, ast.Store()), node)
                return self.augmented(place, ast.Add(), value, ast.Expr(node))
            case ast.Call(ast.Attribute(ast.Attribute(attr="add"), "at"), [array, idx, value], []):
                return self.added_at(array, idx, value)
            case ast.Call(ast.Attribute(array, "append"), [value], []) if not self.is_array(array):
                return self.appended(array, value)
            case ast.Call(ast.Attribute(array, "insert"), [ast.Constant(0), value], []):
                return Value(self.reader.piece(value))
            case ast.Compare(left, [ast.Eq()], [right]):
                return Value(self.reader.piece(right), left, self.spot(left).name)
        return Value(self.reader.piece(node))

    def is_array(self, node: ast.expr) -> bool:
        """`np.append` is a function; `deltas.append` is not."""
        return self.reader.is_module(node)

    # ------------------------------------------------------------------------ loops, branches

    def loop(self, target: ast.expr, over: ast.expr, body: Sequence[ast.stmt]) -> Value | None:
        """A loop over arrays that are listed goes round by round; any other is one of letters."""
        rounds = self.rounds(over)
        if rounds is not None and self.is_listed(over):
            return self.unrolled(target, rounds, body)
        before = self.reader.mark()
        try:
            return self.lettered(target, over, body)
        except DeriveError as error:
            if rounds is None or len(rounds) > MOST_ROUNDS:
                raise
            self.reader.reset(before)
            try:
                return self.unrolled(target, rounds, body)
            except DeriveError:
                raise error from None

    def unrolled(
        self, target: ast.expr, rounds: Sequence[ast.expr], body: Sequence[ast.stmt]
    ) -> Value | None:
        """The rounds of a loop, one after the other."""
        value = None
        for one in rounds:
            self.give(target, one)
            found = self.run(body)
            value = found or value
            if found is not None and found.ended:
                break
        return value

    def lettered(self, target: ast.expr, over: ast.expr, body: Sequence[ast.stmt]) -> Value | None:
        """A loop that only adds up, or fills an array entry by entry."""
        reader = self.reader
        with reader.own.loop(changed_names(body)):
            loop = bind(reader, target, over)
            reader.loops.append(loop)
            value = self.run(body)
            reader.loops.pop()
        reader.letters.discard(loop.letter[1:])
        if value is None or value.name is None:
            return value
        own = reader.own.get(value.name)
        if own is None or own.piece is None:
            raise reader.refusal("D116", "only the last round of this loop counts", over)
        return replace(value, piece=own.piece)

    def applied(self, function: Function, node: ast.Call) -> Sequence[Piece]:
        """What a function of the text gives for some arguments."""
        reader, before = self.reader, dict(self.reader.own.own)
        arguments = arguments_of(function, node)
        if arguments is None or self.inside >= MOST_CALLS:
            raise reader.refusal("D116", f"`{function.name}` cannot be called so here", node)
        start = reader.nodes
        held = {name: self.held(value) for name, value in arguments.items()}
        for name, one in held.items():
            place = ast.copy_location(ast.Name(name, ast.Store()), node)
            self.lay(place, one, reader.nodes - start + 1)
            reader.own.same.pop(Target(name), None)
            self.alias(Target(name), arguments[name])
        self.inside += 1
        value = self.run(function.body)
        self.inside -= 1
        self.leave(before, arguments)
        if value is None or not value.ended:
            raise reader.refusal("D116", f"what `{function.name}` gives is not known", node)
        return value.more or (value.piece,)

    def leave(self, before: dict[Target, Own], arguments: Mapping[str, ast.expr]) -> None:
        """Forget the names of a function, but not what it changed in the arrays it was given."""
        own = self.reader.own
        places = [self.reader.place(node) for node in arguments.values()]
        found = {
            place: own.own[place] for place in places if place in own.own and place in own.same
        }
        own.own = {**before, **found}
        own.same = {name: one for name, one in own.same.items() if name in found}

    def branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Value | None:
        """`if x > 0: return a`, else b; a flag for the derivative is taken to be set."""
        if self.reader.is_flag(node.test):
            return self.run(node.body)
        if (holds := self.reader.settled(node.test)) is not None:
            return self.run(node.body if holds else node.orelse)
        if (single := _as_choice(node)) is not None:
            return self.statement(single)
        mask = self.reader.mask(node.test)
        then = self.run(node.body)
        other = self.run(node.orelse or rest)
        if then is None or other is None or then.name != other.name:
            message = "both ways of this `if` have to give the same name a value"
            raise self.reader.refusal("D116", message, node)
        span = self.reader.source.span(node)
        piece = self.reader.make.apply("where", [mask, then.piece, other.piece], span)
        if then.target is not None:
            self.put(self.spot(then.target), piece, self.reader.nodes)
        return replace(then, piece=piece, ended=then.ended or not node.orelse)


def _as_choice(node: ast.If) -> ast.stmt | None:
    """`if c: a[i] = x` with `else: a[i] = y` as `a[i] = x if c else y`."""
    match node:
        case ast.If(test, [ast.Assign([target], yes) as first], [ast.Assign([other], no)]):
            pass
        case ast.If(
            test,
            [ast.AugAssign(target, op, yes) as first],
            [ast.AugAssign(other, same, no)],
        ) if type(op) is type(same):
            pass
        case _:
            return None
    if tree_key(target) != tree_key(other):
        return None
    value = ast.copy_location(ast.IfExp(test, yes, no), node.test)
    if isinstance(first, ast.Assign):
        return ast.copy_location(ast.Assign([target], value), node)
    return ast.copy_location(ast.AugAssign(first.target, first.op, value), node)
