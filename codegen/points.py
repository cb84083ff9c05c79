"""Test points at which no mistake can hide, and why a point was drawn again.

Inputs are dense, biases are not small, targets are soft, and all sizes differ: one-hot targets,
one sample, images with dead pixels or equal widths each make some wrong gradients equal to the
right one. A point is mended while a unit with a kink is dead or a kink lies within the stencil of
`codegen.finite.romberg`; each repair is counted and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from codegen.finite import ETA
from codegen.network import Array, Network
from codegen.trace import Trace, trace

TARGETS = ("soft", "onehot", "free", "real", "unit", "binary", "sign")
EFFORT = 2e7
"""Parameter entries times samples that mending a point may pass through the forward code."""
SAMPLES = 11


class Point(NamedTuple):
    """Parameters and data in the network's own layout; `note` says how the point came about."""

    name: str
    params: Mapping[str, Array]
    x: Array
    y: Array
    note: str
    redraws: int = 0


CYCLE = 8
"""Layers after which small widths come again: all that stand near each other differ."""


def shadow_widths(depth: int, n: int = SAMPLES, last: int | None = None) -> tuple[int, ...]:
    """Small widths for `depth` layers and n samples: all of n_l, n_l + 1, n, n + 1 differ.

    They fall, the input is wider than the batch, and no width is another plus one, so neither a
    transposed nor a swapped factor fits by luck, with the bias row or without. Those of hidden
    layers come again after `CYCLE` of them. `last` fixes the number of outputs.

    >>> shadow_widths(3)
    (13, 7, 5, 3)
    """
    taken = {n, n + 1} | (set() if last is None else {last, last + 1})
    if last in (n - 1, n, n + 1):
        raise ValueError(f"{last} outputs and {n} samples cannot be told apart")
    free = [k for k in range(3, n + 2 * min(depth, CYCLE) + 12, 2) if not {k, k + 1} & taken]
    fixed = [] if last is None else [last]
    small, wide = [k for k in free if k < min(n, 9)], [k for k in free if k > n]
    cycle = [*small, *wide][:CYCLE]
    inner = [cycle[place % CYCLE] for place in range(depth - len(fixed))]
    first = next(k for k in wide if k not in inner)
    return (first, *reversed(inner), *fixed)


def generic_point(
    network: Network,
    shapes: Mapping[str, tuple[int, ...]],
    n: int = SAMPLES,
    seed: int = 0,
    target: str = "soft",
    *,
    name: str = "generic",
    attempt: int = 0,
) -> Point:
    """Gaussian inputs, weights N(0, 1/fan_in), biases of scale 0.5, targets of a kind.

    `shapes` are those of the parameters. Targets: "soft" (Dirichlet), "onehot", "free" (positive,
    sums differ from 1), "real" (Gaussian), "unit" (inside (0, 1)), "binary" (0 or 1), "sign"
    (-1 or 1). Raise `attempt` for another point of the same seed.
    """
    if target not in TARGETS:
        raise ValueError(f"unknown target {target!r}: it is one of {', '.join(TARGETS)}")
    rng = np.random.default_rng([seed, attempt])
    own = {key: _parameter(network, key, shape, rng) for key, shape in shapes.items()}
    first, last = network.layers[0], network.layers[-1]
    n_in = shapes[first.weight][1 if network.columns else 0] - first.augmented
    classes = shapes[last.weight][0 if network.columns else 1]
    x, y = rng.standard_normal((n, n_in)), targets(target, n, classes, rng)
    if network.columns:
        x, y = np.ascontiguousarray(x.T), np.ascontiguousarray(y.T)
    drawn = f"seed {seed}, attempt {attempt}, {n} samples, {target} targets"
    return mend(network, Point(name, own, x, y, drawn), rng)


def _parameter(
    network: Network, name: str, shape: tuple[int, ...], rng: np.random.Generator
) -> Array:
    layer = next(one for one in network.layers if name in (one.weight, one.bias))
    value: Array = rng.standard_normal(shape)
    if name == layer.bias:
        value *= 0.5
        return value
    axis = 1 if network.columns else 0
    value /= np.sqrt(max(1, shape[axis] - layer.augmented))
    if layer.augmented:
        bias = (slice(None), 0) if network.columns else (0,)
        value[bias] = 0.5 * rng.standard_normal(value[bias].shape)
    return value


def targets(kind: str, n: int, classes: int, rng: np.random.Generator) -> Array:
    """Targets `(n, classes)`; one-hot and binary ones use every class as evenly as n allows."""
    if kind in ("soft", "free"):
        soft: Array = rng.dirichlet(np.ones(classes), n)
        return soft if kind == "soft" else soft * rng.uniform(0.4, 0.9, (n, 1))
    if kind == "onehot":
        return np.eye(classes)[rng.permutation(n) % classes]
    if kind == "real":
        return rng.standard_normal((n, classes))
    if kind == "unit":
        return rng.uniform(0.1, 0.9, (n, classes))
    bits = (rng.permuted(np.tile(np.arange(n), (classes, 1)), axis=1).T % 2).astype(float)
    return bits if kind == "binary" else 2 * bits - 1


