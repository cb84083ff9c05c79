"""Every entry of every gradient: both oracles, against the loop of two forward passes an entry.

Where PyTorch is there, its gradcheck too. That is not like for like: gradcheck takes any function
and knows nothing of it, the oracles here know the layers; and its fast mode looks in one random
direction for each parameter, not at entries.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

import numpy as np

from bench.machine import version
from bench.nets import Gradients
from bench.report import Options, Report
from bench.timing import interleaved, ratios
from codegen import mnist
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

LAYERS, BRIEF_LAYERS = "784,100,10,10", "12,8,5,4"
SAMPLES, BRIEF_SAMPLES = (1, 8, 11), (2,)
ON_PIXELS = 8
"""Images with which it is looked at too: an input that is 0 moves nothing, and is passed over."""

ROUNDS, BRIEF_ROUNDS = 5, 2
SAMPLED = 200
FAST = {"central": central, "romberg": romberg, "complex step": complex_step}
GRADCHECK = {"gradcheck, slow mode": False, "gradcheck, fast mode": True}

Entry = tuple[str, tuple[int, ...]]
Work = Callable[[], object]


def entries(point: Point) -> list[Entry]:
    """Every entry of every parameter."""
    return [
        (name, (i, j))
        for name, value in point.params.items()
        for i in range(value.shape[0])
        for j in range(value.shape[1])
    ]


def contenders(network: Network, point: Point, some: list[Entry]) -> dict[str, Work]:
    """The fast oracles over all entries, and the loop over some."""
    at = (network, point.params, point.x, point.y)
    fast: dict[str, Work] = {k: (lambda oracle=oracle: oracle(*at)) for k, oracle in FAST.items()}
    return {**fast, "loop": lambda: naive(network.loss, *at[1:], some)}


def gradchecks(params: Gradients, x: np.ndarray, y: np.ndarray) -> dict[str, Work]:
    """PyTorch's own check of the same sigmoid network, in both modes."""
    import torch

    given = [torch.from_numpy(w.copy()).requires_grad_() for w in params.values()]
    start, labels = torch.from_numpy(x), torch.from_numpy(y)
    ones = torch.ones(len(x), 1, dtype=start.dtype)

    def loss(*weights: torch.Tensor) -> torch.Tensor:
        h = torch.cat([ones, start], 1)
        for w in weights[:-1]:
            h = torch.cat([ones, torch.sigmoid(h @ w)], 1)
        return -(labels * torch.log_softmax(h @ weights[-1], 1)).sum() / len(x)

    def check(fast: bool) -> None:
        assert torch.autograd.gradcheck(loss, given, eps=1e-6, atol=1e-7, fast_mode=fast)

    return {name: (lambda fast=fast: check(fast)) for name, fast in GRADCHECK.items()}


def at_images(point: Point, n: int) -> Point:
    """The point with images of digits for its inputs."""
    pixels = mnist.load().train_images[:n].astype(np.float64) / 255
    return point._replace(name="images", x=pixels)


def timed(layers: str, n: int, pixels: bool, options: Options, report: Report) -> None:
    """One number of samples."""
    made = stack(layers)
    module, network = load(text_of(made, gradients(made))), probe(made)
    point = generic_point(network, shapes_of(made), n)
    point = at_images(point, n) if pixels else point
    every, case = entries(point), f"{layers} N={n}{' images' if pixels else ''}"
    some = random.Random(0).sample(every, min(SAMPLED, len(every)))
    rounds = options.rounds or (BRIEF_ROUNDS if options.brief else ROUNDS)
    seconds = interleaved(contenders(network, point, some), rounds, options.clock)
    loop = [s * len(every) / len(some) for s in seconds["loop"]]
    report.show(case, f"loop, by {len(some)} of {len(every):,} entries", "s", loop)
    for name in FAST:
        report.show(case, name, "s", seconds[name], 4)
        report.show(case, f"loop / {name}", "times", ratios(loop, seconds[name]), 0)
    compare(case, point, {name: seconds[name] for name in FAST}, options, report)
    found = {k: FAST[k](network, point.params, point.x, point.y) for k in FAST}
    both = ("romberg", "complex step")
    verdict = judge(
        network,
        point.params,
        module.gradients(point.params, point.x, point.y),
        {name: found[name] for name in both},
    )
    total = [a + b for a, b in zip(*(seconds[name] for name in both), strict=True)]
    report.show(case, "both oracles of the verification", "s", total, 4)
    report.say(f"{case}: {verdict}")


def compare(
    case: str, point: Point, fast: dict[str, list[float]], options: Options, report: Report
) -> None:
    """gradcheck, once in each mode after a first call, where PyTorch is there."""
    if version("torch") == "missing":
        report.say(f"{case}: left out: torch is missing (gradcheck)")
        return
    work = gradchecks(point.params, point.x, point.y)
    for name, (once,) in interleaved(work, 1, options.clock).items():
        report.show(case, f"torch.autograd.{name}, one run", "s", [once], 3)
        ratio = once / statistics.median(fast["central"])
        report.show(case, f"{name} / central", "times", [ratio], 1)
    report.say("  not like for like: gradcheck takes any function, these oracles know the layers;")
    report.say("  its fast mode looks in one random direction for each parameter, not at entries")


def main(options: Options, report: Report) -> None:
    """Every number of samples."""
    layers = BRIEF_LAYERS if options.brief else LAYERS
    for n in BRIEF_SAMPLES if options.brief else SAMPLES:
        timed(layers, n, False, options, report)
    if not options.brief:
        timed(layers, ON_PIXELS, True, options, report)
