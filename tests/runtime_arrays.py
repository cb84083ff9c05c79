"""The functions of the runtime that have text of their own, in both forms, and arrays for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from codegen import runtime
from codegen.runtime import RUNTIME, WORK, source
from codegen.specialized import is_specialized, makers

OWN = [op for op, name in RUNTIME.items() if not name.startswith("np.")]


def function(op: str) -> Callable[..., Any]:
    own: Callable[..., Any] = getattr(runtime, RUNTIME[op])
    return own


def made(op: str, dtype: Any) -> Callable[..., Any]:
    """The function that an emitted module would make of it for a dtype."""
    scope: dict[str, Any] = {"np": np, "Array": object, "Work": object}
    exec(f"{source([op])}\n{makers([RUNTIME[op]])}", scope)  # noqa: S102 (our own text)
    own: Callable[..., Any] = scope[f"{RUNTIME[op]}_for"](dtype)
    return own


FORMS: dict[str, Callable[[str, Any], Callable[..., Any]]] = {
    "as it stands": lambda op, dtype: function(op),
    "made for a dtype": made,
}
"""The function of an op that is called with arrays of a dtype."""

REAL = (np.float32, np.float64)
CASES = [
    *(("as it stands", op, dtype) for op in OWN for dtype in (*REAL, np.complex128)),
    *(("made for a dtype", op, d) for op in OWN if is_specialized(RUNTIME[op]) for d in REAL),
]
"""A form, an op, and a dtype."""


def arguments(dtype: Any, rows: int = 30, columns: int = 20) -> Any:
    """Numbers on both sides of every kink, large ones among them."""
    rng = np.random.default_rng(1)
    z = rng.standard_normal((rows, columns)) * np.geomspace(0.1, 100, rows)[:, None]
    return (z + 1e-9j * z**2).astype(dtype) if dtype == np.complex128 else z.astype(dtype)


def room(op: str, z: Any, axis: int = 1) -> dict[str, Any]:
    """The arrays that the op may need, full of what must not be read."""
    row = tuple(1 if place == axis else size for place, size in enumerate(z.shape))
    made = {
        "z": lambda: np.full_like(z, np.nan),
        "mask": lambda: np.ones(z.shape, bool),
        "row": lambda: np.full(row, np.nan, z.dtype),
    }
    kinds = WORK.get(op, ())
    return {"work": tuple(made[kind]() for kind in kinds)} if kinds else {}