# ----------------------------------------------------------------------------------------- kinks


def mend(network: Network, point: Point, rng: np.random.Generator) -> Point:
    """The point with dead units and samples near a kink drawn again, as far as that succeeds.

    A unit of a kinked layer is drawn again, its weights and bias, unless some sample makes its
    activation non-zero and, with two samples or more, samples lie on both sides of a kink at 0. A
    sample is drawn again, its input, while one of its pre-activations is nearer to a kink than the
    stencil reaches. Last, a unit is drawn again if relus cut it off whenever one of its inputs is
    not 0: the derivative of that weight would be exactly 0.
    """
    rounds = _rounds(network, point)
    if not rounds:
        return point
    units = samples = 0
    own, x = {name: value.copy() for name, value in point.params.items()}, point.x.copy()
    for left in range(rounds, 0, -1):
        at = trace(network, own, x, point.y)
        near = _near_kinks(at)
        poor = _dead_units(at)
        if poor is None and not len(near) and left > rounds // 2:
            poor = _cut_off_units(at)
        if poor is not None:
            units += len(poor[1])
            _redraw_units(network, own, *poor, rng)
        elif len(near):
            samples += len(near)
            _redraw_samples(network, x, near, rng)
        else:
            break
    note = point.note
    if units or samples:
        note += f"; drawn again: {units} units, {samples} samples"
    note += _leftover(trace(network, own, x, point.y))
    return point._replace(params=own, x=x, note=note, redraws=units + samples)


def _rounds(network: Network, point: Point) -> int:
    """How often a point may be drawn again: 400 times where it is small, 20 times where large."""
    if not any(layer.kinks for layer in network.layers):
        return 0
    entries = sum(value.size for value in point.params.values())
    return int(np.clip(EFFORT / (entries * network.samples(point.x)), 20, 400))


def _leftover(at: Trace) -> str:
    """What is still wrong with a point, if anything."""
    dead, cut, near = _dead_units(at), _cut_off_units(at), _near_kinks(at)
    words = (
        [] if dead is None else [f"{len(dead[1])} dead or one-sided units in layer {dead[0] + 1}"]
    )
    words += (
        [] if cut is None else [f"{len(cut[1])} units cut off from an input in layer {cut[0] + 1}"]
    )
    words += [f"{len(near)} samples near a kink"] if len(near) else []
    return "; left: " + ", ".join(words) if words else ""


def _dead_units(at: Trace) -> tuple[int, Array] | None:
    """The first kinked layer with dead or one-sided units, and which they are."""
    for k, layer in enumerate(at.network.layers[:-1]):
        if not layer.kinks or not layer.elementwise:
            continue
        poor = ~(at.post[k] != 0).any(axis=1)
        if at.samples > 1 and 0.0 in layer.kinks:
            poor |= (at.pre[k] > 0).all(axis=1) | (at.pre[k] <= 0).all(axis=1)
        if poor.any():
            return k, np.flatnonzero(poor)
    return None


def _cut_off_units(at: Trace) -> tuple[int, Array] | None:
    """The last kinked layer with units that no sample joins to an input and to the loss."""
    way = np.ones(at.samples, bool)
    for k in reversed(range(at.last)):
        alive = (at.post[k] != 0) & way
        way = alive.any(axis=0)
        joined = alive.astype(float) @ (at.inputs[k] != 0)
        poor = (joined == 0).any(axis=1)
        if at.network.layers[k].kinks and poor.any():
            return k, np.flatnonzero(poor)
    return None


def _near_kinks(at: Trace) -> Array:
    """The samples with a pre-activation within reach of a kink.

    The largest step of a stencil moves z_l by 4 eta, and z_m by at most that times the largest
    entry of |W_{l+1}| ... |W_m|, for activations that are no steeper than 1.
    """
    near = np.zeros(at.samples, bool)
    gains: list[Array] = []
    for k, layer in enumerate(at.network.layers[:-1]):
        weights = np.abs(at.weights[k][:, int(layer.biased) :])
        gains = [weights @ gain for gain in gains] + [np.eye(len(weights))]
        reach = 4 * ETA * max(float(gain.max()) for gain in gains)
        for kink in layer.kinks:
            near |= (np.abs(at.pre[k] - kink) <= reach).any(axis=0)
    return np.flatnonzero(near)


def _redraw_samples(network: Network, x: Array, which: Array, rng: np.random.Generator) -> None:
    """New inputs for some samples."""
    if network.columns:
        x[:, which] = rng.standard_normal((len(x), len(which)))
    else:
        x[which] = rng.standard_normal((len(which), x.shape[1]))


def _redraw_units(
    network: Network, own: dict[str, Array], layer: int, units: Array, rng: np.random.Generator
) -> None:
    """New weights and biases for some units of a layer."""
    spec = network.layers[layer]
    for name in (spec.weight, spec.bias):
        if name is None:
            continue
        fresh = _parameter(network, name, own[name].shape, rng)
        flat = name == spec.bias
        where = units if flat or network.columns else (slice(None), units)
        if flat:
            own[name].reshape(-1)[where] = fresh.reshape(-1)[where]
        else:
            own[name][where] = fresh[where]
