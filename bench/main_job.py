"""Whole processes: the main job without training, checks, `--help`, and what imports cost.

Seconds of the processor, of the process itself; the wall clock shows the same on a machine at rest.
Modules are compiled beforehand, as they are once a package is installed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import Options, Report
from bench.timing import interleaved, ratios

PAGE = """\
dims    N, D, H, K
input   x  : N × D
param   W1 : D × H
param   W2 : H × K
target  y  : N × K  distribution axis=1
let     h  = sigmoid(x @ W1)
let     p  = softmax(h @ W2)
let     L  = -np.sum(y*np.log(p))/N

"""
CLAIMS = (
    "dL/dW2 = h.T @ {e}/N",
    "dL/dh = {e} @ W2.T/N",
    "dL/dW1 = x.T @ ({e} @ W2.T * h * (1 - h))/N",
    "dL/dW2 = (1/N) * np.dot(h.T, {e})",
    "dL/dW1 = x.T @ ((1/N)*({e} @ W2.T) * (h - h**2))",
)
ERRORS = (
    *("(p - y)", "(-(y - p))", "(p - 1*y)", "(2*p - y - p)", "(p - y + 0)"),
    *("(p - 2*y + y)", "(-y + p)", "(p*1 - y)", "(3*p - 2*p - y)", "(-1*(y - p))"),
)
"""Ways to write p - y: with those of `CLAIMS`, fifty different claims."""

CHECK = ["-m", "derive.cli", "check"]
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


def page(folder: str, claims: int) -> str:
    """The path of a document with so many right claims."""
    texts = [f"claim {one.format(e=error)}" for error in ERRORS for one in CLAIMS]
    path = Path(folder) / f"{claims}.derive"
    path.write_text(PAGE + "\n".join(texts[:claims]) + "\n", encoding="utf-8")
    return str(path)


def children() -> float:
    """Processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(options: Options, report: Report) -> None:
    """Each command, and the main job beside the imports."""
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        pages = {
            f"check, {count} claim{'s' * (count > 1)}": [*CHECK, page(folder, count)]
            for count in (1, 50)
        }
        commands = {**COMMANDS, **pages}
        work = {name: (lambda words=words: run(words, folder)) for name, words in commands.items()}
        seconds = interleaved(work, rounds, children)
    for name, values in seconds.items():
        report.show(CASE, name, "s", values, 3)
    job, imports = seconds["main job"], seconds["sympy and numpy"]
    report.show(CASE, "main job / imports of sympy and numpy", "ratio", ratios(job, imports))
    fifty, one = seconds["check, 50 claims"], seconds["check, 1 claim"]
    report.show(CASE, "check of 50 claims / of one", "ratio", ratios(fifty, one))
