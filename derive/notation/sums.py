r"""What stands under and over a sum: its letters, its bounds, where it counts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.hanging import hanging
from derive.notation.marks import NAMING, Mark, Marks
from derive.shape import Shape
from derive.term import Attr


@dataclass(frozen=True, slots=True)
class SumText:
    r"""What stands at a `\sum`: letters, bounds, and a letter that one is to differ from."""

    letters: tuple[str, ...]
    lower: Attr
    upper: Attr
    apart: tuple[str, str] | None
    span: Span


@dataclass(frozen=True)
class SumReader:
    """Reads the sums of one text."""

    shapes: Mapping[str, Shape]
    text: str

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
            upper = self._named_size("T")
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
            return names, int(after[0].text) if after[0].text.isdecimal() else -1, ""
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
        if len(marks) == 1 and marks[0].kind == "number" and marks[0].text.isdecimal():
            return int(marks[0].text)
        if lower == 0:
            if len(marks) < 3 or not marks[-2].is_sign("-") or marks[-1].text != "1":
                return None
            marks = marks[:-2]
        elif any(one.is_sign("+", "-") for one in marks):
            raise self._refused(mark, "only sums over a whole axis are read")
        return self._named_size("".join(one.text for one in marks))

    def _named_size(self, name: str) -> Attr:
        """A size by its name; None, the whole axis, where the text has a name of its own for it."""
        return name if self.shapes.get(name) == () else None

    def _refused(self, mark: Mark, message: str) -> DeriveError:
        help = r"sums are read as \sum_k, \sum_{i=1}^{m} or sum_k"
        return refuse("D132", message, self.text, mark.span, help=help)


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


def sums(marks: Marks) -> Iterator[Mark]:
    """The marks that are sums."""
    seen = list(everything(marks))
    for place, mark in enumerate(seen):
        if mark.kind == "sum" or is_sigma_sum(mark) or (mark.text == "sum" and mark.subs):
            yield mark
        elif place + 2 < len(seen) and is_plain_sum(seen[place : place + 3]):
            yield seen[place + 2]


def is_sigma_sum(mark: Mark) -> bool:
    """Whether a capital sigma is a sum: it has something under it and no prime."""
    return mark.kind == "greek" and mark.text == "Sigma" and bool(mark.subs) and not mark.primes
