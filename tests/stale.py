"""Arrays of a workspace that hold nothing of use."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.lib.array_utils import byte_bounds

from codegen.network import Array


def spoil(arrays: Iterable[Array]) -> None:
    """Fills what a step writes to with NaN; numbers, and ones alone or above a value, stay.

    Of arrays within each other the innermost are written to.
    """
    own = [array for array in arrays if array.ndim and array.size]
    bounds = [byte_bounds(array) for array in own]
    for array, (start, stop) in zip(own, bounds, strict=True):
        outer = any(start <= a and b <= stop and (a, b) != (start, stop) for a, b in bounds)
        if array.dtype == bool:
            array.fill(True)
        elif not outer and (array.base is not None or not np.all(array == 1)):
            array.fill(np.nan)
