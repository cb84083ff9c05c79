"""Every entry of a gradient function against two numeric oracles, at points that hide nothing.

The oracles know the forward code of the stack and no derivative; the forward code is itself
compared with the exact meaning of the equations at tiny sizes. A run passes when no entry fails,
none is unresolved, and every declared entry was counted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from codegen.exactly import ForwardCheck, check_forward, finer_oracle
from codegen.finite import Estimates, complex_step, each_sample, romberg
from codegen.handmade import handmade
from codegen.naive import SpotCheck, spot_check
from codegen.network import Array, Network
from codegen.points import SAMPLES, Point, generic_point, shadow_widths
from codegen.probe import probe
from codegen.signature import signatures
from codegen.verdict import Verdict, escalate, judge
from derive.dense import Stack, with_sizes

Gradient = Callable[[Mapping[str, Array], Array, Array], Any]

FEWEST = 3
"""Samples at the stack's own sizes, at least; faults over the batch show at 11, in small widths."""

SPOTS = 70
"""Entries at each point for which the fast method is compared with two full forward passes."""

ATTEMPTS = 8
"""Points drawn, at most, until every entry is resolved."""

PATIENCE = 8_000_000
"""Entries times layers times samples of all of them together, of two points at least: in a deep
network a point takes long, and entries that are too small to tell from 0 stay so."""

AGREE = 1e-9
ORACLES: tuple[tuple[str, Callable[..., Estimates]], ...] = (
    ("differences", romberg),
    ("complex step", complex_step),
)
TARGETS = {"distribution": "soft", "unit": "unit", "real": "real", "sign": "sign"}


class Run(NamedTuple):
    """One point: what was checked there, the verdict, and what a failure looks like.

    `assumption`: the point breaks a declared fact on purpose, so a difference is no failure.
    """

    point: Point
    sizes: tuple[int, ...]
    samples: int
    verdict: Verdict
    spot: SpotCheck
    handmade: float | None
    signs: tuple[str, ...]
    seconds: float
    attempts: int
    assumption: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is open, as far as this point judges."""
        by_hand = self.handmade is None or self.handmade <= AGREE
        return bool(self.assumption) or (self.verdict.ok and self.spot.ok and by_hand)


@dataclass(frozen=True)
class Verification:
    """All runs, and the check of the forward code."""

    stack: Stack
    runs: tuple[Run, ...]
    forward: ForwardCheck
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def judging(self) -> tuple[Run, ...]:
        """The points that judge: those that break no fact on purpose."""
        return tuple(run for run in self.runs if not run.assumption)

    @property
    def ok(self) -> bool:
        """Whether every entry passed at every point that judges."""
        return bool(self.judging) and self.forward.ok and all(run.ok for run in self.judging)

    @property
    def status(self) -> str:
        """PASS, FAIL or UNRESOLVED."""
        if self.ok:
            return "PASS"
        failing = any(r.verdict.failed or r.verdict.findings or r.signs for r in self.judging)
        return "FAIL" if failing or not self.forward.ok else "UNRESOLVED"

    def __str__(self) -> str:
        lines = [f"{self.status}: {self.stack.describe()}", f"forward code: {self.forward}"]
        for run in self.runs:
            lines += run_lines(run)
        return "\n".join([*lines, *self.notes])


def run_lines(run: Run) -> list[str]:
    """A run in plain text: the verdict, a row a parameter, and what went wrong."""
    sizes = "-".join(map(str, run.sizes))
    lines = [f"{run.point.name} ({sizes}, N={run.samples}): {run.verdict}"]
    if run.assumption:
        return [*lines, f"  {run.assumption}"]
    for row in run.verdict.parameters:
        count = f"{row.passed:,} passed, {row.failed:,} failed, {row.unresolved:,} unresolved"
        lines.append(f"  {row.name} {row.shape}: {count}")
        lines += [f"    worst by {one.oracle}: {one}" for one in row.largest]
        lines += [f"    FAIL {one}" for one in row.failures]
    lines += [f"  {text}" for text in (*run.verdict.findings, *run.spot.findings, *run.signs)]
    return lines


def verify(
    function: Gradient,
    stack: Stack,
    *,
    general: Gradient | None = None,
    seed: int = 0,
    threads: int = 2,
) -> Verification:
    """Checks `function(params, x, y) -> gradients` for a stack, every entry of every parameter.

    `params` maps names to float64 arrays in the shapes of the stack; the gradients are a mapping
    from the same names. Points: the stack's own sizes, small pairwise distinct widths, and, where
    the loss assumes something of the targets, targets that break it. `general` is the gradient
    derived without that assumption: it must be right there, and `function` need not.
    """
    notes: list[str] = []
    runs = [_run(function, stack, "own sizes", own_samples(stack), seed, threads)]
    shadow = shadow_stack(stack)
    if _runs_at(function, shadow, notes):
        runs.append(_run(function, shadow, "shadow sizes", samples(shadow), seed, threads))
        if stack.loss.target == "distribution":
            runs += _assumption(function, general, shadow, seed, threads)
    return Verification(stack, tuple(runs), check_forward(stack, seed), tuple(notes))


def own_samples(stack: Stack) -> int:
    """A number of samples that no width, and no width plus one, can be taken for."""
    taken = {size + more for size in stack.sizes for more in (0, 1)}
    odd = range(FEWEST, FEWEST + 8 * len(taken), 2)  # an even number can cancel signs exactly
    free = (n for n in odd if not {n, n + 1} & taken)
    return 1 if stack.single else next(free)


def samples(stack: Stack) -> int:
    """The number of samples at shadow sizes."""
    return 1 if stack.single else SAMPLES


def shadow_stack(stack: Stack) -> Stack:
    """The same stack at small pairwise distinct widths."""
    return with_sizes(stack, shadow_widths(stack.depth, SAMPLES))


def _runs_at(function: Gradient, shadow: Stack, notes: list[str]) -> bool:
    """Whether the function works at other widths; code that is written for one is judged there."""
    network = probe(shadow)
    point = generic_point(network, shapes_of(shadow), samples(shadow), 0, _target(shadow))
    try:
        function(dict(point.params), point.x, point.y)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        notes.append(f"checked at the stack's own sizes only: elsewhere it raises {reason!r}")
        return False
    return True


def shapes_of(stack: Stack) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, as numbers."""
    symbols = [symbol for symbol in stack.derivation.symbols if symbol.kind == "param"]
    return {s.name: tuple(d.size(stack.numbers) for d in s.shape) for s in symbols}


