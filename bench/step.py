"""One gradient step: the emitted module, the floor under it, the textbook, and other libraries.

Every contender gets the same parameters and samples, and its gradients are compared with those of
the textbook in float64 before it is timed. Then each takes its turn, round after round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.nets import NETS, Case
from bench.report import Options, Report, spread
from bench.timing import ratios
from bench.turns import BYTES, Built
from bench.worker import Missing, Worker

MODULES = {
    "floor, columns": "in_numpy",
    "floor, rows": "in_numpy",
    "textbook": "in_numpy",
    "readable": "in_numpy",
    "workspace": "in_numpy",
    "workspace, MKL": "in_mkl",
    "PyTorch autograd": "in_torch",
    "PyTorch by hand": "in_torch",
    "JAX jit(grad)": "in_jax",
    "HIPS autograd": "in_autograd",
}
"""The contenders; those of one module share a process."""

PEERS = frozenset({"in_torch", "in_jax", "in_autograd"})
"""The modules of other libraries."""

FLOORS = ("floor, columns", "floor, rows")
OWN = (*FLOORS, "textbook", "workspace")
"""What every ratio needs."""

DTYPES = ("float32", "float64")
ROUNDS, BRIEF_ROUNDS = 15, 3
TURN, BRIEF_TURN = 0.01, 0.001
"""Seconds of a contender in a round, about."""

REST = 0.06
"""Seconds between turns on two threads: OpenBLAS's idle ones spin for 25 ms."""

BRIEF = (
    Case("digits", 1, "float32"),
    Case("digits", 32, "float64"),
    Case("mixed", 32, "float64"),
    Case("untuned", 3, "float32"),
)


def cases(options: Options) -> Iterator[Case]:
    """What was asked for, in the order of the table of networks."""
    if options.brief:
        yield from BRIEF
        return
    for name, net in NETS.items():
        if options.nets and name not in options.nets:
            continue
        for dtype in options.dtypes or DTYPES:
            for batch in options.batches or net.batches:
                yield Case(name, batch, dtype)


def contenders(options: Options) -> list[str]:
    """Those that were asked for by a part of their name, and those that ratios need."""
    wanted = [part.lower() for part in options.only]
    return [
        name
        for name in MODULES
        if not wanted or name in OWN or any(part in name.lower() for part in wanted)
    ]


@dataclass(frozen=True, slots=True)
class Measured:
    """One case: seconds of a step of each contender in each round."""

    case: Case
    built: dict[str, Built]
    seconds: dict[str, list[float]]

    @property
    def floor(self) -> str:
        """The layout that is faster."""
        return min(FLOORS, key=lambda name: statistics.median(self.seconds[name]))

    def over(self, name: str, other: str) -> list[float]:
        """Ratios of two contenders."""
        return ratios(self.seconds[name], self.seconds[other])


def measure(case: Case, workers: dict[str, Worker], options: Options) -> Measured:
    """Builds every contender, then goes through them round after round."""
    turn = BRIEF_TURN if options.brief else TURN
    names = [name for name in contenders(options) if MODULES[name] in workers]
    built = {name: workers[MODULES[name]].ask("build", name, case, turn) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)):
        for name in names:
            if options.threads > 1:
                time.sleep(REST)
            seconds[name].append(workers[MODULES[name]].ask("turn", name))
    return Measured(case, built, seconds)


def hired(options: Options, report: Report) -> dict[str, Worker]:
    """A process for each library; one that is not installed is said to be missing."""
    workers = {}
    for module in dict.fromkeys(MODULES[name] for name in contenders(options)):
        try:
            workers[module] = Worker("bench.turns", "Turns", module, options)
        except Missing as missing:
            report.say(f"left out: {missing}")
    return workers


def shown(one: Measured, report: Report) -> None:
    """The table of one case."""
    net, rounds = NETS[one.case.net], len(one.seconds["workspace"])
    report.say(f"\n{one.case}: {net.layers}; {rounds} rounds")
    report.say(
        f"  {'':17}{'µs, median':>11}{'best':>9}  {'of the floor (half)':21}"
        f"{'of the textbook':21}{'workspace takes':20}error"
    )
    for name, seconds in one.seconds.items():
        error = one.built[name].error
        micros = report.keep(str(one.case), name, "µs", [1e6 * s for s in seconds])
        cells = [one.over(name, one.floor), one.over(name, "textbook"), one.over("workspace", name)]
        report.say(
            f"  {name:17}{micros.median:11.1f}{min(micros.values):9.1f}  "
            f"{spread(cells[0]):21}{spread(cells[1]):21}{spread(cells[2]):20}"
            + ("" if error is None else f"{error:.0e}")
        )
    said = [
        f"{name} {built.allocated} bytes ({'views alone' if built.allocated < BYTES else 'arrays'})"
        for name, built in one.built.items()
        if built.allocated is not None
    ]
    report.say(f"  allocated at most at any time in a step after the first: {', '.join(said)}")
    for name, built in one.built.items():
        if built.allocated is not None:
            report.keep(str(one.case), f"{name}, allocated", "bytes", [built.allocated])


PAIRS = (
    ("workspace", "floor"),
    ("workspace", "textbook"),
    ("readable", "textbook"),
    *(("workspace", peer) for peer, module in MODULES.items() if module in PEERS),
    ("workspace, MKL", "PyTorch by hand"),
)
"""The ratios of the last table."""

LETTERS = {"workspace": "W", "readable": "R", "workspace, MKL": "M"}


def summary(found: list[Measured], report: Report) -> None:
    """Every case in a line: medians of ratios, and their middle half."""
    report.say(
        "\nworkspace (W; with MKL's products, M) and readable (R) against others: "
        "medians of ratios (middle half)"
    )
    heads = [f"{LETTERS[one]} / {other}" for one, other in PAIRS]
    report.say(f"{'':28}" + "".join(f"{head:21}" for head in heads))
    for one in found:
        cells = []
        for name, other in PAIRS:
            base = one.floor if other == "floor" else other
            if name not in one.seconds or base not in one.seconds:
                cells.append("-")
                continue
            values = one.over(name, base)
            report.keep(str(one.case), f"{name} / {other}", "ratio", values)
            cells.append(spread(values))
        report.say(f"{one.case!s:28}" + "".join(f"{cell:21}" for cell in cells))


def main(options: Options, report: Report) -> None:
    """All cases, one after another."""
    workers = hired(options, report)
    try:
        found = []
        for case in cases(options):
            found.append(measure(case, workers, options))
            shown(found[-1], report)
        summary(found, report)
    finally:
        for worker in workers.values():
            worker.close()
