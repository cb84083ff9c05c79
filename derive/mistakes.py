"""Kinds of mistakes in derivations: a code that stays, a name, a title, a page that explains it."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.diagnostic import refuse
from derive.notation.spelling import shown, suggestion


@dataclass(frozen=True, slots=True)
class Mistake:
    """A kind of mistake; `edits` are the changes of a repair that show that it was made."""

    code: str
    name: str
    title: str
    edits: tuple[str, ...] = ()


ROWS = (
    Mistake(
        "D310",
        "matmul-for-elementwise",
        "a matrix product where an elementwise one is meant",
        ("mul",),
    ),
    Mistake(
        "D311",
        "elementwise-for-matmul",
        "an elementwise product where a matrix product is meant",
        ("matmul",),
    ),
    Mistake("D312", "missing-transpose", "a transpose is missing", ("transposed",)),
    Mistake("D313", "extra-transpose", "a transpose too many", ("untransposed",)),
    Mistake("D314", "wrong-order", "the factors stand in the wrong order", ("order",)),
    Mistake("D315", "bias-row", "the row of the bias is not dropped", ("bias",)),
    Mistake("D316", "missing-factor", "a factor is missing", ("missing", "factor")),
    Mistake("D317", "wrong-sign", "a sign is wrong", ("sign",)),
    Mistake("D318", "scale", "a number in front is missing, or too much", ("scale",)),
    Mistake("D319", "missing-batch-sum", "the sum over the batch is missing", ("sum",)),
    Mistake("D320", "wrong-symbol", "another name is meant", ("symbol",)),
    Mistake("D321", "wrong-argument", "the slope is taken at the wrong place"),
    Mistake("D322", "wrong-slope", "the slope is that of another function", ("function",)),
    Mistake("D323", "softmax-diagonal", "the diagonal of the softmax in place of all of it"),
    Mistake("D324", "updated-weights", "weights that were already updated are used"),
    Mistake("D325", "outer-product", "an outer product is meant", ("outer",)),
    Mistake("D326", "inner-product", "an inner product is meant", ("inner",)),
    Mistake("D327", "broadcast", "broadcasting hides an error"),
    Mistake("D328", "shape-claim", "the shape that is said is not the shape that is"),
    Mistake("D329", "layout", "the layout is the transposed one"),
    Mistake("D330", "fact", "the formula holds only under a fact"),
)
MISTAKES: Mapping[str, Mistake] = {row.code: row for row in ROWS}
NAMED: Mapping[str, Mistake] = {row.name: row for row in ROWS}
EDITED: Mapping[str, str] = {edit: row.code for row in ROWS for edit in row.edits}
"""The change that a repair made -> the code of the mistake."""


def mistake_of(edits: Sequence[str]) -> str | None:
    """The code of the mistake that the changes of a repair show first, if they show one.

    >>> mistake_of(("transposed", "bias")), mistake_of(("whole",))
    ('D312', None)
    """
    return next((EDITED[edit] for edit in edits if edit in EDITED), None)


def has_page(word: str) -> bool:
    """Whether a word is, or looks like, the code or the name of a page.

    >>> has_page("D999"), has_page("wrong-sign"), has_page("W2")
    (True, True, False)
    """
    return bool(re.fullmatch(r"[Dd][0-9]{2,4}|[a-z]+(?:-[a-z]+)+", word)) or word in NAMED


def page(word: str) -> str:
    """The page on a kind of mistake, by its code or its name.

    Raises DeriveError, with a "did you mean", for a word that has no page.
    """
    found = MISTAKES.get(word.upper()) or NAMED.get(word)
    if found is None:
        hint = suggestion(word.upper(), MISTAKES) or suggestion(word, NAMED)
        pages = f"pages are {ROWS[0].code} to {ROWS[-1].code}"
        raise refuse("D308", f"no page is called `{shown(word)}`; {hint or pages}")
    folder = importlib.resources.files("derive") / "pages"
    return (folder / f"{found.code}.md").read_text(encoding="utf-8")
