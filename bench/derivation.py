"""Symbolic gradients: time after imports, against width and depth.

python -m bench.derivation
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.timing import interleaved, one_thread, ratios, spread
from derive.formulas import gradients
from derive.layers import stack

COLD = """
import time
from derive.layers import stack
from derive.formulas import gradients
start = time.perf_counter()
found = gradients(stack("784,100,10,10"))
texts = [found[name].matrix for name in found]
print(time.perf_counter() - start)
"""
ROUNDS = 15
DEPTHS = (4, 16, 64)


def derive_all(layers: str) -> None:
    found = gradients(stack(layers))
    for name in found.parameters:
        assert found[name].matrix


def main() -> None:
    one_thread()
    cold = [
        float(subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    print(f"784,100,10,10, first time in a process, after imports: {spread(cold, 3)} s")
    work = {"narrow": "784,100,10,10", "wide": "7840,1000,100,100"}
    work |= {str(depth): ",".join(["64"] * (depth + 1)) for depth in DEPTHS}
    seconds = interleaved({k: (lambda v=v: derive_all(v)) for k, v in work.items()}, ROUNDS)
    print(f"784,100,10,10, again: {spread([1e3 * s for s in seconds['narrow']], 1)} ms")
    print("widths x 10:", spread(ratios(seconds, "wide", "narrow")))
    for depth in DEPTHS:
        each = [1e3 * s / depth for s in seconds[str(depth)]]
        print(f"depth {depth:>2}: {spread(each)} ms a layer")
    per_layer = [statistics.median(seconds[str(d)]) / d for d in DEPTHS]
    print(f"a layer, most / least: {max(per_layer) / min(per_layer):.2f}")


if __name__ == "__main__":
    main()
