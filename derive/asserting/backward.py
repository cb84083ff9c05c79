"""The backward pass of a derivation in numbers: every step, and what follows from another step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from codegen.evaluating import Evaluator
from codegen.network import Array
from derive.diagnostic import DeriveError
from derive.formulas import Gradients
from derive.gradient import adjoint_name
from derive.term import Derivation, Term, variables
from derive.unfolding import needed

Values = Mapping[str, Array]

NONSENSE = (ValueError, IndexError, TypeError, ArithmeticError, KeyError, DeriveError)
"""What a step raises that is not possible at these sizes."""


def steps_of(found: Gradients, names: tuple[str, ...]) -> dict[str, Term]:
    """The steps that lead to the gradients by these names, in order; those that may be missed out.

    A step such as dL/dyhat, which a softmax under a cross-entropy does not need, is one of them.
    """
    steps: dict[str, Term] = {}
    for equation in reversed(found.derivation.equations[:-1]):
        _added(steps, found, equation.name)
    for name in names:
        _added(steps, found, name)
    wanted = [adjoint_name(found[name].name) for name in names]
    return {name: steps[name] for name in (*_others(steps, wanted), *needed(wanted, steps))}


def _added(steps: dict[str, Term], found: Gradients, name: str) -> None:
    try:
        for step in found[name].steps:
            steps.setdefault(step.name, step.term)
    except (DeriveError, KeyError):
        return


def _others(steps: Mapping[str, Term], wanted: list[str]) -> Iterator[str]:
    kept = needed(wanted, steps)
    for name in needed(steps, steps):
        if name not in kept:
            yield name


@dataclass(frozen=True)
class Backward:
    """Steps at a point; `forward` has the values of all names but the adjoints.

    `wanted` are the names that are differentiated by, each with the name of its step.
    """

    derivation: Derivation
    steps: Mapping[str, Term]
    wanted: Mapping[str, str]
    forward: Values
    sizes: Mapping[str, int]

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates a formula at these sizes."""
        return Evaluator(self.sizes)

    @cached_property
    def values(self) -> dict[str, Array]:
        """The forward values, and those of every step that has one."""
        found = dict(self.forward)
        for name, term in self.steps.items():
            value = self.value(term, found)
            if value is not None:
                found[name] = value
        return found

    def value(self, term: Term, values: Values) -> Array | None:
        """The value of a formula; None where it has none at these sizes."""
        try:
            with np.errstate(all="ignore"):
                return self.evaluator.value(term, values)
        except NONSENSE:
            return None

    def gradients(self) -> dict[str, Array]:
        """The gradients by name, as far as they have a value."""
        return {n: self.values[s] for n, s in self.wanted.items() if s in self.values}

    def changed(self, name: str, term: Term) -> dict[str, Array]:
        """The gradients where one step is another; those that cannot be computed are left out."""
        new: dict[str, Array | None] = {name: self.value(term, self.values)}
        table = dict(self.values)
        self._put(table, name, new[name])
        order = list(self.steps)
        for later in order[order.index(name) + 1 :]:
            if new.keys() & set(variables(self.steps[later])):
                new[later] = self.value(self.steps[later], table)
                self._put(table, later, new[later])
        return {n: table[s] for n, s in self.wanted.items() if s in table}

    def _put(self, table: dict[str, Array], name: str, value: Array | None) -> None:
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value

    def with_step(self, name: str, term: Term) -> Backward:
        """The backward pass with another step."""
        return replace(self, steps={**self.steps, name: term})
