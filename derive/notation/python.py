"""NumPy text to Python's syntax tree, with every node's place in the text; nothing is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.draft import Draft, draft
from derive.notation.limits import MAX_DIGITS, MAX_NESTING, check_length

_COMMENT = re.compile(r"#[^\n]*")
_DIGITS = re.compile(rf"[0-9_]{{{2 * MAX_DIGITS},}}")
_BREAK = re.compile(r"\\?\n")
_NUMPY_SIGNS = re.compile(r"\b(?:np|numpy|self)\.|@|\*\*|\.T\b|\.(?:dot|sum|transpose)\(|\[['\"]")
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
_BLOCK = "if 1:\n"


class Source(NamedTuple):
    """A text, the lines that Python was given of it, and where each starts in its draft."""

    draft: Draft
    lines: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def text(self) -> str:
        """The text as it was given."""
        return self.draft.original

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """The place of a node."""
        return self.draft.span(*self._range(node))

    def written(self, node: ast.expr | ast.stmt) -> str:
        """A node as it stands in the draft."""
        return self.draft.text[slice(*self._range(node))]

    def _range(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._at(node.lineno, node.col_offset)
        return start, self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="replace"))
        return self.starts[line - 1] + column

    def failure(self, error: Exception) -> DeriveError:
        """The refusal of what Python cannot parse, with the caret where Python puts it."""
        if isinstance(error, RecursionError | MemoryError):
            return refuse("D106", "the formula is nested too deep", self.text, Span(0, 0))
        line, column = 1, 1
        if isinstance(error, SyntaxError) and error.lineno and error.offset:
            line, column = min(error.lineno, len(self.lines)), error.offset
        start = self.draft.span(
            min(self.starts[line - 1] + column - 1, len(self.draft.text)), 0
        ).start
        return refuse("D112", "this is not NumPy text", self.text, Span(start, start + 1))


def looks_like_numpy(text: str) -> bool:
    """Whether a formula is in NumPy notation rather than in LaTeX or plain text.

    >>> looks_like_numpy("x.T @ d"), looks_like_numpy("x^T d"), looks_like_numpy("W * x")
    (True, False, False)
    """
    return "\\" not in text and "^" not in text and _NUMPY_SIGNS.search(text) is not None


def parse_expression(text: str | Draft) -> tuple[ast.expr, Source]:
    """The tree of one expression, which may run over several lines."""
    clean = _guarded(text)
    flat = _BREAK.sub(lambda found: " " * len(found.group()), clean.text)
    start = len(flat) - len(flat.lstrip())
    if not flat.strip():
        raise refuse("D114", "the formula is empty", clean.original, Span(0, 0))
    source = Source(clean, (flat[start:],), (start,))
    tree = _parse(source.lines, "eval", source)
    assert isinstance(tree, ast.Expression)
    return tree.body, source


def parse_program(text: str | Draft) -> tuple[Sequence[ast.stmt], Source]:
    """The trees of statements, which may all be indented."""
    clean = _guarded(text)
    lines = clean.text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    first = next((line for line in lines if line.strip()), "")
    if first[:1].isspace():
        source = Source(clean, (_BLOCK.strip(), *lines), (0, *starts[:-1]))
    else:
        source = Source(clean, tuple(lines), tuple(starts[:-1]))
    tree = _parse(source.lines, "exec", source)
    assert isinstance(tree, ast.Module)
    if first[:1].isspace() and len(tree.body) == 1 and isinstance(tree.body[0], ast.If):
        return tree.body[0].body, source
    return tree.body, source


def _parse(lines: Sequence[str], mode: str, source: Source) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines), mode=mode)
    except _FAILURES as error:
        raise source.failure(error) from None


def _guarded(text: str | Draft) -> Draft:
    """The text without comments, of the same length, once its size is known to be harmless."""
    given = draft(text) if isinstance(text, str) else text
    check_length(given.original)
    clean = given.text.replace("\r\n", " \n").replace("\r", "\n").replace("\f", " ")
    clean = _COMMENT.sub(lambda found: " " * len(found.group()), clean)
    if long := _DIGITS.search(clean):
        message = f"a number has more than {MAX_DIGITS} digits"
        raise refuse("D108", message, given.original, given.span(*long.span()))
    depth = 0
    for place, letter in enumerate(clean):
        depth += (letter in "([{") - (letter in ")]}")
        if depth > MAX_NESTING:
            message = f"brackets are nested more than {MAX_NESTING} deep"
            raise refuse("D106", message, given.original, given.span(place, place + 1))
    return given._replace(text=clean)
