"""The black-box loop: full forward passes and nothing else. Slow, and knows no layers.

It checks the fast oracles, which trust the layer structure, on entries drawn at random, and may be
given the loss of the emitted module itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from codegen.finite import Estimate
from codegen.network import Array, Params
from codegen.noise import ROUNDOFF, ecnoise, nearby

Loss = Callable[[Params, Array, Array], float]
Losses = Callable[[Params, Array, Array], Array]
"""The losses of many networks, their parameters stacked along a first axis."""

Entry = tuple[str, tuple[int, ...]]

STEP = 2.0**-14
TOGETHER = 1 << 17
"""Numbers in the stacked parameters of forward passes that are made at once."""

MANY = 16
"""Networks that are moved at once, at least: for fewer, copying costs more than is saved."""


def naive(
    loss: Loss, params: Params, x: Array, y: Array, entries: Iterable[Entry], h: float = STEP
) -> Array:
    """Central differences `(L(W+h) - L(W-h)) / 2h`, two full forward passes an entry."""
    own = {name: value.copy() for name, value in params.items()}
    return np.array([_difference(loss, own, x, y, entry, h) for entry in entries])


def together(
    losses: Losses, params: Params, x: Array, y: Array, entries: Sequence[Entry], h: float = STEP
) -> Array:
    """`naive` with the forward passes of many entries made at once, each still a full one."""
    most = max(1, TOGETHER // (2 * sum(value.size for value in params.values())))
    parts = [entries[at : at + most] for at in range(0, len(entries), most)]
    found = [_differences(losses, params, x, y, part, h) for part in parts]
    return np.concatenate(found) if found else np.empty(0)


def _differences(
    losses: Losses, params: Params, x: Array, y: Array, entries: Sequence[Entry], h: float
) -> Array:
    count = len(entries)
    own = {name: np.repeat(value[None], 2 * count, axis=0) for name, value in params.items()}
    ends = np.empty(2 * count)
    for place, (name, index) in enumerate((*entries, *entries)):
        own[name][place, *index] += h if place < count else -h
        ends[place] = own[name][place, *index]
    upper, lower = np.split(losses(own, x, y), 2)
    difference: Array = (upper - lower) / (ends[:count] - ends[count:])
    return difference


def _difference(
    loss: Loss, own: dict[str, Array], x: Array, y: Array, entry: Entry, h: float
) -> float:
    name, index = entry
    at = own[name][index]
    own[name][index] = at + h
    upper, above = loss(own, x, y), own[name][index]
    own[name][index] = at - h
    lower, below = loss(own, x, y), own[name][index]
    own[name][index] = at
    return float((upper - lower) / (above - below))


class SpotCheck(NamedTuple):
    """How many entries the loop was run for, and a sentence for each where it did not agree."""

    entries: int
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether entries were compared and all agree."""
        return self.entries > 0 and not self.findings


def spot_check(
    loss: Loss,
    params: Params,
    x: Array,
    y: Array,
    estimates: Mapping[str, Estimate],
    *,
    count: int = 200,
    seed: int = 0,
    losses: Losses | None = None,
) -> SpotCheck:
    """The estimates against the loop at random entries, those with an infinite bar left out.

    The loop runs at h and 2h; it may be off by the difference of the two (its truncation error is
    a third of that), and by 16 times the noise of the loss over h. With `losses`, small networks
    are moved many at a time.
    """
    entries = _draw(estimates, count, np.random.default_rng(seed))
    small = MANY * sum(value.size for value in params.values()) <= TOGETHER
    if losses is not None and small:
        near, far = (together(losses, params, x, y, entries, h) for h in (STEP, 2 * STEP))
    else:
        near, far = (naive(loss, params, x, y, entries, h) for h in (STEP, 2 * STEP))
    noise = 16 * _noise(loss, params, x, y, seed) / STEP
    value = np.array([estimates[name].value[index] for name, index in entries])
    bar = np.array([estimates[name].bar[index] for name, index in entries])
    off = np.abs(value - near) > bar + np.abs(far - near) + noise
    return SpotCheck(
        len(entries),
        tuple(
            f"{entries[k][0]}{list(entries[k][1])}: the fast method says {value[k]:.6g}, "
            f"two full forward passes say {near[k]:.6g}"
            for k in np.flatnonzero(off)
        ),
    )


def _draw(estimates: Mapping[str, Estimate], count: int, rng: np.random.Generator) -> list[Entry]:
    """Different entries, a share from each parameter, and the rest from all of them."""
    places = {name: np.argwhere(np.isfinite(one.bar)) for name, one in estimates.items()}
    share = max(1, count // (2 * max(1, len(places))))
    entries: dict[Entry, None] = {}
    for name, where in places.items():
        for row in rng.permutation(len(where))[:share]:
            entries[name, tuple(map(int, where[row]))] = None
    ends = np.cumsum([len(where) for where in places.values()])
    for k in rng.permutation(ends[-1] if places else 0):
        if len(entries) >= count:
            break
        at = int(np.searchsorted(ends, k, side="right"))
        name, where = list(places.items())[at]
        entries[name, tuple(map(int, where[k - ends[at]]))] = None
    return list(entries)


def _noise(loss: Loss, params: Params, x: Array, y: Array, seed: int) -> float:
    """ECnoise of the loss, at least 4 u times its size."""
    table = [float(loss(moved, x, y)) for moved in nearby(params, seed)]
    return max(float(ecnoise(np.array(table)[:, None])[0]), 4 * ROUNDOFF * abs(table[0]))
