r"""What the names in a claim stand for: declared names, other spellings, aliases.

A spelling that is one name is found by its key, fonts, braces and underscores aside; one that is
more than a name is a row of marks, matched one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from derive.diagnostic import DeriveError, Span
from derive.notation.claim_scanner import scan_claim
from derive.notation.hanging import Hanging, canon, hanging, options
from derive.notation.marks import NAMING, Mark, Marks, attach
from derive.notation.names import join_key, name_key
from derive.scope import Alias, Scope
from derive.term import Apply, Term, Var, rebuild

INDEX = "#"
_POWER = re.compile(r"\^[0-9]+")
_USUAL = frozenset("ijklmnpqrs") | {"alpha", "beta", "mu", "nu"}
"""Letters that are indices where a symbol is noted with them, `as x_i`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a spelling stands for: a term or a function.

    `raised`: superscripts of it may be indices, as in `y^{i}`. `own`: the text's own spelling.
    """

    term: Term | None = None
    function: str = ""
    raised: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A name that was found: what it means, where it ends, what hangs on it."""

    end: int
    meaning: Meaning
    rest: Hanging
    exact: int = 0


@dataclass
class Lexicon:
    """The spellings of one claim."""

    scope: Scope
    keys: dict[str, Meaning] = field(default_factory=dict)
    loose: dict[str, Meaning] = field(default_factory=dict)
    texts: list[tuple[Marks, Meaning]] = field(default_factory=list)
    longest: int = 0

    def __post_init__(self) -> None:
        for name in self.scope.shapes:
            self._declare(name)
        for written, name in self.scope.spelled.items():
            self._spell(written, name)
        for alias in self.scope.aliases:
            self.add(alias)

    def _declare(self, name: str) -> None:
        meaning = Meaning(Var(name))
        self._set(self.keys, name, meaning, over=False)
        self._set(self.loose, name_key(name), meaning, over=False)

    def _spell(self, written: str, name: str) -> None:
        marks = marks_of(written)
        if not marks:
            return
        letters = self._index_letters(marks, name)
        meaning = Meaning(Var(name), raised=bool(marks[-1].sups), own=True)
        if letters:
            base = (*marks[:-1], replace(marks[-1], subs=(), sups=()))
            whole = Apply("entry", (Var(name), *(Var(f"{INDEX}{one}") for one in letters)))
            self._put(marks, Meaning(whole, own=True))
            if self._siblings(base, written):
                return
            marks = base
        self._put(marks, meaning, over=False)

    def _index_letters(self, marks: Marks, name: str) -> tuple[str, ...]:
        """The index letters of a notation such as `x_i` or `w_{kj}`; none if they are a label."""
        if len(marks) != 1 or bool(marks[0].subs) == bool(marks[0].sups):
            return ()
        hung = hanging(marks[0])
        parts = hung.subs or tuple(part.marks for part in hung.sups if not part.label)
        letters = tuple(mark.text for part in parts for mark in part)
        simple = all(mark.bare and mark.kind in NAMING for part in parts for mark in part)
        rank = sum(not dim.is_one for dim in self.scope.shapes.get(name, ()))
        distinct = len(set(letters)) == len(letters) == rank
        usual = all(one in _USUAL for one in letters)
        return letters if simple and distinct and usual and not self._labelled(marks[0]) else ()

    def _labelled(self, mark: Mark) -> bool:
        """Whether the same letter is noted with subscripts that are no indices: `b_i`, `b_f`."""
        return any(
            len(other) == 1
            and other[0].text == mark.text
            and not all(one.text in _USUAL for sub in other[0].subs for one in sub)
            for other in self._notations()
        )

    def _siblings(self, base: Marks, written: str) -> bool:
        """Whether other symbols are noted with the same letter: `o_i`, `o_j`, `o_k`."""
        others = [marks for marks in self._notations() if len(marks) == 1]
        return sum(marks[0].text == base[0].text for marks in others) > 1

    def _notations(self) -> Iterator[Marks]:
        return (marks_of(written) for written in self.scope.spelled)

    def add(self, alias: Alias) -> None:
        """One alias more; it goes before what was spelled so before it."""
        marks = marks_of(alias.written)
        if marks:
            self._put(marks, Meaning(alias.term, alias.function or "", own=True))

    def assign(self, marks: Marks, term: Term) -> None:
        """A name that the text itself assigns."""
        self._put(marks, Meaning(term))

    def _put(self, marks: Marks, meaning: Meaning, over: bool = True) -> None:
        if not is_name(marks):
            self.texts = [(old, m) for old, m in self.texts if canon(old) != canon(marks)]
            self.texts.insert(0, (marks, meaning))
            self.texts.sort(key=lambda pair: -len(pair[0]))
            return
        option = next(options(marks[-1]))
        before = run_key(marks[:-1])
        self._set(self.keys, before + option.strict, meaning, over)
        labelled = any(part.label for part in hanging(marks[-1]).sups)
        for key in option.loose:
            # a bare `^2` may be a power, so it is not what a name with the label (2) is found by
            if not (labelled and _POWER.search(key)):
                self._set(self.loose, before + key, meaning, over)

    def _set(self, table: dict[str, Meaning], key: str, meaning: Meaning, over: bool) -> None:
        self.longest = max(self.longest, len(key))
        if over or key not in table:
            table[key] = meaning

    # ---------------------------------------------------------------------------------- finding

    def find(self, marks: Marks, start: int) -> list[Found]:
        """The names that begin here, the longest first."""
        found = [*self._found_texts(marks, start), *self._found_names(marks, start)]
        return sorted(found, key=_order)

    def _found_names(self, marks: Marks, start: int) -> Iterator[Found]:
        before, place = "", start
        while place < len(marks) and marks[place].kind in NAMING:
            if len(before) > self.longest or (place > start and apart(marks, place)):
                return
            for option in options(marks[place]):
                yield from self._named(before, option.strict, self.keys, place, option.rest, 3)
                for key in option.loose:
                    yield from self._named(before, key, self.loose, place, option.rest, 2)
                for key in option.last:
                    yield from self._named(before, key, self.loose, place, option.rest, 0)
            if marks[place].sups or marks[place].primes:
                return
            before += run_key(marks[place : place + 1])
            place += 1

    def _named(
        self,
        before: str,
        key: str,
        table: dict[str, Meaning],
        place: int,
        rest: Hanging,
        exact: int,
    ) -> Iterator[Found]:
        if meaning := table.get(before + key):
            yield Found(place + 1, meaning, rest, exact)

    def _found_texts(self, marks: Marks, start: int) -> Iterator[Found]:
        for pattern, meaning in self.texts:
            end = start + len(pattern) - 1
            if end >= len(marks) or marks[start].text != pattern[0].text:
                continue
            same = all(_same(a, b) for a, b in zip(pattern[:-1], marks[start:end], strict=True))
            if same and (rest := _last(pattern[-1], marks[end])) is not None:
                yield Found(end + 1, meaning, rest, 4)

    def knows(self, key: str) -> bool:
        """Whether anything is spelled so."""
        return key in self.keys or key in self.loose


