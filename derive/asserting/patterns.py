"""What wrong numbers look like, where no formula is known: a table of transforms of the true ones.

Each row says how a gradient may have come about from the true one: a factor, a transpose, a line
only. It is told only where it fits in every entry and the true gradient is no such thing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from codegen.entries import entry_text
from codegen.network import Array
from derive.asserting.place import Place, Problem
from derive.asserting.report import Explanation, Run

ALIKE, FLOOR = 1e-7, 1e-11


class Seen(NamedTuple):
    """A gradient that is wrong: it, the true one, all true ones, and what sizes are about."""

    name: str
    actual: Array
    truth: Array
    others: Mapping[str, Array]
    weight: Array | None
    sizes: Mapping[int, str]
    floor: float

    def same(self, a: Array, b: Array) -> bool:
        """Whether all numbers agree, and some of them can be seen."""
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        size = np.maximum(np.abs(a), np.abs(b))
        close = (np.abs(a - b) <= ALIKE * size + self.floor).all()
        return bool(close) and float(np.abs(b).max(initial=0.0)) > 1e3 * self.floor


class Pattern(NamedTuple):
    """A page, words, and a cause: in other words for each point, but by one `key` for all."""

    code: str
    text: str
    cause: str = ""
    key: str = ""

    @property
    def same(self) -> tuple[str, str]:
        """What has to be the same at every point."""
        return self.code, self.key or self.text


Row = Callable[[Seen], Iterator[Pattern]]


def _factor(one: Seen) -> Iterator[Pattern]:
    """One factor for all entries."""
    if one.actual.shape != one.truth.shape or not one.truth.any():
        return
    r = float(np.vdot(one.truth, one.actual) / np.vdot(one.truth, one.truth))
    if not np.isfinite(r) or r == 0 or abs(r - 1) < 1e-6 or not one.same(one.actual, r * one.truth):
        return
    if abs(r + 1) < 1e-6:
        yield Pattern("D317", "its sign is wrong")
        return
    text = f"it is {r:.6g} times the true one"
    for value, words, key in _known(one.sizes):
        if abs(r / value - 1) < 1e-6:
            yield Pattern("D318", text, words, key)
    yield Pattern("D318", text)


def _known(sizes: Mapping[int, str]) -> Iterator[tuple[float, str, str]]:
    """Factors that have a cause: the factor, the cause in words, and without its number."""
    for sign, word in ((1.0, ""), (-1.0, "the sign is wrong, and ")):
        for factor, end in ((2.0, "a factor 2 is too many"), (0.5, "a factor 2 is missing")):
            yield sign * factor, word + end, word + end
        for size, what in sizes.items():
            is_that = f"({size} is the length of {what})"
            for factor, end in ((float(size), "is missing"), (1 / size, "is too many")):
                yield sign * factor, f"{word}1/{size} {end} {is_that}", f"{word}{what} {end}"


def _turned(one: Seen) -> Iterator[Pattern]:
    if one.truth.ndim == 2 and one.same(one.actual, one.truth.T):
        yield Pattern("D312", "it is the transpose of the true one")


def _unsummed(one: Seen) -> Iterator[Pattern]:
    """What still has an axis that should have been added up."""
    for axis in range(one.actual.ndim):
        total = one.actual.sum(axis=axis)
        fits = total.size == one.truth.size < one.actual.size
        if fits and one.same(total.reshape(one.truth.shape), one.truth):
            yield Pattern("D319", f"the sum over its axis {axis} is missing")


def _reshaped(one: Seen) -> Iterator[Pattern]:
    fits = one.actual.size == one.truth.size and one.actual.shape != one.truth.shape
    if fits and one.same(one.actual.reshape(one.truth.shape), one.truth):
        yield Pattern("", "its numbers are right, and its shape is not")


def _spread(one: Seen) -> Iterator[Pattern]:
    """One number, or one line, in place of several."""
    if one.actual.shape == one.truth.shape and one.truth.ndim:
        total = np.full(one.truth.shape, one.truth.sum())
        if one.truth.size > 1 and one.same(one.actual, total):
            yield Pattern("D319", "every entry is the sum of all of them")
        if one.truth.size > 1 and one.same(one.actual, total / one.truth.size):
            yield Pattern("D319", "every entry is the mean of all of them")


def _other(one: Seen) -> Iterator[Pattern]:
    for name, value in one.others.items():
        if name != one.name and one.same(one.actual, value):
            yield Pattern("D320", f"it is the gradient by {name}")


def _order(one: Seen) -> Iterator[Pattern]:
    """The rows or the columns in another order."""
    if one.actual.shape != one.truth.shape or not one.truth.ndim:
        return
    for axis in range(one.truth.ndim):
        mine, true = (_sorted(value, axis) for value in (one.actual, one.truth))
        if one.same(mine, true) and one.truth.shape[axis] > 1:
            line = ("rows", "columns")[axis] if one.truth.ndim == 2 else "entries"
            yield Pattern("D314", f"its {line} stand in another order")


def _sorted(value: Array, axis: int) -> Array:
    """The lines along an axis, sorted."""
    lines = np.moveaxis(value, axis, 0).reshape(value.shape[axis], -1)
    return np.asarray(lines[np.lexsort(lines.T[::-1])])


def _few(one: Seen) -> Iterator[Pattern]:
    """One entry, or one line, that is wrong while all others are right."""
    usable = one.actual.shape == one.truth.shape and np.isfinite(one.actual).all()
    if not usable or one.truth.size < 2:
        return
    size = np.maximum(np.abs(one.actual), np.abs(one.truth))
    off = ~(np.abs(one.actual - one.truth) <= 1e-9 * size + one.floor)
    wrong = np.argwhere(off)
    if len(wrong) == 1:
        yield Pattern("", f"only {entry_text(one.name, wrong[0].tolist())} is wrong")
        return
    for axis in range(one.truth.ndim if one.truth.ndim == 2 else 0):
        if len(wrong) and len(set(wrong[:, axis].tolist())) == 1 < one.truth.shape[axis]:
            line = ("row", "column")[axis]
            yield Pattern("", f"only its {line} {int(wrong[0, axis])} is wrong")


def _decay(one: Seen) -> Iterator[Pattern]:
    """A multiple of the parameter is missing, or too much."""
    if one.weight is None or one.weight.shape != one.actual.shape or not one.weight.any():
        return
    if one.actual.shape != one.truth.shape:
        return
    gap = one.actual - one.truth
    t = float(np.vdot(one.weight, gap) / np.vdot(one.weight, one.weight))
    if np.isfinite(t) and t and one.weight.size > 1 and one.same(gap, t * one.weight):
        what = "is too much" if t > 0 else "is missing"
        yield Pattern("D316", f"{abs(t):.6g} {one.name} {what}: the term of a regulariser")


def _zero(one: Seen) -> Iterator[Pattern]:
    if one.actual.size and not one.actual.any():
        yield Pattern("D316", "it is zero everywhere")


TABLE: Sequence[Row] = (
    _zero,
    _factor,
    _turned,
    _unsummed,
    _reshaped,
    _spread,
    _other,
    _order,
    _decay,
    _few,
)


def patterns(
    problem: Problem, failing: Sequence[Any], names: Sequence[str]
) -> Iterator[Explanation]:
    """An explanation for each gradient that has one of the patterns at every point."""
    for name in names:
        found: list[list[Pattern]] = []
        for place, answer, run in failing:
            if name in answer.odd or name in {p.name for p in run.parameters if p.failed}:
                seen = _seen(problem, place, answer, run, name)
                found.append(list(_matched(seen)) if seen else [])
        common = (
            [one for one in found[0] if all(_has(more, one) for more in found[1:])] if found else []
        )
        if common:
            yield _told(name, common)


def _has(found: Sequence[Pattern], one: Pattern) -> bool:
    return any(one.same == other.same for other in found)


def _matched(one: Seen) -> Iterator[Pattern]:
    with np.errstate(all="ignore"):
        for row in TABLE:
            yield from row(one)


def _seen(problem: Problem, place: Place, answer: Any, run: Run, name: str) -> Seen | None:
    truth = {p.name: p.desired for p in run.parameters}
    actual = answer.gradients.get(name, answer.odd.get(name))
    if name not in truth:
        oracle = next(iter(problem.oracles(place, (name,)).values()))
        truth[name] = oracle[name].value
    if actual is None:
        return None
    size = max(float(np.abs(value).max(initial=0.0)) for value in truth.values())
    sizes: dict[int, str] = {}
    for key, value in place.data.items():
        for axis, n in enumerate(value.shape):
            if n > 1:
                sizes.setdefault(n, f"axis {axis} of {key}")
    floor = max(FLOOR * size, *(p.floor for p in run.parameters if np.isfinite(p.floor)), 0.0)
    return Seen(name, actual, truth[name], truth, place.params.get(name), sizes, floor)


def _told(name: str, common: Sequence[Pattern]) -> Explanation:
    """The first pattern, with every cause that it may have."""
    first = common[0]
    causes = [one.cause for one in common if one.text == first.text and one.cause]
    why = f": {', or '.join(causes)}" if causes else ""
    text = f"the gradient of {name}: {first.text}{why}"
    return Explanation(first.code, "pattern", text, f"dL/d{name}", "", "", "", (name,))
