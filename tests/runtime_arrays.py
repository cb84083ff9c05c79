"""The functions of the runtime that have text of their own, and arrays to give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from codegen import runtime
from codegen.runtime import RUNTIME, WORK

OWN = [op for op, name in RUNTIME.items() if not name.startswith("np.")]


def function(op: str) -> Callable[..., Any]:
    own: Callable[..., Any] = getattr(runtime, RUNTIME[op])
    return own


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
