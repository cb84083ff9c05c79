"""An assignment to a part of an array, `dW[i] += E`, as those who read it see it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from derive.notation.codelike import CodeReader
from derive.notation.environment import is_text
from derive.notation.loops import Loop, is_zero
from derive.notation.piece import Piece
from derive.notation.subscripts import items_of
from derive.term import Term


@dataclass(frozen=True, slots=True)
class Store:
    """`base[items] = value`, or `+=`: what was in the base, and the loops since it was set.

    No base: a sum that nothing gave a start; `like` is a term of its shape. `factors` are
    1 at the places that are meant and 0 elsewhere.
    """

    node: ast.Subscript
    items: tuple[ast.expr, ...]
    base: Piece | None
    like: Term | None
    value: ast.expr
    adds: bool
    sign: str
    around: tuple[Loop, ...]
    factors: tuple[Piece, ...] = ()


def items_from(root: ast.expr, node: ast.expr) -> tuple[ast.expr, ...]:
    """What stands in all brackets of `dW[i][j]` behind dW, from the left."""
    if node is root or not isinstance(node, ast.Subscript) or is_text(node.slice):
        return ()
    return (*items_from(root, node.value), *items_of(node))


def misplaced(reader: CodeReader, store: Store, message: str) -> Exception:
    return reader.refusal("D116", message, store.node)


def base_of(reader: CodeReader, store: Store) -> Piece:
    """What was there before."""
    if store.base is None:
        raise misplaced(reader, store, "this array has no value before")
    return store.base


def combined(reader: CodeReader, old: Piece | None, sign: str, new: Piece, span: ast.expr) -> Piece:
    """`old + new`, or `old - new`; what starts at zero is left out."""
    place = reader.source.span(span)
    if old is None or is_zero(old.term):
        return new if sign == "add" else reader.make.negate(new, place)
    return reader.make.apply(sign, [old, new], place)
