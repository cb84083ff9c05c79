"""The left side of a claim in code: what the last statement gives a value to."""

from __future__ import annotations

import ast

from derive.notation.codelike import CodeReader
from derive.notation.environment import Target, root_of, target_of
from derive.notation.keeper import Value
from derive.notation.loops import mentions
from derive.notation.parts import items_from
from derive.term import Apply, Term, Var


def left_term(reader: CodeReader, value: Value) -> Term | None:
    """What gets the value, with the index letters that the value is free in."""
    if value.name is None or value.target is None:
        return None
    root = root_of(value.target)
    items, name = items_from(root, value.target), target_of(root) or value.name
    names = [f"#{item.id}" for item in items if isinstance(item, ast.Name)]
    letters = [Var(name) for name in names if mentions(value.piece.term, name)]
    term = _named(reader, name)
    return Apply("entry", (term or Var(name.name), *letters)) if letters else term


def _named(reader: CodeReader, name: Target) -> Term | None:
    """The term of a name; `grads['W1']` is not W1."""
    if name.holder:
        return reader.lookup.derivative(name.name)
    try:
        return reader.lookup.find(name.name)
    except KeyError:
        return None
