"""Derivatives of a loss of which nothing is known but its values: full forward passes alone.

`differences` are real central differences with an error bar of their own, `complex_steps` subtract
nothing and need a loss that takes complex numbers: `takes_complex` finds out, and is not fooled by
code that drops an imaginary part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from codegen.finite import Estimate, Estimates, strictly_complex
from codegen.network import Array
from codegen.noise import COMPLEX_STEP, ROUNDOFF, ecnoise, nearby

Params = Mapping[str, Array]
Loss = Callable[[Params], complex]

STEP = 2.0**-7
"""The smallest step of an entry, by its size or by 1 if that is more; the largest is 4 times it."""

FINER = (1.0, 2.0**-6, 2.0**-11)
"""How the steps shrink where a kink, or a bend, is in the way; last they go by the entry's size."""

CLEAR = 1e-6
"""An error bar below this part of the derivative needs no finer step."""

BOTH = 2_000
"""Entries up to which both oracles are asked."""

TRUST = 1e-6
"""How far a complex step and a difference in the same direction may differ, by their size."""


def loss_noise(loss: Loss, params: Params, seed: int = 0) -> float:
    """The noise of one value of the loss: measured, but at least 4 u times its size."""
    values = np.array([float(np.real(loss(moved))) for moved in nearby(params, seed)])
    return max(float(ecnoise(values[:, None])[0]), 4 * ROUNDOFF * abs(float(values[0])))


# ------------------------------------------------------------------------------------ differences


def differences(loss: Loss, params: Params) -> Estimates:
    """Central differences at h, 2h and 4h, extrapolated twice; two rounds where one is blind.

    The bar holds the noise of the loss over h, the last correction, and what a kink within the
    stencil may do (see `codegen.finite._kink_sums`); it is inf where the corrections do not fall.
    """
    own = {name: np.array(value, np.float64) for name, value in params.items()}
    noise, base = loss_noise(loss, own), float(np.real(loss(own)))
    found = {}
    for name, value in own.items():
        out, bar = np.empty(value.shape), np.empty(value.shape)
        still = np.zeros(value.shape, bool)
        for index in np.ndindex(value.shape):
            values = _best(loss, own, value, index, noise, base)
            out[index], bar[index], still[index] = values
        found[name] = Estimate(out, bar, still)
    return found


def _best(
    loss: Loss, own: Params, value: Array, index: tuple[int, ...], noise: float, base: float
) -> tuple[float, float, bool]:
    """A difference, or where it does not see the best of some with smaller steps."""
    size = abs(float(value[index]))
    steps = [STEP * finer * _power(max(1.0, size)) for finer in FINER]
    steps += [STEP * _power(size)] if 0 < size < 1 else []
    best = (np.nan, np.inf, False)
    for h in steps:
        found = _extrapolated(loss, own, value, index, h, noise, base)
        best = min(best, found, key=lambda one: one[1])
        if best[1] <= CLEAR * abs(best[0]) or best[2]:
            break
    return best


def _power(size: float) -> float:
    """The power of two at or above a size."""
    return float(2.0 ** np.ceil(np.log2(size)))


def _extrapolated(
    loss: Loss,
    own: Params,
    value: Array,
    index: tuple[int, ...],
    h: float,
    noise: float,
    base: float,
) -> tuple[float, float, bool]:
    """The value, its bar, and whether the loss did not move at all."""
    ends = np.array([list(_ends(loss, own, value, index, k * h)) for k in (1, 2, 4)])
    if not np.isfinite(ends).all():
        return np.nan, np.inf, False
    d1, d2, d4 = (ends[:, 0] - ends[:, 1]) / (2 * h * np.array([1, 2, 4]))
    fourth, wide = (4 * d1 - d2) / 3, (4 * d2 - d4) / 3
    sixth = (16 * fourth - wide) / 15
    rounding = 16 * noise / h
    bar = rounding + abs(sixth - fourth) + _bend(ends, base, d1, d2, d4, h)
    blind = abs(fourth - d1) > rounding + abs(sixth) / 8
    still = bool((ends == base).all())
    return sixth, np.inf if blind and not still else bar, still


def _bend(ends: Array, base: float, d1: float, d2: float, d4: float, h: float) -> float:
    """A bound for what a jump of the slope, or of the second derivative, does to the value."""
    s = ends.sum(axis=1) - 2 * base
    jump = max(abs(s[1] - 4 * s[0]), abs(s[2] - 4 * s[1])) / h
    return float(jump + abs(d4 - 5 * d2 + 4 * d1))


def _ends(
    loss: Loss, own: Params, value: Array, index: tuple[int, ...], h: float
) -> Iterator[float]:
    at = value[index]
    for end in (at + h, at - h):
        value[index] = end
        yield float(np.real(loss(own)))
    value[index] = at


