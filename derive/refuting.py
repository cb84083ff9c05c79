"""Where two formulas differ for sure: by their images modulo primes, else by many digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import mpmath

from derive.arithmetic import EXACTLY, Arithmetic, Irrational
from derive.comparing import Point, Program, at, difference
from derive.deadline import Allowance, TimeUp
from derive.exact import DIGITS
from derive.modular import MODULARLY
from derive.term import Term

SECONDS = 2.0
"""Time for the images of two formulas, at all points together: large arrays have digits alone."""


@dataclass(frozen=True)
class Images:
    """What images tell of two formulas."""

    claimed: Term
    true: Term
    time: Allowance = field(default_factory=lambda: Allowance(SECONDS))

    def apart(self, made: Callable[[], Point | None]) -> tuple[tuple[int, ...], ...] | None:
        """The entries in which the formulas differ at a point of exact numbers; () if none.

        None where one of them has no exact value, or none in time.
        """
        try:
            with self.time.of(0):
                point = made()
                mine, theirs = point and point.table(self.claimed), point and point.table(self.true)
        except (Irrational, TimeUp):
            return None
        if not mine or not theirs:
            return None
        return tuple(place for place, value in theirs.items() if at(mine, place) != value)


class Difference(NamedTuple):
    """The point and the entry in which two formulas differ, and the numbers that show it."""

    choice: int
    seed: int
    place: tuple[int, ...]
    arithmetic: Arithmetic


def differing(program: Program, images: Images, *, closely: bool = False) -> Difference | None:
    """The first difference of two formulas that is sure.

    Where their images do not tell, those numbers do that have many digits; not where machine
    numbers are equal, and not `closely`.
    """
    with mpmath.workdps(DIGITS):
        for choice, seed in program.places:
            apart = images.apart(partial(program.point, choice, seed, MODULARLY))
            if apart:
                return Difference(choice, seed, apart[0], MODULARLY)
            if apart is None and not closely:
                place = _by_digits(program, images, choice, seed)
                if place is not None:
                    return Difference(choice, seed, place, EXACTLY)
    return None


def _by_digits(program: Program, images: Images, choice: int, seed: int) -> tuple[int, ...] | None:
    """The first entry that differs at a point, in machine numbers and in many digits."""
    quick = program.point(choice, seed)
    if quick is not None and difference(quick, images.claimed, images.true) is None:
        return None
    point = program.point(choice, seed, EXACTLY)
    return None if point is None else difference(point, images.claimed, images.true)
