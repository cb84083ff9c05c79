"""Comparisons in code, and what joins them: `0 < x < 6`, `y == k`, `a & b`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from derive.notation.masks import combine, negated
from derive.notation.piece import Maker, Piece
from derive.notation.python import Source
from derive.term import Term, Var

MASK_SIGNS: Mapping[type[ast.AST], str] = {
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.And: "and",
    ast.Or: "or",
}
_ORDER: Mapping[type[ast.cmpop], str] = {
    ast.Gt: "greater",
    ast.Lt: "less",
    ast.GtE: "at least",
    ast.LtE: "at most",
}


class Reading(Protocol):
    """What reads the expressions of one text."""

    source: Source
    make: Maker

    @property
    def letters(self) -> Collection[str]: ...
    def piece(self, node: ast.expr) -> Piece: ...
    def mask(self, node: ast.expr) -> Piece: ...
    def refusal(self, code: str, message: str, node: ast.expr | ast.stmt) -> Exception: ...


def joined(
    reading: Reading, sign: type[ast.AST], nodes: Sequence[ast.expr], whole: ast.expr
) -> Piece:
    """`a & b`, `a or b`, of masks."""
    first, *rest = [reading.mask(node) for node in nodes]
    span = reading.source.span(whole)
    for other in rest:
        first = combine(reading.make, MASK_SIGNS[sign], first, other, span)
    return first


def compared(reading: Reading, node: ast.Compare) -> Piece:
    """A chain of comparisons holds where each does."""
    terms, span = [node.left, *node.comparators], reading.source.span(node)
    first, *rest = [
        _one(reading, left, sign, right, node)
        for left, sign, right in zip(terms, node.ops, terms[1:], strict=False)
    ]
    for other in rest:
        first = combine(reading.make, "and", first, other, span)
    return first


def _one(
    reading: Reading, left: ast.expr, sign: ast.cmpop, right: ast.expr, node: ast.Compare
) -> Piece:
    span = reading.source.span(node)
    if isinstance(sign, ast.Eq | ast.NotEq):
        same = _equal(reading, left, right, node)
        return same if isinstance(sign, ast.Eq) else negated(reading.make, same, span)
    if type(sign) not in _ORDER:
        raise reading.refusal("D113", "this comparison is not read", node)
    pieces = reading.piece(left), reading.piece(right)
    return reading.make.compare(_ORDER[type(sign)], *pieces, span)


def _equal(reading: Reading, left: ast.expr, right: ast.expr, node: ast.Compare) -> Piece:
    """`i == j` of letters is a delta; of arrays both `a >= b` and `a <= b`."""
    span = reading.source.span(node)
    letters = [_letter(reading, left), _letter(reading, right)]
    found = [Piece(term, span) for term in letters if term is not None]
    if len(found) == 2:
        return reading.make.apply("delta", found, span)
    a, b = reading.piece(left), reading.piece(right)
    least = reading.make.compare("at least", a, b, span)
    return combine(reading.make, "and", least, reading.make.compare("at most", a, b, span), span)


def _letter(reading: Reading, node: ast.expr) -> Term | None:
    """An index letter that stands alone."""
    lone = isinstance(node, ast.Name) and node.id in reading.letters
    return Var(f"#{node.id}") if lone and isinstance(node, ast.Name) else None
