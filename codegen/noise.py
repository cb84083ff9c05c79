"""How noisy one evaluation of a loss is: the floor under every difference of two of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from codegen.network import Array, Network, Params
from codegen.trace import trace

ROUNDOFF = 2.0**-53
"""The unit roundoff u of float64."""

COMPLEX_STEP = 2.0**-100
"""How far the complex step goes; its square, and so all truncation, is below rounding."""

POINTS = 9
SPACING = 2.0**-40


def ecnoise(values: Array) -> Array:
    """The noise of each column of `(m+1, N)`: N functions at m+1 points very close together.

    ECnoise, J. J. Moré and S. M. Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33
    (2011): differences of order k of pure noise of level s have the mean square (2k)!/(k!)^2 s^2.
    The level is taken at the first order where three in a row agree within a factor 4 and the
    differences change sign; where there is none, the largest is taken.

    >>> float(ecnoise(np.ones((9, 1)))[0])
    0.0
    """
    levels, signs, table = [], [], values
    for k in range(1, len(values) - 1):
        table = np.diff(table, axis=0)
        gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(np.sqrt(gamma * np.mean(table**2, axis=0)))
        signs.append((table.min(axis=0) < 0) & (table.max(axis=0) > 0))
    noise: Array = np.max(levels[1:], axis=0)
    for k in reversed(range(len(levels) - 2)):
        three = levels[k : k + 3]
        agree = signs[k] & (np.max(three, axis=0) <= 4 * np.min(three, axis=0))
        noise = np.where(agree, levels[k], noise)
    return noise


def sample_noise(network: Network, params: Params, x: Array, y: Array, seed: int = 0) -> Array:
    """The noise of the loss of each sample, `(N,)`: measured, but at least what the sizes imply.

    The floor is u times the loss and the largest logit from which it was computed: where all the
    points give the very same loss, there is nothing to measure.
    """
    traces = [trace(network, moved, x, y) for moved in nearby(params, seed)]
    table = np.array([at.losses for at in traces])
    floor = ROUNDOFF * (np.abs(table[0]) + np.abs(traces[0].pre[-1]).max(axis=0))
    noise: Array = np.maximum(ecnoise(table), floor)
    return noise


def slope_noise(network: Network, params: Params, x: Array, y: Array, seed: int = 0) -> float:
    """The noise of `Im L(W + ihv)/h` in a Gaussian direction v: all that the entries lose together.

    It bounds what one entry loses, and sees what no size tells: a cosine of z = 1000 is known to
    1000 u only.
    """
    rng = np.random.default_rng(seed)
    ways = {name: COMPLEX_STEP * rng.standard_normal(p.shape) for name, p in params.items()}
    table = [
        network.loss({name: p + 1j * ways[name] for name, p in moved.items()}, x, y).imag
        for moved in nearby(params, seed)
    ]
    return float(ecnoise(np.array(table)[:, None] / COMPLEX_STEP)[0])


def nearby(params: Params, seed: int) -> Iterator[dict[str, Array]]:
    """The parameters at points so close together that only rounding tells their losses apart."""
    rng = np.random.default_rng(seed)
    own = {name: np.asarray(p, np.float64) for name, p in params.items()}
    ways = {name: np.where(rng.random(p.shape) < 0.5, p, -p) for name, p in own.items()}
    for k in range(POINTS):
        yield {name: p + (k * SPACING) * ways[name] for name, p in own.items()}
