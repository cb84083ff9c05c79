"""Lumps -> blocks of arrays: the values of several layers below each other, and their factors too.

A value that is needed with ones keeps its row of ones, which then stands between two blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from codegen.buffers import (
    BATCH,
    FEW_SAMPLES,
    GIVEN,
    JOINED,
    SAMPLES,
    SLOPE,
    Placed,
    Pool,
    pads,
    place,
)
from codegen.costs import COPY_ENTRIES, LUMP_ENTRIES, LUMP_SAMPLES
from codegen.givens import Given, givens
from codegen.lumps import SLOT, Lump, lumps
from codegen.plan import Line, Plan
from codegen.statements import Statement, statements
from derive.ops import put
from derive.shape import Dim, Shape, dim
from derive.term import Var, apply, variables


class Short(NamedTuple):
    """How a line is computed for few samples: by one statement, after some that serve others too.

    `homes` are the arrays of the names that no line has.
    """

    before: tuple[Placed, ...]
    homes: Mapping[str, str]
    statement: Statement
    work: tuple[str, ...] = ()


class Layout(NamedTuple):
    """The lines that are computed otherwise for few samples, and how many samples are few."""

    lines: Mapping[str, Short]
    few: int


def lay_out(made: Plan, wanted: Iterable[str], pool: Pool) -> Layout:
    """What is in arrays of its own for few samples; `wanted` are the names that are computed."""
    order = statements(made.lines_for(wanted), made)
    joined = {variables(one.term)[0] for one in order if one.joins}
    lines: dict[str, Short] = {}
    limits = []
    for lump in lumps(made):
        bounds = _bounds(lump, made, joined)
        limit = LUMP_ENTRIES * len(bounds) // bounds[-1][2]
        if limit >= LUMP_SAMPLES:
            lines |= _lumped(lump, made, joined, bounds, pool)
            limits.append(limit)
    found = [one for one in givens(made) if _width(one, made) <= COPY_ENTRIES]
    limits += [COPY_ENTRIES // _width(one, made) for one in found]
    return Layout(lines | _given(found, made, pool), min(limits, default=0))


def _width(one: Given, made: Plan) -> int:
    """The numbers of one sample of an input."""
    return made.shapes[one.input][one.axis].size(made.derivation.sizes)


Bounds = list[tuple[str, int, int]]
"""The names of values, and the rows that they have with their ones."""


def _bounds(lump: Lump, made: Plan, joined: Collection[str]) -> Bounds:
    bounds, rows = [], 0
    for name in lump.variables:
        size = made.shapes[name][0].size(made.derivation.sizes)
        bounds.append((name, rows, rows + size + (name in joined)))
        rows = bounds[-1][2]
    return bounds


def _lumped(
    lump: Lump, made: Plan, joined: Collection[str], bounds: Bounds, pool: Pool
) -> dict[str, Short]:
    """The lines of a lump, whose values and factors are blocks of arrays."""
    rows = bounds[-1][2]
    ones = any(name in joined for name in lump.variables)
    whole = _own((str(rows), BATCH), JOINED if ones else "dtype", pool)
    for name, start, stop in bounds:
        pool.laid[name] = _block(whole, start, stop, name in joined, pool)
    before, homes = _factors(lump, made, (dim(rows), FEW_SAMPLES), pool)
    for one in before:
        for name in (one.home, *one.work):
            pool.keep(name)
    cut = {n: pool.cut(before[-1].home, a + (n in joined), b, SLOPE) for n, a, b in bounds}
    found = {line.name: line for line in made.backward}
    lines = {}
    for use in lump.uses:
        line = found[use.line]
        term = apply("mul", use.other, Var(cut[use.variable]))
        value = Statement(line, line.name, term, line.shape)
        lines[use.line] = Short(before, {**homes, SLOT: whole}, value)
    return lines


def _own(sizes: tuple[str, ...], kind: str, pool: Pool) -> str:
    """An array for one use."""
    name = pool.take((sizes, kind))
    pool.keep(name)
    return name


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


def _given(found: Iterable[Given], made: Plan, pool: Pool) -> dict[str, Short]:
    """The products with an input and its ones, which are in an array."""
    lines: dict[str, Short] = {}
    wholes: dict[str, tuple[str, tuple[Placed, ...]]] = {}
    for one in found:
        own = made.shapes[one.input]
        shape = put(own, one.axis, Dim((1, *own[one.axis].parts)))
        shapes = {**made.shapes, one.whole.name: shape}
        if one.input not in wholes:
            wholes[one.input] = _beside_ones(one, own, shape, pool)
        whole, before = wholes[one.input]
        line = one.line._replace(term=one.term)
        (value,) = statements((line,), replace(made, shapes=shapes))
        work = tuple(pads(value, pool))
        if value.is_turned:
            work = (_own(_few(value.shape[::-1], pool), "dtype", pool),)
        lines[line.name] = Short(before, {one.whole.name: whole}, value, work)
    return lines


def _beside_ones(
    one: Given, own: Shape, shape: Shape, pool: Pool
) -> tuple[str, tuple[Placed, ...]]:
    """The array of an input beside its ones, and the copy of the input into it."""
    whole = _own(_few(shape, pool), JOINED if one.axis == 0 else GIVEN, pool)
    rest = pool.rest(whole, (_few(own, pool), "dtype"))
    line = Line("", Var(one.input), Var(one.input), own)
    copy = Statement(line, f"{one.whole.name}'", Var(one.input), own, copies=True)
    return whole, (Placed(copy, rest),)


def _few(shape: Shape, pool: Pool) -> tuple[str, ...]:
    """The sizes of an array that is there for few samples."""
    return pool.form(tuple(FEW_SAMPLES if one == SAMPLES else one for one in shape))[0]
