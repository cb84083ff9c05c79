"""What a submission says, in order: statements, claims, and what it calls things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.definitions import Definition
from derive.diagnostic import DeriveError, Diagnostic, Span, refuse
from derive.documents import NUMPY_NAME, Page, is_explicit, numbered
from derive.extract import LONGEST, lines_of
from derive.listing import assignments
from derive.markup import pieces
from derive.statement import Alias, ClaimLine, Declare, Given, Let, Loss, Stack, Statement
from derive.statements import MOST, statement

NETWORK = (Stack, Let, Loss, Declare)
HEAD = "```python\n"


@dataclass(frozen=True)
class Said:
    """The lines of a submission; `unread` has those that are no statements, with their numbers.

    A definition is an equation of a page for a name. `code`: all of it is a program.
    """

    lines: tuple[Statement, ...]
    unread: tuple[tuple[int, Diagnostic], ...] = ()
    code: bool = False

    @property
    def claims(self) -> tuple[ClaimLine, ...]:
        """What is to be judged."""
        return tuple(one for one in self.lines if isinstance(one, ClaimLine))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Equations for names; a `let` without a network of its own is one."""
        kinds = Definition | Let | Loss
        return tuple(_definition(one) for one in self.lines if isinstance(one, kinds) and one.text)

    @property
    def declares(self) -> bool:
        """Whether it has a network of its own, in the explicit form."""
        return any(isinstance(one, Stack | Declare) for one in self.lines)


def _definition(one: Definition | Let | Loss) -> Definition:
    return Definition(one.name, one.text or "", line=one.line, span=one.span)


def said(text: str, suffix: str) -> Said:
    """What a text says, read by the kind of its file. Raises DeriveError for one that is too long.

    >>> said("claim dL/dW = x\\nclam dL/db = 1", ".derive").unread[0][0]
    2
    """
    if len(text) > LONGEST:
        raise refuse("D127", f"it has {len(text):,} characters; at most {LONGEST:,} are read")
    if suffix == ".derive" or (suffix != ".py" and is_explicit(text)):
        return _explicit(text)
    if suffix == ".py":
        found = _page(f"{HEAD}{text}\n```\n")
        lines = (*(replace(one, line=one.line - 1) for one in found.lines), *_kept_gradients(text))
        return replace(found, lines=tuple(sorted(lines, key=lambda one: one.line)), code=True)
    return _page(text)


def _kept_gradients(text: str) -> Iterator[ClaimLine]:
    """The gradients of a program that are kept under the names of what they are by.

    >>> [one.text for one in _kept_gradients("grads['W1'] = x.T @ dz")]
    ['dW1 = x.T @ dz']
    """
    for one in assignments(text):
        found = GRADIENT.fullmatch(one.target)
        name = next(filter(None, (found["a"], found["b"], found["c"])), "") if found else ""
        if name and not NUMPY_NAME.fullmatch(name):
            line = text.count("\n", 0, one.start) + 1
            span = Span(one.start, one.start + len(one.text))
            yield ClaimLine(None, f"d{name} = {one.value}", line=line, span=span)


GRADIENT = re.compile(
    r"(?:self\.)?(?:grads?|gradients?)\[['\"](?P<a>\w+)['\"]\]|grad_(?P<b>\w+)|(?P<c>\w+)_grad"
)


def _explicit(text: str, above: int = 0) -> Said:
    """One statement a line; a line that is none costs only itself."""
    lines, unread = list[Statement](), list[tuple[int, Diagnostic]]()
    for line in lines_of("\n" * above + text)[: MOST + 1]:
        try:
            lines.append(statement(line))
        except DeriveError as error:
            unread.append((line.number, error.diagnostic))
    if len(lines) > MOST:
        raise refuse("D127", f"it has more than {MOST} statements")
    return Said(tuple(lines), tuple(unread))


def _page(text: str) -> Said:
    """A page: its explicit blocks where these have claims, and else what its formulas say."""
    parts = pieces(text)
    blocks = [
        _explicit(one.text, text.count("\n", 0, one.start)) for one in parts if one.kind == "derive"
    ]
    stated = tuple(line for block in blocks for line in block.lines)
    unread = tuple(line for block in blocks for line in block.unread)
    if any(isinstance(one, ClaimLine) for one in stated):
        return Said(stated, unread)
    found = sorted(Page(text, parts, False).found(), key=lambda one: one.span.start)
    if len(found) > MOST:
        raise refuse("D127", f"it has {len(found)} formulas; at most {MOST} are read")
    kept = (one for one in numbered(text, found) if isinstance(one, KEPT))
    return Said((*stated, *kept), unread)


KEPT = (Definition, ClaimLine, Alias)
"""What is taken from a page: shapes that it says are no answers."""

WORDS = (Alias, Given)
"""The statements by which a submission says what it calls things of the key's network."""
