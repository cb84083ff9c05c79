r"""What hangs on a mark, taken apart: subscripts, labels, powers, transposes, primes.

A mark can be a name with all of it, or a shorter name with the rest hanging: `w^{l+1}_{kj}` is the
entry k, j of `w^{l+1}`, and `A^{[l-1]T}` the transpose of `A^{[l-1]}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from derive.notation.marks import NAMING, Mark, Marks
from derive.notation.names import join_key

_BRACKETS = frozenset("([⟨")


@dataclass(frozen=True, slots=True)
class Raised:
    """One part of a superscript; `label`: it stands in brackets, as in `^{(l)}`, which are off."""

    marks: Marks
    label: bool = False

    @property
    def canon(self) -> str:
        """The part as text."""
        return canon(self.marks)


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a mark: subscripts cut at commas, superscripts cut in parts."""

    subs: tuple[Marks, ...] = ()
    sups: tuple[Raised, ...] = ()
    turned: int = 0
    primes: int = 0
    quoted: bool = False

    @property
    def size(self) -> int:
        """How much hangs."""
        return len(self.subs) + len(self.sups) + bool(self.turned) + bool(self.primes)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to cut a mark: the keys of the name in it, and what is left hanging."""

    strict: str
    loose: tuple[str, ...]
    last: tuple[str, ...]
    rest: Hanging


def canon(marks: Marks) -> str:
    """Marks as text, braces and room aside."""
    return "".join(_canon(mark) for mark in marks if mark.text not in ("{", "}"))


def _canon(mark: Mark) -> str:
    subs = "".join(f"_({canon(sub)})" for sub in mark.subs)
    sups = "".join(f"^({canon(sup)})" for sup in mark.sups)
    return f"{mark.text}{subs}{sups}{'′' * mark.primes}"


def hanging(mark: Mark) -> Hanging:
    """What hangs on a mark."""
    subs = tuple(part for sub in mark.subs for part in _at_commas(sub))
    parts: list[Raised] = []
    turned, primes = 0, mark.primes
    for sup in mark.sups:
        found, tops, more = _raised(sup)
        parts += found
        turned += tops
        primes += more
    return Hanging(subs, tuple(parts), turned, primes, mark.quoted)


def _at_commas(marks: Marks) -> Iterator[Marks]:
    """A script cut at its commas; an empty part is none."""
    start = 0
    for place, mark in enumerate(marks):
        if mark.is_sign(",", ";"):
            yield from [marks[start:place]] * (place > start)
            start = place + 1
    yield from [marks[start:]] * (len(marks) > start)


def _raised(marks: Marks) -> tuple[list[Raised], int, int]:
    """The parts of one superscript, its transposes and its primes."""
    turned = primes = 0
    while marks:
        last = marks[-1]
        if last.is_sign("′", "'", ",") and last.bare:
            primes += not last.is_sign(",")
        elif _is_transpose(last) and last.bare and not _is_operand(marks):
            turned += 1
        elif last.sups and all(len(s) == 1 and _is_transpose(s[0]) for s in last.sups):
            turned += len(last.sups)
            marks = (*marks[:-1], replace(last, sups=()))
            continue
        elif last.primes:
            primes += last.primes
            marks = (*marks[:-1], replace(last, primes=0))
            continue
        else:
            break
        marks = marks[:-1]
    return list(_labels(marks)), turned, primes


def _is_transpose(mark: Mark) -> bool:
    return mark.is_sign("⊤") or (mark.kind in NAMING and mark.text == "T")


def _is_operand(marks: Marks) -> bool:
    """Whether a sign stands before the last mark of a script: the T of `e^{z/T}` is a name."""
    return len(marks) > 1 and marks[-2].is_sign(*"/+-·*")


def _labels(marks: Marks) -> Iterator[Raised]:
    """Labels in brackets first, then the rest."""
    while marks and (end := _label_end(marks)):
        yield Raised(marks[1 : end - 1], label=True)
        marks = marks[end:]
    if marks and marks[0].is_sign(","):
        marks = marks[1:]
    if marks:
        yield Raised(marks)


def _label_end(marks: Marks) -> int:
    """The place after a label in brackets, or 0."""
    first = marks[0]
    angle = first.is_sign("<")
    if not angle and not (first.kind == "open" and first.text in _BRACKETS):
        return 0
    for place, mark in enumerate(marks[1:], 1):
        if mark.kind == "close" or (angle and mark.is_sign(">")):
            return place + 1 if place > 1 and mark.bare else 0
        if not _in_label(mark):
            return 0
    return 0


def _in_label(mark: Mark) -> bool:
    return mark.kind in (*NAMING, "number") or mark.is_sign("+", "-", ",")


def is_simple(marks: Marks) -> bool:
    """Whether a script is letters and digits alone, so that it may be a part of a name."""
    return all(mark.kind in (*NAMING, "number") and mark.bare for mark in marks)


def options(mark: Mark) -> Iterator[Option]:
    """The ways to cut a mark, the longest name first."""
    all_of = hanging(mark)
    turns = (True, False) if all_of.turned else (False,)
    primed = (True, False) if all_of.primes else (False,)
    counts = product(
        turns, range(len(all_of.sups), -1, -1), range(len(all_of.subs), -1, -1), primed
    )
    for turn, sups, subs, primes in counts:
        taken = Hanging(
            all_of.subs[:subs],
            all_of.sups[:sups],
            all_of.turned * turn,
            all_of.primes * primes,
        )
        rest = Hanging(
            all_of.subs[subs:],
            all_of.sups[sups:],
            all_of.turned * (not turn),
            all_of.primes * (not primes),
            all_of.quoted,
        )
        yield Option(_strict(mark, taken), *_loose(mark, taken), rest)


def _tail(taken: Hanging) -> str:
    return "′" * taken.primes + "⊤" * taken.turned


def _strict(mark: Mark, taken: Hanging) -> str:
    subs = "".join(f"_{canon(sub)}" for sub in taken.subs)
    sups = "".join(f"^({s.canon})" if s.label else f"^{s.canon}" for s in taken.sups)
    return f"{mark.text}{subs}{sups}{_tail(taken)}"


def _loose(mark: Mark, taken: Hanging) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys with brackets and underscores aside; and those where a bare power is a number too."""
    subs = [_sub_key(sub) for sub in taken.subs]
    raised = [[f"^{s.canon}"] for s in taken.sups]
    joined = [_sub_key(s.marks) if s.label else [f"^{s.canon}"] for s in taken.sups]
    digits = [_sub_key(s.marks) for s in taken.sups]
    tail = _tail(taken)
    return (
        _orders(mark.text, subs, (joined, raised), tail),
        _orders(mark.text, subs, (digits,), tail),
    )


def _sub_key(marks: Marks) -> list[str]:
    if is_simple(marks):
        return [mark.text for mark in marks]
    return [f"_{canon(marks)}"]


def _orders(
    base: str, subs: list[list[str]], sups: tuple[list[list[str]], ...], tail: str
) -> tuple[str, ...]:
    """The keys with subscripts before superscripts, and the other way."""
    keys = []
    for raised in sups:
        for first, second in ((subs, raised), (raised, subs)):
            parts = [text for group in (*first, *second) for text in group]
            keys.append(join_key([base, *parts]) + tail)
    return tuple(dict.fromkeys(keys))
