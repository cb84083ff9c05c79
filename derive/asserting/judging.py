"""Gradients against oracles, entry by entry: what agrees, what does not, what no oracle can see.

With a the gradient under test, n the oracle's value and tau its error bar, an entry is wrong where

    |a - n| > atol + rtol |n| + tau

or where either is not finite. tau is the noise floor: for float32 that of the same sums in float32.
An entry that is not wrong is unresolved where the oracle itself cannot tell it from 0, unless it is
0 by structure. So a tolerance is a matter of taste, and the floor is one of arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from codegen.blackbox import COMPLEX
from codegen.finite import Estimate, Estimates
from codegen.network import Array
from codegen.noise import ROUNDOFF
from codegen.verdict import RESOLUTION

SHOWN = 5
FLOOR = 1e-6
"""An error bar below this part of the largest gradient is a floor, and does not leave open."""

SINGLE = 2.0**-24
"""The unit roundoff of float32."""

DEFAULT_RTOL = {"float64": 1e-9, "float32": 16 * SINGLE}


class Tolerance(NamedTuple):
    """What may differ by taste; and by the arithmetic of the numbers under test, the `grain`."""

    rtol: float
    atol: float
    grain: float = 0.0

    def __str__(self) -> str:
        return f"rtol={self.rtol:.3g}, atol={self.atol:.3g}"


def tolerance(
    rtol: float | None, atol: float | None, dtype: str, oracles: Mapping[str, Estimates]
) -> Tolerance:
    """The tolerance, with defaults for a kind of float.

    The grain of float32 is what the complex step loses in float64, or 64 u times the largest
    gradient where there is none, as much larger as the roundoff of float32 is.
    """
    own = DEFAULT_RTOL[dtype] if rtol is None else rtol
    grain = 0.0
    if dtype == "float32":
        every = [one for per in oracles.values() for one in per.values()]
        size = max((float(np.abs(one.value).max(initial=0.0)) for one in every), default=0.0)
        exact = [_typical(one.bar) for one in oracles.get(COMPLEX, {}).values()]
        known = [bar for bar in exact if np.isfinite(bar)]
        grain = SINGLE / ROUNDOFF * max([64 * ROUNDOFF * size, *known])
    return Tolerance(own, 0.0 if atol is None else atol, grain)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: both values, the noise floor, and the oracle that the value is of."""

    index: tuple[int, ...]
    actual: float
    desired: float
    floor: float
    oracle: str


class Parameter(NamedTuple):
    """One gradient, judged; `wrong` are the places of the entries that are."""

    name: str
    actual: Array
    desired: Array
    wrong: Array
    unresolved: int
    still: int
    floor: float
    worst: tuple[Entry, ...]

    @property
    def entries(self) -> int:
        return int(self.desired.size)

    @property
    def failed(self) -> int:
        return int(np.count_nonzero(self.wrong))

    @property
    def largest(self) -> tuple[float, float]:
        """The largest absolute and the largest relative difference among what is wrong."""
        with np.errstate(all="ignore"):
            gap = np.abs(self.actual - self.desired)[self.wrong]
            size = np.abs(self.desired)[self.wrong]
            relative = gap / size
        return (float(gap.max(initial=0.0)), float(relative.max(initial=0.0)))


def judged(
    name: str, actual: Array, oracles: Mapping[str, Estimate], allowed: Tolerance, strict: bool
) -> Parameter:
    """One gradient in the shape of its parameter. `strict`: a floor may leave entries open."""
    a = np.asarray(actual, np.float64)
    rows = {key: _judged(a, one, allowed, strict) for key, one in oracles.items()}
    wrong = np.logical_or.reduce([row[0] for row in rows.values()])
    seen = np.logical_or.reduce([row[1] for row in rows.values()])
    best = min(oracles, key=lambda key: _typical(oracles[key].bar))
    still = np.logical_or.reduce([one.still for one in oracles.values()])
    floor = _typical(oracles[best].bar) + allowed.grain
    worst = tuple(_entries(a, oracles, allowed, wrong))
    return Parameter(
        name,
        a,
        oracles[best].value,
        wrong,
        int(np.count_nonzero(~wrong & ~seen)),
        int(np.count_nonzero(still)),
        floor,
        worst,
    )


def _typical(bar: Array) -> float:
    return float(np.median(bar)) if bar.size else 0.0


def _judged(a: Array, one: Estimate, allowed: Tolerance, strict: bool) -> tuple[Array, Array]:
    """Which entries are wrong by an oracle, and which it sees."""
    excess = _excess(a, one, allowed)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(a), np.abs(one.value))
        resolution = RESOLUTION * size
        if not strict:
            resolution = np.maximum(resolution, FLOOR * np.abs(one.value).max(initial=0.0))
        zero = one.still & (a == 0) & (one.value == 0)
        seen = (one.bar <= resolution) | zero
    return excess > 1, seen


def _excess(a: Array, one: Estimate, allowed: Tolerance) -> Array:
    """The error over what is allowed; inf where something is not finite."""
    with np.errstate(all="ignore"):
        most = allowed.atol + allowed.rtol * np.abs(one.value) + one.bar + allowed.grain
        gap = np.abs(a - one.value)
        ratio = np.where(gap == 0, 0.0, gap / np.where(most > 0, most, np.finfo(float).tiny))
    known = np.isfinite(one.value) | np.isinf(one.bar)  # what has no bar accuses nobody
    ratio[~np.isfinite(a) | ~known | np.isnan(one.bar)] = np.inf
    ratio[np.isfinite(a) & np.isinf(one.bar)] = 0.0
    return np.asarray(ratio)


def _entries(
    a: Array, oracles: Mapping[str, Estimate], allowed: Tolerance, wrong: Array
) -> list[Entry]:
    """The entries that exceed their tolerance most."""
    names = list(oracles)
    excess = np.stack([_excess(a, one, allowed).ravel() for one in oracles.values()])
    most = excess.max(axis=0)
    order = [int(k) for k in np.argsort(-most, kind="stable")[:SHOWN] if wrong.ravel()[k]]
    found = []
    for flat in order:
        oracle = names[int(excess[:, flat].argmax())]
        index = tuple(map(int, np.unravel_index(flat, a.shape)))
        one = oracles[oracle]
        floor = float(one.bar[index]) + allowed.grain
        found.append(Entry(index, float(a[index]), float(one.value[index]), floor, oracle))
    return found
