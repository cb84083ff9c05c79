"""What of code is settled before any array is known: whole numbers, words, truths.

`f"W{l + 1}"` where l is 1 is "W2", and `l > 1` does not hold then.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

Settled = int | str | bool
Look = Callable[[ast.expr], Settled | None]
"""What a name, or the length of a list, is settled to be; None where that is not known."""

MOST_LETTERS = 200
_ARITHMETIC: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ORDER: Mapping[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def settled(node: ast.expr, look: Look) -> Settled | None:
    """The whole number, word or truth that an expression is, where it is settled.

    >>> settled(ast.parse("'dW' + str(2 - 1)", mode="eval").body, lambda node: None)
    'dW1'
    """
    match node:
        case ast.Constant(int() | str() as value):
            return value
        case ast.Name() | ast.Attribute() | ast.Call(ast.Name("len"), [_], []):
            return look(node)
        case ast.UnaryOp(op, operand):
            return _signed(op, settled(operand, look))
        case ast.BinOp(left, op, right):
            return _joined(op, settled(left, look), settled(right, look))
        case ast.JoinedStr(parts):
            return _text([settled(part, look) for part in parts])
        case ast.FormattedValue(value, -1, None) | ast.Call(ast.Name("str"), [value], []):
            return _text([settled(value, look)])
        case ast.Compare(left, [op], [right]):
            return _compared(op, settled(left, look), right, look)
        case ast.BoolOp(op, values):
            return _logical(op, [settled(value, look) for value in values])
    return None


def _signed(op: ast.unaryop, value: Settled | None) -> Settled | None:
    if isinstance(op, ast.Not) and value is not None:
        return not value
    number = isinstance(value, int) and not isinstance(value, bool)
    return -value if isinstance(op, ast.USub) and number and isinstance(value, int) else None


def _joined(op: ast.operator, left: Settled | None, right: Settled | None) -> Settled | None:
    if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add):
        return _text([left, right])
    if isinstance(left, str | None) or isinstance(right, str | None):
        return None
    if type(op) not in _ARITHMETIC or (isinstance(op, ast.FloorDiv | ast.Mod) and right == 0):
        return None
    made = _ARITHMETIC[type(op)](left, right)
    return made if abs(made) < 10**9 else None


def _text(parts: Sequence[Settled | None]) -> str | None:
    if any(part is None for part in parts):
        return None
    whole = "".join(map(str, parts))
    return whole if len(whole) <= MOST_LETTERS else None


def _compared(op: ast.cmpop, left: Settled | None, right: ast.expr, look: Look) -> Settled | None:
    if isinstance(op, ast.In | ast.NotIn):
        if left is None or not isinstance(right, ast.Tuple | ast.List | ast.Set):
            return None
        found = [settled(item, look) for item in right.elts]
        return None if None in found else (left in found) is isinstance(op, ast.In)
    other = settled(right, look)
    if left is None or other is None:
        return None
    if isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        return (left == other) is isinstance(op, ast.Eq | ast.Is)
    if type(op) in _ORDER and isinstance(left, int) and isinstance(other, int):
        return _ORDER[type(op)](left, other)
    return None


def _logical(op: ast.boolop, values: Sequence[Settled | None]) -> bool | None:
    if None in values:
        return None
    return all(values) if isinstance(op, ast.And) else any(values)
