"""An epoch of MNIST at batch 32, 784-100-10-10 in float32: `derive` against PyTorch and JAX.

The same images, first weights, order, momentum, decay and learning rates; so all must come to the
same test accuracy. What lies before the first step and behind the last is not timed.
"""

from __future__ import annotations

import time

from bench.report import Options, Report
from bench.timing import ratios
from bench.worker import Missing, Worker

MODULES = {"emitted NumPy": "epoch_numpy", "PyTorch": "epoch_torch", "JAX": "epoch_jax"}
OWN = "emitted NumPy"
ROUNDS, BRIEF_ROUNDS = 5, 1
REST = 0.06
NEAR = 0.02
"""How far the test accuracies may lie apart."""


def hired(options: Options, report: Report) -> dict[str, Worker]:
    """A process for each library that is installed."""
    workers = {}
    for name, module in MODULES.items():
        try:
            workers[name] = Worker(f"bench.{module}", "Epoch", options)
        except Missing as missing:
            report.say(f"left out: {missing}")
    return workers


def timed(workers: dict[str, Worker], options: Options) -> dict[str, list[float]]:
    """Seconds of an epoch in each round, after a first one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    for _ in range(rounds + 1):
        for name, worker in workers.items():
            if options.threads > 1:
                time.sleep(REST)
            seconds[name].append(worker.ask("turn"))
    return {name: values[1:] for name, values in seconds.items()}


def main(options: Options, report: Report) -> None:
    """Seconds of an epoch, and what it reached."""
    workers = hired(options, report)
    try:
        seconds = timed(workers, options)
        images, data, own = workers[OWN].ask("reached")
        report.say(f"{images:,} images, batch 32; {data}")
        case = f"epoch of {images:,} images"
        for name, values in seconds.items():
            reached = workers[name].ask("reached")[2]
            report.show(case, name, "s", values, 3)
            if name != OWN:
                report.show(case, f"{OWN} / {name}", "ratio", ratios(seconds[OWN], values))
            report.show(case, f"{name}, test accuracy", "%", [100 * reached])
            assert abs(reached - own) < NEAR, f"{name} trained something else"
    finally:
        for worker in workers.values():
            worker.close()
