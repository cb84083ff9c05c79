"""The quick mode: a few random projections of all gradients at once, by complex steps."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from codegen import blackbox
from codegen.blackbox import COMPLEX, DIFFERENCES
from codegen.finite import strictly_complex
from codegen.network import Array
from codegen.noise import ROUNDOFF
from derive.asserting.asked import Asked
from derive.asserting.judging import SINGLE
from derive.asserting.place import Place, Problem

COUNT = 8


def projected(
    problem: Problem,
    place: Place,
    wrt: tuple[str, ...],
    actual: Mapping[str, Array],
    dtype: str,
    asked: Asked,
) -> tuple[int, int, str]:
    """How many directions were tried, in how many `v . actual` is wrong, and by which oracle."""
    loss, takes = problem.loss(place, wrt)
    known = {**place.data, **place.params}
    if not set(wrt) <= known.keys():
        known = {**problem.more(place), **known}
    at = {name: known[name] for name in wrt}
    rng = np.random.default_rng(asked.seed)
    u = SINGLE if dtype == "float32" else ROUNDOFF
    missed = 0
    for _ in range(COUNT):
        ways = blackbox.random_ways(at, rng)
        expected, bar = _derivative(loss, takes, at, ways)
        missed += not _agrees(ways, actual, expected, bar, u, asked)
    return COUNT, missed, COMPLEX if takes else DIFFERENCES


def _derivative(
    loss: blackbox.Loss, takes: bool, at: Mapping[str, Array], ways: Mapping[str, Array]
) -> tuple[float, float]:
    """The derivative along a direction, and its bar."""
    if not takes:
        return blackbox.directional(loss, at, ways)
    with strictly_complex():
        value = blackbox.along(loss, at, ways)
    return (math.nan, math.inf) if value is None else (value, 0.0)


def _agrees(
    ways: Mapping[str, Array],
    actual: Mapping[str, Array],
    expected: float,
    bar: float,
    u: float,
    asked: Asked,
) -> bool:
    """`|v.a - n| <= 64 u (|a| + sum |v a| / sqrt(P)) + 1e-12 |v.a| + bar`, and what is allowed."""
    terms = np.concatenate([np.ravel(ways[name] * actual[name]) for name in ways])
    norm = math.sqrt(sum(float(np.sum(np.square(actual[name]))) for name in ways))
    along, spread = float(terms.sum()), float(np.abs(terms).sum()) / math.sqrt(terms.size)
    allowed = 64 * u * (norm + spread) + 1e-12 * abs(along) + bar
    allowed += (asked.rtol or 0.0) * float(np.abs(terms).sum())
    allowed += (asked.atol or 0.0) * float(sum(np.abs(way).sum() for way in ways.values()))
    return abs(along - expected) <= allowed < math.inf
