r"""Index letters: subscripts as places in an array, and what a sum runs over.

An index is a letter that is not the name of an array, unless a sum of the text runs over it. Places
count from 0, as in NumPy: where a text counts from 1, numbers and sums of letters are moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from derive.diagnostic import Span
from derive.notation.hanging import Hanging
from derive.notation.lexicon import INDEX, Lexicon
from derive.notation.marks import NAMING, Mark, Marks
from derive.notation.sums import SumReader, everything, sums
from derive.shape import Shape
from derive.term import Apply, Attr, Const, Term, Var

Places = tuple[Term | None, ...]
"""Indices of an entry; None is a whole axis, `:`."""

_WHOLE = (":", "*", "·", "∘")
_GREEK = frozenset(("alpha", "beta", "mu", "nu", "tau", "rho", "kappa", "lambda", "iota", "eta"))


@dataclass(frozen=True)
class Counting:
    """What one text says of its indices: the letters that sums bind, and from where they count."""

    bound: frozenset[str] = frozenset()
    sizes: Mapping[str, Attr] = field(default_factory=dict)
    from_one: frozenset[str] = frozenset()
    from_zero: bool = False


class IndexReader:
    """Reads subscripts of one text."""

    def __init__(self, lexicon: Lexicon, text: str, marks: Marks) -> None:
        self.lexicon = lexicon
        self.text = text
        self.counting = Counting()
        self.sum_text = SumReader(lexicon.scope.shapes, text).sum_text
        found = [self.sum_text(mark) for mark in sums(marks)]
        bound = frozenset(letter for one in found for letter in one.letters)
        ones = frozenset(x for one in found for x in one.letters if one.lower == 1)
        zero = any(one.lower == 0 for one in found) or _has_zero(marks)
        sizes = {one.letters[-1]: one.upper for one in found if one.letters}
        self.counting = Counting(bound, sizes, ones, zero)

    # ---------------------------------------------------------------------------------- letters

    def letter(self, mark: Mark) -> str | None:
        """The index letter that a mark is, if it can be one; its primes belong to it."""
        if mark.kind not in NAMING or mark.subs or mark.sups:
            return None
        name = mark.text + "'" * mark.primes
        if name in self.counting.bound:
            return name
        single = len(mark.text) == 1 and (mark.text.islower() or mark.text == "N")
        if not single and mark.text not in _GREEK:
            return None
        return None if self.lexicon.scope.shapes.get(name) else name

    def places(self, subs: Sequence[Marks], rank: int = 0) -> Places | None:
        """The places that subscripts mean; None if they are no indices. `rank` 0: not known."""
        found: list[Term | None] = []
        for sub in subs:
            parts = self._split(sub, rank)
            if parts is None:
                return None
            found += parts
        return tuple(found) if found else None

    def _split(self, marks: Marks, rank: int) -> list[Term | None] | None:
        """The places in one part of a subscript: `kj` is two of them, `i+m` one."""
        marks = tuple(mark for mark in marks if mark.text not in ("{", "}"))
        if any(mark.is_sign("+", "-") for mark in marks[1:]):
            place = self._linear(marks)
            return None if place is None else [place]
        found: list[Term | None] = []
        for mark in marks:
            if mark.is_sign(*_WHOLE) or (mark.is_sign(".") and len(marks) > 1):
                found.append(None)
            elif mark.kind == "number" and mark.text.isdecimal() and mark.bare:
                apart = mark.text if len(mark.text) == rank > 1 and len(marks) == 1 else [mark.text]
                found += [self._number(digits, mark.span) for digits in apart]
            elif letter := self.letter(mark):
                found.append(Var(INDEX + letter, mark.span))
            else:
                return None
        return found

    def _number(self, digits: str, span: Span) -> Const:
        value = int(digits) - (not self.counting.from_zero)
        return Const(Fraction(value), span)

    def _linear(self, marks: Marks) -> Term | None:
        """`i+m-1` as a term; a text that counts from 1 is moved to count from 0."""
        total: Term | None = None
        weight, moved, sign = 0, False, "+"
        expects = True
        for mark in marks:
            if mark.is_sign("+", "-"):
                sign, expects = mark.text, True
                continue
            atom: Term
            if not expects:
                return None
            if mark.kind == "number" and mark.text.isdecimal() and mark.bare:
                atom = Const(Fraction(int(mark.text)), mark.span)
            elif letter := self.letter(mark):
                atom = Var(INDEX + letter, mark.span)
                weight += 1 if sign == "+" else -1
                moved = moved or letter in self.counting.from_one
            else:
                return None
            expects = False
            total = _plus(total, atom, sign)
        if total is None or expects:
            return None
        return _shifted(total, weight - 1) if moved and weight != 1 else total

    # ---------------------------------------------------------------------------------- entries

    def rank(self, term: Term) -> int:
        """How many indices a term takes: its axes longer than 1; 0 if that is not known."""
        return sum(not dim.is_one for dim in self.shape(term))

    def shape(self, term: Term) -> Shape:
        """The shape of a name, or of a derivative of a number by one; () if it is not known."""
        return shape_of(term, self.lexicon.scope.shapes)

    def fits(self, term: Term, places: Places) -> bool:
        """Whether a term may have these indices."""
        shape = self.shape(term)
        if not shape and all(isinstance(place, Const) for place in places):
            return False  # a number alone is rather a label, where nothing says that it is a place
        return len(places) <= len(shape) if shape else len(places) <= 4

    def of(self, term: Term, rest: Hanging, raised: bool) -> tuple[Places, Hanging] | None:
        """The indices among what hangs on a name, and the rest; None if it makes no sense."""
        places: Places = ()
        if rest.subs:
            found = self.places(rest.subs, self.rank(term))
            if found is None or not self.fits(term, found):
                return None
            places = found
        sups = []
        for part in rest.sups:
            inner = self.places((part.marks,), 0) if part.label or raised else None
            if inner is None or not self._over(inner, part.label):
                sups.append(part)
            elif (joined := self._joined(term, inner, places)) is None:
                return None
            else:
                places = joined
        if any(part.label for part in sups):
            return None
        return places, Hanging((), tuple(sups), rest.turned, rest.primes, rest.quoted)

    def _joined(self, term: Term, over: Places, places: Places) -> Places | None:
        """Superscript indices before the others; that of a sample where the samples are."""
        shape = self.shape(term)
        rank = self.rank(term)
        if len(over) != 1 or (rank and len(over) + len(places) > rank):
            return None if rank and len(over) + len(places) > rank else (*over, *places)
        if rank == 1:
            return over
        place = over[0]
        assert isinstance(place, Var)
        size = self.counting.sizes.get(place.name[len(INDEX) :])
        axes = [axis for axis, dim in enumerate(shape) if dim.parts == (size,)]
        if len(shape) != 2 or len(axes) != 1:
            return None
        if axes[0] == 1:
            return (*places, *over) if places else (None, *over)
        return (*over, *places)

    def _over(self, places: Places, label: bool) -> bool:
        """Whether superscripts are indices: letters, and in a label ones that a sum binds."""
        names = [place.name[1:] for place in places if isinstance(place, Var)]
        return len(names) == len(places) and (not label or set(names) <= self.counting.bound)


def shape_of(term: Term, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a name, or of a derivative of a number by one; () if it is not known."""
    if not isinstance(term, Var):
        return ()
    of, _, by = term.name.partition("/d")
    if by and not shapes.get(of[1:]):
        return shapes.get(by, ())
    return shapes.get(term.name, ())


def entry(term: Term, places: Places, span: Span) -> Term:
    """An entry, or a row or column where an index is `:`."""
    if len(places) == 2 and places[0] is None:
        return entry(Apply("transpose", (term,), (), span), places[1:], span)
    kept = [place for place in places if place is not None]
    return Apply("entry", (term, *kept), (), span) if kept else term


def _plus(total: Term | None, atom: Term, sign: str) -> Term:
    if total is None:
        return atom if sign == "+" else Apply("sub", (Const(Fraction(0)), atom))
    return Apply("add" if sign == "+" else "sub", (total, atom))


def _shifted(total: Term, steps: int) -> Term:
    op = "add" if steps > 0 else "sub"
    return Apply(op, (total, Const(Fraction(abs(steps))))) if steps else total


def _has_zero(marks: Marks) -> bool:
    """Whether some subscript is 0, so that places count from 0."""
    return any(
        one.text == "0" and one.kind == "number"
        for mark in everything(marks)
        for sub in mark.subs
        for one in sub
        if len(sub) == 1
    )
