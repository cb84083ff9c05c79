r"""Marks to the tokens of the reader: names, entries and derivatives in place of letters.

After this pass there are pieces (terms that are known already), calls, numbers, sums, signs and
brackets; a row of letters is cut so that each part is known, the first as long as it can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.functions import PRIME, is_function
from derive.notation.calls import REDUCTIONS
from derive.notation.derivatives import Choice, Namer
from derive.notation.hanging import Hanging, hanging
from derive.notation.indices import Places, SumText, entry, is_sigma_sum
from derive.notation.lexicon import INDEX, Lexicon, apart, placed
from derive.notation.marks import NAMING, Mark, Marks, mates
from derive.notation.scanner import Token
from derive.notation.words import TRANSPOSE
from derive.term import Apply, Const, Term, Var, const

_RELATIONS = ("=", "==", "≠", "<", ">", "≤", "≥")
_CASE_WORDS = frozenset(("otherwise", "else", "if", "for", "when", "where"))
_IDENTITY = frozenset(("I",))


@dataclass
class Resolved:
    """The tokens of a formula, and the tables that tokens point into."""

    tokens: list[Token] = field(default_factory=list)
    pieces: list[Term] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    sums: list[SumText] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)


def resolve(marks: Marks, namer: Namer, text: str, end: int) -> Resolved:
    """The tokens of some marks, with one of kind `end`."""
    resolver = _Resolver(marks, namer, text)
    resolver.walk()
    resolver.put("end", "", Span(end, end))
    return resolver.out


class _Resolver:
    """Where the pass stands in some marks, and what it has put out."""

    def __init__(self, marks: Marks, namer: Namer, text: str, out: Resolved | None = None) -> None:
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
        self.put("sign", "^", span)
        self.group(marks)

    def group(self, marks: Marks) -> None:
        """Put out marks in braces."""
        first, last = marks[0].span, marks[-1].span
        self.put("open", "{", Span(first.start, first.start))
        _Resolver(marks, self.namer, self.text, self.out).walk()
        self.put("close", "}", Span(last.end, last.end))

    # ----------------------------------------------------------------------------------- walking

    def walk(self) -> None:
        """Put out everything."""
        while self.place < len(self.marks):
            self.step()

    def step(self) -> None:
        """Put out what stands here."""
        mark = self.marks[self.place]
        if text := self.whole_text():
            self.choice(text)
        elif mark.kind == "command" and mark.text == "frac" and self.fraction():
            return
        elif mark.kind == "sum":
            self.sum(mark, self.place + 1)
        elif mark.kind == "nabla":
            term, rest, end = self.namer.nabla(self.marks, self.place)
            self.found(term, rest, end)
        elif mark.kind in ("partial", *NAMING) and self.derivative():
            return
        elif mark.kind in NAMING:
            self.row()
        else:
            self.other(mark)

    def whole_text(self) -> Choice | None:
        """An alias that is more than a name, if it stands here and is longer than a name."""
        found = [one for one in self.namer.lexicon.find(self.marks, self.place) if one.exact == 4]
        for choice in self.namer.choices(self.marks, self.place) if found else ():
            if choice.end == found[0].end:
                return choice
        return None

    def derivative(self) -> bool:
        """Put out `dL/dW` or `C'(x)`, if that is here."""
        if inline := self.namer.inline(self.marks, self.place):
            self.found(*inline)
            return True
        mark = self.marks[self.place]
        if mark.kind == "partial":
            message = "this is no derivative that is understood"
            help = r"write \frac{\partial L}{\partial W} or ∂L/∂W, with declared names"
            raise refuse("D133", message, self.text, mark.span, help=help)
        return False

    def found(self, term: Term, rest: Hanging, end: int) -> None:
        """Put out a derivative and what hangs on it."""
        first = self.marks[self.place]
        span = first.span.join(self.marks[end - 1].span)
        if rest.subs and (places := self.indices.places(rest.subs)) is not None:
            term, rest = entry(term, places, span), replace(rest, subs=())
        self.piece(term, span, first.spaced)
        self.hang(rest, span)
        self.place = end

    def other(self, mark: Mark) -> None:
        """Put out what is no name: a sign, a bracket, a number."""
        hung = hanging(mark)
        if mark.kind == "ones" or (mark.text == "1" and mark.kind == "number" and hung.subs):
            self.ones(mark, hung)
            return
        self.put(mark.kind, mark.text, mark.base, mark.spaced)
        self.hang(hung, mark.span)
        self.place += 1

    def ones(self, mark: Mark, hung: Hanging) -> None:
        r"""`\mathbf{1}`, `\mathbf{1}_n`; or the sign of a condition, `\mathbb{1}_{i=j}`, `1[z > 0]`."""
        self.place += 1
        if hung.subs and any(one.is_sign(*_RELATIONS) for sub in hung.subs for one in sub):
            self.group(tuple(one for sub in hung.subs for one in sub))
            self.hang(replace(hung, subs=()), mark.span)
        elif self.has_condition(self.place):
            if not mark.bare:
                raise refuse("D131", "this script is not understood", self.text, mark.span)
        else:
            self.piece(self.filled(mark, hung), mark.span, mark.spaced)
            self.hang(replace(hung, subs=()), mark.span)

    def filled(self, mark: Mark, hung: Hanging) -> Term:
        """A vector of ones, its length if it is said; zeros are the number."""
        if mark.text == "0":
            return Const(const(0).value, mark.span)
        if not hung.subs:
            return Apply("ones", (), (), mark.span)
        return Apply("ones", (), (self.size(hung, mark),), mark.span)

    def size(self, hung: Hanging, mark: Mark) -> str | int:
        """The size that a subscript names."""
        (first, *more) = hung.subs
        written = "".join(one.text for one in first)
        found = [one for one in self.namer.lexicon.find(first, 0) if one.end == len(first)]
        if found and isinstance(found[0].meaning.term, Var):
            written = found[0].meaning.term.name
        if more or not (written in self.namer.lexicon.scope.shapes or written.isdigit()):
            message = "this subscript is no size here"
            raise refuse("D131", message, self.text, mark.span)
        return int(written) if written.isdigit() else written

    def has_condition(self, place: int) -> bool:
        """Whether brackets here hold a comparison."""
        if place not in self.mates:
            return False
        inner = self.marks[place + 1 : self.mates[place]]
        return any(one.is_sign(*_RELATIONS) for one in inner)

    # ----------------------------------------------------------------------------- commands, sums

    def fraction(self) -> bool:
        """Put out a fraction that is a derivative, if this is one."""
        start = self.place
        middle = self.mates.get(start + 1, start)
        end = self.mates.get(middle + 1, start)
        if start in (middle, end):
            return False
        over, under = self.marks[start + 2 : middle], self.marks[middle + 2 : end]
        span = self.marks[start].span.join(self.marks[end].span)
        term = self.namer.fraction(over, under, span)
        if term is None:
            return False
        if isinstance(term, str):
            self.put("operator", term, span, self.marks[start].spaced)
            self.place = end + 1
        else:
            self.found(term, hanging(self.marks[end]), end + 1)
        return True

    def sum(self, mark: Mark, end: int) -> None:
        """Put out a sum."""
        self.out.sums.append(self.indices.sum_text(mark))
        span = self.marks[self.place].span.join(mark.span)
        self.put("sum", str(len(self.out.sums) - 1), span, self.marks[self.place].spaced)
        self.place = end

    # --------------------------------------------------------------------------------------- rows

    def row(self) -> None:
        """Put out a row of letters."""
        start = self.place
        if is_sigma_sum(self.marks[start]) and not self.namer.choices(self.marks, start):
            self.sum(self.marks[start], start + 1)
            return
        end = start + 1
        while end < len(self.marks) and self.marks[end].kind in NAMING:
            if apart(self.marks, end) or self.marks[end].spaced:
                break
            end += 1
        self.cut(start, end)

    def cut(self, start: int, end: int) -> None:
        """Put out a row in parts that are each known."""
        best: dict[int, Choice] = {}
        costs: dict[int, float] = {}
        for place in range(end - 1, start - 1, -1):
            for choice in self.choices(place):
                if choice.end < end and choice.end not in best:
                    continue
                cost = choice.cost + costs.get(choice.end, 0.0)
                if place not in best or cost < costs[place]:
                    best[place], costs[place] = choice, cost
        if start not in best:
            raise self.unknown(start, end, best)
        while self.place < end:
            self.choice(best[self.place])

    def choices(self, place: int) -> list[Choice]:
        """What the letters at a place can be, with what is known without a declaration."""
        found = self.namer.choices(self.marks, place)
        mark = self.marks[place]
        if letter := self.lone_index(place):
            found.append(Choice(place + 1, Hanging(), Var(f"{INDEX}{letter}", mark.span)))
        hung = hanging(mark)
        if mark.text == "e" and mark.kind == "letter" and hung.sups and not hung.subs:
            found.append(Choice(place + 1, hung, function="e"))
        if mark.text in _IDENTITY and mark.kind in NAMING:
            found.append(Choice(place + 1, hung, function="I"))
        if mark.kind == "word" and mark.text.lower() in _CASE_WORDS:
            found.append(Choice(place + 1, Hanging(), function="prose"))
        return sorted(found, key=lambda choice: -choice.end)

    def lone_index(self, place: int) -> str | None:
        """An index letter on one side of a comparison, as in `1[i = j]`."""
        near = self.marks[max(place - 1, 0) : place] + self.marks[place + 1 : place + 2]
        if not any(mark.is_sign("=", "==", "≠") for mark in near):
            return None
        return self.indices.letter(self.marks[place])

    def choice(self, choice: Choice) -> None:
        """Put out one name or function."""
        first, last = self.marks[self.place], self.marks[choice.end - 1]
        span = first.span.join(last.span)
        if choice.function:
            self.function(choice, first, last, span)
            return
        assert choice.term is not None
        primed = self.namer.by_prime(choice, self.marks)
        if primed:
            self.found(primed[0], Hanging(), primed[1])
            return
        if choice.rest.primes and not choice.rest.quoted:
            raise self.unknown(self.place, choice.end, {})
        term = entry(placed(choice.term, span), choice.places, span)
        self.piece(term, span, first.spaced)
        self.hang(choice.rest, span)
        self.place = choice.end

    def function(self, choice: Choice, first: Mark, last: Mark, span: Span) -> None:
        """Put out a function, or what is spelled like one."""
        name, rest = choice.function, choice.rest
        if name == "sum" and (rest.subs or rest.sups) and not _is_axis(rest):
            self.sum(last, choice.end)
            return
        self.place = choice.end
        if name == "e":
            self.put("call", "exp", first.base, first.spaced)
            self.group(tuple(mark for part in rest.sups for mark in part.marks))
            self.hang(replace(rest, sups=()), span)
        elif name == "I":
            self.identity(first, rest, span)
        elif name == "prose":
            self.put("prose", first.text.lower(), span)
        else:
            self.call(choice, span, first.spaced)

    def identity(self, mark: Mark, rest: Hanging, span: Span) -> None:
        """`I`, `I_n`; or the sign of a condition."""
        if self.has_condition(self.place) and mark.bare:
            return
        size = self.size(rest, mark) if rest.subs else None
        self.piece(Apply("eye", (), (size,), span), span, mark.spaced)
        self.hang(replace(rest, subs=()), span)

    def call(self, choice: Choice, span: Span, spaced: bool) -> None:
        """A function; a prime makes it its derivative, a number below it may be an axis."""
        name, rest = choice.function, choice.rest
        if rest.primes:
            if rest.primes > 1 or not is_function(name + PRIME) or name.endswith(PRIME):
                message = f"`{name}` has no derivative of this kind here"
                raise refuse("D110", message, self.text, span)
            name += PRIME
        if any(part.label for part in rest.sups):
            # the layer of an activation, as in g^{[1]}(Z): the function is the same in all
            rest = replace(rest, sups=tuple(part for part in rest.sups if not part.label))
        self.put("call", name, span, spaced)
        if _is_axis(rest) and name in REDUCTIONS:
            self.put("axis", rest.subs[0][0].text, span)
            rest = replace(rest, subs=())
        self.hang(replace(rest, primes=0), span)

    def unknown(self, start: int, end: int, best: dict[int, Choice]) -> DeriveError:
        """The refusal of letters, with the caret under what is not known."""
        place = start
        while place < end and (known := [c for c in self.choices(place) if c.end <= end]):
            if known[0].end == end:
                break
            place = known[0].end
        return self.namer.unknown(self.marks[place:end], self.marks[start].span)


def _is_axis(rest: Hanging) -> bool:
    if len(rest.subs) != 1 or len(rest.subs[0]) != 1 or rest.sups:
        return False
    mark = rest.subs[0][0]
    return mark.kind == "number" and mark.text.isdigit() and len(mark.text) < 2


__all__ = ["Lexicon", "Resolved", "resolve"]
