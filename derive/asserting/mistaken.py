"""The table of mistakes: what a person writes in place of a right step of the backward pass.

Every row goes over a step, `dz2 = dH2 ∘ H2 ∘ (1 - H2)`, and yields the wrong ones that a kind of
mistake makes of it, with the page on that kind. Nothing here knows a layer: a step is a formula,
and an activation is a function of the forward equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.asserting.wrong_formulas import (
    changes,
    decay,
    extra,
    factors,
    forgotten,
    scaled,
    signs,
    subsets,
    summands,
    symbols,
    updated,
)
from derive.asserting.wrong_slopes import false_slopes, other_slopes, slopes
from derive.asserting.wrong_step import Mutation, Row, Step
from derive.asserting.wrong_sums import batch, bias_rows, ones

TABLE: tuple[Row, ...] = (
    slopes,
    batch,
    factors,
    ones,
    bias_rows,
    signs,
    summands,
    changes,
    subsets,
    other_slopes,
    false_slopes,
    forgotten,
    symbols,
    extra,
    updated,
    decay,
    scaled,
)
"""The kinds of mistakes, the likeliest first: of two that make the same numbers, it is told."""


def mutations(steps: Sequence[Step]) -> Iterator[tuple[Step, Mutation]]:
    """Every wrong step that the table makes of right ones, each formula once, by its rows."""
    seen = {step.name: {step.term} for step in steps}
    for row in TABLE:
        for step in reversed(steps):  # of two that give the same, the one nearest what is wrong
            for made in row(step):
                if made.term not in seen[step.name]:
                    seen[step.name].add(made.term)
                    yield step, made
