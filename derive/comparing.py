"""Two formulas compared by value: the points at which they are, and where they differ."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import mpmath

from derive.arithmetic import EXACTLY, QUICKLY, Arithmetic, Irrational, Number, off_kinks
from derive.exact import DIGITS, Evaluator, Table
from derive.points import choices, constant, draw, entries, size_names
from derive.shape import Shape
from derive.term import Derivation, Equation, Term, variables
from derive.unfolding import needed

SEEDS = 2
MOST_ENTRIES = 500_000
"""Numbers of a point beyond which a document, its sizes being numbers, is not calculated."""

UNDEFINED = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a formula raises at numbers where it has no value: a division by 0, a root of -1, an entry
of a declared constant that is not there."""


@dataclass(frozen=True)
class Point:
    """Sizes, and the entries of every name at them, calculated in one kind of numbers.

    What is `named` is calculated when it is first asked for: of all gradients, a claim needs few.
    """

    sizes: Mapping[str, int]
    evaluator: Evaluator
    named: Mapping[str, Term]
    below: Point | None = None

    def table(self, term: Term) -> Table | None:
        """The entries of a formula; None where it has no value here."""
        try:
            self._fill(variables(term))
            return self.evaluated(term)
        except UNDEFINED:
            return None

    def speaks_of(self, term: Term) -> bool:
        """Whether every name in a formula has a value here."""
        try:
            self._fill(variables(term))
        except UNDEFINED:
            return False
        return True

    def evaluated(self, term: Term) -> Table:
        """The entries of a formula whose names have values."""
        with mpmath.workdps(DIGITS):
            return self.evaluator.table(term)

    def _fill(self, names: Iterable[str]) -> None:
        """Calculates what names stand for, each after those in it."""
        values = self.evaluator.values
        missing = [name for name in names if name not in values]
        wanted = needed(missing, self.named, values)
        if self.below is not None and missing:
            inner = (one for name in wanted for one in variables(self.named[name]))
            self.below._fill(name for name in (*missing, *inner) if name not in self.named)
        for name in wanted:
            with mpmath.workdps(DIGITS):
                self.evaluator.give(name, self.named[name])


