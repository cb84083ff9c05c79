"""Arrays of a workspace that hold nothing of use."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from codegen.network import Array


def spoil(arrays: Iterable[Array]) -> None:
    """Fills what a step writes to with NaN; numbers, and ones alone or above a value, stay."""
    own = list(arrays)
    wholes = {id(array.base) for array in own if array.base is not None}
    for array in own:
        if array.dtype == bool:
            array.fill(True)
        elif array.ndim and (
            array.base is not None or not (id(array) in wholes or np.all(array == 1))
        ):
            array.fill(np.nan)
