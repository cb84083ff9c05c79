r"""The text of a claim in LaTeX, Unicode or plain signs, to what it says is equal to what.

    text -> tokens -> statements, parts (layout) -> marks -> names, derivatives (resolve) -> terms

The last of several statements is judged; names that those before it assign are its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from derive.diagnostic import DeriveError, Diagnostic, Span, refuse
from derive.entries import DIFFERENTIAL
from derive.notation.choices import GRADIENT
from derive.notation.claim_reader import ClaimReader
from derive.notation.claim_scanner import MAX_TOKENS, scan_claim
from derive.notation.derivatives import Derivatives
from derive.notation.emitting import Resolved
from derive.notation.heads import is_head, tail_of
from derive.notation.indices import IndexReader
from derive.notation.layout import Statement, Tokens, statements
from derive.notation.lexicon import INDEX, Lexicon
from derive.notation.marks import Marks, attach
from derive.notation.ones import settle_ones
from derive.notation.piece import Maker
from derive.notation.resolve import resolve
from derive.notation.sums import everything
from derive.notation.table import CHOICES
from derive.notation.unrolled import unrolled
from derive.scope import ClaimText, Link, Scope
from derive.term import Apply, Term, Var, fold, walk


def read_claim(text: str, scope: Scope) -> ClaimText:
    r"""What a claim says: a left side, the formulas said to be equal to it, a shape.

    Raises DeriveError for what is not understood, with the place.

    >>> from derive.shape import Dim
    >>> shapes = {"L": (), "W": (Dim(("n",)), Dim(("m",))), "d": (Dim(("n",)),)}
    >>> claim = read_claim(r"\frac{\partial L}{\partial W_{ij}} = 2 d_i", Scope(shapes))
    >>> claim.letters, [link.term.op for link in claim.links]
    (('i',), ['mul'])
    """
    try:
        return _Claim(text, scope).read()
    except RecursionError:
        raise refuse("D106", "the formula is nested too deep", text, Span(0, 0)) from None


@dataclass(frozen=True, slots=True)
class _Side:
    """One part of a chain: its tokens and its place."""

    resolved: Resolved
    span: Span


@dataclass(frozen=True, slots=True)
class _Unread:
    """Why a formula of a chain was not understood, and whether it is the last one."""

    found: Diagnostic
    last: bool


class _Claim:
    """Reads one text."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.lexicon = Lexicon(scope)
        self.signs = dict(_signs(scope.signs))
        self.pairs: frozenset[frozenset[str]] = frozenset()
        self.doubts: dict[str, None] = {}
        self.differential = False
        self.tokens = scan_claim(text)

    def read(self) -> ClaimText:
        """All of it."""
        *before, last = statements(self.tokens, self.text)
        for statement in before:
            self.assign(statement)
        return self.judged(last)

    def namer(self, marks: Marks) -> Derivatives:
        """What finds names in one part."""
        namer = Derivatives(self.lexicon, IndexReader(self.lexicon, self.text, marks), self.text)
        namer.pairs, namer.doubts = self.pairs, self.doubts
        if self.differential:
            namer.prefix = DIFFERENTIAL
        return namer

    def side(self, tokens: Tokens) -> _Side:
        """One part with its letters resolved."""
        marks = attach(tokens, self.text)
        span = tokens[0].span.join(tokens[-1].span)
        return _Side(self.resolved(marks, span.end), span)

    def resolved(self, marks: Marks, end: int) -> Resolved:
        """Marks with their letters resolved; sums over numbered names are written out first."""
        namer = self.namer(marks)
        longer = unrolled(marks, namer.indices.sum_text, lambda part: self.within(part, namer))
        if longer is not None and len(longer) <= MAX_TOKENS:
            return self.resolved(longer, end)
        return resolve(marks, namer, self.text, end)

    def within(self, marks: Marks, namer: Derivatives) -> frozenset[str] | None:
        """The index letters in some marks; None where a name in them is not known."""
        try:
            found = resolve(marks, namer, self.text, 0)
        except DeriveError:
            return None
        places = [place for row in found.places for place in row if place is not None]
        terms = (*found.pieces, *places)
        return frozenset[str]().union(*map(_free, terms))

    def term(self, side: _Side) -> Term:
        """The term that one part is."""
        reader = ClaimReader(side.resolved, Maker(self.text), self.signs, self.scope)
        return settle_ones(reader.formula(), self.text)

    # ------------------------------------------------------------------------------- statements

    def assign(self, statement: Statement) -> None:
        """A statement on the way: the name on its left stands for its right side."""
        name, *rest = statement.parts
        if not rest or not name:
            place = next(part for part in statement.parts if part)
            message = "several statements are separated here, and this one assigns no name"
            raise refuse("D136", message, self.text, place[0].span.join(place[-1].span))
        if rest[-1]:
            self.lexicon.assign(attach(name, self.text), self.term(self.side(rest[-1])))

    def judged(self, statement: Statement) -> ClaimText:
        """The statement that the claim is."""
        parts = list(statement.parts)
        left: Term | None = None
        left_span: Span | None = None
        letters: tuple[str, ...] = ()
        if len(parts) > 1 and not parts[0]:
            parts = parts[1:]
        elif len(parts) > 1:
            is_left, left = self.left(parts[0])
            if is_left:
                left_span = parts[0][0].span.join(parts[0][-1].span)
                letters = self.letters(parts[0])
                self.pairs = self.jacobian(left)
                self.differential = left is None and self.varies(parts[0])
                parts = parts[1:]
        links, unread = self.links([part for part in parts if part], letters)
        free = {letter for link in links for letter in _free(link.term)}
        return ClaimText(
            self.text,
            links,
            left,
            left_span,
            None if unread and unread[-1].last else statement.shape,
            tuple(letter for letter in letters if letter in free),
            tuple(one.found for one in unread),
            tuple(self.doubts),
            self.differential,
        )

    def links(
        self, parts: Sequence[Tokens], letters: Sequence[str]
    ) -> tuple[tuple[Link, ...], list[_Unread]]:
        """The formulas of the chain; one that cannot be read does not take the others with it."""
        links: list[Link] = []
        unread: list[_Unread] = []
        for part in parts:
            try:
                links.append(self.link(part, letters))
            except DeriveError as error:
                unread.append(_Unread(error.diagnostic, part is parts[-1]))
        if unread and not links:
            raise DeriveError(unread[0].found)
        return tuple(links), unread

    def left(self, tokens: Tokens) -> tuple[bool, Term | None]:
        """Whether a first part is the left side, and its term if it can be read."""
        try:
            side = self.side(tokens)
            term = self.term(side)
        except DeriveError:
            return True, None
        if any(isinstance(node, Apply) and node.op == GRADIENT for node in walk(term)):
            return True, None
        kinds = [token.kind for token in side.resolved.tokens]
        alone = kinds[0] == "piece" and set(kinds[1:]) <= {"sign", "end"}
        return alone or kinds[0] == "operator" or _is_named(term), term

    def varies(self, tokens: Tokens) -> bool:
        """Whether a left side is the differential of the loss."""
        marks = attach(tokens, self.text)
        if not is_head(marks[0]) or marks[0].kind == "partial":
            return False
        found = self.namer(marks).quantity(tail_of(marks))
        return found is not None and found.term == Var(self.scope.loss)

    def jacobian(self, left: Term | None) -> frozenset[frozenset[str]]:
        """The pairs of letters, above and below, of a left side that is an entry of a Jacobian."""
        if not (isinstance(left, Apply) and left.op == "entry" and isinstance(left.args[0], Var)):
            return frozenset()
        of = self.scope.shapes.get(left.args[0].name.partition("/d")[0][1:], ())
        rank = sum(not dim.is_one for dim in of)
        names = [place.name for place in left.args[1:] if isinstance(place, Var)]
        return frozenset(frozenset(pair) for pair in product(names[:rank], names[rank:]))

    def letters(self, tokens: Tokens) -> tuple[str, ...]:
        """The index letters in the scripts of a left side, in order."""
        marks = attach(tokens, self.text)
        reader = self.namer(marks).indices
        found = [
            letter
            for mark in everything(marks)
            for script in (*mark.subs, *mark.sups)
            for one in script
            if (letter := reader.letter(one))
        ]
        return tuple(dict.fromkeys(found))

    def link(self, tokens: Tokens, letters: Sequence[str]) -> Link:
        """One formula of the chain."""
        side = self.side(tokens)
        term = self.term(side)
        self.check_sums(term, side.span, letters)
        return Link(term, side.span)

    def check_sums(self, term: Term, span: Span, letters: Sequence[str]) -> None:
        """Refuse `\\sum_k a_k - b_k`, where it is not said how far the sum goes."""
        if not isinstance(term, Apply) or term.op not in ("add", "sub"):
            return
        bound = {
            str(node.attrs[0])[len(INDEX) :]
            for node in walk(term)
            if isinstance(node, Apply) and node.op == "total"
        }
        outside = sorted((bound & _free(term)) - set(letters))
        if outside:
            message = f"the index {outside[0]} of a sum also stands outside of it"
            help = "put brackets around what is summed"
            raise refuse("D132", message, self.text, term.span or span, help=help)


def _is_named(term: Term) -> bool:
    """Whether a term is a name, or an entry or the transpose of one."""
    while isinstance(term, Apply) and term.op in ("entry", "transpose"):
        term = term.args[0]
    return isinstance(term, Var)


def _free(term: Term) -> frozenset[str]:
    """The index letters that no sum binds."""

    def node(old: Term, args: tuple[frozenset[str], ...]) -> frozenset[str]:
        if isinstance(old, Var):
            return frozenset([old.name[len(INDEX) :]] if old.name.startswith(INDEX) else [])
        found = frozenset[str]().union(*args)
        if isinstance(old, Apply) and old.op == "total":
            return found - {str(old.attrs[0])[len(INDEX) :]}
        return found

    return fold(term, node)


def _signs(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a text says of its signs, by their canonical spelling."""
    for sign, op in said.items():
        tokens = scan_claim(sign)
        if len(tokens) == 2:
            yield tokens[0].text, CHOICES.get(op, op)
