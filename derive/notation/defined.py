"""Functions that code defines before it calls them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from derive.notation.known import Function


def without_classes(statements: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements, with the methods of a class as functions."""
    found: list[ast.stmt] = []
    for node in statements:
        found.extend(node.body if isinstance(node, ast.ClassDef) else [node])
    return found


def function_in(node: ast.stmt) -> Function | None:
    """The function that a statement defines: `def f(z): ...`, `f = lambda z: ...`."""
    match node:
        case ast.FunctionDef(name, takes, body):
            return Function(name, takes, body)
        case ast.Assign([ast.Name(name)], ast.Lambda(takes, value)):
            return Function(name, takes, [ast.copy_location(ast.Return(value), value)])
    return None


def arguments_of(function: Function, node: ast.Call) -> Mapping[str, ast.expr] | None:
    """What each name of a function gets in a call; None where that is not certain."""
    takes = function.takes
    names = [one.arg for one in (*takes.posonlyargs, *takes.args)]
    defaults = dict(zip(names[::-1], takes.defaults[::-1], strict=False))
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if takes.vararg or takes.kwarg or takes.kwonlyargs or len(node.args) > len(names):
        return None
    given = dict(zip(names, node.args, strict=False))
    for word in node.keywords:
        if word.arg is None or word.arg not in names or word.arg in given:
            return None
        given[word.arg] = word.value
    whole = {**defaults, **given}
    return whole if whole.keys() == set(names) else None
