"""A right formula as a line of the text that was wrong: its own words, and its own way to write."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from derive.diagnostic import Span
from derive.source.judging import Judged
from derive.source.listing import Listing
from derive.source.speech import Speech


@dataclass(frozen=True)
class Patch:
    """What takes the place of a part of a file, and the line that it makes of it."""

    span: Span
    text: str
    line: str

    def applied(self, text: str) -> str:
        """The file with it."""
        return text[: self.span.start] + self.text + text[self.span.end :]


def applied(patches: Sequence[Patch], text: str) -> str:
    """The file with several, from the last to the first."""
    for one in sorted(patches, key=lambda patch: -patch.span.start):
        text = one.applied(text)
    return text


@dataclass
class Patcher:
    """Makes lines of one function."""

    speech: Speech

    @property
    def listing(self) -> Listing:
        """The file."""
        return self.speech.function.scene.listing

    def patch(self, judged: Judged, numpy: str) -> Patch | None:
        """The line with the right formula; None where it needs a word that the text has not."""
        found = self.place(judged)
        if found is None:
            return None
        node, expression = found
        line = expression.lineno
        made = self.written(numpy, line, self.listing.written(node))
        if made is None:
            return None
        if expression is node:  # the whole statement is written anew
            return None
        span = self.listing.span(expression)
        text = ast.unparse(made)
        if _binds_loosely(made) and self.is_inside(expression, node):
            text = f"({text})"
        return Patch(span, text, self.line(node, span, text))

    def place(self, judged: Judged) -> tuple[ast.stmt, ast.expr] | None:
        """The statement and the expression in it that is wrong."""
        span = judged.final.span if judged.final.step is None or judged.term is None else None
        wanted = judged.final.step.span if judged.final.step is not None else judged.final.span
        if judged.final.update and judged.final.term is not None:
            wanted = judged.final.term.span or wanted
        spans = [one for one in (span, wanted) if one is not None]
        for statement in self.statements():
            for node in ast.walk(statement):
                if isinstance(node, ast.expr) and not isinstance(
                    getattr(node, "ctx", None), ast.Store
                ):
                    if self.listing.span(node) in spans:
                        return statement, node
        return None

    def statements(self) -> list[ast.stmt]:
        """The statements of the function that hold no others."""
        chosen = self.speech.function.scene.code.chosen.node
        return [
            node
            for node in ast.walk(chosen)
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr)
        ]

    def written(self, numpy: str, line: int, style: str) -> ast.expr | None:
        """A formula in the words that hold at a line, products written as there."""
        try:
            tree = ast.parse(numpy, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return None
        words = _Words(self, line)
        made: ast.expr = words.visit(tree)
        if words.missing:
            return None
        if "@" not in style:
            made = (
                _Style("method" if ".dot(" in style.replace("np.dot(", "") else "np").visit(made)
                if "dot(" in style
                else made
            )
        return ast.fix_missing_locations(made)

    def is_inside(self, expression: ast.expr, statement: ast.stmt) -> bool:
        """Whether an expression stands within another one."""
        match statement:
            case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.Return(value=value):
                return value is not expression
        return True

    def line(self, node: ast.stmt, span: Span, text: str) -> str:
        """The statement as it reads then."""
        whole = self.listing.span(node)
        before = self.listing.text[whole.start : span.start]
        after = self.listing.text[span.end : whole.end]
        return before + text + after


class _Words(ast.NodeTransformer):
    """Puts the words of a text for the names of a formula."""

    def __init__(self, patcher: Patcher, line: int) -> None:
        self.patcher, self.at, self.missing = patcher, line, False
        self.functions = set(patcher.speech.function.tracer.reader.functions)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id not in self.functions:
            self.missing = True  # no function of the text
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        node.args = [self.visit(one) for one in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in ("np", "numpy"):
            return node
        text = self.patcher.speech.of(node.id, self.at)
        if text is None:
            self.missing = True
            return node
        return ast.parse(text, mode="eval").body


class _Style(ast.NodeTransformer):
    """Writes matrix products as calls."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        if self.kind == "method":
            return ast.Call(ast.Attribute(node.left, "dot", ast.Load()), [node.right], [])
        dot = ast.Attribute(ast.Name("np", ast.Load()), "dot", ast.Load())
        return ast.Call(dot, [node.left, node.right], [])


def _binds_loosely(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp | ast.UnaryOp)
