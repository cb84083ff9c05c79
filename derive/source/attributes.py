"""Attributes of one object as names of their own: `self.W1` and a local `W1` are two things."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

MARK = "selfˑ"
"""Starts the name that an attribute gets; no name of a text starts so."""


class _Apart(ast.NodeTransformer):
    """Gives `self.W1` and `self.forward()` the names that stand for them."""

    def __init__(self, holder: str) -> None:
        self.holder = holder

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node.func:
            case ast.Attribute(ast.Name(holder), name) if holder == self.holder:
                func = ast.copy_location(ast.Name(MARK + name, ast.Load()), node.func)
                node.func = func
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == self.holder:
            return ast.copy_location(ast.Name(MARK + node.attr, node.ctx), node)
        self.generic_visit(node)
        return node


def apart(body: Sequence[ast.stmt], holder: str | None) -> list[ast.stmt]:
    """The statements, the attributes of `holder` under names of their own."""
    made = [copy.deepcopy(node) for node in body]
    return made if holder is None else [_Apart(holder).visit(node) for node in made]
