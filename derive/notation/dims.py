"""Sizes as code writes them: numbers, names, `x.shape[0]`, `len(x)`, and sums of these."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Protocol

from derive.diagnostic import DeriveError
from derive.notation.extents import extent
from derive.notation.piece import Piece
from derive.scope import Scope
from derive.shape import Dim, Shape
from derive.term import Apply, Attr, Const, Term, Var


class Reading(Protocol):
    """What reads the expressions of one text."""

    scope: Scope

    def piece(self, node: ast.expr) -> Piece: ...
    def size_name(self, word: str) -> str | None: ...
    def refusal(
        self, code: str, message: str, node: ast.expr | ast.stmt, help: str | None = None
    ) -> DeriveError: ...


def dims_of(reading: Reading, nodes: list[ast.expr]) -> tuple[Attr, ...]:
    """The sizes that stand in one tuple, or after each other: `(n, 1)` or `n, 1`."""
    if len(nodes) == 1:
        match nodes[0]:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                nodes = parts
            case ast.Attribute(value, "shape") | ast.Call(ast.Name(id="size"), [value], []):
                return tuple(map(_attr, _shape(reading, value)))
    return tuple(dim_of(reading, node) for node in nodes)


def dim_of(reading: Reading, node: ast.expr) -> Attr:
    """One size: a number, or the text of one."""
    match node:
        case ast.Constant(int(number)) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(ast.USub(), ast.Constant(1)):
            return -1
        case ast.Name(id=word) if name := reading.size_name(word):
            return name
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() as sign, right):
            sign_text = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(sign)]
            return f"{dim_of(reading, left)}{sign_text}{dim_of(reading, right)}"
    if (found := axis_of(reading, node)) is not None:
        return _length(reading, reading.piece(found[0]).term, found[1], node)
    match reading.piece(node).term:
        case Const(value) if value.denominator == 1:
            return int(value)
        case Var(name) if reading.scope.shapes.get(name) == ():
            return name
        case Apply("length", (array,), (int(axis),)):
            return _length(reading, array, axis, node)
        case Apply("add" | "sub") as term if sum_text := _sum_text(term, reading.scope.shapes):
            return sum_text
    raise reading.refusal("D110", "this is not a size", node, "sizes are numbers and names")


def _sum_text(term: Term, shapes: Mapping[str, Shape]) -> str | None:
    """A sum of sizes, such as an alias may stand for, as its text."""
    match term:
        case Const(value) if value.denominator == 1:
            return str(value)
        case Var(name) if shapes.get(name) == ():
            return name
        case Apply("add" | "sub" as op, (left, (Var() | Const()) as right)):
            parts = [_sum_text(part, shapes) for part in (left, right)]
            return None if None in parts else f"{parts[0]}{'+' if op == 'add' else '-'}{parts[1]}"
    return None


def _length(reading: Reading, array: Term, axis: int, node: ast.expr) -> Attr:
    """The size of an axis, by the declared shapes."""
    shape = extent(array, reading.scope.shapes)
    if shape is None or not -len(shape) <= axis < len(shape):
        raise reading.refusal("D110", "this size is not known here", node)
    return _attr(shape[axis])


def axis_of(reading: Reading, node: ast.expr) -> tuple[ast.expr, int] | None:
    """The array and the axis of `len(x)`, `x.shape[1]`, `x.size(0)`, `np.size(x, 0)`."""
    match node:
        case ast.Call(ast.Name(id="len"), [array], []):
            return array, 0
        case ast.Subscript(ast.Attribute(array, "shape"), ast.Constant(int(axis))):
            return array, axis
        case ast.Subscript(
            ast.Attribute(array, "shape"), ast.UnaryOp(ast.USub(), ast.Constant(int(axis)))
        ):
            return array, -axis
        case ast.Call(ast.Attribute(array, "size"), [ast.Constant(int(axis))], []):
            return array, axis
        case ast.Call(ast.Name(id="size"), [array], [ast.keyword("axis", ast.Constant(int(axis)))]):
            return array, axis
        case ast.Call(ast.Attribute(array, "length" | "len"), [], []):
            return array, 0
    return None


def _shape(reading: Reading, array: ast.expr) -> Shape:
    shape = extent(reading.piece(array).term, reading.scope.shapes)
    if shape is None:
        raise reading.refusal("D110", "the shape of this is not known here", array)
    return shape


def _attr(size: Dim) -> Attr:
    """A size as an attribute."""
    return size.parts[0] if len(size.parts) == 1 else str(size)
