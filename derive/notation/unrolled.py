r"""Sums over numbered names, `\sum_t W^T \delta^{(t)}` with `delta1`, `delta2`: term by term.

A letter that is no index but stands in the labels of names runs over the numbers for which all of
these names are known. In such a sum `h^{(t)}` is not what an alias of that spelling stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile

from derive.notation.marks import Mark, Marks
from derive.notation.sums import SumText

MOST = 40
"""Terms of such a sum at most."""

Letters = Callable[[Marks], frozenset[str] | None]


def unrolled(marks: Marks, said: Callable[[Mark], SumText], letters: Letters) -> Marks | None:
    """The marks with the first such sum written out, or None if there is none.

    `letters` gives the index letters in some marks; None where a name in them is not known.
    """
    for place, mark in enumerate(marks):
        if mark.kind != "sum":
            continue
        sum_text = said(mark)
        end = _end(marks, place + 1)
        body = marks[place + 1 : end]
        if len(sum_text.letters) != 1 or sum_text.letters[0] in (letters(body) or ()):
            continue
        terms = list(_terms(body, sum_text, letters))
        if len(terms) > 1:
            return (*marks[:place], *_added(terms, mark), *marks[end:])
    return None


def _terms(body: Marks, said: SumText, letters: Letters) -> Iterator[Marks]:
    """The terms, from the first number for which all names are known on."""
    letter = said.letters[0]
    last = said.upper if isinstance(said.upper, int) else MOST
    first = said.lower if isinstance(said.lower, int) else 1
    bodies = [_at(body, letter, value) for value in range(first, min(last, MOST) + 1)]
    if bodies and bodies[0] == body:
        return

    def known(one: Marks) -> bool:
        return letters(one) is not None

    start = next((place for place, one in enumerate(bodies) if known(one)), len(bodies))
    if start and isinstance(said.lower, int):
        return
    found = list(takewhile(known, bodies[start:]))
    if isinstance(said.upper, int) and len(found) < len(bodies) - start:
        return
    yield from found


def _end(marks: Marks, place: int) -> int:
    """Where the product after a sum ends."""
    depth, start = 0, place
    while place < len(marks):
        mark = marks[place]
        depth += {"open": 1, "close": -1}.get(mark.kind, 0)
        if depth < 0 or (depth == 0 and place > start and mark.is_sign("+", "-")):
            return place
        place += 1
    return place


def _at(marks: Marks, letter: str, value: int) -> Marks:
    """The marks with a number in place of a letter of their scripts."""
    return tuple(
        replace(
            mark,
            subs=tuple(_script(sub, letter, value) for sub in mark.subs),
            sups=tuple(_script(sup, letter, value) for sup in mark.sups),
        )
        for mark in marks
    )


def _script(marks: Marks, letter: str, value: int) -> Marks:
    """A script with a number in place of a letter; `t-1` becomes one number."""
    out: list[Mark] = []
    place = 0
    marks = _at(marks, letter, value)
    while place < len(marks):
        mark = marks[place]
        place += 1
        if mark.text == letter and mark.kind in ("letter", "greek") and not mark.primes:
            number = value
            step = marks[place : place + 2]
            if len(step) == 2 and step[0].is_sign("+", "-") and step[1].text.isdecimal():
                number += int(step[1].text) * (1 if step[0].text == "+" else -1)
                place += 2
            mark = replace(mark, kind="number", text=str(number))
        out.append(mark)
    return tuple(out)


def _added(terms: list[Marks], mark: Mark) -> Iterator[Mark]:
    """The terms in brackets with signs between them."""
    opened = Mark("open", "(", mark.span, base=mark.span)
    closed = replace(opened, kind="close", text=")")
    plus = replace(opened, kind="sign", text="+")
    yield opened
    for place, term in enumerate(terms):
        if place:
            yield plus
        yield from (opened, *term, closed)
    yield closed
