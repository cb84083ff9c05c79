"""Statements of code to the value of the last of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.notation.activations import FLAGS
from derive.notation.codelike import CodeReader
from derive.notation.environment import (
    Own,
    Target,
    changed_names,
    root_of,
    target_of,
)
from derive.notation.piece import Piece
from derive.notation.ranges import bind
from derive.notation.stores import Store, combined, items_under, scatter, stored
from derive.term import Term

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.MatMult: "matmul",
}
_SILENT = frozenset(("print", "assert", "zero_grad", "backward", "step", "show", "debug"))
"""Calls that say nothing about a value."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a statement says: the value, what it is given to, and where it stands."""

    piece: Piece
    target: ast.expr | None = None
    name: Target | None = None
    ended: bool = False


class Runner:
    """Goes through the statements of one text."""

    def __init__(self, reader: CodeReader) -> None:
        self.reader = reader

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
        if isinstance(value, ast.List) and not value.elts:
            for target in targets:
                self.set_empty(target)
            return None
        start = self.reader.nodes
        if isinstance(targets[0], ast.Subscript) and items_under(targets[0]):
            piece = self.store(targets[0], value, "add", adds=False)
        else:
            piece = self.reader.piece(value)
        for target in targets:
            self.put(target, piece, self.reader.nodes - start)
        return Value(piece, targets[0], target_of(root_of(targets[0])))

    def put(self, target: ast.expr, piece: Piece, nodes: int, depth: int | None = None) -> None:
        """Give a name its value."""
        name = target_of(root_of(target))
        if name is None:
            if isinstance(root_of(target), ast.Attribute):
                return  # `x.grad = ...`: nothing reads it by this name
            raise self.reader.refusal("D116", "only a name can be assigned", target)
        if root_of(target) is target or depth is None:
            depth = len(self.reader.loops) if root_of(target) is target else self.since(name)
        self.reader.own.set(name, Own(piece, depth, nodes=nodes + 1, busy=self.still(name, depth)))

    def still(self, name: Target, depth: int) -> frozenset[int]:
        """The open loops that go on to change a name which was set at a depth."""
        return frozenset(self.reader.own.open[depth:])

    def since(self, name: Target) -> int:
        """At how many open loops a name was last set as a whole."""
        own = self.reader.own.get(name)
        return own.depth if own is not None else 0

    def set_empty(self, target: ast.expr) -> None:
        """`deltas = []`"""
        name = target_of(target)
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
            case _:
                message = "what each of these names gets is not known"
                raise self.reader.refusal("D116", message, node)
        for target, piece in zip(targets, pieces, strict=True):
            self.put(target, piece, self.reader.nodes)
        return None

    def augmented(
        self, target: ast.expr, op: ast.operator, value: ast.expr, node: ast.stmt
    ) -> Value:
        """`a += E`: what nothing declares or sets before starts at zero."""
        sign = _SIGNS.get(type(op))
        if sign is None:
            raise self.reader.refusal("D113", "this operator is not read", node)
        start, name = self.reader.nodes, target_of(root_of(target))
        if sign not in ("add", "sub"):
            piece = self.scaled(target, sign, value)
        elif isinstance(target, ast.Subscript) and items_under(target):
            piece = self.store(target, value, sign, adds=True)
        else:
            piece = self.accumulated(target, sign, value)
        depth = None if name is None else self.since(name)
        self.put(target, piece, self.reader.nodes - start, depth)
        return Value(piece, target, name)

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
        like = None if name is None else self.reader.lookup.derivative(name.name)
        items = items_under(target)
        store = Store(target, items, base, like, value, adds, sign, around)
        return stored(self.reader, store)

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
                return Value(self.reader.piece(right), left, target_of(left))
        return Value(self.reader.piece(node))

    def is_array(self, node: ast.expr) -> bool:
        """`np.append` is a function; `deltas.append` is not."""
        return self.reader.is_module(node)

    def added_at(self, array: ast.expr, idx: ast.expr, value: ast.expr) -> Value:
        """`np.add.at(dW, idx, dout)` adds a row as often as its index comes."""
        base, _ = self.before(array)
        name = target_of(array)
        like = base.term if base is not None else None
        if like is None and name is not None:
            like = self.reader.lookup.derivative(name.name)
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
        if _is_flag(node.test):
            return self.run(node.body)
        mask = self.reader.mask(node.test)
        then = self.run(node.body)
        other = self.run(node.orelse or rest)
        if then is None or other is None or then.name != other.name:
            message = "both ways of this `if` have to give the same name a value"
            raise self.reader.refusal("D116", message, node)
        span = self.reader.source.span(node)
        piece = self.reader.make.apply("where", [mask, then.piece, other.piece], span)
        if then.target is not None:
            self.put(then.target, piece, self.reader.nodes)
        return replace(then, piece=piece, ended=then.ended or not node.orelse)


def _is_flag(node: ast.expr) -> bool:
    """Whether a condition only asks for the derivative: `if deriv == True`."""
    match node:
        case ast.Name(id=name) | ast.Compare(
            ast.Name(id=name), [ast.Eq() | ast.Is()], [ast.Constant(True)]
        ):
            return name in FLAGS
    return False


def left_term(reader: CodeReader, value: Value) -> Term | None:
    """What the last statement gives a value to, where it has a meaning of its own."""
    if value.name is None or value.target is None:
        return None
    if value.name.holder:  # `grads['W1']` is not W1
        return reader.lookup.derivative(value.name.name)
    try:
        return reader.lookup.find(value.name.name)
    except KeyError:
        return None