# ------------------------------------------------------------------------------------ both of them

COMPLEX, DIFFERENCES = "complex step", "differences"
"""What the oracles are called."""


def oracles(loss: Loss, params: Params, takes: bool) -> dict[str, Estimates]:
    """The derivatives by complex steps where the loss `takes` them, and by differences.

    Of many entries only one of the two is had. Where they exclude each other, code drops an
    imaginary part after all, and the differences alone are believed.
    """
    if not takes:
        return {DIFFERENCES: differences(loss, params)}
    exact = complex_steps(loss, params)
    if sum(value.size for value in params.values()) > BOTH:
        return {COMPLEX: exact}
    rough = differences(loss, params)
    if any(_exclude(exact[name], rough[name]) for name in params):
        return {DIFFERENCES: rough}
    return {COMPLEX: exact, DIFFERENCES: rough}


def _exclude(exact: Estimate, rough: Estimate) -> bool:
    with np.errstate(invalid="ignore"):
        gap = np.abs(exact.value - rough.value)
        return bool((gap > exact.bar + rough.bar + 1e-9 * np.abs(rough.value)).any())


# ----------------------------------------------------------------------------------- complex steps


def takes_complex(loss: Loss, params: Params, seed: int = 0) -> bool:
    """Whether the complex step through the loss is its derivative: tried in two directions."""
    rng = np.random.default_rng(seed)
    try:
        with strictly_complex(), np.errstate(all="ignore"):
            return all(_agrees(loss, params, rng) for _ in range(2))
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning, AttributeError):
        return False


def _agrees(loss: Loss, params: Params, rng: np.random.Generator) -> bool:
    ways = random_ways(params, rng)
    step = along(loss, params, ways)
    if step is None:
        return False
    slope, bar = directional(loss, params, ways)
    return abs(step - slope) <= bar + TRUST * max(abs(step), abs(slope))


def random_ways(params: Params, rng: np.random.Generator) -> dict[str, Array]:
    """A Gaussian direction."""
    return {n: np.asarray(rng.standard_normal(value.shape)) for n, value in params.items()}


def along(loss: Loss, params: Params, ways: Params) -> float | None:
    """`Im L(W + ihv) / h`; None where the loss of complex numbers is a real one."""
    moved = {name: value + 1j * (COMPLEX_STEP * ways[name]) for name, value in params.items()}
    found = loss(moved)
    return float(np.imag(found)) / COMPLEX_STEP if np.iscomplexobj(found) else None


def directional(loss: Loss, params: Params, ways: Params) -> tuple[float, float]:
    """The derivative along a direction by differences, and its bar."""
    line = {"t": np.zeros(1)}

    def on_line(at: Params) -> complex:
        t = at["t"][0]
        return loss({name: value + t * ways[name] for name, value in params.items()})

    length = float(np.sqrt(sum(np.sum(np.square(way)) for way in ways.values()))) or 1.0
    noise = loss_noise(loss, params)
    base = float(np.real(loss(params)))
    best = (np.nan, np.inf)
    for finer in FINER:
        h = STEP * finer / length
        value, bar, _ = _extrapolated(on_line, line, line["t"], (0,), h, noise, base)
        best = min(best, (value, bar), key=lambda one: one[1])
    return best


def complex_steps(loss: Loss, params: Params) -> Estimates:
    """`Im L(W + ih) / h` for every entry, one forward pass each.

    The bar is `64 u` times the largest derivative, or 8 times the noise of the derivative along a
    random direction where that is more.
    """
    own = {name: np.array(value, complex) for name, value in params.items()}
    found: dict[str, Array] = {}
    with strictly_complex():
        for name, value in own.items():
            found[name] = np.empty(value.shape)
            for index in np.ndindex(value.shape):
                at = value[index]
                value[index] = at + 1j * COMPLEX_STEP
                found[name][index] = np.imag(loss(own)) / COMPLEX_STEP
                value[index] = at
        noise = _slope_noise(loss, params)
    size = max((float(np.abs(one).max(initial=0.0)) for one in found.values()), default=0.0)
    bar = max(64 * ROUNDOFF * size, 8 * noise) if size > 0 else np.inf
    return {name: Estimate(one, np.full(one.shape, bar), one == 0) for name, one in found.items()}


def _slope_noise(loss: Loss, params: Params, seed: int = 0) -> float:
    """The noise of the derivative along a random direction of unit length."""
    rng = np.random.default_rng(seed)
    ways = random_ways(params, rng)
    values = [along(loss, moved, ways) or 0.0 for moved in nearby(params, seed)]
    return float(ecnoise(np.array(values)[:, None])[0])
