"""The smallest numbers at which two formulas differ: few, simple, and to be typed in again.

Where two formulas differ at generic numbers, simpler ones are tried in machine numbers: sizes as
small as they can be, entries that are 1, then 0. The values at what is left are then calculated as
fractions, or to many digits where they are none; and then their images modulo primes decide, where
they have some, so that no rounding does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial

import mpmath

from derive.arithmetic import (
    EXACTLY,
    MOST_BITS,
    QUICKLY,
    RATIONALLY,
    Arithmetic,
    Irrational,
    Number,
    off_kinks,
)
from derive.comparing import Point, Program, at
from derive.diagnostic import DeriveError
from derive.exact import DIGITS, Table
from derive.modular import MODULARLY
from derive.numbers_text import Array
from derive.points import plain_sizes, with_sums
from derive.refuting import Images, differing
from derive.selection import is_selection, selected
from derive.shape import Shape
from derive.simple import DRAWS, Draw, drawn, simpler
from derive.term import Symbol, Term, variables
from derive.truth import INNER, PROBE
from derive.verdict import FRACTIONS, IMAGES, ROUNDED, Witness

CLEAR = 1e-2
"""How much of the larger value a difference must be, for a point to be shown instead of another."""

TRIALS = 40
"""Points that are tried, at most, to make the numbers simple."""

SMOOTHLY = off_kinks(MODULARLY)
"""Images, where no function has a kink."""

UPSTREAM = "upstream"
"""What the derivative is called that a factor of the chain rule is multiplied with."""


@dataclass(frozen=True)
class Trial:
    """Sizes and numbers to compare at."""

    sizes: Mapping[str, int]
    inputs: Mapping[str, Table]


@dataclass(frozen=True)
class Found:
    """A trial, its point, the entry in which two formulas differ there, and what shows that."""

    trial: Trial
    point: Point
    place: tuple[int, ...]
    decided_by: str


def witness(
    program: Program,
    claimed: Term,
    true: Term,
    shapes: Mapping[str, Shape],
    *,
    closely: bool = False,
) -> Witness | None:
    """Numbers on which two formulas differ, the smallest that are found; None without any.

    `shapes` says how names are seen, and by the empty name how the formulas are. With `closely`,
    what machine numbers do not tell apart is told apart by exact numbers alone.
    """
    search = _Search(program, claimed, true)
    with mpmath.workdps(DIGITS):
        found = None if closely else search.clearest()
        found = found or search.simplest() or search.generic(closely)
        return None if found is None else _shown(search, found, shapes)


@dataclass
class _Search:
    """Looks for simple numbers at which two formulas differ clearly."""

    program: Program
    claimed: Term
    true: Term
    left: int = TRIALS

    @cached_property
    def images(self) -> Images:
        """The images of the formulas."""
        return Images(self.claimed, self.true)

    @property
    def symbols(self) -> dict[str, Symbol]:
        """What is given numbers, and has none stated."""
        stated = self.program.constants
        return {s.name: s for s in self.program.derivation.symbols if s.name not in stated}

    def clearest(self) -> Found | None:
        """A trial at which the formulas differ clearly, made as small as it gets."""
        for trial in self.smallest():
            for arithmetic in RATIONALLY, EXACTLY:
                found = self.differs(trial, arithmetic)
                if found is not None:
                    return self.decided(trial, *found)
        return None

    def smallest(self) -> Iterator[Trial]:
        """A trial at which the formulas differ clearly in machine numbers; none or one."""
        for trial, draw in self.trials():
            if self.clear(trial):
                yield self.emptied(self.shrunk(trial, draw))
                return

    def simplest(self) -> Found | None:
        """A trial at which the formulas differ, however little, by their images.

        Nothing has a kink there: a loss whose value has no image was not looked at whole, and a
        formula that is right but at its own kink is not told to be wrong.
        """
        for trial, _ in self.trials():
            apart = self.images_apart(trial, SMOOTHLY)
            exact = apart and self.program.smooth_at(trial.sizes, trial.inputs, EXACTLY)
            if not apart or not exact or not self.values(exact):
                continue
            rational = self.program.smooth_at(trial.sizes, trial.inputs, RATIONALLY)
            if rational and self.values(rational):
                return Found(trial, rational, apart[0], FRACTIONS)
            return Found(trial, exact, apart[0], IMAGES)
        return None

    def generic(self, closely: bool) -> Found | None:
        """A point of the program at which the formulas differ."""
        found = differing(self.program, self.images, closely=closely)
        point = found and self.program.point(found.choice, found.seed, EXACTLY)
        if not found or not point or not point.table(self.true):
            return None
        trial = Trial(point.sizes, self.program.drawn(point.sizes, found.seed))
        by = IMAGES if found.arithmetic is MODULARLY else ROUNDED
        return Found(trial, point, found.place, by)

    def decided(self, trial: Trial, point: Point, place: tuple[int, ...]) -> Found:
        """The trial with the strongest reason for the difference in an entry."""
        if point.evaluator.calculus.arithmetic is RATIONALLY:
            return Found(trial, point, place, FRACTIONS)
        by_images = place in self.images_apart(trial, MODULARLY)
        return Found(trial, point, place, IMAGES if by_images else ROUNDED)

    def images_apart(self, trial: Trial, arithmetic: Arithmetic) -> tuple[tuple[int, ...], ...]:
        """The entries whose images differ at a trial, if there are images."""
        made = partial(self.program.smooth_at, trial.sizes, trial.inputs, arithmetic)
        return self.images.apart(made) or ()

    def trials(self) -> Iterator[tuple[Trial, Draw]]:
        """Simple numbers, of several kinds, at the first sizes."""
        for sizes in self.program.choices[:1]:
            for draw in DRAWS:
                yield self.trial(sizes, draw), draw

    def trial(self, sizes: Mapping[str, int], draw: Draw) -> Trial:
        """Numbers for every symbol at these sizes."""
        made = {name: drawn(one, sizes, draw) for name, one in self.symbols.items()}
        return Trial(sizes, {**made, **self.program.stated()})

    def clear(self, trial: Trial) -> bool:
        """Whether the formulas differ at a trial, beyond all noise, in machine numbers."""
        self.left -= 1
        return self.differs(trial, QUICKLY) is not None

    def differs(self, trial: Trial, arithmetic: Arithmetic) -> tuple[Point, tuple[int, ...]] | None:
        """The point of a trial, and the entry that differs most, if it does clearly."""
        point = self.program.smooth_at(trial.sizes, trial.inputs, arithmetic)
        values = self.values(point)
        if not point or not values:
            return None
        mine, theirs = values
        apart = {place: abs(at(mine, place) - value) for place, value in theirs.items()}
        place = max(apart, key=apart.__getitem__)
        largest = max(abs(value) for value in (*mine.values(), *theirs.values()))
        return (point, place) if float(apart[place]) > CLEAR * max(float(largest), CLEAR) else None

    def values(self, point: Point | None) -> tuple[Table, Table] | None:
        """The entries of both formulas; None where one has no value in this arithmetic."""
        try:
            mine, theirs = point and point.table(self.claimed), point and point.table(self.true)
        except Irrational:
            return None
        return (mine, theirs) if mine and theirs else None

    def shrunk(self, trial: Trial, draw: Draw) -> Trial:
        """The trial at smaller sizes, no two of them equal."""
        if self.program.fixed or self.program.constants:
            return trial
        while smaller := next(filter(self.clear, self._smaller(trial.sizes, draw)), None):
            trial = smaller
        return trial

    def _smaller(self, sizes: Mapping[str, int], draw: Draw) -> Iterator[Trial]:
        """Trials with one size made smaller, the largest first."""
        plain = {name: sizes[name] for name in plain_sizes(self.program.size_names)}
        for name in sorted(plain, key=lambda one: -plain[one]):
            for size in sorted({*range(1, plain[name])} - {*plain.values()}):
                if self.left > TRIALS // 2:
                    try:
                        sums = with_sums(self.program.size_names, {**plain, name: size})
                    except DeriveError:
                        continue
                    yield self.trial(sums, draw)

    def emptied(self, trial: Trial) -> Trial:
        """The trial with entries set to 0, or to 1, as far as the formulas still differ."""
        for name in self.symbols:
            changes = simpler(self.symbols[name], trial.inputs[name])
            for table in changes:
                if self.left <= 0:
                    return trial
                found = replace(trial, inputs={**trial.inputs, name: table})
                if table == trial.inputs[name] or self.clear(found):
                    trial = found
                    break
        return trial


# ----------------------------------------------------------------------------------- what is shown


def _shown(search: _Search, found: Found, shapes: Mapping[str, Shape]) -> Witness:
    trial, point, place = found.trial, found.point, found.place
    mine, theirs = point.table(search.claimed), point.table(search.true)
    assert theirs is not None
    names = plain_sizes(search.program.size_names)
    spoken = variables(search.claimed)
    inputs = {
        _name(name): _array(name, trial.inputs[name], shapes.get(name))
        for name in search.symbols
        if name != PROBE or name in spoken
    }
    return Witness(
        {name: point.sizes[name] for name in names},
        place[: len(shapes[""])],
        "no value (a division by zero)" if mine is None else _written(at(mine, place)),
        _written(theirs[place]),
        inputs,
        point.evaluator.calculus.arithmetic is RATIONALLY,
        found.decided_by,
    )


def _name(name: str) -> str:
    """The name as the text has it."""
    if name == PROBE:
        return UPSTREAM
    return selected(name) if is_selection(name) else name.removesuffix(INNER)


def _array(name: str, table: Table, shape: Shape | None) -> Array:
    """Entries as nested rows, with as many axes as the text sees."""
    if is_selection(name):
        return tuple(Fraction(place[1]) for place, value in table.items() if value)
    rank = len(next(iter(table))) if shape is None else len(shape)
    return _rows({place[:rank]: value for place, value in table.items()})


def _rows(table: Table) -> Array:
    if () in table:
        return Fraction(table[()])
    lines: dict[int, Table] = {}
    for place, value in table.items():
        lines.setdefault(place[0], {})[place[1:]] = value
    return tuple(map(_rows, lines.values()))


def _written(value: Number) -> str:
    if isinstance(value, Fraction | int):
        return str(value)
    if value and abs(mpmath.mag(value)) > MOST_BITS:
        return "more than can be written" if mpmath.mag(value) > 0 else "nearly 0"
    return str(mpmath.nstr(mpmath.mpf(value), DIGITS))
