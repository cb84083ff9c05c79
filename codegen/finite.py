"""Numeric derivatives of the loss for every entry of every parameter, from the forward code only.

Two oracles that share nothing else: `romberg`, real central differences that carry their own error
bar, and `complex_step`, which subtracts nothing. `central` is the plain textbook difference.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from codegen.network import Array, Network, Params, own_layout
from codegen.noise import COMPLEX_STEP, ROUNDOFF, sample_noise, slope_noise
from codegen.perturb import Stencil, Sums, sweep
from codegen.trace import Trace, measure, trace

ETA = 2.0**-8
"""How far the smallest step of `romberg` moves a pre-activation, at most; the largest, 4 times."""

CENTRAL_STEP = 2.0**-15


class Estimate(NamedTuple):
    """A derivative for every entry of a parameter, in its shape, and the error bar of each.

    The bar is inf where the method does not apply (a kink is crossed). `still` marks the entries
    that move the loss of no sample, so that their derivative is exactly 0: the input is 0 in every
    sample (then the bar is 0 too), or every way to the loss is cut off, as by a relu.
    """

    value: Array
    bar: Array
    still: Array


Estimates = dict[str, Estimate]


def romberg(
    network: Network,
    params: Params,
    x: Array,
    y: Array,
    wrt: Collection[str] | None = None,
    *,
    eta: float = ETA,
    threads: int = 1,
) -> Estimates:
    """Central differences at h, 2h and 4h, extrapolated twice, each entry with its error bar.

    D4 = (4 D(h) - D(2h))/3 and D6 = (16 D4(h) - D4(2h))/15 (Romberg); the bar is
    `16 eps/h + |D6 - D4|`, with eps the noise of the loss (`codegen.noise`), and inf where a
    pre-activation meets a kink within the stencil or the extrapolation does not settle. h is a
    power of two, at most `eta / max_n |a[n, i]|`; with eta much above 2^-8 truncation leaves the
    shelter of the noise, and the bar is an estimate only. A loss with kinks gets a wider bar
    instead: see `_kink_sums`.
    """
    at, found = trace(network, params, x, y), Estimates()
    noise = sample_noise(network, params, x, y) * at.scale
    for layer in _layers(network, wrt):
        h = _steps(at.inputs[layer], eta)
        sums = sweep(at, layer, h, _romberg_stencil(at, layer), threads)
        eps = noise @ (at.inputs[layer] != 0)
        value, bar = _extrapolate(sums, at.scale / h, 16 * eps / h)
        found |= _estimates(at, params, layer, value, bar, np.zeros(bar.shape, bool))
    return _only(found, wrt)


def _romberg_stencil(at: Trace, layer: int) -> Stencil:
    points = np.array([1.0, -1.0, 2.0, -2.0, 4.0, -4.0])
    kinks = any(later.kinks for later in at.network.layers[layer:])
    if not at.network.loss_kinks:
        return Stencil(points, 3, lambda losses, n: losses[0::2] - losses[1::2], kinks)
    return Stencil(points, 4, lambda losses, n: _kink_sums(losses, at.losses[n]), kinks)


def _kink_sums(losses: Array, base: float) -> Array:
    """The three differences of a sample, and a bound for what a kink of its loss does to them.

    Let S(x) = L(x) - 2L(0) + L(-x). A smooth loss has S(2h) - 4S(h) and S(4h) - 4S(2h) of the
    order h^4. A jump J of the slope at s, |s| <= h, makes them J(3s - 2h) and J(3s - 4h), of which
    one is at least J h, and changes D6 by at most J/2; a jump of the second derivative shows in
    one of these or in D6 - D4, of which it changes D6 by at most 15 times as much.
    """
    d = losses[0::2] - losses[1::2]
    s = losses[0::2] + losses[1::2] - 2 * base
    bend = np.maximum(np.abs(s[1] - 4 * s[0]), np.abs(s[2] - 4 * s[1]))
    slope = d / np.array([2.0, 4.0, 8.0])[:, None, None]
    drift = np.abs(slope[2] - 5 * slope[1] + 4 * slope[0])
    return np.concatenate([d, (bend + drift)[None]])


def _extrapolate(sums: Sums, per_step: Array, noise: Array) -> tuple[Array, Array]:
    """D6 and its bar, `(n_out, I)`, from the summed differences; `per_step` is scale/h `(I,)`.

    Where the corrections do not fall, D2 to D4 to D6, the last one bounds nothing: the bar is inf.
    """
    d1, d2, d4 = (sums.values[k] * (per_step / (2.0 * 2**k)) for k in range(3))
    fourth, wide = (4 * d1 - d2) / 3, (4 * d2 - d4) / 3
    sixth = (16 * fourth - wide) / 15
    first, second = np.abs(fourth - d1), np.abs(sixth - fourth)
    bar = noise + second
    if len(sums.values) > 3:
        bar = bar + sums.values[3] * per_step
    size = np.abs(sixth)
    blind = sums.crossed | (first > noise + size / 8) | (second > noise + size / 1024)
    return sixth, np.where(blind, np.inf, bar)


def complex_step(
    network: Network, params: Params, x: Array, y: Array, *, threads: int = 1
) -> Estimates:
    """`Im L(W + ih) / h` with h = 2^-100: no difference is taken, so nothing cancels.

    The bar is `64 u G c` for all entries. G is the largest sum over the samples of `|dL_n|`, over
    all parameters: what is lost when the samples are added. c, nearly always below 10, is what is
    lost in the first step already: see `_cancellation`. Where the derivative is measurably noisier
    than that, the bar is 8 times its noise.
    """
    at = trace(network, params, x, y)
    layers = _layers(network, None)
    with strictly_complex():
        moved = [_moved_units(at, layer, threads) for layer in layers]
        lost, noise = _cancellation(at), slope_noise(network, params, x, y)
    pairs = list(zip(layers, moved, strict=True))
    sums = [(abs(units) @ abs(at.inputs[layer])) * abs(at.scale) for layer, units in pairs]
    size = max(float(one.max()) for one in sums)
    bar = max(64 * ROUNDOFF * size * lost, 8 * noise) if size > 0 else np.inf
    found = Estimates()
    for (layer, units), total in zip(pairs, sums, strict=True):
        value = (units @ at.inputs[layer]) * at.scale
        found |= _estimates(at, params, layer, value, np.full(value.shape, bar), total == 0)
    return found


def _moved_units(at: Trace, layer: int, threads: int) -> Array:
    """`Im L_n(z_l[j, n] + ih) / h`, `(n_out, N)`: what one step of each unit does to each sample.

    Moving W[i, j] moves that unit by `ih a[n, i]`, and a step whose square is nothing passes
    through all that follows in proportion: one step of a unit serves all its inputs, exactly.
    """
    alone = at._replace(inputs=tuple(np.ones((at.samples, 1)) for _ in at.inputs))
    steps = Stencil(np.array([1j]), at.samples, lambda losses, n: _imaginary(losses, n, at.samples))
    sums = sweep(alone, layer, np.array([COMPLEX_STEP]), steps, threads)
    units: Array = sums.values[:, :, 0].T / COMPLEX_STEP
    return units


def _cancellation(at: Trace) -> float:
    """How much larger the terms of dL/dz_L are than dL/dz_L itself, at least 1.

    `yhat - y` is small where a sample is fitted well, but its rounding error is not: it is u times
    what dL/dz_L is elsewhere, here at z_L = 0 and at -z_L, along a few Gaussian directions.
    """
    z, rng, sizes = at.pre[-1], np.random.default_rng(0), []
    for base in (z, 0 * z, -z):
        ways = rng.standard_normal((4, len(z), 1))
        with np.errstate(all="ignore"):
            moved = [base + 1j * COMPLEX_STEP * way for way in ways]
            along = np.array([measure(at.network, one, at.y).imag for one in moved])
        sizes.append(float(np.abs(along).max(where=np.isfinite(along), initial=0.0)))
    return max(1.0, max(sizes) / sizes[0]) if sizes[0] > 0 else np.inf


def _imaginary(losses: Array, n: int, samples: int) -> Array:
    """The imaginary parts `(1, J, I)` of sample n in its place among the samples, `(N, J, I)`."""
    if not np.iscomplexobj(losses):
        raise ValueError("the forward code drops the imaginary part: the complex step cannot see")
    parts = np.zeros((samples, *losses.shape[1:]))
    parts[n] = losses.imag[0]
    return parts


@contextmanager
def strictly_complex() -> Iterator[None]:
    """Writing a complex number into a real buffer, which loses the derivative, is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


