"""The first wrong step behind a wrong gradient: the one that, put right, makes it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from derive.comparing import agree
from derive.source.finals import Final
from derive.source.meaning import Meaning, Meanings
from derive.source.watching import Step
from derive.tensors import same_shape
from derive.term import Term, Var, const, substitute, variables


@dataclass
class Blame:
    """Looks for wrong steps of one function; `named` says of what a word is the gradient."""

    meanings: Meanings
    named: Callable[[Step], str | None]
    known: Sequence[Step] = ()

    def first(self, wrong: Sequence[Final], good: Sequence[Final]) -> tuple[Step, Meaning] | None:
        """The first step that, were it right, would make gradients right and none wrong."""
        best: tuple[Step, Meaning] | None = None
        most = 0
        for step in self.suspects(wrong):
            if step in self.known:
                continue
            for meaning in self.guesses(step):
                changed = self.with_given(step, meaning)
                fixed = sum(changed.holds(one) for one in wrong if one.step is not step)
                least = 1 if self.is_other(step, meaning) else 2
                if fixed < least or fixed <= most:
                    continue
                own = [one for one in wrong if one.step is step]
                if all(changed.holds(one) for one in (*own, *good)):
                    best, most = (step, meaning), fixed
        return best

    def is_other(self, step: Step, meaning: Meaning) -> bool:
        """Whether a step would be the derivative by another name, or of the other sign."""
        before = self.meanings.given.get(step.name)
        if before is None or before.wrt != meaning.wrt:
            return True
        return before.scale == const(-1) and meaning.scale == const(1)

    def suspects(self, wrong: Sequence[Final]) -> Iterator[Step]:
        """The steps behind wrong gradients that are no quantities of the network."""
        steps = {step.name: step for step in self.meanings.steps}
        behind: set[str] = set()
        todo = [name for one in wrong if one.term is not None for name in variables(one.term)]
        while todo:
            name = todo.pop()
            if name in steps and name not in behind:
                behind.add(name)
                todo.extend(variables(steps[name].term))
        for step in self.meanings.steps:
            said, given = self.named(step), self.meanings.given.get(step.name)
            right = given is not None and said == given.wrt and given.scale == const(1)
            known = step.name in self.meanings.forward or step.shape == ()
            if step.name in behind and not known and not right:
                yield step

    def guesses(self, step: Step) -> Iterator[Meaning]:
        """What a step may have been meant to be, what its name says first."""
        setting = self.meanings.checker.setting
        said = self.named(step)
        nodes = sorted(self.meanings.nodes, key=lambda node: node != said)
        for node in nodes:
            if self.meanings.true(node) is None:
                continue
            if step.shape is None or same_shape(step.shape, setting.shapes[node]):
                yield from (Meaning(node, scale) for scale in self.scales())

    def scales(self) -> Iterator[Term]:
        yield const(1)
        if self.meanings.checker.setting.shapes.get("N") == ():
            yield Var("N")
        yield const(-1)

    def with_given(self, step: Step, meaning: Meaning) -> Hypothesis:
        """What would hold if a step were a derivative."""
        known = self.meanings
        made = replace(known, values={}, own={}, given=dict(known.given))
        behind = {step.name}
        for one in known.steps:
            if one is step:
                made.own[one.name] = known.own[one.name]
                made.give(one.name, meaning)
                continue
            term = substitute(one.term, made.values)
            made.own[one.name] = term
            touched = behind & set(variables(one.term))
            if one.name in known.forward:
                made.values[one.name] = known.values[one.name]
            elif touched or one.name not in known.given:
                behind |= {one.name} if touched else set()
                made.given.pop(one.name, None)
                made.values[one.name] = term
        return Hypothesis(made, step)


@dataclass
class Hypothesis:
    """The steps of a function, one of them taken to be right."""

    meanings: Meanings
    step: Step

    def holds(self, final: Final) -> bool:
        """Whether a gradient has the right value then."""
        true = self.meanings.true(final.wrt)
        if final.term is None or true is None:
            return False
        term = self.meanings.formula(final.term, final.wrt)
        if final.step is self.step:
            term = Var(self.step.name)
        found = self.meanings.value(term)
        if found is None:
            return False
        value, core, reading = found
        wanted = self.meanings.checker.setting.shapes[final.wrt]
        return same_shape(value.shape, wanted) and agree(reading.program(), core, true)
