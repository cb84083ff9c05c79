"""What `verify` is asked: a problem, told from the keywords, and the names to be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codegen.network import Array
from derive.asserting import room
from derive.asserting.containers import leaves
from derive.asserting.place import Problem
from derive.dense import Stack
from derive.diagnostic import refuse
from derive.notation.spelling import suggestion

MODES = ("every", "directions")
FLOATS = ("float32", "float64")


@dataclass(frozen=True)
class Asked:
    """The problem, the names by which it is differentiated, and how strictly."""

    problem: Problem
    wrt: tuple[str, ...]
    rtol: float | None
    atol: float | None
    mode: str
    dtype: str
    seed: int


def the_problem(
    stack: Stack | str | None,
    document: str | Path | None,
    loss: Callable[..., Any] | None,
    forward: Callable[..., Any] | None,
    params: Any,
    data: Mapping[str, Any],
) -> Problem:
    """The problem of one of three kinds. Raises DeriveError for none, or for two."""
    chosen = [name for name, one in (("stack", stack), ("document", document)) if one is not None]
    chosen += ["loss"] if loss is not None or forward is not None else []
    if len(chosen) != 1:
        have = " and ".join(chosen) if chosen else "none of them"
        message = f"say what the gradient is of: stack=, document= or loss=; here is {have}"
        raise refuse("D404", message)
    if stack is not None:
        made: Problem = room("open_stack")(stack, params, data)
    elif document is not None:
        made = room("open_document")(document, params, data)
    else:
        made = room("open_function")(loss, forward, params, data)
    return made


def names_of(wrt: str | Sequence[str] | None, problem: Problem) -> tuple[str, ...]:
    """The names to be judged. Raises DeriveError for one that is not there."""
    if wrt is None:
        return problem.names
    asked = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in asked:
        if name not in problem.known:
            there = f"there is {', '.join(problem.known)}"
            hint = suggestion(name, problem.known) or there
            raise refuse("D101", f"unknown name `{name}`; {hint}")
    if not asked:
        raise refuse("D404", "wrt is empty: nothing would be checked")
    return asked


def kind_of_float(params: Any, dtype: Any) -> str:
    """float32 where that is asked for or all parameters are; else float64."""
    if dtype is None:
        kinds = {a.dtype for a in leaves(params).values()} if params is not None else set()
        return "float32" if kinds == {np.dtype("float32")} else "float64"
    name = str(np.dtype(dtype))
    if name not in FLOATS:
        raise refuse("D404", f"dtype is one of {', '.join(FLOATS)}, not {name}")
    return name


def by_name(found: Mapping[str, Array], names: Sequence[str], what: str) -> dict[str, str]:
    """The name of a problem for each place of a container, in the container's order.

    By key, or in order where no key is known. Raises DeriveError where they are not as many.
    """
    if set(names) == set(found):
        return {name: name for name in found}
    if len(found) == len(names) and not set(found) & set(names):
        return dict(zip(found, names, strict=True))
    message = f"params has {', '.join(found)}, and {what} has {', '.join(names)}"
    raise refuse("D404", message)
