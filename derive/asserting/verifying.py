"""`verify`: a backward pass at points, against oracles; `assert_gradient`: the same, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from codegen.entries import entry_text
from codegen.network import Array
from derive.asserting import room
from derive.asserting.answers import Answer, answer
from derive.asserting.asked import MODES, Asked, kind_of_float, names_of, the_problem
from derive.asserting.calling import Arguments, Finding, called, copied, watched
from derive.asserting.directions import projected
from derive.asserting.judging import judged, tolerance
from derive.asserting.place import Place, Problem
from derive.asserting.report import Explanation, GradientReport, Run
from derive.dense import Stack
from derive.diagnostic import refuse

ATTEMPTS = 4
"""Points drawn, at most, until every entry is resolved."""

RIGID = (ValueError, IndexError, KeyError, TypeError)
"""What code for one size raises at another."""

FATAL = ("in-place", "not-deterministic", "loss")
"""What a loss may do so that comparing anything with it is idle."""


class GradientMismatch(AssertionError):
    """A gradient that is not the one of the loss; `report` has all that was found."""

    def __init__(self, message: str, report: GradientReport) -> None:
        super().__init__(message)
        self.report = report


class Seen(NamedTuple):
    """A point, what the function answered there, and how that was judged."""

    place: Place
    answer: Answer
    run: Run


def assert_gradient(
    actual: Any,
    *,
    stack: Stack | str | None = None,
    document: str | Path | None = None,
    loss: Callable[..., Any] | None = None,
    forward: Callable[..., Any] | None = None,
    wrt: str | Sequence[str] | None = None,
    params: Any = None,
    x: Any = None,
    y: Any = None,
    data: Mapping[str, Any] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    err_msg: str = "",
    mode: str = "every",
    dtype: Any = None,
    seed: int = 0,
) -> None:
    """Raises GradientMismatch, an AssertionError, unless `actual` is the gradient of a loss.

    The arguments are those of `verify`; `err_msg` goes before the report. What no oracle can see is
    no success either.

    >>> def loss(w, x, y):
    ...     return np.sum((x @ w - y) ** 2)
    >>> def backward(w, x, y):
    ...     return 2 * x.T @ (x @ w - y)
    >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones(2)
    >>> assert_gradient(backward, loss=loss, params=np.array([0.5, -0.5]), x=x, y=y)
    """
    __tracebackhide__ = True
    report = verify(
        actual,
        stack=stack,
        document=document,
        loss=loss,
        forward=forward,
        wrt=wrt,
        params=params,
        x=x,
        y=y,
        data=data,
        rtol=rtol,
        atol=atol,
        mode=mode,
        dtype=dtype,
        seed=seed,
    )
    if not report.ok:
        raise GradientMismatch(mismatch(report, err_msg), report)


def mismatch(report: GradientReport, err_msg: str = "") -> str:
    """The message of an assertion, in the manner of numpy.testing."""
    run = report.worst or next(iter(report.runs), None)
    head = f"Not equal to tolerance {run.tolerance}" if run else "Nothing was compared"
    return "\n".join(["", head, *([err_msg] if err_msg else []), str(report)])


def verify(
    actual: Any,
    *,
    stack: Stack | str | None = None,
    document: str | Path | None = None,
    loss: Callable[..., Any] | None = None,
    forward: Callable[..., Any] | None = None,
    wrt: str | Sequence[str] | None = None,
    params: Any = None,
    x: Any = None,
    y: Any = None,
    data: Mapping[str, Any] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    mode: str = "every",
    dtype: Any = None,
    seed: int = 0,
) -> GradientReport:
    """Compares a backward pass with the derivatives of a loss, and says which mistake it makes.

    `actual` is a function, called as (params, *data) or by the names of its parameters, that
    returns an array, a dict, a list, a tuple or a dataclass of gradients; or these gradients
    themselves, at `params`, `x` and `y`. The loss is that of a `stack`, of a `document` (its text
    or path), or your own `loss(params, x, y)`, or `loss(forward(params, x), y)`: then only values
    of it are known. `wrt` names what is judged, else every parameter is.

    >>> from derive.layers import stack
    >>> def backward(x, y, yhat):  # by names: parameters, x, y, and z1, H1, ..., yhat
    ...     return {"W1": x.T @ (yhat - y)}
    >>> print(verify(backward, stack=stack("4,3", bias="none")).mistakes[0].text)
    in dL/dz1, 1/N is missing

    `mode` is "every" (each entry) or "directions" (eight random projections, quick). `rtol` and
    `atol` are those of numpy.testing, on top of the noise floor; by default rtol is 1e-9 in float64
    and 1e-6 in float32.
    """
    if mode not in MODES:
        raise refuse("D311", f"mode is one of {', '.join(MODES)}, not `{mode}`")
    given = {**({} if x is None else {"x": x}), **({} if y is None else {"y": y}), **(data or {})}
    problem = the_problem(stack, document, loss, forward, params, given)
    names = names_of(wrt, problem)
    asked = Asked(problem, names, rtol, atol, mode, kind_of_float(params, dtype), seed)
    return _report(actual, asked)


def _report(actual: Any, asked: Asked) -> GradientReport:
    """All points, and what explains what is wrong at them."""
    problem = asked.problem
    places = list(problem.places(asked.seed))
    findings = problem.findings(places[0])
    if any(one.kind in FATAL for one in findings):
        return GradientReport(problem.against, (), findings)
    notes: list[str] = []
    if callable(actual):
        more, seen = _function(actual, asked, places, notes)
        findings += more
    else:
        if not places[0].given or not _at_one_point(problem):
            message = "an array is the gradient at one point: give params= and the data, too"
            raise refuse("D311", message, help="or give a function of (params, x, y)")
        seen = [_judged(copied(actual), places[0], asked, asked.dtype, notes)]
    mistakes = _explained(seen, asked)
    return GradientReport(
        problem.against,
        tuple(one.run for one in seen),
        findings,
        mistakes,
        tuple(_meanings(problem, seen)),
        tuple(dict.fromkeys(notes)),
    )


def _at_one_point(problem: Problem) -> bool:
    """Whether all numbers of the first point are the person's own."""
    return "generic" not in next(iter(problem.places(0))).name


