"""The steps of one library, in its process: made, checked, and run in turns."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from bench.nets import Case, Gradients, Inputs, Step, inputs, largest_error
from bench.plain import truth
from bench.report import Options
from bench.worker import one_core

BOUND = {"float32": 1e-4, "float64": 1e-12}
"""The largest error of a gradient beside that in float64, by its largest entry."""

BYTES = 16 * 1024
"""A step that holds more than this at any time has allocated an array, not views alone."""


@dataclass(frozen=True, slots=True)
class Built:
    """A contender that is ready."""

    error: float | None
    times: int
    allocated: int | None


class Turns:
    """The contenders of a module of `bench`, each by its name."""

    def __init__(self, module: str, options: Options) -> None:
        if module == "in_jax" and options.threads == 1:
            one_core()
        self.makers = importlib.import_module(f"bench.{module}").STEPS
        self.clock = options.clock
        self.case: tuple[Case, Inputs, Gradients] | None = None
        self.steps: dict[str, tuple[Step, int]] = {}

    def build(self, name: str, case: Case, seconds: float) -> Built:
        """Makes a step, checks its gradients, and finds how many of it take about so long."""
        if self.case is None or self.case[0] != case:
            given = inputs(case)
            self.steps, self.case = {}, (case, given, truth(given))
        _, given, true = self.case
        step = self.makers[name](given)
        error = None
        if step.gradients is not None:
            error = largest_error(step.gradients(), true)
            assert error < BOUND[case.dtype], f"{name}, {case}: gradients are off by {error:.1e}"
        times = self._times(step, seconds)
        self.steps[name] = step, times
        return Built(error, times, step.allocated() if step.allocated else None)

    def _times(self, step: Step, seconds: float) -> int:
        step.run()
        return max(1, round(seconds / min(self._run(step, 1) for _ in range(3))))

    def _run(self, step: Step, times: int) -> float:
        """Seconds of so many steps."""
        run, clock = step.run, self.clock
        start = clock()
        for _ in range(times):
            run()
        return max(clock() - start, 1e-7)

    def turn(self, name: str) -> float:
        """Seconds of a step, after one that brings its arrays back into the caches."""
        step, times = self.steps[name]
        step.run()
        return self._run(step, times) / times
