"""Every entry of every parameter moved, one at a time, at the cost of the small rest of the net.

Moving `W_l[i, j]` by h moves only unit j of z_l, by `h * a[n, i]` in sample n. So for one sample,
all inputs i, several units j and all points of a stencil are one block of R columns:

    z_l[j, n] + h a[n, i]  ->  h_l[j]  ->  z_{l+1}[:, n] + W_{l+1}[:, j] (x) (h_l[j] - h_l[j, n])

and from there the ordinary forward pass of the layers that follow. Where the activation is not
elementwise, and in the last layer, the whole column z_l[:, n] is rebuilt instead. An input that is
0 moves nothing and is skipped; the losses of the other samples do not move and cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import NamedTuple

import numpy as np

from codegen.network import Array
from codegen.trace import Trace, activate, measure

BLOCK = 1 << 17
"""Numbers in a block, 1 MiB of float64: those in use at a time stay near the cache, and a call of
NumPy is long enough that two threads seldom wait for the interpreter."""

TASK = 1 << 19
"""Numbers that a task is worth, at least; threads share tasks, so results do not depend on them."""

SERIAL = 900_000
"""Multiplications in a product that OpenBLAS does without waking threads of its own: those wait
for each other, milliseconds where another process holds a core, and would compete with ours."""

Reduce = Callable[[Array, int], Array]
"""Losses `(S, J, I)` of one sample (its index follows) to the K sums kept, `(K, J, I)`."""


class Sums(NamedTuple):
    """Of one layer: K sums over the samples `(K, n_out, I)`, and where a kink was crossed."""

    values: Array
    crossed: Array


class Stencil(NamedTuple):
    """Where to evaluate: entry i of a layer moves by `points[s] * h[i]`; `kept` is K."""

    points: Array
    kept: int
    reduce: Reduce
    watch_kinks: bool = False


def sweep(trace: Trace, layer: int, h: Array, stencil: Stencil, threads: int = 1) -> Sums:
    """The sums of one layer; `h` `(I,)` is the step of each input.

    Each task owns a range of units and runs over the samples in order, so the result is the same
    bit for bit whatever the number of threads.
    """
    # glibc hands large blocks back to the kernel until it has once freed a larger one; every
    # temporary below would be paged in anew, at twice the time of the arithmetic.
    np.empty(1 << 24, np.uint8)
    out, inputs = len(trace.weights[layer]), trace.inputs[layer].shape[1]
    sums = Sums(np.zeros((stencil.kept, out, inputs)), np.zeros((out, inputs), bool))
    numbers = trace.samples * inputs * len(stencil.points) * _width(trace, layer)
    each = min(out, max(1, math.ceil(TASK / numbers)))
    ranges = [slice(start, min(start + each, out)) for start in range(0, out, each)]
    if threads == 1 or len(ranges) == 1:
        for units in ranges:
            _sweep_units(trace, layer, h, stencil, units, sums)
        return sums
    with ThreadPoolExecutor(threads) as pool:
        tasks = [partial(_sweep_units, trace, layer, h, stencil, one, sums) for one in ranges]
        for job in [pool.submit(copy_context().run, task) for task in tasks]:
            job.result()
    return sums


def _width(trace: Trace, layer: int) -> int:
    """The numbers in the widest array that one moved entry of one sample needs."""
    first = layer + 1 if _rank_one(trace, layer) else layer
    return max(len(z) for z in trace.pre[first:])


def _rank_one(trace: Trace, layer: int) -> bool:
    return layer < trace.last and trace.network.layers[layer].elementwise


def _sweep_units(
    trace: Trace, layer: int, h: Array, stencil: Stencil, units: slice, sums: Sums
) -> None:
    """Add the samples, one after the other, to the sums of some units."""
    rows = max(1, BLOCK // _width(trace, layer))
    tile = np.empty((len(trace.y), rows + len(stencil.points)))
    for n in range(trace.samples):
        tile[:] = trace.y[:, n : n + 1]
        for some, inputs in _blocks(trace.inputs[layer][n], units, rows, len(stencil.points)):
            step = (h * trace.inputs[layer][n])[inputs]
            block = _Block(trace, layer, n, some, stencil.points[:, None, None] * step)
            losses, crossed = _losses(block, tile, stencil.watch_kinks)
            sums.values[:, some, inputs] += stencil.reduce(losses, n)
            if crossed is not None:
                sums.crossed[some, inputs] |= crossed


def _blocks(
    a: Array, units: slice, rows: int, points: int
) -> Iterator[tuple[slice, slice | Array]]:
    """Ranges of units and of inputs that are not 0, about `rows` moved columns a block."""
    moving = np.flatnonzero(a)
    most = max(1, rows // points)
    pieces = -(-len(moving) // most)
    for piece in np.array_split(moving, pieces) if pieces else ():
        count = max(1, most // len(piece))
        dense = len(moving) == len(a)
        part: slice | Array = slice(piece[0], piece[-1] + 1) if dense else piece
        for first in range(units.start, units.stop, count):
            yield slice(first, min(first + count, units.stop)), part


class _Block(NamedTuple):
    """Units `units` of layer `layer` in sample n, moved by `move` `(S, 1, I)`."""

    trace: Trace
    layer: int
    n: int
    units: slice
    move: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        points, _, inputs = self.move.shape
        return points, self.units.stop - self.units.start, inputs


def _losses(block: _Block, tile: Array, watch: bool) -> tuple[Array, Array | None]:
    """The losses `(S, J, I)` of a block, and which `(J, I)` crossed a kink on the way."""
    trace, layer = block.trace, block.layer
    crossed = np.zeros(block.shape[1:], bool) if watch else None
    if _rank_one(trace, layer):
        z, layer = _after_unit(block, crossed), layer + 1
    else:
        z = _whole_column(block)
    for m in range(layer, trace.last):
        _watch(trace, m, block, z, crossed)
        activation = trace.network.layers[m].activation
        assert activation is not None
        h = activate(activation, z, trace.network.columns)
        z = _affine(trace.weights[m + 1], trace.network.layers[m + 1].biased, h)
    return measure(trace.network, z, tile[:, : z.shape[1]]).reshape(block.shape), crossed


def _affine(weights: Array, biased: bool, h: Array) -> Array:
    """z `(n_out, R)` of a block h `(n_in, R)`; a complex block is a real one with 2R columns."""
    real = np.ascontiguousarray(h).view(np.float64)
    out, factor = np.empty((len(weights), real.shape[1])), weights[:, int(biased) :]
    step = max(64, SERIAL // weights.size)
    for at in range(0, real.shape[1], step):
        np.matmul(factor, real[:, at : at + step], out=out[:, at : at + step])
    z: Array = out.view(h.dtype)
    if biased:
        z += weights[:, :1]
    return z


def _after_unit(block: _Block, crossed: Array | None) -> Array:
    """z_{l+1} `(n_{l+1}, R)` by a rank-one update, when only units of an elementwise layer move."""
    trace, n, units = block.trace, block.n, block.units
    layer, after = trace.network.layers[block.layer], trace.network.layers[block.layer + 1]
    assert layer.activation is not None
    at = trace.pre[block.layer][units, n][:, None]
    z = at + block.move
    for kink in layer.kinks if crossed is not None else ():
        crossed |= ((z > kink) != (at > kink)).any(axis=0)
    h = activate(layer.activation, z.reshape(1, -1), trace.network.columns).reshape(z.shape)
    delta = h - trace.post[block.layer][units, n][:, None]
    first = units.start + after.biased
    weights = trace.weights[block.layer + 1][:, first : first + block.shape[1]]
    out: Array = np.multiply(weights[:, None, :, None], delta).reshape(len(weights), -1)
    out += trace.pre[block.layer + 1][:, n : n + 1]
    return out


def _whole_column(block: _Block) -> Array:
    """z_l `(n_l, R)` with one unit of it moved."""
    at = block.trace.pre[block.layer][:, block.n]
    z = np.empty((len(at), *block.shape), block.move.dtype)
    z[:] = at[:, None, None, None]
    for place, unit in enumerate(range(block.units.start, block.units.stop)):
        z[unit, :, place] += block.move[:, 0]
    return z.reshape(len(at), -1)


def _watch(trace: Trace, m: int, block: _Block, z: Array, crossed: Array | None) -> None:
    """Mark where a pre-activation of layer m changes sides of a kink within the stencil."""
    for kink in trace.network.layers[m].kinks if crossed is not None else ():
        sides = (z > kink) != (trace.pre[m][:, block.n : block.n + 1] > kink)
        crossed |= sides.reshape(len(z), *block.shape).any(axis=(0, 1))
