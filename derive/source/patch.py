"""A right formula as a line of the text that was wrong: its own words, and its own way to write."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from derive.diagnostic import Span
from derive.source.judging import Judged
from derive.source.listing import Listing
from derive.source.manner import Manner, shortened
from derive.source.speech import Speech
from derive.source.watching import Step
from derive.term import variables


@dataclass(frozen=True)
class Patch:
    """What takes the place of a part of a file, and the statement that it makes of it."""

    span: Span
    text: str
    line: str


def applied(patches: Iterable[Patch], text: str) -> str:
    """The file with several, from the last to the first; what is said twice is done once."""
    for one in sorted(set(patches), key=lambda patch: -patch.span.start):
        text = text[: one.span.start] + one.text + text[one.span.end :]
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
        if found is None or self.has_rate(judged):
            return None
        statement, expression = found
        whole = self.listing.span(statement)
        made = self.written(numpy, statement.lineno, self.listing.written(statement), judged)
        if made is None:
            return None
        text = ast.unparse(made)
        if expression is None:
            target = _target(statement)
            if target is None:
                return None
            line = f"{self.listing.written(target)} = {text}"
            return Patch(whole, line, line)
        span = self.listing.span(expression)
        if isinstance(made, ast.BinOp | ast.UnaryOp) and _binds(expression, statement):
            text = f"({text})"
        file = self.listing.text
        return Patch(span, text, file[whole.start : span.start] + text + file[span.end : whole.end])

    def place(self, judged: Judged) -> tuple[ast.stmt, ast.expr | None] | None:
        """The statement, and the expression in it that is wrong; none for a change in place."""
        final, step = judged.final, judged.final.step
        spans = [one for one in (step.span if step else None, final.span) if one is not None]
        if final.update and final.term is not None and final.term.span is not None:
            spans.insert(0, final.term.span)
        statements = self.statements()
        for span in spans:
            for statement in statements:
                for node in ast.walk(statement):
                    if (
                        not self.is_container(node)
                        and isinstance(node, ast.expr)
                        and self.is_read(node)
                        and self.listing.span(node) == span
                    ):
                        return statement, node
        return next(((one, None) for one in statements if self.changes(one, step)), None)

    def changes(self, statement: ast.stmt, step: Step | None) -> bool:
        """Whether a statement changes in place what a step is."""
        target = (
            statement.targets[0]
            if isinstance(statement, ast.Assign)
            else getattr(statement, "target", None)
        )
        if step is None or step.node is None or step.inner or target is None:
            return False
        return self.listing.span(target) == self.listing.span(step.node)

    def has_rate(self, judged: Judged) -> bool:
        """Whether a learning rate stands where it cannot be told from the gradient."""
        term, rates = judged.final.term, self.speech.function.scene.rates
        return judged.final.update and term is not None and bool(rates & set(variables(term)))

    def is_container(self, node: ast.AST) -> bool:
        """Whether a name is that of a list or a dict, and not of one array."""
        tracer = self.speech.function.tracer
        if not isinstance(node, ast.Name):
            return False
        return tracer.reader.entries_of(node) is not None or any(tracer.held_by(node))

    def is_read(self, node: ast.expr) -> bool:
        """Whether an expression has a value, rather than gets one."""
        return not isinstance(getattr(node, "ctx", None), ast.Store)

    def statements(self) -> list[ast.stmt]:
        """The statements of the function that hold no others."""
        kinds = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr
        chosen = self.speech.function.scene.code.chosen.node
        return [node for node in ast.walk(chosen) if isinstance(node, kinds)]

    def written(self, numpy: str, line: int, style: str, judged: Judged) -> ast.expr | None:
        """A formula in the words that hold at a line, products written as there."""
        try:
            tree = ast.parse(numpy, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return None
        words = _Words(self.speech, line, judged.final.step)
        made: ast.expr = words.visit(shortened(tree))
        if words.missing:
            return None
        made = Manner(style, self.listing.text).visit(made)
        return ast.fix_missing_locations(made)


class _Words(ast.NodeTransformer):
    """Puts the words of a text for the names of a formula."""

    def __init__(self, speech: Speech, line: int, step: Step | None) -> None:
        self.speech, self.at, self.step, self.missing = speech, line, step, False
        self.functions = set(speech.function.tracer.reader.functions)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id not in (*self.functions, "len"):
            self.missing = True  # no function of the text
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        node.args = [self.visit(one) for one in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "np":
            return node
        text = self.speech.of(node.id, self.at, self.step)
        if text is None:
            self.missing = True
            return node
        word: ast.expr = ast.parse(text, mode="eval").body
        return word


def _target(statement: ast.stmt) -> ast.expr | None:
    """The array that a statement changes in place."""
    match statement:
        case ast.Assign([ast.Subscript(target)]) | ast.AugAssign(
            ast.Subscript(target) | (ast.Name() as target)
        ):
            return target
    return None


def _binds(expression: ast.expr, statement: ast.stmt) -> bool:
    """Whether an expression stands beside a sign, or before a dot or a bracket."""
    signs = ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Subscript | ast.Compare
    for node in ast.walk(statement):
        if isinstance(node, signs) and expression in ast.iter_child_nodes(node):
            return True
    return False