def _order(one: Found) -> tuple[int, bool, int, int]:
    """Longest first; a power read as a part of a name last; then the one that leaves least."""
    return -one.end, one.exact == 0, one.rest.size, -one.exact


def apart(marks: Marks, place: int) -> bool:
    """Whether room parts this letter from the one before it; a `d` stays with what follows."""
    before, mark = marks[place - 1], marks[place]
    if not mark.spaced:
        return False
    return before.kind == mark.kind == "letter" and before.text != "d"


def marks_of(written: str) -> Marks:
    """The marks of a spelling; none if it cannot be scanned."""
    try:
        return attach(scan_claim(written)[:-1], written)
    except DeriveError:
        return ()


def is_name(marks: Marks) -> bool:
    """Whether marks are one name: letters, scripts on the last of them, or digits on any."""
    return all(mark.kind in NAMING for mark in marks) and all(
        not mark.sups and not mark.primes for mark in marks[:-1]
    )


def run_key(marks: Sequence[Mark]) -> str:
    """The key of letters that are only the beginning of a name."""
    parts = []
    for mark in marks:
        option = next(options(mark))
        parts.append(option.loose[0])
    return "".join(parts)


def _same(a: Mark, b: Mark) -> bool:
    if a.kind != b.kind or a.text != b.text:
        return False
    return a.bare == b.bare and (a.bare or _keys(a) == _keys(b))


def _keys(mark: Mark) -> tuple[str, ...]:
    return next(options(mark)).loose


def _last(pattern: Mark, mark: Mark) -> Hanging | None:
    """What is left hanging on a mark when the pattern is taken off it; None where they differ."""
    if pattern.text != mark.text:
        return None
    wanted = set(_keys(pattern))
    for option in options(mark):
        if wanted & set(option.loose):
            return option.rest
    return None


def placed(term: Term, span: Span) -> Term:
    """A term, said to stand at one place of this text with all that it holds."""
    return rebuild(term, lambda node: replace(node, span=span))


__all__ = ["INDEX", "Found", "Lexicon", "Meaning", "join_key", "placed"]
