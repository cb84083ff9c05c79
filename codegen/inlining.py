"""Assignments of pure values, written into the line after where that is all that reads them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable, Sequence

WIDTH = 84
"""Columns that a line may have after this."""


def inlined(body: Sequence[ast.stmt], live: Collection[str] = ()) -> list[ast.stmt]:
    """The same statements, fewer and longer; the names in `live` are read afterwards.

    >>> text = "e = exp(z); e = e + 1; h = z / e"
    >>> print(ast.unparse(inlined(ast.parse(text).body, ["h"])))
    h = z / (exp(z) + 1)
    """
    made: list[ast.stmt] = []
    for place, statement in enumerate(body):
        later = body[place + 1 :]
        new = _loop(statement, [*body], live) if isinstance(statement, ast.For) else statement
        while made and (joined := _joined(made[-1], new, later, live)) is not None:
            made.pop()
            new = joined
        made.append(new)
    return made


def _loop(loop: ast.For, around: Iterable[ast.stmt], live: Collection[str]) -> ast.For:
    """A loop with its body inlined: what any line of the function reads may be read again."""
    read = {name for statement in around for name in _reads(statement)}
    body = inlined(loop.body, read | set(live))
    return ast.For(loop.target, loop.iter, body, loop.orelse, lineno=0)


def _joined(
    first: ast.stmt, second: ast.stmt, later: Sequence[ast.stmt], live: Collection[str]
) -> ast.stmt | None:
    """The second statement with the value of the first in place of its name."""
    match first:
        case ast.Assign([ast.Name(name)], value) if not isinstance(second, ast.For):
            alone = _reads(second).count(name) == 1
            if alone and (_target(second) == name or _is_dead(name, later, live)):
                made = _Replacing(name, value).visit(copy.deepcopy(second))
                return made if len(ast.unparse(made)) <= WIDTH else None
    return None


def _is_dead(name: str, later: Iterable[ast.stmt], live: Collection[str]) -> bool:
    """Whether a name gets another value before it is read again."""
    for statement in later:
        if name in _reads(statement):
            return False
        if _target(statement) == name:
            return True
    return name not in live


def _target(statement: ast.stmt) -> str:
    match statement:
        case ast.Assign([ast.Name(name)]):
            return name
    return ""


def _reads(statement: ast.stmt) -> list[str]:
    """The names that a statement reads, as often as it does."""
    nodes: Iterable[ast.AST] = ast.walk(statement)
    if isinstance(statement, ast.Assign):
        nodes = ast.walk(statement.value)
    return [node.id for node in nodes if isinstance(node, ast.Name)]


class _Replacing(ast.NodeTransformer):
    """A value in place of a name, wherever that is read."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        """Only the right side is read."""
        return ast.Assign(node.targets, self.visit(node.value), lineno=0)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The value, where it is that name."""
        return copy.deepcopy(self.value) if node.id == self.name else node
