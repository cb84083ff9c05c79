"""Assignments in the code of a page, in the order in which they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.diagnostic import DeriveError
from derive.notation.python import parse_program

ASSIGNED = re.compile(r"^[ \t]*([A-Za-z_][\w.\[\]'\"]*)[ \t]*(?:\+?=)(?!=)[ \t]*(\S[^\n]*)$", re.M)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment: the text of its target, of its value, of all of it, and where it starts."""

    target: str
    value: str
    text: str
    start: int

    @property
    def name(self) -> str:
        """The last name of the target: `W2` of `self.grads['W2']`."""
        words = re.findall(r"[A-Za-z_]\w*", self.target)
        return words[-1] if words else self.target


def assignments(code: str) -> tuple[Assignment, ...]:
    """The assignments of a piece of code, read as Python, or line by line where it is none.

    >>> [one.name for one in assignments("dz = p - y\\ngrads['W'] = x.T @ dz")]
    ['dz', 'W']
    """
    try:
        nodes, source = parse_program(code)
    except DeriveError:
        lines = ASSIGNED.finditer(code)
        return tuple(
            Assignment(one[1], one[2].rstrip("; \t"), one[0].strip(), one.start(1)) for one in lines
        )
    found = []
    for node, target, value in _assigned(nodes):
        span, left, right = source.span(node), source.span(target), source.span(value)
        texts = [code[one.start : one.end] for one in (left, right, span)]
        found.append(Assignment(texts[0], texts[1], texts[2], span.start))
    return tuple(found)


def _assigned(nodes: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.expr, ast.expr]]:
    """The assignments to one target, those inside of functions and loops too."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[target], value=value):
                yield node, target, value
            case ast.AugAssign(target=target, value=value, op=ast.Add()):
                yield node, target, value
            case _:
                yield from _assigned(getattr(node, "body", ()))
