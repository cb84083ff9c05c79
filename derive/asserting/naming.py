"""Which mistake makes these numbers: wrong gradients against those of wrong backward passes.

The right backward pass is derive's own, step by step. Each step is made wrong in every way of the
table (`derive.asserting.mistaken`), and what then comes out is compared with what was returned. A
mistake is told only where it makes the very numbers, at every point that was looked at. Several are
found one after the other, from the loss back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from codegen.network import Array
from derive.asserting.answers import Answer
from derive.asserting.backward import Backward, steps_of
from derive.asserting.mistaken import mutations
from derive.asserting.patterns import patterns
from derive.asserting.place import Place, Problem
from derive.asserting.report import Explanation, Run
from derive.asserting.wrong_step import UNKNOWN, Mutation, Step
from derive.deadline import TimeUp, check_time, within
from derive.diagnostic import DeriveError
from derive.formulas import Gradients, gradients
from derive.gradient import adjoint_name
from derive.notation import write
from derive.term import Const, Term, substitute, variables
from derive.tidy import scalar_names

SECONDS = 4.0
"""How long mistakes are looked for."""

BRANCHES = 3
"""Mistakes that explain one gradient alike, and are followed on to the next one."""

ROUNDS = 4
"""Mistakes that are found one after the other, at most."""

ALIKE, SINGLE_ALIKE, FLOOR = 1e-9, 1e-5, 1e-12
"""Numbers agree to this part of themselves (in float32: the second), or of the largest gradient."""

Failing = tuple[Place, Answer, Run]


class Case(NamedTuple):
    """A point: the backward pass there, what was returned, and how closely it can be compared."""

    backward: Backward
    actual: Mapping[str, Array]
    wrong: frozenset[str]
    close: float
    floor: float
    truth: Mapping[str, Array]

    def apart(self, name: str, value: Array | None) -> bool:
        """Whether a gradient is so far from the true one that no rounding makes it alike."""
        true = self.truth.get(name)
        if value is None or true is None or value.shape != true.shape:
            return value is not None
        size = np.maximum(np.abs(true), np.abs(value))
        return bool((np.abs(true - value) > 10 * (self.close * size + self.floor)).any())

    def same(self, name: str, value: Array | None) -> bool:
        """Whether a gradient is the one that was returned."""
        mine = self.actual.get(name)
        if value is None or mine is None or value.shape != mine.shape:
            return False
        if not (np.isfinite(value).all() and np.isfinite(mine).all()):
            return False
        size = np.maximum(np.abs(mine), np.abs(value))
        return bool((np.abs(mine - value) <= self.close * size + self.floor).all())


@dataclass(frozen=True)
class Found:
    """A mutation at a step, and the gradients that it explains."""

    step: str
    mutation: Mutation
    right: Term
    names: frozenset[str]


def explained(
    problem: Problem, failing: Sequence[Failing], wrt: tuple[str, ...]
) -> tuple[Explanation, ...]:
    """The mistakes that explain the wrong gradients, as far as any of the table do."""
    wrong = _wrong(failing)
    made: list[Explanation] = []
    if not all(_single(run) for _, _, run in failing):
        with suppress(DeriveError):
            made += _by_steps(problem, failing, wrt)
    told = {name for one in made for name in one.names}
    rest = [name for name in wrt if name in wrong and name not in told]
    return (*made, *patterns(problem, failing, rest))


def _single(run: Run) -> bool:
    """Whether no gradient has more than one wrong entry, which no formula does."""
    return all(p.failed <= 1 < p.entries for p in run.parameters) and not run.findings


def _wrong(failing: Sequence[Failing]) -> set[str]:
    """The names whose gradients are not right."""
    found = {p.name for _, _, run in failing for p in run.parameters if p.failed}
    return found | {name for _, answer, _ in failing for name in answer.odd}


def _by_steps(
    problem: Problem, failing: Sequence[Failing], wrt: tuple[str, ...]
) -> Iterator[Explanation]:
    """The mistakes in steps of the backward pass, from the loss back."""
    derivation = problem.derivation
    if derivation is None:
        return
    found: Gradients = problem.derived or gradients(derivation)
    inner = {name: problem.inner(name) for name in wrt}
    steps = steps_of(found, tuple(inner.values()))
    cases = [_case(problem, found, steps, inner, one) for one in failing]
    cases.sort(key=lambda one: sum(v.size for v in one.backward.forward.values()))
    scalars = scalar_names(found.backward.program.shapes)
    for one in search(cases):
        yield _told(one, scalars, wrt)


def _case(
    problem: Problem,
    found: Gradients,
    steps: Mapping[str, Term],
    inner: Mapping[str, str],
    one: Failing,
) -> Case:
    """A point, its gradients in the shapes that formulas have."""
    place, answer, run = one
    forward = problem.forward(place)
    wanted = {name: adjoint_name(found[core].name) for name, core in inner.items()}
    backward = Backward(found.derivation, steps, wanted, forward.values(), forward.sizes)
    truth = backward.gradients()
    actual = dict(answer.odd)
    for name, value in answer.gradients.items():
        actual[name] = value.reshape(truth[name].shape) if name in truth else value
    failed = {p.name for p in run.parameters if p.failed} | set(answer.odd)
    size = max((float(np.abs(v).max(initial=0.0)) for v in truth.values()), default=0.0)
    single = run.dtype == "float32"
    floor = max([p.floor for p in run.parameters], default=0.0) if single else FLOOR * size
    close = SINGLE_ALIKE if single else ALIKE
    return Case(backward, actual, frozenset(failed), close, floor, truth)


# ------------------------------------------------------------------------------------ the search


def search(cases: list[Case]) -> tuple[Found, ...]:
    """Mistakes one after the other, each explaining the wrong gradient that is nearest the loss."""
    best: tuple[Found, ...] = ()
    with suppress(TimeUp), within(SECONDS):
        for path in _paths(cases, frozenset(), frozenset(), ROUNDS):
            if _covered(path) > _covered(best):
                best = path
            if _covered(best) >= len(_all_wrong(cases)):
                break
    return best


def _covered(path: tuple[Found, ...]) -> int:
    """How many gradients are explained."""
    return sum(len(one.names) for one in path)


def _all_wrong(cases: list[Case]) -> frozenset[str]:
    return frozenset[str]().union(*(one.wrong for one in cases))


def _paths(
    cases: list[Case], told: frozenset[str], lost: frozenset[str], rounds: int
) -> Iterator[tuple[Found, ...]]:
    """Sequences of mistakes that explain one gradient after another; `lost` ones have none."""
    left = _all_wrong(cases) - told - lost
    if not left or not rounds:
        yield ()
        return
    first = min(left, key=lambda name: _distance(cases[0].backward, name))
    options = _options(cases, first, told, left)
    if not options:
        yield from _paths(cases, told, lost | {first}, rounds)
    for one in options:
        term = one.mutation.term
        after = [c._replace(backward=c.backward.with_step(one.step, term)) for c in cases]
        yield (one,)
        for path in _paths(after, told | one.names, lost, rounds - 1):
            yield (one, *path)


def _distance(backward: Backward, name: str) -> int:
    """How far a gradient is from the loss."""
    order = list(backward.steps)
    step = backward.wanted[name]
    return order.index(step) if step in order else len(order)


def _options(
    cases: list[Case], first: str, told: frozenset[str], left: frozenset[str]
) -> list[Found]:
    """The mutations that explain a gradient: those that explain most others first, a few."""
    found: list[Found] = []
    for step, mutation in _candidates(cases[0].backward):
        check_time()
        fitted = _fitted(cases[0], step, mutation, first) if mutation.fitted else mutation
        names = frozenset[str]()
        if fitted is not None:
            names = _explains(cases, step, fitted.term, first, told) & left
        if names and fitted is not None:
            found.append(Found(step, fitted, cases[0].backward.steps[step], names))
        if names >= left:
            return found[-1:]
    return sorted(found, key=lambda one: -len(one.names))[:BRANCHES]


def _candidates(backward: Backward) -> Iterator[tuple[str, Mutation]]:
    """Every wrong step."""
    derivation = backward.derivation
    axes = {name: value.ndim for name, value in backward.values.items()}
    weights = {s.name: adjoint_name(s.name) for s in derivation.symbols if s.kind == "param"}
    sizes = tuple(name for name, size in backward.sizes.items() if size > 1 and name.isidentifier())
    loss = derivation.definition(derivation.loss)
    divided = frozenset(variables(loss) if loss is not None else ()) & set(sizes)
    steps = [
        Step(name, term, derivation, axes, sizes, weights, divided)
        for name, term in backward.steps.items()
    ]
    for step, mutation in mutations(steps):
        yield step.name, mutation


def _explains(
    cases: list[Case], step: str, term: Term, first: str, told: frozenset[str]
) -> frozenset[str]:
    """The wrong gradients that a wrong step makes, at every point; nothing if not the first one.

    What was right, or was explained before, must not become wrong by it.
    """
    common: set[str] | None = None
    for one in cases:
        made = one.backward.changed(step, term)
        mine = made.get(first)
        if first in one.wrong and not (one.same(first, mine) and one.apart(first, mine)):
            return frozenset()
        settled = (set(one.actual) - one.wrong) | told
        if any(name in one.actual and not one.same(name, made.get(name)) for name in settled):
            return frozenset()
        hits = {name for name in one.wrong - told if one.same(name, made.get(name))}
        common = hits if common is None else common & hits
    return frozenset(common or ())


def _fitted(one: Case, step: str, mutation: Mutation, first: str) -> Mutation | None:
    """The mutation with its unknown number, by which one gradient is linear, fitted."""
    ends = [one.backward.changed(step, _with(mutation.term, t)).get(first) for t in (0, 1)]
    mine = one.actual.get(first)
    low, high = ends
    if mine is None or low is None or high is None or not low.shape == high.shape == mine.shape:
        return None
    way = high - low
    size = float(np.vdot(way, way))
    if not np.isfinite(size) or size == 0 or not np.isfinite(mine).all():
        return None
    t = float(np.vdot(way, mine - low)) / size
    near = Fraction(t).limit_denominator(10_000)
    if abs(float(near) - t) <= 1e-7 * abs(t):
        t = float(near)
    if t == 0 or not np.isfinite(t):
        return None
    text = mutation.text.format(t=f"{t:.6g}")
    return mutation._replace(text=text, term=_with(mutation.term, t))


def _with(term: Term, t: float) -> Term:
    return substitute(term, {UNKNOWN: Const(Fraction(t))})


# ------------------------------------------------------------------------------------- in words


def _told(found: Found, scalars: frozenset[str], wrt: tuple[str, ...]) -> Explanation:
    """The explanation of a mistake: the step as it was taken, and as it is."""
    where = f"dL/{found.step}"
    text = f"in {where}, {found.mutation.text}"
    names = tuple(name for name in wrt if name in found.names)
    right = write(found.right, "plain", scalars=scalars)
    numpy = write(found.right, "numpy", scalars=scalars)
    wrong = write(found.mutation.term, "plain", scalars=scalars)
    return Explanation(found.mutation.code, "step", text, where, wrong, right, numpy, names)
