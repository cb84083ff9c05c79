r"""Index letters: subscripts as places in an array, and what a sum runs over.

An index is a letter that is not the name of an array, unless a sum of the text runs over it. Places
count from 0, as in NumPy: where a text counts from 1, numbers and sums of letters are moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.hanging import Hanging, hanging
from derive.notation.lexicon import INDEX, Lexicon
from derive.notation.marks import NAMING, Mark, Marks
from derive.term import Apply, Attr, Const, Term, Var

Places = tuple[Term | None, ...]
"""Indices of an entry; None is a whole axis, `:`."""

_WHOLE = (":", "*", "·", "∘")
_GREEK = frozenset(("alpha", "beta", "mu", "nu", "tau", "rho", "kappa", "lambda", "iota", "eta"))


@dataclass(frozen=True, slots=True)
class SumText:
    r"""What stands at a `\sum`: letters, bounds, and a letter that one is to differ from."""

    letters: tuple[str, ...]
    lower: Attr
    upper: Attr
    apart: tuple[str, str] | None
    span: Span


@dataclass(frozen=True)
class Counting:
    """What one text says of its indices: the letters that sums bind, and from where they count."""

    bound: frozenset[str] = frozenset()
    from_one: frozenset[str] = frozenset()
    from_zero: bool = False


class IndexReader:
    """Reads subscripts of one text."""

    def __init__(self, lexicon: Lexicon, text: str, marks: Marks) -> None:
        self.lexicon = lexicon
        self.text = text
        self.counting = Counting()
        sums = [self.sum_text(mark) for mark in _sums(marks)]
        bound = frozenset(letter for one in sums for letter in one.letters)
        ones = frozenset(x for one in sums for x in one.letters if one.lower == 1)
        zero = any(one.lower == 0 for one in sums) or _has_zero(marks)
        self.counting = Counting(bound, ones, zero)

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
            elif mark.kind == "number" and mark.text.isdigit() and mark.bare:
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
            if mark.kind == "number" and mark.text.isdigit() and mark.bare:
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

    # ------------------------------------------------------------------------------------- sums

    def sum_text(self, mark: Mark) -> SumText:
        """What a sum runs over."""
        hung = hanging(mark)
        uppers = [part.marks for part in hung.sups]
        if len(uppers) > 1 or hung.primes or (hung.turned and uppers):
            raise self._refused(mark, "the upper bound is not understood")
        letters: list[str] = []
        lower: Attr = None
        apart = None
        for sub in hung.subs:
            names, low, other = self._under(sub, mark)
            letters += names
            lower = low if low is not None else lower
            apart = (names[-1], other) if other and names else apart
        upper = self._upper(uppers[0], mark, lower) if uppers else None
        if hung.turned and not uppers:
            upper = self._named_size("T", mark)
        if lower == 0 and isinstance(upper, int):
            upper += 1
        if lower is not None and lower not in (0, 1):
            raise self._refused(mark, "only sums over a whole axis are read")
        return SumText(tuple(letters), lower, upper, apart, mark.span)

    def _under(self, marks: Marks, mark: Mark) -> tuple[list[str], int | None, str]:
        """The letters under a sum, its lower bound, and a letter that the last is not."""
        marks = _unwrapped(marks)
        signs = [at for at, one in enumerate(marks) if one.is_sign("=", "≠", "∈", "==")]
        if len(signs) > 1:
            raise self._refused(mark, "what the sum runs over is not understood")
        end = signs[0] if signs else len(marks)
        names = [name for one in marks[:end] if (name := self._bound_letter(one))]
        if len(names) != end:
            raise self._refused(mark, "a sum runs over single letters")
        if not signs:
            return names, None, ""
        after = marks[end + 1 :]
        if marks[end].is_sign("≠") and len(after) == 1 and (other := self._bound_letter(after[0])):
            return names, None, other
        if marks[end].is_sign("=", "==") and len(after) == 1 and after[0].kind == "number":
            return names, int(after[0].text) if after[0].text.isdigit() else -1, ""
        if marks[end].is_sign("∈") and after and _is_set(after):
            return names, None, ""
        raise self._refused(mark, "what the sum runs over is not understood")

    def _bound_letter(self, mark: Mark) -> str | None:
        if mark.kind not in NAMING or mark.subs or mark.sups:
            return None
        if len(mark.text) > 1 and mark.kind != "greek":
            return None
        return mark.text + "'" * mark.primes

    def _upper(self, marks: Marks, mark: Mark, lower: Attr) -> Attr:
        """The upper bound, counted from 1: a number or the name of a size."""
        marks = _unwrapped(marks)
        if len(marks) == 1 and marks[0].kind == "number" and marks[0].text.isdigit():
            return int(marks[0].text)
        if lower == 0:
            if len(marks) < 3 or not marks[-2].is_sign("-") or marks[-1].text != "1":
                return None
            marks = marks[:-2]
        elif any(one.is_sign("+", "-") for one in marks):
            raise self._refused(mark, "only sums over a whole axis are read")
        found = [one for one in self.lexicon.find(marks, 0) if one.end == len(marks)]
        if found and not found[0].rest.size and isinstance(found[0].meaning.term, Var):
            return found[0].meaning.term.name
        written = "".join(one.text for one in marks)
        return self._named_size(written, mark)

    def _named_size(self, name: str, mark: Mark) -> Attr:
        """A size by its name; None, the whole axis, where the text has a name of its own for it."""
        return name if name in self.lexicon.scope.shapes else None

    def _refused(self, mark: Mark, message: str) -> DeriveError:
        help = r"sums are read as \sum_k, \sum_{i=1}^{m} or sum_k"
        return refuse("D132", message, self.text, mark.span, help=help)

    # ---------------------------------------------------------------------------------- entries

    def rank(self, term: Term) -> int:
        """How many indices a term takes: its axes longer than 1; 0 if that is not known."""
        if not isinstance(term, Var):
            return 0
        return sum(not dim.is_one for dim in self.lexicon.scope.shapes.get(term.name, ()))

    def fits(self, term: Term, places: Places) -> bool:
        """Whether a term may have these indices."""
        shape = self.lexicon.scope.shapes.get(term.name, ()) if isinstance(term, Var) else ()
        if not shape and all(isinstance(place, Const) for place in places):
            return False  # a number alone is rather a label, where nothing says that it is a place
        return len(places) <= len(shape) if shape else len(places) <= 4

    def of(self, term: Term, rest: Hanging, raised: bool) -> tuple[Places, Hanging] | None:
        """The indices among what hangs on a name, and what still hangs; None if it makes no sense."""
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
            else:
                places = (*inner, *places)
        if any(part.label for part in sups):
            return None
        return places, Hanging((), tuple(sups), rest.turned, rest.primes, rest.quoted)

    def _over(self, places: Places, label: bool) -> bool:
        """Whether superscripts are indices: letters, and in a label ones that a sum binds."""
        names = [place.name[1:] for place in places if isinstance(place, Var)]
        return len(names) == len(places) and (not label or set(names) <= self.counting.bound)


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


def _unwrapped(marks: Marks) -> Marks:
    marks = tuple(mark for mark in marks if mark.text not in ("{", "}", "(", ")"))
    return tuple(mark for mark in marks if not mark.is_sign(","))


def _is_set(marks: Marks) -> bool:
    return all(mark.kind in (*NAMING, "prose", "number") or mark.is_sign("_") for mark in marks)


def everything(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Marks and those in their scripts."""
    for mark in marks:
        yield mark
        for script in (*mark.subs, *mark.sups):
            yield from everything(script)


def is_plain_sum(marks: Sequence[Mark]) -> bool:
    """Whether letters spell `sum_k`."""
    return "".join(mark.text for mark in marks) == "sum" and bool(marks[-1].subs)


def _sums(marks: Marks) -> Iterator[Mark]:
    seen = list(everything(marks))
    for place, mark in enumerate(seen):
        if mark.kind == "sum" or is_sigma_sum(mark) or (mark.text == "sum" and mark.subs):
            yield mark
        elif place + 2 < len(seen) and is_plain_sum(seen[place : place + 3]):
            yield seen[place + 2]


def is_sigma_sum(mark: Mark) -> bool:
    """Whether a capital sigma is a sum: it has something under it and no prime."""
    return mark.kind == "greek" and mark.text == "Sigma" and bool(mark.subs) and not mark.primes


def _has_zero(marks: Marks) -> bool:
    """Whether some subscript is 0, so that places count from 0."""
    return any(
        one.text == "0" and one.kind == "number"
        for mark in everything(marks)
        for sub in mark.subs
        for one in sub
        if len(sub) == 1
    )
