"""Symbolic gradients: time after imports, against width and depth."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.report import Options, Report
from bench.timing import interleaved, ratios
from derive.formulas import gradients
from derive.layers import stack

COLD = """
import time
import sympy.tensor.tensor, sympy.sets.setexpr  # what SymPy itself imports at its first sum and exp
from derive.layers import stack
from derive.formulas import gradients
start = time.process_time()
found = gradients(stack("784,100,10,10"))
texts = [found[name].matrix for name in found]
print(time.process_time() - start)
"""
ROUNDS, BRIEF_ROUNDS = 15, 2
DEPTHS, BRIEF_DEPTHS = (4, 16, 64), (2, 4)


def derive_all(layers: str) -> None:
    """Every gradient, written as a matrix formula."""
    found = gradients(stack(layers))
    for name in found.parameters:
        assert found[name].matrix


def cold() -> float:
    """Seconds of the first derivation in a process."""
    done = subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True)
    return float(done.stdout)


def main(options: Options, report: Report) -> None:
    """The first time, again, ten times as wide, ever deeper."""
    narrow = "784,100,10,10"
    firsts = [cold() for _ in range(1 if options.brief else 5)]
    report.show(narrow, "first time in a process, after imports", "s", firsts, 3)
    depths = BRIEF_DEPTHS if options.brief else DEPTHS
    work = {"narrow": narrow, "wide": "7840,1000,100,100"}
    work |= {str(depth): ",".join(["64"] * (depth + 1)) for depth in depths}
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    steps = {name: (lambda layers=layers: derive_all(layers)) for name, layers in work.items()}
    seconds = interleaved(steps, rounds, options.clock)
    report.show(narrow, "again", "ms", [1e3 * s for s in seconds["narrow"]], 1)
    wider = ratios(seconds["wide"], seconds["narrow"])
    report.show(narrow, "widths x 10 / these", "ratio", wider)
    for depth in depths:
        each = [1e3 * s / depth for s in seconds[str(depth)]]
        report.show(f"{depth} layers of 64", "a layer", "ms", each)
    per_layer = [statistics.median(seconds[str(depth)]) / depth for depth in depths]
    report.show("layers of 64", "a layer, most / least", "ratio", [max(per_layer) / min(per_layer)])
