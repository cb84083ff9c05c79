"""Symbolic gradients: time after imports, against width and depth, and beside a trace by JAX."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.machine import version
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
TRACE = """
import time
import jax, jax.numpy as jnp
sizes = 784, 100, 10, 10
params = [(jnp.zeros((a, b)), jnp.zeros(b)) for a, b in zip(sizes, sizes[1:])]
x, y = jnp.zeros((8, 784)), jnp.zeros((8, 10))
def loss(params, x, y):
    h = x
    for w, b in params[:-1]:
        h = jax.nn.sigmoid(h @ w + b)
    w, b = params[-1]
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(h @ w + b) * y, 1))
start = time.process_time()
jax.make_jaxpr(jax.grad(loss))(params, x, y)
print(time.process_time() - start)
"""
ROUNDS, BRIEF_ROUNDS = 15, 2
DEPTHS, BRIEF_DEPTHS = (4, 16, 64, 256), (2, 4)


def derive_all(layers: str) -> None:
    """Every gradient, written as a matrix formula."""
    found = gradients(stack(layers))
    for name in found.parameters:
        assert found[name].matrix


def cold(program: str) -> float:
    """Seconds that a process of its own says."""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return float(done.stdout)


def first_times(options: Options, report: Report, narrow: str) -> None:
    """The first time in a process, in turns with a trace by JAX where there is one."""
    programs = {"derive": COLD}
    if version("jax") == "missing":
        report.say("left out: jax is missing")
    else:
        programs["JAX"] = TRACE
    firsts: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(1 if options.brief else 7):
        for name, program in programs.items():
            firsts[name].append(cold(program))
    report.show(narrow, "first time in a process, after imports", "s", firsts["derive"], 3)
    if "JAX" in firsts:
        report.show(narrow, "JAX's trace of the gradient, the same", "s", firsts["JAX"], 3)
        beside = ratios(firsts["derive"], firsts["JAX"])
        report.show(narrow, "first time / JAX's trace", "ratio", beside)


def main(options: Options, report: Report) -> None:
    """The first time, again, a hundred times as wide, ever deeper."""
    narrow = "784,100,10,10"
    first_times(options, report, narrow)
    depths = BRIEF_DEPTHS if options.brief else DEPTHS
    work = {"narrow": narrow, "wide": "78400,10000,1000,1000"}
    work |= {str(depth): ",".join(["64"] * (depth + 1)) for depth in depths}
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    steps = {name: (lambda layers=layers: derive_all(layers)) for name, layers in work.items()}
    seconds = interleaved(steps, rounds, options.clock)
    report.show(narrow, "again", "ms", [1e3 * s for s in seconds["narrow"]], 1)
    wider = ratios(seconds["wide"], seconds["narrow"])
    report.show(narrow, "widths x 100 / these", "ratio", wider)
    for depth in depths:
        each = [1e3 * s / depth for s in seconds[str(depth)]]
        report.show(f"{depth} layers of 64", "a layer", "ms", each)
    per_layer = [statistics.median(seconds[str(depth)]) / depth for depth in depths]
    report.show("layers of 64", "a layer, most / least", "ratio", [max(per_layer) / min(per_layer)])