def each_sample(network: Network, params: Params, x: Array, y: Array) -> list[dict[str, Array]]:
    """The gradients of each sample alone, as a batch of one."""
    alone = []
    for n in range(network.samples(x)):
        one = complex_step(network, params, network.take(x, [n]), network.take(y, [n]))
        alone.append({name: estimate.value for name, estimate in one.items()})
    return alone


def central(
    network: Network,
    params: Params,
    x: Array,
    y: Array,
    *,
    h: float = CENTRAL_STEP,
    threads: int = 1,
) -> dict[str, Array]:
    """Plain central differences with one step for all entries, and no error bar."""
    at, found = trace(network, params, x, y), dict[str, Array]()
    stencil = Stencil(np.array([1.0, -1.0]), 1, lambda losses, n: losses[:1] - losses[1:])
    for layer, spec in enumerate(network.layers):
        steps = np.full(at.inputs[layer].shape[1], h)
        sums = sweep(at, layer, steps, stencil, threads)
        value = sums.values[0] * (at.scale / (2 * h))
        found |= own_layout(spec, network.columns, params, value)
    return found


def _layers(network: Network, wrt: Collection[str] | None) -> list[int]:
    """The layers that hold any of the wanted parameters."""
    unknown = sorted(set(wrt or ()) - set(network.names()))
    if unknown:
        raise ValueError(f"no parameter is called {', '.join(unknown)}")
    layers = enumerate(network.layers)
    return [k for k, one in layers if wrt is None or one.weight in wrt or one.bias in wrt]


def _only(found: Estimates, wrt: Collection[str] | None) -> Estimates:
    return {name: one for name, one in found.items() if wrt is None or name in wrt}


def _steps(inputs: Array, eta: float) -> Array:
    """For each input the largest power of two that moves z by at most eta in every sample."""
    largest = np.abs(inputs).max(axis=0)
    exponent = np.floor(np.log2(eta / np.where(largest > 0, largest, 1.0)))
    return np.exp2(exponent)


def _estimates(
    at: Trace, params: Params, layer: int, value: Array, bar: Array, still: Array
) -> Estimates:
    """The estimates of a layer in the layout of its parameters; bar 0 where no input moves."""
    fed = (at.inputs[layer] != 0).any(axis=0)
    parts = (value, np.where(fed, bar, 0.0), still | ~fed)
    spec, columns = at.network.layers[layer], at.network.columns
    values, bars, stills = (own_layout(spec, columns, params, part) for part in parts)
    return {name: Estimate(values[name], bars[name], stills[name]) for name in values}
