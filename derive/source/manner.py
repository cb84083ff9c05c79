"""NumPy text as a person writes it: shorter where it can be, products as in the line before."""

from __future__ import annotations

import ast
import re


def shortened(node: ast.expr) -> ast.expr:
    """The expression without the axes that it adds and takes away again.

    >>> long = ast.parse("np.sum(d, axis=0, keepdims=True).T.ravel()", mode="eval").body
    >>> ast.unparse(shortened(long))
    'np.sum(d, axis=0)'
    """
    for _ in range(4):
        made = _Shorter().visit(node)
        if ast.dump(made) == ast.dump(node):
            break
        node = made
    return node


class _Shorter(ast.NodeTransformer):
    """One round of it. What comes of it is judged again, so it need only be likely."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(inner, "ravel"), [], []):
                return _flat(inner) or node
            case ast.Call(ast.Attribute(ast.Name("np"), "sum"), [ast.Attribute(array, "T")], words):
                return ast.Call(node.func, [array], [_other_axis(one) for one in words])
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Attribute(ast.Attribute(inner, "T"), "T"):
                return inner
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(left, ast.Div(), ast.Constant(1)):
                return left
        return node


def _flat(node: ast.expr) -> ast.expr | None:
    """What `.ravel()` of an expression is, where it is shorter."""
    match node:
        case ast.Attribute(inner, "T"):
            return _flat(inner)
        case ast.UnaryOp(op, operand) if flat := _flat(operand):
            return ast.UnaryOp(op, flat)
        case ast.BinOp(left, ast.Div() | ast.Mult() as op, ast.Name() | ast.Constant() as right):
            flat = _flat(left)
            return None if flat is None else ast.BinOp(flat, op, right)
        case ast.BinOp(ast.Name() | ast.Constant() as left, ast.Mult() as op, right):
            flat = _flat(right)
            return None if flat is None else ast.BinOp(left, op, flat)
        case ast.Call(ast.Attribute(ast.Name("np"), "sum"), args, words):
            kept = [one for one in words if one.arg != "keepdims"]
            return ast.Call(node.func, args, kept) if len(kept) < len(words) else None
    return None


def _other_axis(word: ast.keyword) -> ast.keyword:
    match word:
        case ast.keyword("axis", ast.Constant(int(axis))) if axis in (0, 1):
            return ast.keyword("axis", ast.Constant(1 - axis))
    return word


class Manner(ast.NodeTransformer):
    """Writes matrix products as a line has them, and NumPy by the name that a file has for it."""

    def __init__(self, line: str, text: str) -> None:
        found = re.search(r"^\s*import numpy as (\w+)", text, re.M)
        plain = re.search(r"^\s*import numpy\s*$", text, re.M)
        self.module = found[1] if found else "numpy" if plain else "np"
        self.kind = _kind(line, self.module)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.module, node.ctx) if node.id == "np" else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult) or self.kind == "@":
            return node
        if self.kind == "method":
            return ast.Call(ast.Attribute(node.left, "dot", ast.Load()), [node.right], [])
        dot = ast.Attribute(ast.Name(self.module, ast.Load()), "dot", ast.Load())
        return ast.Call(dot, [node.left, node.right], [])


def _kind(line: str, module: str) -> str:
    """How a line writes the product of matrices."""
    if "@" in line or "dot(" not in line:
        return "@"
    return "call" if f"{module}.dot(" in line else "method"
