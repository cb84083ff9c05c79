"""Whole processes: the main job without training, `--help`, and what Python and imports cost.

Seconds of the processor, of the process itself; the wall clock shows the same on a machine at rest.
Modules are compiled beforehand, as they are once a package is installed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

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


def run(words: list[str], compiled: str) -> None:
    """A process, to its end; its compiled modules are in a folder."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": compiled}
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, env=environment)


def children() -> float:
    """Processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(options: Options, report: Report) -> None:
    """Each command, and the main job beside the imports."""
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    with tempfile.TemporaryDirectory() as compiled:
        run(JOB, compiled)
        work = {
            name: (lambda words=words: run(words, compiled)) for name, words in COMMANDS.items()
        }
        seconds = interleaved(work, rounds, children)
    for name, values in seconds.items():
        report.show(CASE, name, "s", values, 3)
    job, imports = seconds["main job"], seconds["sympy and numpy"]
    report.show(CASE, "main job / imports of sympy and numpy", "ratio", ratios(job, imports))
