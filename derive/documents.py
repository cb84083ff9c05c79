"""A page of Markdown, LaTeX or plain text to statements: its claims, and the network if it has one.

An equation whose left side is a derivative is a claim. Where no network is given, equations for
names are forward equations, and shapes that are said declare symbols. The rest is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive import dense
from derive.definitions import Definition, Shaped, network
from derive.diagnostic import Span, refuse
from derive.equation import Row, derivative_of, entries_of, is_derivative, name_of, rows
from derive.extract import lines_of
from derive.listing import Assignment, assignments
from derive.markup import Piece, pieces
from derive.prose import shapes_said
from derive.renaming import renamed
from derive.stages import stages
from derive.statement import Alias, Bracket, ClaimLine, Declare, Let, Loss, Stack, Statement
from derive.statements import KEYWORDS, MOST, statements

Found = Definition | Shaped | ClaimLine | Alias

LAST_NAMED = "no left side: taken to be about the derivative that was named last"
LOSSES = ("L", "J", "C", "E", "loss", "cost", "Loss", "Cost")
NUMPY_NAME = re.compile(r"d_?(?:[A-Z]\w*|[a-z]{1,2}[0-9]*|(?:hidden|scores|logits|out|yhat)\w*)")
STACK_NAME = re.compile(r"(?:[WzHb][0-9]+|x|y|yhat|L|N)")
FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)", re.M)
LINE = re.compile(r"^[ \t]*(?:[-*•][ \t]+)?(\S[^\n]*?[^=<>!:\n]=[^=\n][^\n]*)$", re.M)


def document(text: str, layers: dense.Stack | None = None) -> tuple[Statement, ...]:
    r"""The statements of a page, or of a text in the explicit form.

    With `layers` the network is known: claims are taken, and what the page calls its quantities.

    Raises DeriveError, with the place, for what is no statement in an explicit part.

    >>> document(r"So $dW_2 = H_1^T d$ follows.")[0].text
    'dW_2 = H_1^T d'
    """
    if is_explicit(text):
        return statements(text)
    parts = pieces(text)
    stated = tuple(one for part in parts if part.kind == "derive" for one in _block(text, part))
    if any(isinstance(one, ClaimLine) for one in stated):
        return stated
    forward = any(isinstance(one, Stack | Let | Loss | Declare) for one in stated)
    given = layers is not None or forward
    found = sorted(Page(text, parts, given).found(), key=lambda one: one.span.start)
    if len(found) > MOST:
        raise refuse("D127", f"the page has {len(found)} formulas; at most {MOST} are read")
    placed = tuple(numbered(text, found))
    if not given:
        return (*stated, *network(placed))
    aliases = tuple(_aliases(placed, layers))
    steps = _stages(placed, layers, aliases)
    return (*stated, *aliases, *steps, *_claims_only(placed))


def is_explicit(text: str) -> bool:
    """Whether most lines of a text start as statements do, and none is a fence."""
    if FENCE.search(text):
        return False
    words = [line.keyword for line in lines_of(text)]
    return 2 * sum(word in KEYWORDS for word in words) > len(words)


def _block(page: str, part: Piece) -> Iterator[Statement]:
    """The statements of an explicit block, with their places in the page."""
    above = page.count("\n", 0, part.start)
    for one in statements("\n" * above + part.text):
        shift = part.start - above
        yield replace(one, span=Span(one.span.start + shift, one.span.end + shift))


def numbered(page: str, found: list[Found]) -> Iterator[Found]:
    """What was found on a page, in order, with its lines."""
    line, at = 1, 0
    for one in found:
        line += page.count("\n", at, one.span.start)
        at = one.span.start
        yield replace(one, line=line)


def _aliases(found: tuple[Found, ...], layers: dense.Stack | None) -> Iterator[Alias]:
    """What a page calls the quantities of a stack."""
    definitions = [one for one in found if isinstance(one, Definition)]
    claims = [one for one in found if isinstance(one, ClaimLine)]
    claims += [one.claim() for one in found if isinstance(one, Shaped)]
    return renamed(layers, definitions, claims) if layers else iter(())


def _stages(
    found: tuple[Found, ...], layers: dense.Stack | None, aliases: tuple[Alias, ...]
) -> Iterator[Statement]:
    """The steps of a page on the way to its loss that a stack has not."""
    if layers is None:
        return iter(())
    definitions = [one for one in found if isinstance(one, Definition)]
    claims = [one for one in found if isinstance(one, ClaimLine)]
    spelled = (name.text for one in aliases if (name := name_of(one.written)))
    return stages(definitions, claims, (*layers.derivation.names(), *spelled))


def _claims_only(found: tuple[Found, ...]) -> Iterator[Statement]:
    """What is left where the network is given: shapes are claims then."""
    for one in found:
        if isinstance(one, Shaped):
            yield one.claim()
        elif not isinstance(one, Definition):
            yield one


@dataclass
class Page:
    """Goes over the pieces of a page; remembers the derivative that was named last."""

    text: str
    parts: tuple[Piece, ...]
    given: bool
    named: tuple[str, str] | None = None

    def found(self) -> Iterator[Found]:
        """Claims, definitions and shapes, sorted by kind of source."""
        for part in self.parts:
            if part.kind == "formula":
                for row in rows(part.text, part.start):
                    yield from self.row(row, part)
            elif part.kind == "code":
                for one in assignments(part.text):
                    yield from self.assignment(one, part.start)
        if not any(part.kind in ("formula", "code") for part in self.parts):
            yield from self.plain()
        for said in shapes_said(self.text, self.parts):
            span = Span(said.start, said.start + len(said.subject))
            yield Shaped(said.subject, said.dims, span=span)

    def plain(self) -> Iterator[Found]:
        """The lines of a page without marks that are equations."""
        for found in LINE.finditer(self.text):
            part = Piece("formula", found[1], found.start(1), *found.span())
            for row in rows(found[1], found.start(1)):
                yield from self.row(row, part)

    def row(self, row: Row, part: Piece) -> Iterator[Found]:
        """What one formula says."""
        span = Span(row.start, min(row.start + len(row.text), part.end))
        left, name = row.left, name_of(row.left)
        if not left:
            return
        if is_derivative(left) and (any(row.links[1:]) or row.dims is not None):
            self.named = derivative_of(left) or self.named
            yield from _named(row, span)
            yield ClaimLine(None, row.text, span=span)
        elif derivative_of(left):
            self.named = derivative_of(left)
        elif any(row.links[1:]) and name and not name.turned:
            dims = entries_of(row.links[-1])
            if dims:
                yield Shaped(row.left, dims, span=span)
            else:
                yield from _definitions(name.text, row, span)
        elif len(row.links) == 1 and row.dims is not None:
            yield self.shaped(row, part, span)

    def shaped(self, row: Row, part: Piece, span: Span) -> Found:
        """A formula with a shape and no equation sign.

        Where it has a line for itself, it is the result of what was said before.
        """
        alone = _alone(self.text, part) and name_of(row.left) is None
        if alone and self.named and self.named[0] in LOSSES and " " in row.text:
            return ClaimLine(Bracket("gradient", *self.named), row.text, span=span, note=LAST_NAMED)
        inner = re.fullmatch(r"\\?(?:text\{)?[Dd]im\}?\s*\((.*)\)", row.left)
        return Shaped(inner[1] if inner else row.left, row.dims or (), span=span)

    def assignment(self, one: Assignment, start: int) -> Iterator[Found]:
        """What an assignment of code says."""
        span = Span(start + one.start, start + one.start + len(one.text))
        if is_derivative(one.name) and (NUMPY_NAME.fullmatch(one.name) or one.name[:5] == "delta"):
            yield ClaimLine(None, one.text, span=span)
        elif one.target.isidentifier() and not self.given:
            yield Definition(one.name, one.value, span=span)
        elif one.target.isidentifier() and not STACK_NAME.fullmatch(one.target):
            yield Alias(one.target, one.value, span=span)


def _definitions(name: str, row: Row, span: Span) -> Iterator[Definition]:
    """The names that an equation defines: of `a = f(z) = p`, a and p."""
    formulas = [link for link in row.links[1:] if name_of(link) is None]
    yield Definition(name, formulas[-1] if formulas else row.links[1], span=span)
    for other in map(name_of, row.links[1:] if formulas else ()):
        if other and not other.turned:
            yield Definition(other.text, row.left, span=span)


def _named(row: Row, span: Span) -> Iterator[Alias]:
    r"""`\delta_2 = \frac{\partial L}{\partial z_2} = …` says what `\delta_2` is."""
    known = [derivative_of(link) for link in row.links[1:]]
    if re.match(r"\\delta|δ", row.left) and known and known[0]:
        yield Alias(row.left, "d{}/d{}".format(*known[0]), span=span)


def _alone(page: str, part: Piece) -> bool:
    """Whether a formula has its line for itself."""
    before = page[page.rfind("\n", 0, part.begin) + 1 : part.begin]
    after = page[part.end :].partition("\n")[0]
    return not before.strip() and not after.strip(" \t.,")
