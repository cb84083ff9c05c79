"""Training 784-100-10-10 (sigmoid, sigmoid, softmax) on MNIST: how the settings were chosen.

    DERIVE_MNIST=DIR python -m bench.accuracy select   # judged on held-out training images only
    DERIVE_MNIST=DIR python -m bench.accuracy report   # the defaults on the test images, 5 seeds

`select` trains on the first 50,000 training images (or the first 10,000, as shipped) and judges
on the last 10,000; it never opens the test set. `report` changes nothing. One BLAS thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean as mean
from statistics import median
from types import ModuleType

from bench.machine import restart
from codegen import mnist
from codegen.emission import emit
from codegen.loading import load
from codegen.mnist import Mnist
from codegen.schedule import DEFAULTS, Settings
from codegen.training import History, train
from derive.layers import stack


@cache
def module() -> ModuleType:
    """The emitted module of the network."""
    return load(emit(stack("784,100,10,10")))


HELD_OUT = 10_000


@dataclass(frozen=True)
class Task:
    """A number of epochs on so many training images."""

    epochs: int
    images: int


FULL = (Task(5, 50_000), Task(10, 50_000), Task(30, 50_000))
SHIPPED = Task(30, mnist.TRAIN)
TASKS = (*FULL, SHIPPED)

KNOWN = Settings(batch=64, lr=0.4, momentum=0.9, weight_decay=1e-3, schedule="cosine")
STEEP = replace(KNOWN, lr=0.8)
CANDIDATES = (
    KNOWN,
    replace(KNOWN, lr=0.6),
    STEEP,
    replace(STEEP, weight_decay=5e-4),
    replace(STEEP, weight_decay=7e-4),
    replace(STEEP, weight_decay=1.5e-3),
    replace(STEEP, schedule="linear"),
    replace(STEEP, lr=1.2, weight_decay=7e-4),
    replace(KNOWN, batch=32),
    replace(KNOWN, momentum=0.95),
)


def held_out(full: Mnist, images: int) -> Mnist:
    """The first training images to learn from, and the last ones in the place of the test set."""
    split = len(full.train_labels) - HELD_OUT
    return replace(
        full,
        train_images=full.train_images[:images],
        train_labels=full.train_labels[:images],
        test_images=full.train_images[split:],
        test_labels=full.train_labels[split:],
    )


def select(full: Mnist, seeds: int) -> None:
    """Prints the mean held-out accuracy of each candidate, and the best mean over all tasks."""
    print("held-out accuracy, %, mean of", seeds, "seeds; the last column is the mean of the tasks")
    print(f"{'settings':50}", *(f"{t.epochs:3d} x {t.images // 1000}k" for t in TASKS), "   mean")
    scores = {c: scored(full, c, seeds) for c in CANDIDATES}
    best = max(scores, key=lambda c: scores[c])
    print("chosen:", name(best))


def scored(full: Mnist, candidate: Settings, seeds: int) -> float:
    """The mean over the tasks, printed with its parts."""
    means = [
        mean([r.test_accuracy for r in runs(held_out(full, t.images), candidate, t, seeds)])
        for t in TASKS
    ]
    total = mean(means)
    print(f"{name(candidate):50}", *(f"{100 * m:8.2f}" for m in (*means, total)), flush=True)
    return total


def name(settings: Settings) -> str:
    """The settings that the candidates differ in."""
    s = settings
    return f"batch {s.batch} lr {s.lr} {s.schedule} m {s.momentum} decay {s.weight_decay}"


def runs(data: Mnist, settings: Settings, task: Task, seeds: int) -> Iterator[History]:
    """The task for each seed."""
    for seed in range(seeds):
        yield train(module(), data, replace(settings, epochs=task.epochs, seed=seed))


def report(full: Mnist, seeds: int) -> None:
    """Prints the test accuracy of the defaults: mean, range, and the seconds of an epoch."""
    print(name(DEFAULTS))
    for task in (replace(t, images=60_000) for t in FULL):
        show(f"{task.epochs} epochs on 60,000", runs(full, DEFAULTS, task, seeds))
    subset = mnist.open_source(mnist.shipped())
    show("30 epochs, as shipped", runs(subset, DEFAULTS, SHIPPED, seeds))
    wider = replace(subset, test_images=full.test_images, test_labels=full.test_labels)
    show("the same, 10,000 test images", runs(wider, DEFAULTS, SHIPPED, seeds))


def show(title: str, histories: Iterator[History]) -> None:
    """One line of the report."""
    done = list(histories)
    percent = [100 * run.test_accuracy for run in done]
    seconds = [epoch.seconds for run in done for epoch in run.epochs]
    print(
        f"{title:30} mean {mean(percent):.2f} %, {min(percent):.2f} to {max(percent):.2f}; "
        f"s/epoch median {median(seconds):.3f}, best {min(seconds):.3f}",
        flush=True,
    )


def main() -> None:
    """Reads the command line."""
    restart()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=("select", "report"))
    parser.add_argument("--seeds", type=int)
    chosen = parser.parse_args()
    full = mnist.load()
    if full.status != mnist.FULL:
        parser.error(f"this needs the full set in ${mnist.VARIABLE}; found {full.description}")
    if chosen.what == "select":
        select(full, chosen.seeds or 3)
    else:
        report(full, chosen.seeds or 5)


if __name__ == "__main__":
    main()
