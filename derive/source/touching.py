"""What a statement may change that was not understood."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from derive.notation.environment import Own, Target
from derive.source.attributes import MARK
from derive.source.words import of_gradient
from derive.term import Apply, Term, Var

VIEWS = frozenset(("transpose", "slice", "ravel", "reshape", "row", "column", "entry"))
"""Ops that give another look at the same array."""


def touched(node: ast.stmt, own: Mapping[Target, Own]) -> Iterator[Target]:
    """The places that a statement may change, its own names apart.

    A call for its own sake may change whatever it is given, and all that a dict or a list in it
    holds; what changes the element of a loop changes what the loop runs over.
    """
    words = {word for part in ast.walk(node) for word in _changed(part)}
    for part in ast.walk(node):
        if isinstance(part, ast.For) and words & _names(part.target):
            words |= _names(part.iter)
    for place in own:
        if (place.name in words and not place.holder) or _holder(place) in words:
            yield place


def _changed(part: ast.AST) -> set[str]:
    """The words that one part of a statement may change."""
    match part:
        case ast.NamedExpr(ast.Name(word)):
            return {word}
        case ast.Expr(value) if not only_shows(part):
            return _names(value)
        case ast.AugAssign(target=target):
            return _roots([target])
        case ast.Assign(targets=targets, value=value):
            return _roots(targets) | (_names(value) if _repeats(value) else set())
        case ast.Delete():
            return _names(part)
        case ast.Return(value) if value is not None:
            return {word for word in _names(value) if any(of_gradient(word))}
    return set()


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _repeats(node: ast.expr) -> bool:
    """Whether an expression has a loop within, whose calls may change things."""
    return any(isinstance(one, ast.comprehension | ast.Lambda) for one in ast.walk(node))


def _roots(targets: Sequence[ast.expr]) -> set[str]:
    """The names that targets start with, where their places are not settled."""
    found: set[str] = set()
    for target in targets:
        inner = target
        while isinstance(inner, ast.Subscript):
            inner = inner.value
        settled = isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
        if isinstance(inner, ast.Name) and not settled:
            found.add(inner.id)
    return found


def _holder(place: Target) -> str:
    """The word that holds a place."""
    return (place.holder or place.name).partition("id='")[2].partition("'")[0]


def only_shows(node: ast.stmt) -> bool:
    """Whether a statement only prints, or does so now and then."""
    match node:
        case ast.Expr(ast.Call(ast.Name("print"))) | ast.Pass():
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(word), "append"))):
            return MARK not in word
        case ast.If(body=body, orelse=orelse):
            return all(map(only_shows, (*body, *orelse)))
    return False


def sources_of(term: Term) -> Iterator[str]:
    """The names of which a formula is only another look."""
    while isinstance(term, Apply) and term.op in VIEWS:
        term = term.args[0]
        if isinstance(term, Var):
            yield term.name
