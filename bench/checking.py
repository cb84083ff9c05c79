"""Every entry of 784-100-10-10: both oracles, against the loop of two forward passes an entry.

python -m bench.checking
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

from bench.timing import interleaved, one_thread, spread
from codegen.emission import text_of
from codegen.finite import central, complex_step, romberg
from codegen.loading import load
from codegen.naive import naive
from codegen.network import Network
from codegen.points import Point, generic_point
from codegen.probe import probe
from codegen.verdict import judge
from codegen.verification import shapes_of
from derive.formulas import gradients
from derive.layers import stack

ROUNDS = 5
SAMPLED = 200
FAST = {"central": central, "romberg": romberg, "complex step": complex_step}

Entry = tuple[str, tuple[int, ...]]


def entries(point: Point) -> list[Entry]:
    """Every entry of every parameter."""
    return [
        (name, (i, j))
        for name, value in point.params.items()
        for i in range(value.shape[0])
        for j in range(value.shape[1])
    ]


def contenders(
    network: Network, point: Point, some: list[Entry]
) -> dict[str, Callable[[], object]]:
    """The fast oracles over all entries, and the loop over some."""
    at = (network, point.params, point.x, point.y)
    fast = {name: (lambda oracle=oracle: oracle(*at)) for name, oracle in FAST.items()}
    return {**fast, "loop": lambda: naive(network.loss, *at[1:], some)}


def main() -> None:
    one_thread()
    made = stack("784,100,10,10")
    module = load(text_of(made, gradients(made)))
    network = probe(made)
    for n in (1, 11):
        point = generic_point(network, shapes_of(made), n)
        every = entries(point)
        some = random.Random(0).sample(every, SAMPLED)
        seconds = interleaved(contenders(network, point, some), ROUNDS)
        loop = [s * len(every) / SAMPLED for s in seconds["loop"]]
        print(f"N={n}: two forward passes an entry {spread(loop)} s, by {SAMPLED} of them")
        for name in FAST:
            ratio = [a / b for a, b in zip(loop, seconds[name], strict=True)]
            print(f"N={n}: {name} {spread(seconds[name], 3)} s, {spread(ratio, 0)} x faster")
        oracles = {k: FAST[k](network, point.params, point.x, point.y) for k in FAST}
        del oracles["central"]
        verdict = judge(
            network, point.params, module.gradients(point.params, point.x, point.y), oracles
        )
        both = sum(statistics.median(seconds[name]) for name in oracles)
        print(f"N={n}: both oracles {both:.2f} s; {verdict}")
        for row in verdict.parameters:
            for worst in row.largest:
                print(f"  {worst}, error {worst.error:.1e}")


if __name__ == "__main__":
    main()
