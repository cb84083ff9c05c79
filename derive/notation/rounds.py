"""The rounds of a loop that runs over what is settled: `range(2, 4)`, a list, `zip` of lists."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from derive.notation.settled import Look, settled

MOST = 64
"""Rounds of one loop that are gone through one by one."""

Listed = Callable[[ast.expr], Sequence[ast.expr] | None]
"""The entries of a list that a name is, each as an expression."""


def rounds_of(over: ast.expr, look: Look, listed: Listed) -> Sequence[ast.expr] | None:
    """What each round of a loop picks, as an expression; None where that is not settled.

    >>> over = ast.parse("enumerate(reversed([a, b]))", mode="eval").body
    >>> [ast.unparse(one) for one in rounds_of(over, lambda node: None, lambda node: None)]
    ['(0, b)', '(1, a)']
    """
    found = _rounds(over, look, listed)
    return found if found is not None and len(found) <= MOST else None


def _rounds(over: ast.expr, look: Look, listed: Listed) -> Sequence[ast.expr] | None:
    match over:
        case ast.List(elts) | ast.Tuple(elts):
            return elts
        case ast.Subscript(value, ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))):
            inner = _rounds(value, look, listed)
            return None if inner is None else inner[::-1]
        case ast.Call(ast.Name("range" | "xrange"), arguments, []):
            return _range([settled(one, look) for one in arguments], over)
        case ast.Call(ast.Name("list" | "tuple" | "tqdm"), [inner_node], []):
            return _rounds(inner_node, look, listed)
        case ast.Call(ast.Name("reversed"), [inner_node], []):
            inner = _rounds(inner_node, look, listed)
            return None if inner is None else inner[::-1]
        case ast.Call(ast.Name("enumerate"), [inner_node], []):
            inner = _rounds(inner_node, look, listed)
            places = [_number(place, over) for place in range(len(inner or ()))]
            return None if inner is None else _tuples(over, places, inner)
        case ast.Call(ast.Name("zip"), arguments, []):
            parts = [_rounds(one, look, listed) for one in arguments]
            known = [part for part in parts if part is not None]
            return _tuples(over, *known) if len(known) == len(parts) > 0 else None
    return listed(over)


def _range(ends: Sequence[object], over: ast.expr) -> Sequence[ast.expr] | None:
    numbers = [end for end in ends if isinstance(end, int)]
    if len(numbers) != len(ends) or not 1 <= len(ends) <= 3 or numbers[2:] == [0]:
        return None
    run = range(*numbers)
    return [_number(place, over) for place in run] if len(run) <= MOST else None


def _number(value: int, over: ast.expr) -> ast.expr:
    """A whole number, standing where the loop says what it runs over."""
    made = ast.copy_location(ast.Constant(abs(value)), over)
    return made if value >= 0 else ast.copy_location(ast.UnaryOp(ast.USub(), made), over)


def _tuples(over: ast.expr, *parts: Sequence[ast.expr]) -> Sequence[ast.expr]:
    rows = zip(*parts, strict=False)
    return [ast.copy_location(ast.Tuple(list(row), ast.Load()), over) for row in rows]
