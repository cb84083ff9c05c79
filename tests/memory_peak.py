"""How much memory a call needs, in Python and in NumPy."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak(work: Callable[[], object]) -> int:
    """The bytes that a call needs at most at any time, in Python and in NumPy.

    The least of three: what other threads of the test runner do is counted too.
    """
    work()
    peaks = []
    for _ in range(3):
        tracemalloc.start()
        work()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return min(peaks)
