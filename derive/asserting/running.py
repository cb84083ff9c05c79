"""A backward pass at points: what it answers there, and how that is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from codegen.network import Array
from derive.asserting.answers import Answer, answer
from derive.asserting.asked import Asked
from derive.asserting.calling import Arguments, Finding, asks_for, undisturbed, watched
from derive.asserting.directions import projected
from derive.asserting.judging import Parameter, judged, tolerance
from derive.asserting.place import Place
from derive.asserting.report import Run

ATTEMPTS = 8
"""Points drawn, at most, until every entry is resolved."""

RIGID = (ValueError, IndexError, KeyError, TypeError)
"""What code for one size raises at another."""


class Seen(NamedTuple):
    """A point, what the function answered there, and how that was judged."""

    place: Place
    answer: Answer
    run: Run


def at_points(
    function: Callable[..., Any], asked: Asked, places: list[Place], notes: list[str]
) -> tuple[tuple[Finding, ...], list[Seen]]:
    """A function at every point; the first is the one at which it is watched."""
    at = _arguments(function, places[0], asked, asked.dtype)
    first = watched(function, at)
    notes += first.notes
    seen = _attempts(function, places[0], 0, asked, asked.dtype, notes)
    if asked.dtype == "float32" and _keeps_double(function, places[0], asked):
        seen += _attempts(function, places[0], 0, asked, "float64", notes)
    for k, place in enumerate(places[1:], 1):
        try:
            seen += _attempts(function, place, k, asked, asked.dtype, notes)
        except RIGID as error:
            reason = str(error).partition("\n")[0]
            notes.append(f"not checked at {place.name}: there it raises {reason!r}")
    return first.findings, seen


def _keeps_double(function: Callable[..., Any], place: Place, asked: Asked) -> bool:
    """Whether a function that is meant for float32 calculates in float64 where it is given that."""
    value = undisturbed(function, _arguments(function, place, asked, "float64"))
    shapes = {name: np.empty(0) for name in asked.wrt}
    found = answer(value, asked.wrt, shapes, "float64", asked.problem.aliases)
    return not found.single


def _attempts(
    function: Callable[..., Any],
    place: Place,
    k: int,
    asked: Asked,
    dtype: str,
    notes: list[str],
) -> list[Seen]:
    """One point, drawn again while it is one of ours and there is an entry that no oracle sees.

    An entry that is open at every one of them is 0 for a reason, as where the slopes of a hinge add
    up to 0: in the end it has to be right to within the floor.
    """
    for attempt in range(1, ATTEMPTS + 1):
        value = undisturbed(function, _arguments(function, place, asked, dtype))
        seen = judged_at(value, place, asked, dtype, notes)
        if not place.strict or seen.run.failed or not seen.run.open:
            return [seen]
        if attempt < ATTEMPTS:
            place = list(asked.problem.places(asked.seed + 1000 * attempt))[k]
    notes.append(f"at {place.name}, {seen.run.open} entries are right to within the floor alone")
    return [judged_at(value, replace(place, strict=False), asked, dtype, notes)]


def _arguments(function: Callable[..., Any], place: Place, asked: Asked, dtype: str) -> Arguments:
    """What the function is given at a point, in a kind of float; forward values if it asks."""
    plain = {"params", *place.params, *place.data}
    asks = asks_for(function, plain)
    more = asked.problem.more(_rounded(place, dtype)) if asks else {}
    params, data, known = (_cast(table, dtype) for table in (place.params, place.data, more))
    return Arguments(asked.problem.tree, params, data, known)


def _cast(arrays: Mapping[str, Array], dtype: str) -> dict[str, Array]:
    return {
        name: value.astype(dtype) if value.dtype.kind == "f" else value
        for name, value in arrays.items()
    }


def _rounded(place: Place, dtype: str) -> Place:
    """The very numbers that the function was given."""
    if dtype == "float64":
        return place
    params, data = (
        {name: value.astype(np.float64) for name, value in _cast(table, dtype).items()}
        for table in (place.params, place.data)
    )
    return replace(place, params=params, data=data)


def judged_at(value: Any, place: Place, asked: Asked, dtype: str, notes: list[str]) -> Seen:
    """An answer at a point."""
    problem, exact = asked.problem, _rounded(place, dtype)
    known = {**exact.data, **exact.params}
    if not set(asked.wrt) <= known.keys():
        known = {**problem.more(exact), **known}
    found = answer(value, asked.wrt, known, dtype, problem.aliases)
    notes += found.notes
    wrt = tuple(name for name in asked.wrt if name in found.gradients)
    count = missed = 0
    used: list[str] = []
    if asked.mode == "directions" and wrt:
        grain = "float32" if found.single else dtype
        count, missed, *used = projected(problem, exact, wrt, found.gradients, grain, asked)
    rows: list[Parameter] = []
    words = str(tolerance(asked.rtol, asked.atol, dtype, {}))
    if wrt and (asked.mode == "every" or missed):
        oracles = problem.oracles(exact, wrt)
        used = list(oracles)
        for name in wrt:
            per = {key: one[name] for key, one in oracles.items()}
            own = "float32" if name in found.single else dtype
            allowed = tolerance(asked.rtol, asked.atol, own, oracles)
            rows.append(judged(name, found.gradients[name], per, allowed, place.strict))
    run = Run(place.name, dtype, words, tuple(rows), found.findings, tuple(used), count, missed)
    return Seen(exact, found, run)