def _target(stack: Stack) -> str:
    return TARGETS[stack.loss.target]


def _run(
    function: Gradient,
    stack: Stack,
    name: str,
    n: int,
    seed: int,
    threads: int,
    target: str = "",
    told: bool = True,
) -> Run:
    """The verdict at a point, drawn again while there is an entry that it does not resolve.

    So it is where the loss is flat (a hinge that no sample is beyond): nothing would be shown.
    `told`: what a failure looks like is asked for.
    """
    started = time.perf_counter()
    network = probe(stack)
    kind = target or _target(stack)
    tries = []
    for attempt in range(attempts(stack, n)):
        point = generic_point(network, shapes_of(stack), n, seed, kind, name=name, attempt=attempt)
        tries.append((point, *_judged(function, stack, network, point, threads)))
        verdict = tries[-1][2]
        if verdict.ok or verdict.failed or len(verdict.outcomes) < len(point.params):
            break
    else:
        tries.sort(key=lambda one: one[2].unresolved, reverse=True)
    point, actual, verdict, oracles = tries[-1]
    fast = oracles["differences"]
    at = (point.params, point.x, point.y)
    spot = spot_check(network.loss, *at, fast, count=SPOTS, losses=network.losses)
    signs = _signs(network, point, actual, oracles, n) if told and not verdict.ok else ()
    by_hand = _by_hand(stack, point, actual)
    seconds = time.perf_counter() - started
    return Run(point, stack.sizes, n, verdict, spot, by_hand, signs, seconds, len(tries))


def attempts(stack: Stack, n: int) -> int:
    """How many points may be drawn, by what one takes."""
    entries = sum(math.prod(shape) for shape in shapes_of(stack).values())
    return max(2, min(ATTEMPTS, PATIENCE // (entries * stack.depth * n)))


def _judged(
    function: Gradient, stack: Stack, network: Network, point: Point, threads: int
) -> tuple[Mapping[str, Array], Verdict, dict[str, Estimates]]:
    params, x, y = point.params, point.x, point.y
    actual = function({name: value.copy() for name, value in params.items()}, x.copy(), y.copy())
    if not isinstance(actual, Mapping):
        raise TypeError("the function under test returns a mapping from parameters to gradients")
    oracles = {name: oracle(network, params, x, y, threads=threads) for name, oracle in ORACLES}
    verdict = judge(network, params, actual, oracles)
    if verdict.unresolved and not verdict.failed:
        finer = finer_oracle(stack, point, actual, verdict.scale)
        if finer is not None:
            verdict = escalate(network, params, actual, oracles, verdict, finer, limit=20)
    return actual, verdict, oracles


def _signs(
    network: Network,
    point: Point,
    actual: Mapping[str, Array],
    oracles: Mapping[str, Estimates],
    n: int,
) -> tuple[str, ...]:
    """What the wrong numbers look like."""
    truth = {name: one.value for name, one in oracles["complex step"].items()}
    small = sum(value.size for value in truth.values()) < 10_000
    alone = each_sample(network, point.params, point.x, point.y) if small else ()
    usable = {k: np.asarray(v) for k, v in actual.items() if k in truth}
    return signatures(network, usable, truth, n, alone)


def _by_hand(stack: Stack, point: Point, actual: Mapping[str, Array]) -> float | None:
    """The largest difference from the textbook's formulas, over the largest gradient."""
    oracle = handmade(stack)
    if oracle is None:
        return None
    truth = oracle(point.params, point.x, point.y)
    scale = max(float(np.abs(value).max()) for value in truth.values()) or 1.0
    gaps = [
        float(np.abs(np.asarray(actual[name]) - value).max()) / scale
        for name, value in truth.items()
        if name in actual and np.shape(actual[name]) == value.shape
    ]
    return max(gaps, default=None)


FREE = "targets that do not sum to 1"
WITHOUT = "the gradient without that fact"


def _assumption(
    function: Gradient, general: Gradient | None, stack: Stack, seed: int, threads: int
) -> list[Run]:
    """What the functions do where the targets of a sample do not sum to 1."""
    n = samples(stack)
    run = _run(function, stack, FREE, n, seed, threads, "free", told=False)
    lines = "columns" if stack.columns else "rows"
    if run.verdict.ok:
        return [run._replace(assumption=f"right for any y: y's {lines} need not sum to 1")]
    if general is not None:
        free = replace(stack, assumed=False)
        return [_run(general, free, f"{FREE} ({WITHOUT})", n, seed, threads, "free")]
    text = f"an assumption, not an error: exact only where y's {lines} sum to 1"
    return [run._replace(assumption=text)]
