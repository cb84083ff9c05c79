"""PASS, FAIL or UNRESOLVED for every entry of every gradient, and what a run makes of them.

With a the gradient under test, n an oracle's value, tau its error bar and m = max(|a|, |n|):

    FAIL        a or n is not finite, or |a - n| > 1e-9 m + tau
    UNRESOLVED  not FAIL, and tau > 1e-3 m: the oracle cannot see this entry
    PASS        otherwise, and where a = n = 0 exactly and the entry moves the loss of no sample

Over several oracles an entry FAILs when any of them says so, PASSes when none does and at least
one says PASS, and is UNRESOLVED otherwise. An oracle that cannot see never excuses, nor accuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from codegen.entries import entry_text, meaning
from codegen.finite import Estimate
from codegen.gradient_shapes import real_array, shape_findings
from codegen.network import Array, Network, Params

RELATIVE = 1e-9
RESOLUTION = 1e-3
SHOWN = 5

Oracles = Mapping[str, Mapping[str, Estimate]]
Finer = Callable[[str, tuple[int, ...]], tuple[float, float] | None]
"""A finer oracle for one entry: (value, error bar), or None where it cannot say."""


class Outcome(IntEnum):
    """The outcome for one entry."""

    PASS = 0
    FAIL = 1
    UNRESOLVED = 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """One entry against one oracle."""

    oracle: str
    name: str
    index: tuple[int, ...]
    meaning: str
    actual: float
    expected: float
    bar: float

    @property
    def error(self) -> float:
        """|a - n|."""
        return abs(self.actual - self.expected)

    def __str__(self) -> str:
        return (
            f"{entry_text(self.name, self.index)} ({self.meaning}): {self.actual:.9g}, "
            f"{self.oracle} {self.expected:.9g} ± {self.bar:.1e}"
        )


class ParameterReport(NamedTuple):
    """One parameter. `largest`: the largest error by each oracle where its bar is finite;
    `failures`: the worst failing entries; `vacuous`: entries that move the loss of no sample."""

    name: str
    shape: tuple[int, ...]
    passed: int
    failed: int
    unresolved: int
    vacuous: int
    largest: tuple[Comparison, ...]
    failures: tuple[Comparison, ...]

    @property
    def entries(self) -> int:
        """How many entries were declared, looked at or not."""
        return int(np.prod(self.shape))


class Verdict(NamedTuple):
    """A run: a row for each declared parameter, what else was found, and each entry's outcome.

    `scale` is G, the largest |n| over all parameters. A parameter whose gradient is missing or has
    the wrong shape has a finding and no outcomes.
    """

    parameters: tuple[ParameterReport, ...]
    findings: tuple[str, ...]
    outcomes: Mapping[str, Array]
    scale: float

    def _total(self, what: str) -> int:
        return sum(getattr(row, what) for row in self.parameters)

    @property
    def entries(self) -> int:
        """How many entries were declared."""
        return self._total("entries")

    @property
    def passed(self) -> int:
        """How many passed."""
        return self._total("passed")

    @property
    def failed(self) -> int:
        """How many failed."""
        return self._total("failed")

    @property
    def unresolved(self) -> int:
        """How many no oracle could see."""
        return self._total("unresolved")

    @property
    def vacuous(self) -> int:
        """How many move the loss of no sample, so that 0 is right whatever the formula."""
        return self._total("vacuous")

    @property
    def ok(self) -> bool:
        """No finding, and every declared entry counted and passed."""
        return not self.findings and self.entries > 0 and self.passed == self.entries

    def __str__(self) -> str:
        resolved = self.passed + self.failed
        parts = [f"{resolved:,} of {self.entries:,} entries resolved"]
        parts += [f"{self.failed:,} failed"] if self.failed else []
        parts += [f"{self.vacuous:,} of them 0 by structure"] if self.vacuous else []
        return ", ".join(parts)


def outcomes(actual: Array, estimate: Estimate) -> Array:
    """The rule of this module for arrays: an `Outcome` for each entry."""
    value, bar = estimate.value, estimate.bar
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(actual), np.abs(value))
        finite = np.isfinite(actual) & np.isfinite(value) & ~np.isnan(bar)
        off = ~finite | (np.abs(actual - value) > RELATIVE * size + bar)
        zero = estimate.still & (actual == 0) & (value == 0)
        blind = (bar > RESOLUTION * size) & ~zero
    choices = [np.int8(Outcome.FAIL), np.int8(Outcome.UNRESOLVED)]
    return np.select([off, blind], choices, np.int8(Outcome.PASS))


def combine(many: list[Array]) -> Array:
    """FAIL where any says FAIL, else PASS where any says PASS, else UNRESOLVED."""
    failed = np.any([one == Outcome.FAIL for one in many], axis=0)
    passed = np.any([one == Outcome.PASS for one in many], axis=0)
    choices = [np.int8(Outcome.FAIL), np.int8(Outcome.PASS)]
    return np.select([failed, passed], choices, np.int8(Outcome.UNRESOLVED))


def judge(
    network: Network, params: Params, actual: Mapping[str, Array], oracles: Oracles
) -> Verdict:
    """The gradients under test against the oracles, entry by entry.

    Missing, surplus and misshapen gradients are findings; having nothing to check is an error.
    """
    if not oracles or not any(oracles.values()) or not any(p.size for p in params.values()):
        raise ValueError("nothing was checked: there is no oracle, or no parameter entry")
    findings = shape_findings(params, actual)
    rows, found = [], dict[str, Array]()
    for name, value in params.items():
        per = {key: one[name] for key, one in oracles.items() if name in one}
        given = real_array(actual.get(name))
        if given is None or given.shape != value.shape or not per:
            rows.append(ParameterReport(name, value.shape, 0, 0, 0, 0, (), ()))
            findings += () if per else (f"no oracle covers {name}",)
            continue
        a = given.astype(np.float64)
        found[name] = combine([outcomes(a, estimate) for estimate in per.values()])
        rows.append(_report(network, name, a, per, found[name]))
        findings += _disagreements(name, per)
        if rows[-1].vacuous == value.size > 0:
            findings += (f"no entry of {name} moves the loss at this point: nothing is shown",)
    scale = max(_largest(one.value) for per in oracles.values() for one in per.values())
    return Verdict(tuple(rows), findings, found, scale)


def _largest(value: Array) -> float:
    return float(np.max(np.abs(value), initial=0.0, where=np.isfinite(value)))


def _disagreements(name: str, per: Mapping[str, Estimate]) -> tuple[str, ...]:
    """A sentence for two oracles that exclude each other: then the forward code is at fault."""
    (first, one), *others = per.items()
    texts = []
    for second, other in others:
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(one.value), np.abs(other.value))
            gap = np.abs(one.value - other.value)
            apart = gap > RELATIVE * size + one.bar + other.bar
        if apart.any():
            where = entry_text(name, np.argwhere(apart)[0].tolist())
            texts.append(
                f"the oracles {first} and {second} exclude each other at {int(apart.sum()):,} "
                f"entries of {name}, first {where}: the forward code is not smooth there, or "
                "not written for complex numbers (abs, conj, a real buffer)"
            )
    return tuple(texts)


def _report(
    network: Network, name: str, a: Array, per: Mapping[str, Estimate], found: Array
) -> ParameterReport:
    count = {kind: int(np.count_nonzero(found == kind)) for kind in Outcome}
    vacuous = np.any([one.still for one in per.values()], axis=0)

    def compare(oracle: str, flat: int) -> Comparison:
        index = tuple(map(int, np.unravel_index(flat, a.shape)))
        at, bar = float(per[oracle].value[index]), float(per[oracle].bar[index])
        words = meaning(network, name, index)
        return Comparison(oracle, name, index, words, float(a[index]), at, bar)

    return ParameterReport(
        name,
        a.shape,
        count[Outcome.PASS],
        count[Outcome.FAIL],
        count[Outcome.UNRESOLVED],
        int(np.count_nonzero(vacuous)),
        tuple(compare(oracle, int(np.argmax(_error(a, one)))) for oracle, one in per.items()),
        tuple(compare(oracle, flat) for oracle, flat in _worst(a, per)),
    )


def _error(a: Array, one: Estimate) -> Array:
    """|a - n|; inf where one is not finite, -1 where the oracle is blind by its own account."""
    with np.errstate(all="ignore"):
        error = np.nan_to_num(np.abs(a - one.value), nan=np.inf)
    return np.where(np.isinf(one.bar), -1.0, error)


def _worst(a: Array, per: Mapping[str, Estimate]) -> list[tuple[str, int]]:
    """The failing entries that exceed their tolerance most, each with the oracle that says so."""
    names = list(per)
    excess = np.stack([_excess(a, one).ravel() for one in per.values()])
    most = excess.max(axis=0)
    failing = np.flatnonzero(most > 1)
    order = failing[np.argsort(-most[failing], kind="stable")[:SHOWN]]
    return [(names[int(excess[:, k].argmax())], int(k)) for k in order]


def _excess(a: Array, one: Estimate) -> Array:
    """The error over what is tolerated; inf where a or n is not finite."""
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(a), np.abs(one.value))
        allowed = RELATIVE * size + one.bar
        ratio: Array = np.abs(a - one.value) / np.where(allowed > 0, allowed, np.finfo(float).tiny)
    ratio[~np.isfinite(a) | ~np.isfinite(one.value) | np.isnan(one.bar)] = np.inf
    return ratio


def escalate(
    network: Network,
    params: Params,
    actual: Mapping[str, Array],
    oracles: Oracles,
    verdict: Verdict,
    finer: Finer,
    *,
    limit: int = 1000,
) -> Verdict:
    """The verdict once a finer oracle has looked at the first `limit` UNRESOLVED entries."""
    found: dict[str, Estimate] = {}
    for name, outcome in verdict.outcomes.items():
        blind = np.full(outcome.shape, np.inf)
        estimate = Estimate(np.zeros(outcome.shape), blind, np.zeros(outcome.shape, bool))
        for row in np.argwhere(outcome == Outcome.UNRESOLVED)[:limit]:
            index = tuple(map(int, row))
            answer = finer(name, index)
            if answer is not None:
                estimate.value[index], estimate.bar[index] = answer
                estimate.still[index] = answer == (0.0, 0.0)
            limit -= 1
        found[name] = estimate
    return judge(network, params, actual, {**oracles, "finer": found})
