"""`derive.assert_gradient` of a backward pass by hand, against PyTorch's gradcheck of the same net.

Not like for like: gradcheck takes any function and tries its one point; here the stack is known,
and a second point with other sizes is tried too. Its fast mode looks in one direction for each
parameter, ours in eight for all of them.
"""

from __future__ import annotations

from functools import partial

from bench.checking import gradchecks
from bench.machine import version
from bench.report import Options, Report
from bench.timing import interleaved, ratios
from codegen.loading import load
from codegen.points import generic_point
from codegen.probe import probe
from codegen.verification import own_samples, shapes_of
from derive.asserting.verifying import assert_gradient
from derive.layers import stack
from tests.backward_passes import AUGMENTED

LAYERS, BRIEF_LAYERS = "784,100,10,10", "12,8,5,4"
ROUNDS, BRIEF_ROUNDS = 3, 1
PEERS = {"every": "gradcheck, slow mode", "directions": "gradcheck, fast mode"}


def main(options: Options, report: Report) -> None:
    """Both modes, each kind of float, and gradcheck in its two modes at as many samples."""
    layers = BRIEF_LAYERS if options.brief else LAYERS
    made, backward = stack(layers), load(AUGMENTED).backward
    n = own_samples(made)
    case = f"{layers} N={n}"
    work = {
        f"{mode}, {dtype}": partial(assert_gradient, backward, stack=made, mode=mode, dtype=dtype)
        for mode in PEERS
        for dtype in ("float64", "float32")
    }
    if version("torch") == "missing":
        report.say(f"{case}: left out: torch is missing (gradcheck)")
    else:
        point = generic_point(probe(made), shapes_of(made), n)
        work |= gradchecks(point.params, point.x, point.y)
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    seconds = interleaved(work, rounds, options.clock)
    for name, values in seconds.items():
        report.show(case, name, "s", values, 4)
    for mode, peer in PEERS.items():
        if peer in seconds:
            both = ratios(seconds[peer], seconds[f"{mode}, float64"])
            report.show(case, f"{peer} / {mode}", "times", both, 1)
