r"""Putting out the tokens of a formula: pieces, scripts, groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

from derive.diagnostic import Span, refuse
from derive.notation.derivatives import Derivatives
from derive.notation.hanging import Hanging, canon
from derive.notation.indices import Places, entry
from derive.notation.marks import Mark, Marks, mates
from derive.notation.scanner import Token
from derive.notation.sums import SumText
from derive.notation.words import TRANSPOSE
from derive.term import Term


@dataclass
class Resolved:
    """The tokens of a formula, and the tables that tokens point into."""

    tokens: list[Token] = field(default_factory=list)
    pieces: list[Term] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    sums: list[SumText] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)


_INVERSES = ("-T", "-⊤")


class Emitter(ABC):
    """Where the pass stands in some marks, and what it has put out."""

    def __init__(
        self, marks: Marks, namer: Derivatives, text: str, out: Resolved | None = None
    ) -> None:
        self.marks = marks
        self.namer = namer
        self.indices = namer.indices
        self.text = text
        self.out = out or Resolved()
        self.mates = mates(marks, text)
        self.place = 0

    # ------------------------------------------------------------------------------- putting out

    def put(self, kind: str, text: str, span: Span, spaced: bool = False) -> None:
        """Put out one token."""
        self.out.tokens.append(Token(kind, text, span, spaced))

    def piece(self, term: Term, span: Span, spaced: bool = False) -> None:
        """Put out a term."""
        self.out.pieces.append(term)
        self.put("piece", str(len(self.out.pieces) - 1), span, spaced)

    def hang(self, rest: Hanging, span: Span) -> None:
        """Put out what hangs on what was put out last."""
        if rest.subs:
            places = self.indices.places(rest.subs)
            if places is None:
                message = "this subscript is no index here"
                help = "an index is a single letter or a number; other names have to be declared"
                place = rest.subs[0][0].span.join(rest.subs[-1][-1].span)
                raise refuse("D131", message, self.text, place, help=help)
            self.out.places.append(places)
            self.put("places", str(len(self.out.places) - 1), span)
        for _ in range(rest.primes):
            self.put("sign", "'" if rest.quoted else "′", span)
        for part in rest.sups:
            self.raised(part.marks, span)
        for _ in range(rest.turned):
            self.put("sign", TRANSPOSE, span)

    def raised(self, marks: Marks, span: Span) -> None:
        """Put out a power."""
        if marks[0].is_sign("∘") and len(marks) > 1:
            marks = marks[1:]
        elif len(marks) == 1 and marks[0].text == "1":
            message = "nobody raises to the power 1, and no name has this label"
            raise refuse("D109", message, self.text, marks[0].span)
        elif canon(marks) in _INVERSES:
            place = marks[0].span.join(marks[-1].span)
            raise refuse("D109", "the inverse of a matrix is not known here", self.text, place)
        self.put("sign", "^", span)
        self.group(marks)

    def group(self, marks: Marks) -> None:
        """Put out marks in braces."""
        first, last = marks[0].span, marks[-1].span
        self.put("open", "{", Span(first.start, first.start))
        type(self)(marks, self.namer, self.text, self.out).walk()
        self.put("close", "}", Span(last.end, last.end))

    def walk(self) -> None:
        """Put out everything."""
        while self.place < len(self.marks):
            self.step()

    @abstractmethod
    def step(self) -> None:
        """Put out what stands here."""

    def found(self, term: Term, rest: Hanging, end: int) -> None:
        """Put out a derivative and what hangs on it."""
        first = self.marks[self.place]
        span = first.span.join(self.marks[end - 1].span)
        if rest.subs and (places := self.indices.places(rest.subs)) is not None:
            term, rest = entry(term, places, span), replace(rest, subs=())
        self.piece(term, span, first.spaced)
        self.hang(rest, span)
        self.place = end

    def sum(self, mark: Mark, end: int) -> None:
        """Put out a sum."""
        self.out.sums.append(self.indices.sum_text(mark))
        span = self.marks[self.place].span.join(mark.span)
        self.put("sum", str(len(self.out.sums) - 1), span, self.marks[self.place].spaced)
        self.place = end
