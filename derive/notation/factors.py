"""A `d` before a name: the sign of a derivative, or a factor where something is called d."""

from __future__ import annotations

from derive.notation.lexicon import Lexicon
from derive.notation.marks import NAMING, Mark, Marks


def is_factor(lexicon: Lexicon, marks: Marks, start: int) -> bool:
    """Whether a `d` that is a name of its own stands apart from what follows: `d W`."""
    after = marks[start + 1 : start + 2]
    return bool(after) and after[0].spaced and _is_known(lexicon, marks[start])


def doubt(lexicon: Lexicon, marks: Marks, start: int, end: int, text: str) -> str | None:
    """What a `d` before a name was taken for, where it could be a factor and a sign.

    What was read ends at `end`: with the `d` where this is a factor, and else with the name.
    """
    if not _is_known(lexicon, marks[start]) or start + 1 >= len(marks):
        return None
    factor = end == start + 1
    if factor and not (is_factor(lexicon, marks, start) and _is_name(lexicon, marks, start + 1)):
        return None
    whole = text[marks[start].span.start : marks[start + 1 if factor else end - 1].span.end]
    name = whole[1:].lstrip()
    if factor:
        return f"`{whole}` is the product with d; the derivative is written `d{name}`"
    return f"`{whole}` is the derivative; the product with d is written `d {name}`"


def _is_known(lexicon: Lexicon, mark: Mark) -> bool:
    """Whether a mark is the letter d, and d is the name of something here."""
    if not (mark.bare and mark.text == "d"):
        return False
    return any(one.meaning.term is not None for one in lexicon.find((mark,), 0))


def _is_name(lexicon: Lexicon, marks: Marks, start: int) -> bool:
    """Whether a derivative could be by what stands here."""
    return marks[start].kind in NAMING and bool(lexicon.find(marks, start))
