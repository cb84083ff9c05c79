"""Lumps -> blocks of arrays: the values of several layers below each other, and their factors too.

A value that is needed with ones keeps its row of ones, which then stands between two blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from codegen.buffers import BATCH, FEW_SAMPLES, JOINED, SLOPE, Placed, Pool, place
from codegen.lumps import SLOT, Lump, Use, lumps
from codegen.plan import Line, Plan
from codegen.statements import statements
from derive.shape import Shape, dim
from derive.term import variables

MOST = 2500
"""Numbers of a layer up to which one call for several layers is quicker than one for each."""


class Laid(NamedTuple):
    """A lump in its arrays: the rows, the calls that compute the factors of all, and each factor.

    `homes` are the arrays of the calls, `factors` those of the factors, by the variable.
    """

    rows: int
    placed: tuple[Placed, ...]
    homes: Mapping[str, str]
    factors: Mapping[str, str]


Lumped = Mapping[str, tuple[Laid, Use]]
"""The lines whose factor can be computed with those of other lines."""


def lay_out(made: Plan, wanted: Iterable[str], pool: Pool) -> Lumped:
    """The lumps of a plan in arrays of a pool; `wanted` are the names that a method computes."""
    order = statements(made.lines_for(wanted), made)
    joined = {variables(one.term)[0] for one in order if one.joins}
    found = ((lump, _laid(lump, made, joined, pool)) for lump in lumps(made))
    return {use.line: (laid, use) for lump, laid in found for use in lump.uses}


def few(lumped: Lumped) -> int:
    """The largest batch for which each lump is worth its array."""
    found = (laid for laid, _ in lumped.values())
    return min((MOST * len(laid.factors) // laid.rows for laid in found), default=0)


def _laid(lump: Lump, made: Plan, joined: Collection[str], pool: Pool) -> Laid:
    sizes = [made.shapes[name][0].size(made.derivation.sizes) for name in lump.variables]
    bounds, rows = [], 0
    for name, size in zip(lump.variables, sizes, strict=True):
        bounds.append((name, rows, rows + size + (name in joined)))
        rows = bounds[-1][2]
    ones = any(name in joined for name in lump.variables)
    whole = pool.take(((str(rows), BATCH), JOINED if ones else "dtype"))
    pool.keep(whole)
    for name, start, stop in bounds:
        pool.laid[name] = _block(whole, start, stop, name in joined, pool)
    placed, homes = _factors(lump, made, (dim(rows), FEW_SAMPLES), pool)
    result = placed[-1].home
    for name in (name for one in placed for name in (one.home, *one.work)):
        pool.keep(name)
    factors = {n: pool.cut(result, a + (n in joined), b, SLOPE) for n, a, b in bounds}
    return Laid(rows, placed, {**homes, SLOT: whole}, factors)


def _block(whole: str, start: int, stop: int, joined: bool, pool: Pool) -> str:
    """Where a variable is computed: rows of the whole, or what is below the first of them."""
    if not joined:
        return pool.cut(whole, start, stop, "dtype")
    form = ((str(stop - start - 1), BATCH), "dtype")
    return pool.rest(pool.cut(whole, start, stop, JOINED), form)


def _factors(
    lump: Lump, made: Plan, shape: Shape, pool: Pool
) -> tuple[tuple[Placed, ...], Mapping[str, str]]:
    """The calls that compute the factors of all variables at once."""
    line = Line(f"{SLOT}'", lump.formula, lump.formula, shape)
    order = statements((line,), replace(made, shapes={**made.shapes, SLOT: shape}))
    return place([replace(one, line=line._replace(name="")) for one in order], (), pool)
