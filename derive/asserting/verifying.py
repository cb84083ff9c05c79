"""`verify`: a backward pass at points, against oracles; `assert_gradient`: the same, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codegen.entries import entry_text
from derive.asserting import room
from derive.asserting.asked import MODES, Asked, kind_of_float, names_of, the_problem
from derive.asserting.calling import copied
from derive.asserting.place import Problem
from derive.asserting.report import Explanation, GradientReport
from derive.asserting.running import Seen, at_points, judged_at
from derive.dense import Stack
from derive.diagnostic import refuse

FATAL = ("in-place", "not-deterministic", "loss")
"""What a loss may do so that comparing anything with it is idle."""


class GradientMismatch(AssertionError):
    """A gradient that is not the one of the loss; `report` has all that was found."""

    def __init__(self, message: str, report: GradientReport) -> None:
        super().__init__(message)
        self.report = report


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

    >>> import numpy as np
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
    >>> def backward(x, y, W2, H1, yhat):  # by names: parameters, x, y, z1, H1, ..., yhat
    ...     d2 = (yhat - y) / len(x)
    ...     d1 = d2 @ W2.T * (1 - H1**2)
    ...     return {"W1": x.T @ d1, "W2": H1.T @ d2}
    >>> print(verify(backward, stack=stack("4,5,3", bias="none")).mistakes[0].text)
    in dL/dz1, the slope is that of tanh, and not of sigmoid

    `mode` is "every" (each entry) or "directions" (eight random projections, quick). `rtol` and
    `atol` are those of numpy.testing, on top of the noise floor; by default rtol is 1e-9 in float64
    and 1e-6 in float32.
    """
    if mode not in MODES:
        raise refuse("D404", f"mode is one of {', '.join(MODES)}, not `{mode}`")
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
        more, seen = at_points(actual, asked, places, notes)
        findings += more
    else:
        if not places[0].given or "generic" in places[0].name:
            message = "an array is the gradient at one point: give params= and the data, too"
            raise refuse("D404", message, help="or give a function of (params, x, y)")
        seen = [judged_at(copied(actual), places[0], asked, asked.dtype, notes)]
    mistakes = _explained(seen, asked)
    return GradientReport(
        problem.against,
        tuple(one.run for one in seen),
        findings,
        mistakes,
        tuple(_meanings(problem, seen)),
        tuple(dict.fromkeys(notes)),
    )


def _explained(seen: Sequence[Seen], asked: Asked) -> tuple[Explanation, ...]:
    """The known mistakes that make the numbers at the points where something is wrong."""
    failing = [one for one in seen if one.run.failed and (one.answer.gradients or one.answer.odd)]
    if not failing:
        return ()
    known = asked.problem.derivation is not None
    rows = [(one.place, one.answer, one.run) for one in failing]
    return tuple(room("explained" if known else "patterns")(asked.problem, rows, asked.wrt))


def _meanings(problem: Problem, seen: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    """The entries that are shown, in words."""
    for one in seen:
        for row in one.run.parameters:
            for entry in row.worst:
                words = problem.meaning(row.name, entry.index)
                if words and entry.index:
                    yield entry_text(row.name, entry.index), words
