r"""Marks to the tokens of the reader: names, entries and derivatives in place of letters.

After this pass there are pieces (terms that are known already), calls, numbers, sums, signs and
brackets; a row of letters is cut so that each part is known, the first as long as it can be.
"""

from __future__ import annotations

from dataclasses import replace

from derive.diagnostic import Span, refuse
from derive.notation.choices import Choice
from derive.notation.claim_signs import NORM
from derive.notation.derivatives import Derivatives
from derive.notation.emitting import Resolved
from derive.notation.hanging import Hanging, hanging
from derive.notation.marks import NAMING, Mark, Marks
from derive.notation.rows import RELATIONS, Rows, word
from derive.term import Apply, Const, Term, const


def resolve(marks: Marks, namer: Derivatives, text: str, end: int) -> Resolved:
    """The tokens of some marks, with one of kind `end`."""
    resolver = _Resolver(marks, namer, text)
    resolver.walk()
    resolver.put("end", "", Span(end, end))
    return resolver.out


class _Resolver(Rows):
    """Where the pass stands in some marks, and what it has put out."""

    # ----------------------------------------------------------------------------------- walking

    def step(self) -> None:
        """Put out what stands here."""
        mark = self.marks[self.place]
        if text := self.whole_text():
            self.choice(text)
        elif mark.kind == "command" and mark.text == "frac" and self.fraction():
            return
        elif mark.kind == "sum":
            self.sum(mark, self.place + 1)
        elif mark.kind == "nabla" or (mark.kind == "partial" and mark.subs):
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

    def other(self, mark: Mark) -> None:
        """Put out what is no name: a sign, a bracket, a number."""
        hung = hanging(mark)
        if mark.kind == "ones" or (mark.text == "1" and mark.kind == "number" and hung.subs):
            self.ones(mark, hung)
            return
        if mark.is_sign(NORM) and [word(sub) for sub in hung.subs] in (["2"], ["F"]):
            hung = replace(hung, subs=())
        if mark.is_sign("|") and hung.subs:
            message = "only the norm with two bars on each side is read"
            raise refuse("D131", message, self.text, mark.span)
        self.put(mark.kind, mark.text, mark.base, mark.spaced)
        self.hang(hung, mark.span)
        self.place += 1

    def ones(self, mark: Mark, hung: Hanging) -> None:
        r"""`\mathbf{1}_n`; or the sign of a condition, `\mathbb{1}_{i=j}`, `1[z > 0]`."""
        self.place += 1
        if hung.subs and any(one.is_sign(*RELATIONS) for sub in hung.subs for one in sub):
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
