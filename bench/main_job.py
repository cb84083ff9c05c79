"""Whole processes: the main job without training, `--help`, and what Python and imports cost.

Seconds of the processor, of the process itself; the wall clock shows the same on a machine at rest.
"""

from __future__ import annotations

import resource
import subprocess
import sys

from bench.report import Options, Report
from bench.timing import interleaved, ratios

JOB = ["-m", "derive.cli", "--layers", "784,100,10,10", "--no-train"]
COMMANDS = {
    "python": ["-c", "pass"],
    "sympy and numpy": ["-c", "import sympy, numpy"],
    "derive --help": ["-m", "derive.cli", "--help"],
    "main job": JOB,
}
CASE = "processes"
ROUNDS, BRIEF_ROUNDS = 11, 1


def run(words: list[str]) -> None:
    """A process, to its end."""
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


def children() -> float:
    """Processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(options: Options, report: Report) -> None:
    """Each command, and the main job beside the imports."""
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    work = {name: (lambda words=words: run(words)) for name, words in COMMANDS.items()}
    seconds = interleaved(work, rounds, children)
    for name, values in seconds.items():
        report.show(CASE, name, "s", values, 3)
    job, imports = seconds["main job"], seconds["sympy and numpy"]
    report.show(CASE, "main job / imports of sympy and numpy", "ratio", ratios(job, imports))
