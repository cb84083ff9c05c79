"""Statements of code to the value of the last of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.notation.codelike import tree_key
from derive.notation.environment import (
    Own,
    changed_names,
)
from derive.notation.keeper import Keeper, Value
from derive.notation.ranges import bind

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.MatMult: "matmul",
}
_SILENT = frozenset(("print", "assert", "zero_grad", "backward", "step", "show", "debug"))
"""Calls that say nothing about a value."""


class Runner(Keeper):
    """Goes through the statements of one text."""

    def run(self, statements: Sequence[ast.stmt]) -> Value | None:
        """The value of the last statement that has one."""
        value = None
        for place, node in enumerate(statements):
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

    # ------------------------------------------------------------------------ assignments

    def assignment(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`a = b = E`, `a, b = E, F`"""
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List):
            return self.unpacked(targets[0].elts, value, node)
        if len(targets) == 1 and (more := _as_more(targets[0], value)):
            return self.augmented(targets[0], *more, node)
        if isinstance(value, ast.List) and not value.elts:
            for target in targets:
                self.set_empty(target)
            return None
        start, spots = self.reader.nodes, [self.spot(target) for target in targets]
        if spots[0].items:
            piece = self.store(spots[0], value, "add", adds=False)
        else:
            piece = self.reader.piece(value)
        for spot in spots:
            self.put(spot, piece, self.reader.nodes - start)
        return Value(piece, targets[0], spots[0].name)

    def set_empty(self, target: ast.expr) -> None:
        """`deltas = []`"""
        name = self.spot(target).name
        if name is not None:
            own = Own(None, len(self.reader.loops), listed=True)
            self.reader.own.set(name, own)

    def unpacked(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`a, b = E, F`, and `N, D = x.shape`"""
        match value:
            case ast.Tuple(elts=values) | ast.List(elts=values) if len(values) == len(targets):
                pieces = [self.reader.piece(part) for part in values]
            case ast.Attribute(array, "shape"):
                pieces = [self.reader.length(array, k, value) for k in range(len(targets))]
            case _ if self.is_store(value):
                return None
            case _:
                message = "what each of these names gets is not known"
                raise self.reader.refusal("D116", message, node)
        for target, piece in zip(targets, pieces, strict=True):
            self.put(self.spot(target), piece, self.reader.nodes)
        return None

    def is_store(self, value: ast.expr) -> bool:
        """Whether a value only holds others, as `cache` does: the names stand for themselves."""
        while isinstance(value, ast.Attribute | ast.Subscript):
            value = value.value
        return isinstance(value, ast.Name) and not self.reader.names_something(value.id)

    def augmented(
        self, target: ast.expr, op: ast.operator, value: ast.expr, node: ast.stmt
    ) -> Value:
        """`a += E`: what nothing declares or sets before starts at zero."""
        sign = _SIGNS.get(type(op))
        if sign is None:
            raise self.reader.refusal("D113", "this operator is not read", node)
        start, spot = self.reader.nodes, self.spot(target)
        if sign not in ("add", "sub"):
            piece = self.scaled(spot, sign, value)
        elif spot.items:
            piece = self.store(spot, value, sign, adds=True)
        else:
            piece = self.accumulated(spot, sign, value)
        self.put(spot, piece, self.reader.nodes - start, self.since(spot))
        return Value(piece, target, spot.name)

    # ------------------------------------------------------------------------ expressions

    def expression(self, node: ast.expr) -> Value | None:
        """A value, or a call that changes an array."""
        match node:
            case ast.Constant(str()):
                return None
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) if name in _SILENT:
                return None
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

    def branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Value | None:
        """`if x > 0: return a`, else b; a flag for the derivative is taken to be set."""
        if self.reader.is_flag(node.test):
            return self.run(node.body)
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


def _as_more(target: ast.expr, value: ast.expr) -> tuple[ast.operator, ast.expr] | None:
    """`a = a + E` as `a += E`: the two are one also where nothing says what a is before."""
    match value:
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            if tree_key(left) == tree_key(target):
                return sign, right
            if tree_key(right) == tree_key(target) and isinstance(sign, ast.Add):
                return sign, left
    return None


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
