"""The contenders that need NumPy alone: the floor, the textbook, and the emitted module."""

from __future__ import annotations

from typing import Any

from bench import floor, plain
from bench.nets import Inputs, Maker, Step, module
from tests.memory_peak import peak


def workspace(given: Inputs, products: str = "numpy") -> Step:
    """A step in arrays that were allocated before, with matrix products by a library."""
    case = given.case
    space = module(case.net, products).Workspace(case.batch, given.x.dtype)

    def run() -> Any:
        return space.gradients(given.params, given.x, given.y)

    return Step(run, run, lambda: peak(run))


def readable(given: Inputs) -> Step:
    """The function that is written to be read."""
    emitted = module(given.case.net)

    def run() -> Any:
        return emitted.gradients(given.params, given.x, given.y)

    return Step(run, run, lambda: peak(run))


STEPS: dict[str, Maker] = {
    "floor, columns": lambda given: floor.in_a_row(floor.columns(given)[0]),
    "floor, rows": lambda given: floor.in_a_row(floor.rows(given)[0]),
    "textbook": plain.step,
    "readable": readable,
    "workspace": workspace,
}
