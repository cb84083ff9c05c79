"""A derivation as numbers: its forward values at a point, and its loss by any of its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from codegen.evaluating import Evaluator
from codegen.network import Array
from derive.term import Derivation

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Forward:
    """The equations of a derivation, evaluated in NumPy at one point."""

    derivation: Derivation
    sizes: Mapping[str, int]
    given: Values

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates a formula at these sizes."""
        return Evaluator(self.sizes)

    def values(self, moved: Values | None = None) -> dict[str, Array]:
        """Every name; those in `moved` have the values that they have there, equation or not."""
        found = {**self.given, **(moved or {})}
        for equation in self.derivation.equations:
            if moved is None or equation.name not in moved:
                found[equation.name] = self.evaluator.value(equation.term, found)
        return found

    def loss(self) -> Callable[[Values], complex]:
        """The loss as a function of some names."""

        def of(moved: Values) -> complex:
            made: complex = np.sum(self.values(moved)[self.derivation.loss])
            return made

        return of
