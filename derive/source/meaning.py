"""What each step of code is: a quantity of the network, a derivative of the loss, or neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from derive.case import Reading
from derive.checker import Checker
from derive.comparing import Point, agree, at
from derive.diagnostic import DeriveError
from derive.scope import Scope
from derive.setting import Asked
from derive.shape import Shape
from derive.source.watching import Step
from derive.statement import Bracket, ClaimLine
from derive.tensors import Value, column_shape, same_shape, solid
from derive.term import Term, Var, apply, const, substitute, variables

SCALES = (Fraction(1), Fraction(2), Fraction(1, 2))


@dataclass(frozen=True)
class Meaning:
    """A derivative that a step is, or ought to be: by what, times what number or size."""

    wrt: str
    scale: Term

    def term(self, loss: str) -> Term:
        """The formula over the name of the derivative."""
        derivative = Var(f"d{loss}/d{self.wrt}")
        return derivative if self.scale == const(1) else apply("mul", self.scale, derivative)


@dataclass
class Meanings:
    """The steps of one function, each known by what it is.

    `values`: what stands for a step in the formulas of later ones: the name of a quantity, itself
    where it is given as a derivative, or its formula. `own`: the formula of each, over these.
    Without `proving`, values alone say what a step is: enough to weigh readings.
    """

    checker: Checker
    scope: Scope
    steps: Sequence[Step]
    proving: bool = True
    values: dict[str, Term] = field(default_factory=dict)
    own: dict[str, Term] = field(default_factory=dict)
    given: dict[str, Meaning] = field(default_factory=dict)
    forward: dict[str, str] = field(default_factory=dict)

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.checker.setting.loss

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """The names that may have a derivative, the last first: those behind the loss left out."""
        setting = self.checker.setting
        names = [*(s.name for s in setting.symbols), *(e.name for e in setting.equations)]
        return tuple(n for n in reversed(names) if n != self.loss)

    def run(self) -> None:
        """Find out what every step is, in order."""
        for step in self.steps:
            self.know(step)

    def know(self, step: Step) -> None:
        """What one step is."""
        term = substitute(step.term, self.values)
        self.values[step.name] = self.own[step.name] = term
        if step.shape == ():
            self.count(step, term)
        if step.shape in (None, ()):
            return
        if (node := self.node_of(term, step.shape)) is not None:
            self.forward[step.name] = node
            self.values[step.name] = Var(node, step.span)
        elif (meaning := self.derivative_of(term, step.shape)) is not None:
            self.give(step.name, meaning)

    def give(self, name: str, meaning: Meaning) -> None:
        """Let a step stand for a derivative in what follows."""
        self.given[name] = meaning
        self.values.pop(name, None)

    def keep(self, step: Step, known: Meanings) -> None:
        """What one step was found to be before."""
        self.own[step.name] = known.own[step.name]
        if step.name in known.given:
            self.give(step.name, known.given[step.name])
            return
        self.values[step.name] = known.values[step.name]
        if step.name in known.forward:
            self.forward[step.name] = known.forward[step.name]

    def count(self, step: Step, term: Term) -> None:
        """What is a size goes by its name."""
        found = self.value(term)
        if found is not None and isinstance(found[1], Var) and found[1].name in self.sizes:
            self.forward[step.name] = found[1].name
            self.values[step.name] = Var(found[1].name, step.span)

    def formula(self, term: Term, wrt: str) -> Term:
        """A formula over what comes before it, none of it the same derivative by another name."""
        if isinstance(term, Var) and term.name in self.own:
            term = self.own[term.name]
        term = substitute(term, self.values)
        for _ in self.steps:
            same = {
                name: self.own[name]
                for name in variables(term)
                if name in self.given and self.given[name].wrt == wrt
            }
            if not same:
                break
            term = substitute(term, same)
        return term

    # ------------------------------------------------------------------------ readings

    def asked(self, text: str = "", line: int = 0, wrt: str = "x") -> Asked:
        """A claim with what the steps before stand for."""
        given = {name: one.term(self.loss) for name, one in self.given.items()}
        bracket = Bracket("gradient", self.loss, wrt)
        return Asked(ClaimLine(bracket, text, line=line), self.scope, given)

    def reading(self) -> Reading:
        """What reads the formulas of steps."""
        case = self.checker.case
        return Reading(case, self.asked(), self.loss, "numpy", "jacobian", "")

    def value(self, term: Term) -> tuple[Value, Term, Reading] | None:
        """A formula as an array, and in the names that are calculated with; None without one."""
        reading = self.reading()
        try:
            for name in variables(term):
                reading.leaf(name)
            value = reading.elaborator().value(term)
            return value, reading.resolved(solid(value)), reading
        except DeriveError:
            return None

    # ------------------------------------------------------------------------ what it is

    def node_of(self, term: Term, shape: Shape) -> str | None:
        """The quantity of the network that a formula is: found by value, and proved."""
        found = self.value(term)
        if found is None:
            return None
        value, core, reading = found
        for name in self.nodes:
            if not same_shape(self.checker.setting.shapes[name], value.shape):
                continue
            if self.equal(reading, core, Var(self.checker.case.inner[name]), value.shape):
                return name
        return None

    def equal(self, reading: Reading, a: Term, b: Term, shape: Shape) -> bool:
        """Whether two formulas are equal: by value, and proved."""
        if not agree(reading.program(), a, b):
            return False
        prover = self.checker.case.truth(self.loss).prover
        return not self.proving or prover.equal(a, b, column_shape(shape)) is not None

    def derivative_of(self, term: Term, shape: Shape) -> Meaning | None:
        """The derivative that a formula is, up to a number or a size: by value, and proved."""
        found = self.value(term)
        if found is None:
            return None
        value, core, reading = found
        for meaning, true in self.near(value, core, reading):
            if self.equal(reading, core, true, value.shape):
                return meaning
        return None

    def near(self, value: Value, core: Term, reading: Reading) -> Iterator[tuple[Meaning, Term]]:
        """The derivatives of one shape that a formula is a multiple of at one point."""
        point = next(reading.program().points(), None)
        mine = None if point is None else point.table(core)
        if point is None or not mine:
            return
        for name in self.nodes:
            if not same_shape(self.checker.setting.shapes[name], value.shape):
                continue
            true = self.true(name)
            theirs = None if true is None else point.table(true)
            if true is None or not theirs:
                continue
            place = max(theirs, key=lambda p: abs(theirs[p]))
            if not theirs[place]:
                continue
            ratio = float(at(mine, place) / theirs[place])
            for scale in scales(ratio, point, self.sizes):
                whole = true if scale == const(1) else apply("mul", scale, true)
                yield Meaning(name, scale), whole

    def true(self, name: str) -> Term | None:
        """The derivative of the loss by a name, as it is calculated with."""
        truth = self.checker.case.truth(self.loss)
        inner = self.checker.case.inner[name]
        return truth.adjoint(inner) if truth.depends(inner) else None

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The names of sizes."""
        return tuple(self.checker.setting.loose_sizes())


def scales(ratio: float, point: Point, sizes: Sequence[str]) -> Iterator[Term]:
    """The numbers, sizes, and parts of sizes that a ratio is."""
    sign, amount = (-1 if ratio < 0 else 1), abs(ratio)
    for number in SCALES:
        if abs(amount - number) < 1e-8 * number:
            yield const(sign * number)
        for name in sizes:
            length = point.sizes.get(name)
            if not length or length == 1:
                continue
            if abs(amount - number * length) < 1e-8 * amount:
                whole = Var(name) if number == 1 else apply("mul", const(number), Var(name))
                yield whole if sign > 0 else apply("neg", whole)
            if abs(amount * length - number) < 1e-8:
                yield apply("div", const(sign * number), Var(name))
