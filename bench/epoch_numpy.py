"""An epoch by the emitted module, as `derive` trains: codegen.training."""

from __future__ import annotations

from bench.recipe import work
from bench.report import Options
from codegen.training import Step, train


class Epoch:
    """A run of one epoch; its seconds are those of its steps."""

    def __init__(self, options: Options) -> None:
        self.work, self.clock = work(options), options.clock
        self.accuracy = 0.0

    def turn(self) -> float:
        """Seconds of the epoch, by the clock at the end of its first and of its last step."""
        times: list[float] = []

        def on_step(step: Step) -> None:
            if step.step in (1, step.steps):
                times.append(self.clock())

        history = train(self.work.module, self.work.data, self.work.settings, on_step=on_step)
        self.accuracy = history.test_accuracy
        steps = self.work.steps
        return (times[-1] - times[0]) * steps / (steps - 1)

    def reached(self) -> tuple[int, str, float]:
        """How many images, of which data, and the test accuracy of the last run."""
        return self.work.images, self.work.data.description, self.accuracy
