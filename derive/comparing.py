"""Two formulas compared by value: where they differ, and the smallest numbers that show it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import mpmath

from derive.arithmetic import EXACTLY, QUICKLY, Arithmetic, Number
from derive.exact import DIGITS, Evaluator, Table
from derive.points import choices, constant, draw, entries, size_names
from derive.shape import Shape
from derive.term import Derivation, Term
from derive.verdict import Witness

SEEDS = 2
MOST_BITS = 4_000
"""The size of a number, in bits, beyond which its digits are not written."""

MOST_ENTRIES = 500_000
"""Numbers of a point beyond which a document, its sizes being numbers, is not calculated."""

CLOSE, EXACT = 1e-8, mpmath.mpf(10) ** -25
UNDEFINED = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a formula raises at numbers where it has no value: a division by 0, a root of -1, an entry
of a declared constant that is not there."""


@dataclass(frozen=True)
class Point:
    """Sizes, and the entries of every name at them, calculated in one kind of numbers."""

    sizes: Mapping[str, int]
    evaluator: Evaluator

    def table(self, term: Term) -> Table | None:
        """The entries of a formula; None where it has no value here."""
        try:
            return self.evaluator.table(term)
        except UNDEFINED:
            return None


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
    made: dict[tuple[int, int, bool], Point | None] = field(default_factory=dict)

    def extended(self, named: Mapping[str, Term], shapes: Mapping[str, Shape]) -> Program:
        """The program with more named formulas; its points are those of this one."""
        known = {**self.shapes, **shapes}
        return Program(self.derivation, known, named, self.constants, self.fixed, self, self.sizes)

    @cached_property
    def choices(self) -> list[dict[str, int]]:
        """The sizes to compare at; none where every array would be too large."""
        if self.base is not None:
            return self.base.choices
        shapes = [s.shape for s in self.derivation.symbols]
        names = tuple(dict.fromkeys((*size_names(shapes), *self.sizes)))
        found = choices(names, self.derivation.sizes, self.fixed or bool(self.constants))
        arrays = [*shapes, *self.shapes.values()]
        return [sizes for sizes in found if entries(arrays, sizes) <= MOST_ENTRIES]

    def points(self, *, exact: bool = False) -> Iterator[Point]:
        """The points, one after another, those without a value left out."""
        for seed in range(SEEDS):
            for choice in range(len(self.choices)):
                point = self.point(choice, seed, exact=exact)
                if point is not None:
                    yield point

    def point(self, choice: int, seed: int, *, exact: bool = False) -> Point | None:
        """One point; the same numbers in machine arithmetic and in many digits."""
        key = (choice, seed, exact)
        if key not in self.made:
            self.made[key] = self._made(self.choices[choice], seed, exact)
        return self.made[key]

    def _made(self, sizes: dict[str, int], seed: int, exact: bool) -> Point | None:
        arithmetic = EXACTLY if exact else QUICKLY
        rng = random.Random(seed)
        try:
            if self.base is not None:
                return self._more(sizes, seed, exact)
            values = {s.name: draw(s, sizes, rng) for s in self.derivation.symbols}
            for name, value in self.constants.items():
                shape = next(s.shape for s in self.derivation.symbols if s.name == name)
                values[name] = constant(value, shape)
            return self._evaluated(sizes, values, arithmetic)
        except UNDEFINED:
            return None

    def _more(self, sizes: Mapping[str, int], seed: int, exact: bool) -> Point | None:
        assert self.base is not None
        below = self.base.point(self.choices.index(dict(sizes)), seed, exact=exact)
        if below is None:
            return None
        values, arithmetic = dict(below.evaluator.values), below.evaluator.calculus.arithmetic
        return self._filled(Evaluator(self.shapes, values, sizes, arithmetic), values)

    def _filled(self, evaluator: Evaluator, values: dict[str, Table]) -> Point:
        with mpmath.workdps(DIGITS):
            for name, term in self.named.items():
                values[name] = evaluator.table(term)
        return Point(evaluator.sizes, evaluator)

    def _evaluated(
        self, sizes: Mapping[str, int], drawn: Mapping[str, Table], arithmetic: Arithmetic
    ) -> Point:
        real = arithmetic.real
        values = {n: {p: real(v) for p, v in table.items()} for n, table in drawn.items()}
        evaluator = Evaluator(self.shapes, values, sizes, arithmetic)
        with mpmath.workdps(DIGITS):
            for equation in self.derivation.equations:
                values[equation.name] = evaluator.table(equation.term)
        return self._filled(evaluator, values)


def difference(point: Point, claimed: Term, true: Term) -> tuple[int, ...] | None:
    """The first entry in which two formulas differ at a point; None where they do not."""
    mine, theirs = point.table(claimed), point.table(true)
    if theirs is None:
        return None
    if mine is None:
        return next(iter(theirs))
    scale = max((abs(value) for value in theirs.values()), default=0)
    exact = point.evaluator.calculus.arithmetic is EXACTLY
    bound = (EXACT if exact else CLOSE) * (scale + Fraction(1, 1000) * (1 if exact else 1.0))
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
        found = found or point.table(true) is not None
    return found


def witness(program: Program, claimed: Term, true: Term) -> Witness | None:
    """The first point, and the first entry there, in which two formulas differ; many digits."""
    with mpmath.workdps(DIGITS):
        for seed in range(SEEDS):
            for choice in range(len(program.choices)):
                quick = program.point(choice, seed)
                if quick is not None and difference(quick, claimed, true) is None:
                    continue
                point = program.point(choice, seed, exact=True)
                place = None if point is None else difference(point, claimed, true)
                if point is not None and place is not None:
                    return _shown(point, place, claimed, true)
    return None


def _shown(point: Point, place: tuple[int, ...], claimed: Term, true: Term) -> Witness:
    mine, theirs = point.table(claimed), point.table(true)
    assert theirs is not None
    said = "no value (a division by zero)" if mine is None else _digits(at(mine, place))
    return Witness(point.sizes, place, said, _digits(theirs[place]))


def _digits(value: Number) -> str:
    if value and abs(mpmath.mag(value)) > MOST_BITS:
        return "more than can be written" if mpmath.mag(value) > 0 else "nearly 0"
    return str(mpmath.nstr(mpmath.mpf(value), 6))


def confirmed(program: Program, claimed: Term, true: Term) -> bool:
    """Whether two formulas agree to many digits at every point."""
    found = 0
    with mpmath.workdps(DIGITS):
        for point in program.points(exact=True):
            if difference(point, claimed, true) is not None:
                return False
            found += point.table(true) is not None and point.table(claimed) is not None
    return found > 1
