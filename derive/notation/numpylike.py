"""NumPy text to terms: of Python's grammar, a whitelist of forms is read.

NumPy's rules hold: `@`, `*` and `/` bind equally and to the left, and a minus binds tighter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence

from derive.diagnostic import DeriveError
from derive.notation.calls import Call, build, function_of
from derive.notation.limits import MAX_DEPTH
from derive.notation.names import Names, name_key
from derive.notation.piece import Maker, Piece, widen
from derive.notation.python import Source, parse_expression
from derive.notation.spelling import listing, shown, suggestion
from derive.term import Attr, Const, Term

MODULES = frozenset(("np", "numpy", "xp"))
_METHODS = {"dot": "matmul", "sum": "sum", "transpose": "transpose"}
_STACKS: Mapping[str, int | None] = {"concat": None, "hstack": 1, "vstack": 0}
_FILLED: Mapping[str, str] = {"ones": "1", "zeros": "0", "full": "1"}
_NUMPY: Mapping[str, str] = {
    **{name: name for name in ("exp", "log", "tanh", "sin", "cos", "sign", "abs", "sum", "sqrt")},
    **{name: name for name in ("hstack", "vstack", "square", "power", "log1p", "transpose")},
    **{name: name for name in ("add", "subtract", "multiply", "divide", "matmul", "negative")},
    "reciprocal": "reciprocal",
    "absolute": "abs",
    "maximum": "max",
    **dict.fromkeys(("concatenate", "concat"), "concat"),
    "true_divide": "divide",
    "dot": "matmul",
}
"""Function of NumPy -> the function of `derive.notation.calls`."""

_DECIMAL = re.compile(r"[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?")


def read_numpy(text: str, names: Collection[str]) -> Term:
    """The term that one expression in NumPy notation means.

    >>> read_numpy("x.T @ (yhat - y)", ["x", "y", "yhat"]).op
    'matmul'
    """
    tree, source = parse_expression(text)
    return NumpyReader(source, Names(names)).term(tree)


class NumpyReader:
    """Reads the trees of one text."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.make = Maker(source.text)
        self.depth = 0

    def term(self, node: ast.expr) -> Term:
        """The term of a whole expression."""
        try:
            return self.piece(node).term
        except RecursionError as error:
            raise self.source.failure(error) from None

    def piece(self, node: ast.expr) -> Piece:
        """The term of a node, by the form of the node."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"the formula is more than {MAX_DEPTH} operations deep"
            raise self.refusal("D106", message, node, "give parts of it a name")
        piece = self.form(node)
        self.depth -= 1
        return piece

    def form(self, node: ast.expr) -> Piece:
        """The term of a node, by the form of the node: this is the whitelist."""
        match node:
            case ast.Name():
                return self.named(node.id, node)
            case ast.Constant():
                return self.constant(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.UnaryOp():
                return self.unary(node)
            case ast.Compare():
                return self.comparison(node)
            case ast.Call():
                return self.call(node)
        what = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
        raise self.refusal("D113", f"this part of Python is not read: {what}", node)

    def refusal(
        self, code: str, message: str, node: ast.expr | ast.stmt, help: str | None = None
    ) -> DeriveError:
        """The error for the place of a node."""
        return self.make.refusal(code, message, self.source.span(node), help)

    # ------------------------------------------------------------------------ names and numbers

    def named(self, name: str, node: ast.expr) -> Piece:
        """A declared name."""
        found = self.names.find((name,), name_key(name))
        if len(found) == 1:
            return self.make.name(found[0], self.source.span(node))
        if found:
            message = f"`{name}` can mean {' or '.join(f'`{one}`' for one in found)}"
            raise self.refusal("D104", message, node, "spell it as it is declared")
        help = suggestion(name, self.names.declared) or listing(self.names.declared)
        raise self.refusal("D101", f"unknown name `{shown(name)}`", node, help)

    def constant(self, node: ast.Constant) -> Piece:
        """A number, by its spelling, so that it is exact."""
        span = self.source.span(node)
        literal = self.source.written(node).replace("_", "")
        if not isinstance(node.value, int | float) or not _DECIMAL.fullmatch(literal):
            raise self.refusal("D113", "only decimal numbers are read here", node)
        return self.make.number(literal, span)

    def attribute(self, node: ast.Attribute) -> Piece:
        """`x.T`, or the name at the end of `self.W2`."""
        if node.attr == "T":
            return self.make.apply("transpose", [self.piece(node.value)], self.source.span(node))
        self.holder(node.value)
        return self.named(node.attr, node)

    def holder(self, node: ast.expr) -> None:
        """What stands before the name in `self.W2`, `params['W2']`: names that are not declared."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name) or self.names.find((node.id,), name_key(node.id)):
            raise self.refusal("D113", "this attribute is not read", node)

    def subscript(self, node: ast.Subscript) -> Piece:
        """`W[1:]`, or the name in `params['W2']`."""
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            self.holder(node.value)
            return self.named(node.slice.value, node)
        piece, span = self.piece(node.value), self.source.span(node)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for axis, item in enumerate(items):
            if bounds := self.bounds(item):
                piece = self.make.apply("slice", [piece], span, (axis, *bounds))
        return widen(piece, span)

    def bounds(self, item: ast.expr) -> tuple[int, int | None] | None:
        """Start and stop of one axis, None for all of it; a single row keeps its axis."""
        if not isinstance(item, ast.Slice):
            row = self.whole(item)
            return row, row + 1
        if item.step is not None:
            raise self.refusal("D111", "a slice with a step is not supported", item)
        if item.lower is None and item.upper is None:
            return None
        start = 0 if item.lower is None else self.whole(item.lower)
        return start, None if item.upper is None else self.whole(item.upper)

    def whole(self, node: ast.expr) -> int:
        """A slice bound."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node.value
        message = "a slice has whole numbers from 0 on as its bounds"
        raise self.refusal("D111", message, node, "W[1:] leaves out the first row")

    # -------------------------------------------------------------------------------- operators

    def binary(self, node: ast.BinOp) -> Piece:
        """`a + b`"""
        left, right = self.piece(node.left), self.piece(node.right)
        span, sign = self.source.span(node), type(node.op)
        if sign is ast.Pow:
            return self.make.power(left, right, span)
        if sign is ast.Div:
            return self.make.divide(left, right, span)
        if sign not in _OPERATORS:
            raise self.refusal("D113", "this operator is not read", node)
        return self.make.apply(_OPERATORS[sign], [left, right], span)

    def unary(self, node: ast.UnaryOp) -> Piece:
        """`-a`"""
        operand, span = self.piece(node.operand), self.source.span(node)
        if isinstance(node.op, ast.USub):
            return self.make.negate(operand, span)
        if isinstance(node.op, ast.UAdd):
            return widen(operand, span)
        raise self.refusal("D113", "this operator is not read", node)

    def comparison(self, node: ast.Compare) -> Piece:
        """`a > b`"""
        sign = _COMPARISONS.get(type(node.ops[0]))
        if sign is None or len(node.ops) != 1:
            raise self.refusal("D113", "this comparison is not read", node)
        left, right = self.piece(node.left), self.piece(node.comparators[0])
        return self.make.compare(sign, left, right, self.source.span(node))

    # ------------------------------------------------------------------------------------ calls

    def call(self, node: ast.Call) -> Piece:
        """`np.tanh(z)`, `softmax(z)`, `A.dot(B)`"""
        function, first = self.function(node.func)
        arguments = [*first, *self.arguments(function, node)]
        keywords = {word.arg or "**": self.value(word.value) for word in node.keywords}
        span = self.source.span(node)
        return build(self.make, Call(function, span, tuple(arguments), keywords))

    def function(self, node: ast.expr) -> tuple[str, list[Piece]]:
        """The function that is called, and what a method is called on."""
        if isinstance(node, ast.Attribute):
            if self.is_library(node.value):
                return self.known(_NUMPY.get(node.attr), node.attr, _NUMPY, node), []
            if node.attr in _METHODS:
                return _METHODS[node.attr], [self.piece(node.value)]
            self.holder(node.value)
        elif not isinstance(node, ast.Name):
            raise self.refusal("D113", "this call is not read", node)
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        if name == "sum":
            raise self.refusal("D110", "`sum` of Python adds up rows", node, "write np.sum")
        return self.known(function_of(name_key(name)), name, _NUMPY, node), []

    def is_library(self, node: ast.expr) -> bool:
        """`np`, unless it is declared as a name."""
        name = node.id if isinstance(node, ast.Name) else ""
        return name in MODULES and name not in self.names.declared

    def known(
        self, function: str | None, name: str, others: Collection[str], node: ast.expr
    ) -> str:
        """A function, or the refusal of a name that is none."""
        if function is not None:
            return function
        raise self.refusal(
            "D101", f"unknown function `{shown(name)}`", node, suggestion(name, others)
        )

    def arguments(self, function: str, node: ast.Call) -> Sequence[Piece]:
        """The arguments; those of a stack stand in a list."""
        if function not in _STACKS:
            return [self.piece(argument) for argument in node.args]
        if len(node.args) != 1 or not isinstance(node.args[0], ast.List | ast.Tuple):
            raise self.refusal("D110", "what is stacked stands in one list", node)
        axis = _STACKS[function]
        if axis is None:
            named = [self.value(word.value) for word in node.keywords if word.arg == "axis"]
            axis = named[0] if named and isinstance(named[0], int) else 0
        return [self.block(item, axis) for item in node.args[0].elts]

    def block(self, node: ast.expr, axis: int) -> Piece:
        """A block of a stack; `np.ones((len(H), 1))`, one wide, is the number 1."""
        match node:
            case ast.Call(ast.Attribute(owner, name), [ast.Tuple(elts=sizes), *rest]):
                if self.is_library(owner) and name in _FILLED and len(rest) == (name == "full"):
                    self.sizes(sizes, axis, node)
                    span = self.source.span(node)
                    number = self.make.number(_FILLED[name], span)
                    return self.piece(rest[0]) if rest else number
        return self.piece(node)

    def sizes(self, sizes: Sequence[ast.expr], axis: int, node: ast.expr) -> None:
        """Check the sizes of a constant block: readable, and one wide."""
        for size in sizes:
            match size:
                case ast.Call(ast.Name(id="len"), [array]) | ast.Subscript(
                    ast.Attribute(array, "shape"), ast.Constant()
                ):
                    self.piece(array)
                case _:
                    self.piece(size)
        wide = sizes[axis] if -len(sizes) <= axis < len(sizes) else None
        if not (isinstance(wide, ast.Constant) and wide.value == 1):
            raise self.refusal("D110", f"this block is not one wide along axis {axis}", node)

    def value(self, node: ast.expr) -> Attr:
        """The value of a keyword."""
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool)):
            return node.value
        piece = self.piece(node)
        if isinstance(piece.term, Const) and piece.term.value.denominator == 1:
            return int(piece.term.value)
        raise self.refusal("D110", "a keyword takes a whole number or True", node)


_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
}
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Gt: "greater",
    ast.Lt: "less",
    ast.GtE: "at least",
    ast.LtE: "at most",
}
