"""Whether a formula that is wrong for one derivative is the right one of another.

Who has multiplied all factors but the last has the gradient by z1 in hand, and calls it that by W1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.deadline import check_time
from derive.diagnostic import DeriveError
from derive.judgement import Judgement
from derive.shape import long_axes
from derive.term import variables
from derive.truth import ACTING, Target

MOST = 60
"""Names of a document among which another derivative is looked for."""


def meant(judgement: Judgement) -> str | None:
    """The derivative that a formula is, in words: `this is dJ/dz1`; only what is proved."""
    if not any(True for _ in variables(judgement.link.term)):
        return None
    for target in _others(judgement):
        check_time()
        try:
            other = replace(judgement, asked=target)
        except DeriveError:
            continue
        if other.holds():
            return f"this is d{target.of}/d{target.wrt}"
    return None


def _others(judgement: Judgement) -> Iterator[Target]:
    """The derivatives of the same name by others: results first, as they are what is mixed up."""
    setting, asked = judgement.reading.case.setting, judgement.asked
    names = [one.name for one in setting.equations] + [one.name for one in setting.symbols]
    of = setting.shapes[asked.of]
    for wrt in names[:MOST]:
        if wrt in (asked.of, asked.wrt) or not long_axes(setting.shapes[wrt]):
            continue
        if judgement.truth.depends(judgement.reading.case.inner[wrt]):
            for layout in ACTING if of else ("gradient",):
                yield Target(asked.of, wrt, layout)
