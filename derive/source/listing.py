"""A file of Python as text and tree, with the place of every node; nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.draft import draft
from derive.notation.python import Source

MOST_TEXT = 400_000
"""Characters of a file at most."""

MOST_DEPTH = 120
"""How deep the parts of a file may stand in each other."""

_FAILURES = (ValueError, RecursionError, MemoryError, OverflowError)


@dataclass(frozen=True)
class Listing:
    """The name of a file, its text, its tree, and the places of the nodes."""

    name: str
    text: str
    tree: ast.Module
    source: Source

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """The place of a node in the text."""
        return self.source.span(node)

    def line(self, place: int) -> int:
        """The line of a place, counted from 1."""
        return self.text.count("\n", 0, place) + 1

    def written(self, node: ast.expr | ast.stmt) -> str:
        """A node as it stands in the text."""
        return self.source.written(node)


def listing(text: str, name: str) -> Listing:
    """The file. Raises DeriveError, with the caret where Python puts it, for what is none."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    if len(text) > MOST_TEXT:
        raise refuse("D127", f"{name} has more than {MOST_TEXT:,} characters")
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        raise _misspelled(error, text, lines, starts, name) from None
    except _FAILURES:
        raise refuse("D106", f"{name} is nested too deep, or holds what Python refuses") from None
    if _depth(tree) > MOST_DEPTH:
        raise refuse("D106", f"{name} is nested more than {MOST_DEPTH} deep")
    return Listing(name, text, tree, Source(draft(text), tuple(lines), tuple(starts[:-1])))


def _misspelled(
    error: SyntaxError, text: str, lines: Sequence[str], starts: Sequence[int], name: str
) -> DeriveError:
    line = min(max(error.lineno or 1, 1), len(lines))
    start = starts[line - 1] + min(max((error.offset or 1) - 1, 0), len(lines[line - 1]))
    message = f"{name} is not Python: {error.msg}, line {line}"
    return refuse("D137", message, text, Span(start, start + 1))


def _depth(tree: ast.AST) -> int:
    """How deep nodes stand in each other, found without recursion."""
    deepest, todo = 0, [(tree, 1)]
    while todo:
        node, depth = todo.pop()
        deepest = max(deepest, depth)
        todo.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest
