"""Assignments of code: what each name is given, and what one of several is wanted."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from derive.notation.codelike import tree_key
from derive.notation.containers import Containers
from derive.notation.environment import target_of
from derive.notation.keeper import Value
from derive.notation.known import KnownReader
from derive.notation.piece import Piece
from derive.term import Var

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.MatMult: "matmul",
}


class Assigner(Containers):
    """Goes through the assignments of one text; `wanted` is by what a derivative is asked for."""

    def __init__(self, reader: KnownReader, wanted: str) -> None:
        super().__init__(reader)
        self.wanted = wanted

    def assignment(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`a = b = E`, `a, b = E, F`"""
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List):
            return self.unpacked(targets[0].elts, value, node)
        if len(targets) == 1 and (more := _as_more(targets[0], value)):
            return self.augmented(targets[0], *more, node)
        if self.is_container(value):
            for target in targets:
                self.give(target, value)
            return None
        targets = [self.settled_target(target) for target in targets]
        start, spots = self.reader.nodes, [self.spot(target) for target in targets]
        if spots[0].items:
            piece = self.store(spots[0], value, "add", adds=False)
        elif type(word := self.reader.settled(value)) is int:
            piece = self.number(word, value)
        else:
            piece = self.reader.piece(value)
        for spot in spots:
            self.put(spot, piece, self.reader.nodes - start)
            if not spot.items:
                self.alias(spot.name, value)
        return Value(piece, targets[0], spots[0].name)

    def settled_target(self, target: ast.expr) -> ast.expr:
        """`grads[f'W{l}']` as `grads['W2']`, where l is settled."""
        return self.reader.settle(target) if isinstance(target, ast.Subscript) else target

    def unpacked(
        self, targets: Sequence[ast.expr], value: ast.expr, node: ast.stmt
    ) -> Value | None:
        """`a, b = E, F`, and `N, D = x.shape`"""
        if (function := self.reader.function_of(value)) and isinstance(value, ast.Call):
            pieces = list(self.reader.applied(function, value))
            return self.laid_out(targets, pieces, value)
        match value:
            case ast.Tuple(elts=values) | ast.List(elts=values) if any(
                map(self.is_container, values)
            ):
                self.give(ast.copy_location(ast.Tuple(list(targets), ast.Store()), node), value)
                return None
            case ast.Tuple(elts=values) | ast.List(elts=values) if len(values) == len(targets):
                pieces = [self.reader.piece(part) for part in values]
            case ast.Attribute(array, "shape"):
                pieces = [self.reader.length(array, k, value) for k in range(len(targets))]
            case _ if self.is_store(value):
                return None
            case _:
                message = "what each of these names gets is not known"
                raise self.reader.refusal("D116", message, node)
        return self.laid_out(targets, pieces, value)

    def laid_out(
        self, targets: Sequence[ast.expr], pieces: Sequence[Piece], value: ast.expr
    ) -> Value:
        """Each of several names gets its value; what is said of them all is the wanted one."""
        if len(targets) != len(pieces):
            message = "what each of these names gets is not known"
            raise self.reader.refusal("D116", message, value)
        for target, piece in zip(targets, pieces, strict=True):
            self.put(self.spot(self.settled_target(target)), piece, self.reader.nodes)
        chosen = [k for k, target in enumerate(targets) if self.is_wanted(target)]
        if len(chosen) != 1:
            return Value(pieces[0], targets[0], several=True)
        target = self.settled_target(targets[chosen[0]])
        return Value(pieces[chosen[0]], target, self.spot(target).name)

    def is_wanted(self, node: ast.expr) -> bool:
        """Whether a name is what is asked for: dW, where it is the derivative by W."""
        name = target_of(node)
        term = None if name is None else self.reader.lookup.derivative(name.name)
        return isinstance(term, Var) and term.name.endswith(f"/d{self.wanted}")

    def is_named_so(self, key: ast.expr) -> bool:
        """Whether a name in a dict is that of what is asked for: 'dW', or 'W' itself."""
        word = self.reader.settled(key)
        if not isinstance(word, str):
            return False
        return word == self.wanted or self.is_wanted(ast.copy_location(ast.Name(word), key))

    def is_store(self, value: ast.expr) -> bool:
        """Whether a value only holds others, as `cache` does: the names stand for themselves."""
        while isinstance(value, ast.Attribute | ast.Subscript):
            value = value.value
        return isinstance(value, ast.Name) and not self.reader.names_something(value.id)

    def augmented(
        self, target: ast.expr, op: ast.operator, value: ast.expr, node: ast.stmt
    ) -> Value:
        """`a += E`: what nothing declares or sets before starts at zero."""
        sign, target = _SIGNS.get(type(op)), self.settled_target(target)
        if sign is None:
            raise self.reader.refusal("D113", "this operator is not read", node)
        start, spot = self.reader.nodes, self.spot(target)
        if sign not in ("add", "sub"):
            piece = self.scaled(spot, sign, value)
        elif spot.items:
            piece = self.store(spot, value, sign, adds=True)
        else:
            piece = self.accumulated(spot, sign, value)
        nodes, depth = self.reader.nodes - start, self.since(spot)
        self.put(spot, piece, nodes, depth, in_place=isinstance(node, ast.AugAssign | ast.Expr))
        return Value(piece, target, spot.name)


def _as_more(target: ast.expr, value: ast.expr) -> tuple[ast.operator, ast.expr] | None:
    """`a = a + E` as `a += E`: the two are one also where nothing says what a is before."""
    match value:
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            if tree_key(left) == tree_key(target):
                return sign, right
            if tree_key(right) == tree_key(target) and isinstance(sign, ast.Add):
                return sign, left
    return None