def _function(
    function: Callable[..., Any], asked: Asked, places: list[Place], notes: list[str]
) -> tuple[tuple[Finding, ...], list[Seen]]:
    """A function at every point; the first is the one at which it is watched."""
    at = _arguments(places[0], asked, asked.dtype)
    first = watched(function, at)
    notes += first.notes
    seen = [_judged(first.value, places[0], asked, asked.dtype, notes)]
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
    value = called(function, _arguments(place, asked, "float64"))
    shapes = {name: np.empty(0) for name in asked.wrt}
    found = answer(value, asked.wrt, shapes, "float64", asked.problem.aliases)
    return not any(one.kind in ("dtype", "type") for one in found.findings)


def _attempts(
    function: Callable[..., Any],
    place: Place,
    k: int,
    asked: Asked,
    dtype: str,
    notes: list[str],
) -> list[Seen]:
    """One point, drawn again while it is one of ours and there is an entry that no oracle sees."""
    for attempt in range(ATTEMPTS):
        value = copied(called(function, _arguments(place, asked, dtype).fresh()))
        seen = _judged(value, place, asked, dtype, notes)
        if not place.strict or seen.run.failed or not seen.run.open or attempt == ATTEMPTS - 1:
            break
        place = list(asked.problem.places(asked.seed + 1000 * (attempt + 1)))[k]
    return [seen]


def _arguments(place: Place, asked: Asked, dtype: str) -> Arguments:
    """What the function is given at a point, in a kind of float."""
    more = asked.problem.more(place)
    return Arguments(
        asked.problem.tree, _cast(place.params, dtype), _cast(place.data, dtype), _cast(more, dtype)
    )


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
    return Place(place.name, params, data, place.note, place.given, place.strict, place.sizes)


def _judged(value: Any, place: Place, asked: Asked, dtype: str, notes: list[str]) -> Seen:
    """An answer at a point."""
    problem, exact = asked.problem, _rounded(place, dtype)
    known = {**problem.more(exact), **exact.data, **exact.params}
    found = answer(value, asked.wrt, known, dtype, problem.aliases)
    notes += found.notes
    wrt = tuple(name for name in asked.wrt if name in found.gradients)
    count = missed = 0
    if asked.mode == "directions" and wrt:
        grain = "float32" if found.single else dtype
        count, missed = projected(problem, exact, wrt, found.gradients, grain, asked)
    rows: list[Any] = []
    words = str(tolerance(asked.rtol, asked.atol, dtype, {}))
    if wrt and (asked.mode == "every" or missed):
        oracles = problem.oracles(exact, wrt)
        for name in wrt:
            per = {key: one[name] for key, one in oracles.items()}
            own = "float32" if name in found.single else dtype
            allowed = tolerance(asked.rtol, asked.atol, own, oracles)
            rows.append(judged(name, found.gradients[name], per, allowed, place.strict))
    run = Run(place.name, dtype, words, tuple(rows), found.findings, count, missed)
    return Seen(exact, found, run)


def _explained(seen: Sequence[Seen], asked: Asked) -> tuple[Explanation, ...]:
    """The known mistakes that make the numbers at the points where something is wrong."""
    failing = [one for one in seen if one.run.failed and (one.answer.gradients or one.answer.odd)]
    if not failing:
        return ()
    found: tuple[Explanation, ...] = room("explained")(
        asked.problem, [(one.place, one.answer, one.run) for one in failing], asked.wrt
    )
    return found


def _meanings(problem: Problem, seen: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    """The entries that are shown, in words."""
    for one in seen:
        for row in one.run.parameters:
            for entry in row.worst:
                words = problem.meaning(row.name, entry.index)
                if words and entry.index:
                    yield entry_text(row.name, entry.index), words
