"""The gradients of one function, judged one by one, each by the steps that lead to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from derive.asking import Question
from derive.case import Reading
from derive.checker import SECONDS, Checker
from derive.deadline import Allowance, TimeUp
from derive.diagnostic import Diagnostic
from derive.judgement import Judgement
from derive.outcome import Outcome
from derive.scope import ClaimText, Link
from derive.setting import Setting
from derive.source.blame import Blame
from derive.source.finals import Final, Finals
from derive.source.meaning import Meaning, Meanings
from derive.source.rates import simple
from derive.source.scene import Scene
from derive.source.trace import Tracer
from derive.source.watching import Step
from derive.tensors import same_shape
from derive.term import Equation, Term, Var, apply, const, variables
from derive.truth import Target
from derive.verdict import GOOD, Claim

ONCE = const(1)

Formula = TypeVar("Formula", Step, Final)
"""What has a formula, and keeps the rest of itself with another one."""


@dataclass(frozen=True)
class Judged:
    """A gradient, or a wrong step behind some, with its verdict and the formula that has it."""

    final: Final
    outcome: Outcome
    term: Term | None = None
    scale: Term = ONCE
    behind: tuple[int, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it is right."""
        return self.outcome.claim.verdict in GOOD


@dataclass
class Function:
    """One function under one reading: its steps, what they are, and the verdicts."""

    scene: Scene
    allowance: Allowance = field(default_factory=lambda: Allowance(SECONDS))

    def __post_init__(self) -> None:
        self.tracer: Tracer = self.scene.tracer()
        steps = [self.without_penalties(one) for one in self.tracer.steps]
        self.tracer.steps[:] = steps
        self.checker = Checker(self.scene.setting, self.allowance)
        self.meanings = Meanings(self.checker, self.scene.scope, steps)
        self.finder = Finals(self.scene, self.tracer)
        self.finals = [self.without_penalties(one) for one in self.finder.all()]
        self.judged: list[Judged] = []
        self.believed: list[Step] = []

    def weigh(self, least: int | None = None) -> tuple[int, int]:
        """How well the reading fits: misfits, of no more than `-least`, and what is known."""
        misfits = sum(one.shape is None for one in self.tracer.steps)
        if least is not None and -misfits < least:
            return -misfits, 0
        self.meanings.run()
        misfits += sum(self.is_misfit(one) for one in self.finals)
        return -misfits, len(self.meanings.forward) + len(self.meanings.given)

    def is_misfit(self, final: Final) -> bool:
        """Whether a gradient has not the shape of what it is by."""
        if final.term is None:
            return True
        found = self.meanings.value(self.meanings.formula(final.term, final.wrt))
        wanted = self.scene.setting.shapes[final.wrt]
        return found is None or not same_shape(found[0].shape, wanted)

    def without_penalties(self, one: Formula) -> Formula:
        """A step or a gradient, unless a penalty cannot be added: to a shape of a parameter."""
        if one.term is None:
            return one
        rest = simple(one.term, dict.fromkeys(self.scene.penalties, const(0)))
        refused = self.tracer.shaped(one.term)[1] is not None
        shapes = [self.scene.setting.shapes[name] for name in self.scene.params]
        if refused and self.tracer.shaped(rest)[0] in shapes:
            return one
        return replace(one, term=rest)

    @property
    def is_whole(self) -> bool:
        """Whether every gradient is a multiple of what it should be."""
        given = self.meanings.given
        return bool(self.finals) and all(
            isinstance(one.term, Var)
            and one.term.name in given
            and given[one.term.name].wrt == one.wrt
            for one in self.finals
        )

    @property
    def has_forward(self) -> bool:
        """Whether the code itself goes forward up to the output."""
        return bool(self.finals) and "yhat" in self.meanings.forward.values()

    def judge(self) -> tuple[int, int, int]:
        """Judge every gradient; how many are right, right but for a sign, and steps that are."""
        self.judged = [self.one(final) for final in self.finals]
        plain = (const(1), const(-1))
        signed = sum(self.multiple(one) in plain for one in self.judged)
        exact = sum(one.scale in plain for one in self.meanings.given.values())
        return sum(one.good for one in self.judged), signed, exact

    def multiple(self, one: Judged) -> Term | None:
        """What multiple of itself a gradient is; None where it is none."""
        if one.good or one.term is None:
            return const(1) if one.good else None
        found = self.meanings.derivative_of(one.term, self.scene.setting.shapes[one.final.wrt])
        return found.scale if found is not None and found.wrt == one.final.wrt else None

    def trace_wrong(self) -> None:
        """Find the first wrong steps behind the gradients that are wrong."""
        judged, blamed = self.judged, list[tuple[Step, Meaning]]()
        while found := self.blamed(judged, self.believed):
            blamed.append(found)
            self.believed.append(found[0])
            self.believe(*found)
            judged = [one if one.good else self.one(one.final) for one in judged]
        steps = [self.step(step, meaning) for step, meaning in blamed]
        told = [replace(one, behind=self.behind(one, blamed)) for one in judged]
        self.judged = sorted([*steps, *told], key=lambda one: one.final.span.start)

    # ------------------------------------------------------------------------ verdicts

    def one(self, final: Final) -> Judged:
        """The verdict on one gradient."""
        name = f"d{self.meanings.loss}/d{final.wrt}"
        if final.step in self.believed:
            outcome = self.outcome(self.meanings, Var(final.step.name), final)
            return Judged(final, outcome, Var(final.step.name))
        if final.term is None:
            found = (final.failure,) if final.failure is not None else ()
            return Judged(final, Outcome(Claim(name, "unreadable", diagnostics=found)))
        given = self.meanings.given.get(final.step.name) if final.step is not None else None
        if final.step is not None and given is not None and given.wrt != final.wrt:
            # what was proved to be another derivative may be this one by its name alone
            outcome = self.outcome(self.meanings, Var(final.step.name), final)
            if outcome.claim.verdict == "proved":
                return Judged(final, outcome, Var(final.step.name))
        term = self.meanings.formula(final.term, final.wrt)
        return Judged(final, self.outcome(self.meanings, term, final), term)

    def outcome(self, meanings: Meanings, term: Term, final: Final) -> Outcome:
        """The verdict on a formula for a derivative."""
        target = Target(meanings.loss, final.wrt)
        asked = meanings.asked(self.text, self.line(final), final.wrt)
        link = Link(term, final.span)
        asks = Question(ClaimText(self.scene.listing.text, (link,)), target, (), True, {})
        reading = Reading(
            meanings.checker.case, asked, target.of, "numpy", "jacobian", asks.claim.text
        )
        try:
            with self.allowance.of(1 + final.span.start):
                judgement = Judgement(reading, asks, link, target)
                claim = self.lying(judgement.claim(), final)
        except TimeUp:
            late = Diagnostic("D906", "the time for one claim was over")
            name = f"d{target.of}/d{target.wrt}"
            return Outcome(Claim(name, "undecided", line=self.line(final), diagnostics=(late,)))
        claim = replace(claim, line=self.line(final))
        return Outcome(claim, () if claim.verdict in GOOD else ((judgement, claim),))

    def lying(self, claim: Claim, final: Final) -> Claim:
        """The verdict on code: arrays are added to each other, so a transpose does not do."""
        if claim.verdict not in GOOD or claim.layout != "transposed":
            return claim
        message = f"this is the transpose of {claim.name}, which cannot be added to {final.wrt}"
        found = Diagnostic("D329", message, self.scene.listing.text, final.span)
        return replace(claim, verdict="ill-shaped", layout=None, diagnostics=(found,), facts=())

    def stale(self, one: Judged) -> tuple[str, int] | None:
        """The parameter that a formula uses after the code has changed it, and where it has."""
        step = one.final.step
        updates = {u.name: (name, u) for u in self.tracer.steps if (name := self.finder.updated(u))}
        own = one.final.wrt if step is not None and step.name in updates else None
        for name in variables(step.term) if step is not None else ():
            if name in updates and updates[name][0] != own:
                return updates[name][0], self.scene.listing.line(updates[name][1].span.start)
        return None

    def line(self, final: Final) -> int:
        """The line of the file."""
        return self.scene.listing.line(final.span.start)

    @property
    def text(self) -> str:
        """What is said to the checker of the text: whether it speaks of a maximum."""
        return "max(" if "max(" in self.scene.listing.text else ""

    # ------------------------------------------------------------------------ wrong steps

    def blamed(
        self, judged: Sequence[Judged], known: Sequence[Step]
    ) -> tuple[Step, Meaning] | None:
        """The first wrong step behind the gradients that are wrong."""
        wrong = [one.final for one in judged if not one.good and one.final.term is not None]
        good = [one.final for one in judged if one.good]
        if not wrong:
            return None
        try:
            with self.allowance.of(0):
                return Blame(self.meanings, self.said, known).first(wrong, good)
        except TimeUp:
            return None

    def said(self, step: Step) -> str | None:
        """Of what a step says, by its name, that it is the gradient."""
        return self.finder.by(step.name.partition("ˑ")[0] if "ˑ" in step.name[4:] else step.name)

    def believe(self, step: Step, meaning: Meaning) -> None:
        """Go on as if a step were right."""
        known, touched = self.meanings, {step.name}
        self.meanings = made = replace(known, values={}, own={}, given={}, forward={})
        for one in known.steps:
            if one is step:
                made.own[one.name] = known.own[one.name]
                made.give(one.name, meaning)
            elif touched & set(variables(one.term)):
                touched.add(one.name)
                made.know(one)
            else:
                made.keep(one, known)

    def step(self, step: Step, meaning: Meaning) -> Judged:
        """The verdict on a step, the loss scaled so that the step ought to be its derivative."""
        final = Final(meaning.wrt, step.term, step.span, step)
        meanings = self.scaled(meaning.scale)
        meanings.given.pop(step.name, None)
        term = self.meanings.own[step.name]
        outcome = self.outcome(meanings, term, final)
        return Judged(final, outcome, term, meaning.scale)

    def scaled(self, scale: Term) -> Meanings:
        """What the steps are for another multiple of the loss."""
        given = dict(self.meanings.given)
        if scale == const(1):
            return replace(self.meanings, given=given)
        setting = _multiplied(self.scene.setting, scale)
        given = {n: replace(one, scale=_over(one.scale, scale)) for n, one in given.items()}
        return replace(self.meanings, checker=Checker(setting, self.allowance), given=given)

    def behind(self, one: Judged, blamed: Sequence[tuple[Step, Meaning]]) -> tuple[int, ...]:
        """The lines of the wrong steps that a gradient rests on."""
        if one.final.term is None:
            return ()
        names = _closure(one.final, {step.name: step for step in self.meanings.steps})
        listing = self.scene.listing
        lines = (listing.line(step.span.start) for step, _ in blamed if step.name in names)
        return tuple(sorted(set(lines)))


def _closure(final: Final, steps: Mapping[str, Step]) -> set[str]:
    from_term = [final.step.name] if final.step is not None else []
    todo, found = [*from_term, *_names(final.term)], set[str]()
    while todo:
        name = todo.pop()
        if name in steps and name not in found:
            found.add(name)
            todo.extend(_names(steps[name].term))
    return found


def _names(term: Term | None) -> Sequence[str]:
    return () if term is None else variables(term)


def _over(a: Term, b: Term) -> Term:
    """One multiple over another."""
    if a == b:
        return const(1)
    return apply("div", a, b) if a != const(1) else apply("div", const(1), b)


def _multiplied(setting: Setting, scale: Term) -> Setting:
    """The setting with a multiple of the loss."""
    equations = [
        Equation(e.name, apply("mul", scale, e.term)) if e.name == setting.loss else e
        for e in setting.equations
    ]
    return replace(setting, equations=equations)