@dataclass
class Program:
    """What is evaluated at a point, in order: symbols, equations, and then named formulas."""

    derivation: Derivation
    shapes: Mapping[str, Shape]
    named: Mapping[str, Term]
    constants: Mapping[str, object] = field(default_factory=dict)
    fixed: bool = False
    base: Program | None = None
    sizes: tuple[str, ...] = ()
    made: dict[tuple[int, int, Arithmetic], Point | None] = field(default_factory=dict)

    def extended(self, named: Mapping[str, Term], shapes: Mapping[str, Shape]) -> Program:
        """The program with more named formulas; its points are those of this one."""
        known = {**self.shapes, **shapes}
        return Program(self.derivation, known, named, self.constants, self.fixed, self, self.sizes)

    @cached_property
    def size_names(self) -> tuple[str, ...]:
        """The names of sizes, and the sums of them that are sizes."""
        shapes = [s.shape for s in self.derivation.symbols]
        return tuple(dict.fromkeys((*size_names(shapes), *self.sizes)))

    @cached_property
    def choices(self) -> list[dict[str, int]]:
        """The sizes to compare at; none where every array would be too large."""
        if self.base is not None:
            return self.base.choices
        fixed = self.fixed or bool(self.constants)
        found = choices(self.size_names, self.derivation.sizes, fixed)
        arrays = [*(s.shape for s in self.derivation.symbols), *self.shapes.values()]
        return [sizes for sizes in found if entries(arrays, sizes) <= MOST_ENTRIES]

    @property
    def places(self) -> Iterator[tuple[int, int]]:
        """What the points are known by: a choice of sizes, and a seed."""
        return ((choice, seed) for seed in range(SEEDS) for choice in range(len(self.choices)))

    def points(self, arithmetic: Arithmetic = QUICKLY) -> Iterator[Point]:
        """The points, one after another, those without a value left out."""
        for place in self.places:
            point = self.point(*place, arithmetic)
            if point is not None:
                yield point

    def point(self, choice: int, seed: int, arithmetic: Arithmetic = QUICKLY) -> Point | None:
        """One point; the same numbers in every arithmetic."""
        key = (choice, seed, arithmetic)
        if key not in self.made:
            self.made[key] = self._made(*key)
        return self.made[key]

    def _made(self, choice: int, seed: int, arithmetic: Arithmetic) -> Point | None:
        if self.base is not None:
            return self._above(self.base.point(choice, seed, arithmetic))
        sizes = self.choices[choice]
        return self.at(sizes, self.drawn(sizes, seed), arithmetic)

    def drawn(self, sizes: Mapping[str, int], seed: int) -> dict[str, Table]:
        """Generic numbers for every symbol; constants have their own."""
        rng = random.Random(seed)
        values = {s.name: draw(s, sizes, rng) for s in self.derivation.symbols}
        return {**values, **self.stated()}

    def stated(self) -> dict[str, Table]:
        """The numbers of the constants."""
        shapes = {s.name: s.shape for s in self.derivation.symbols}
        return {name: constant(value, shapes[name]) for name, value in self.constants.items()}

    def at(
        self, sizes: Mapping[str, int], drawn: Mapping[str, Table], arithmetic: Arithmetic
    ) -> Point | None:
        """The point of these numbers; None where the forward pass has no value there."""
        return self._at(sizes, drawn, arithmetic, arithmetic)

    def smooth_at(
        self, sizes: Mapping[str, int], drawn: Mapping[str, Table], arithmetic: Arithmetic
    ) -> Point | None:
        """The point of these numbers; None, too, where the forward pass has no derivative."""
        return self._at(sizes, drawn, arithmetic, off_kinks(arithmetic))

    def _at(
        self,
        sizes: Mapping[str, int],
        drawn: Mapping[str, Table],
        arithmetic: Arithmetic,
        forward: Arithmetic,
    ) -> Point | None:
        if self.base is not None:
            return self._above(self.base._at(sizes, drawn, arithmetic, forward))
        real = arithmetic.real
        values = {n: {p: real(v) for p, v in table.items()} for n, table in drawn.items()}
        evaluator = Evaluator(self.shapes, values, sizes, forward)
        try:
            for equation in self.derivation.equations:
                if values.keys() >= set(variables(equation.term)) - sizes.keys():
                    _calculate(equation, evaluator)
        except UNDEFINED:
            return None
        return Point(sizes, Evaluator(self.shapes, values, sizes, arithmetic), self.named)

    def _above(self, below: Point | None) -> Point | None:
        """A point of the program below, with the names of this one."""
        if below is None:
            return None
        inner = below.evaluator
        values = ChainMap[str, Table]({}, inner.values)
        evaluator = Evaluator(self.shapes, values, inner.sizes, inner.calculus.arithmetic)
        return Point(below.sizes, evaluator, self.named, below)


def _calculate(equation: Equation, evaluator: Evaluator) -> None:
    """Gives a name its value, if it has one: a loss may be no fraction where its gradient is."""
    with mpmath.workdps(DIGITS), suppress(Irrational):
        evaluator.give(equation.name, equation.term)


def difference(point: Point, claimed: Term, true: Term) -> tuple[int, ...] | None:
    """The first entry in which two formulas differ at a point; None where they do not."""
    mine, theirs = point.table(claimed), point.table(true)
    if theirs is None or (mine is None and not point.speaks_of(claimed)):
        return None
    if mine is None:
        return next(iter(theirs))
    scale = max((abs(value) for value in theirs.values()), default=0)
    arithmetic = point.evaluator.calculus.arithmetic
    bound = arithmetic.noise * (scale + arithmetic.real(Fraction(1, 1000)))
    for place, value in theirs.items():
        if not abs(at(mine, place) - value) <= bound:
            return place
    return None


def at(table: Table, place: tuple[int, ...]) -> Number:
    """An entry, wherever broadcasting reads it."""
    if place in table:
        return table[place]
    tail = next(iter(reversed(table)))
    mine = place[len(place) - len(tail) :]
    return table[tuple(min(i, last) for i, last in zip(mine, tail, strict=True))]


def agree(program: Program, claimed: Term, true: Term) -> bool:
    """Whether two formulas have one value at every point, in machine numbers."""
    found = False
    for point in program.points():
        if difference(point, claimed, true) is not None:
            return False
        found = found or (point.table(true) is not None and point.speaks_of(claimed))
    return found


def confirmed(program: Program, claimed: Term, true: Term) -> bool:
    """Whether two formulas agree to many digits at every point."""
    found = 0
    with mpmath.workdps(DIGITS):
        for point in program.points(EXACTLY):
            if difference(point, claimed, true) is not None:
                return False
            found += point.table(true) is not None and point.table(claimed) is not None
    return found > 1
