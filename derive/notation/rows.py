r"""Rows of letters, cut so that each part is known: names, functions, keywords."""

from __future__ import annotations

from dataclasses import replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.functions import PRIME, is_function
from derive.notation.calls import REDUCTIONS
from derive.notation.choices import Choice
from derive.notation.emitting import Emitter
from derive.notation.factors import doubt
from derive.notation.hanging import Hanging, hanging
from derive.notation.indices import entry
from derive.notation.lexicon import INDEX, apart, placed
from derive.notation.limits import MAX_DEPTH
from derive.notation.marks import NAMING, Mark, Marks
from derive.notation.sums import is_sigma_sum
from derive.notation.words import KEYWORDS, LITERALS
from derive.term import Apply, Var

RELATIONS = ("=", "==", "≠", "<", ">", "≤", "≥")
_CASE_WORDS = frozenset(("otherwise", "else", "if", "for", "when", "where"))
_IDENTITY = frozenset(("I",))


class Rows(Emitter):
    """Puts out rows of letters."""

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
        if end - start > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} letters stand in a row"
            raise refuse("D106", message, self.text, self.marks[start].span)
        if not self.keyword(start, end):
            self.cut(start, end)

    def keyword(self, start: int, end: int) -> bool:
        """Put out `axis=1` or `keepdims=True`, if that is here."""
        spelled = word(self.marks[start:end])
        if spelled not in KEYWORDS or end >= len(self.marks) or not self.marks[end].is_sign("="):
            return False
        self.put("keyword", spelled, self.marks[start].span.join(self.marks[end].span))
        self.place = after = end + 1
        while after < len(self.marks) and self.marks[after].kind in NAMING:
            after += 1
        if (value := word(self.marks[end + 1 : after])) in LITERALS:
            self.put("literal", value, self.marks[end + 1].span)
            self.place = after
        return True

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
        if choice.inferred or choice.end == self.place + 1:
            self.doubted(choice.end)
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

    def doubted(self, end: int) -> None:
        """Keep in mind what a `d` before a name was taken for."""
        said = doubt(self.namer.lexicon, self.marks, self.place, end, self.text)
        if said:
            self.namer.doubts[said] = None

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
        places = self.indices.places(rest.subs) if rest.subs else None
        letters = tuple(place for place in places or () if isinstance(place, Var))
        if len(letters) == 2:
            self.piece(Apply("delta", letters, (), span), span, mark.spaced)
            self.hang(replace(rest, subs=()), span)
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
        if rest.subs and not (_is_axis(rest) and name in REDUCTIONS):
            self.check_index(rest, span)
        self.put("call", name, span, spaced)
        if _is_axis(rest) and name in REDUCTIONS:
            self.put("axis", rest.subs[0][0].text, span)
            rest = replace(rest, subs=())
        self.hang(replace(rest, primes=0), span)

    def check_index(self, rest: Hanging, span: Span) -> None:
        """Refuse `log_2`: a number below a function is rather its base than a place."""
        places = self.indices.places(rest.subs) or ()
        if not any(isinstance(place, Var) for place in places):
            message = "what stands below this function is no index"
            raise refuse("D131", message, self.text, span)

    def unknown(self, start: int, end: int, best: dict[int, Choice]) -> DeriveError:
        """The refusal of letters, with the caret under what is not known."""
        place = start
        while place < end and (known := [c for c in self.choices(place) if c.end <= end]):
            if known[0].end == end:
                break
            place = known[0].end
        return self.namer.unknown(self.marks[place:end], self.marks[start].span)

    def size(self, hung: Hanging, mark: Mark) -> str | int:
        """The size that a subscript names."""
        (first, *more) = hung.subs
        written = "".join(one.text for one in first)
        found = [one for one in self.namer.lexicon.find(first, 0) if one.end == len(first)]
        if found and isinstance(found[0].meaning.term, Var):
            written = found[0].meaning.term.name
        if more or not (written in self.namer.lexicon.scope.shapes or written.isdecimal()):
            message = "this subscript is no size here"
            raise refuse("D131", message, self.text, mark.span)
        return int(written) if written.isdecimal() else written

    def has_condition(self, place: int) -> bool:
        """Whether brackets here hold a comparison."""
        if place not in self.mates:
            return False
        inner = self.marks[place + 1 : self.mates[place]]
        return any(one.is_sign(*RELATIONS) for one in inner)


def word(marks: Marks) -> str:
    """Marks as the word they spell."""
    return "".join(mark.text for mark in marks)


def _is_axis(rest: Hanging) -> bool:
    if len(rest.subs) != 1 or len(rest.subs[0]) != 1 or rest.sups:
        return False
    mark = rest.subs[0][0]
    return mark.kind == "number" and mark.text.isdecimal() and len(mark.text) < 2
