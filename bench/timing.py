"""Interleaved timing: each contender in turn, round after round, medians and ranges."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> None:
    """Starts the process again with one BLAS thread and without settings that slow NumPy."""
    wanted = dict.fromkeys(THREADS, "1")
    clean = {k: v for k, v in os.environ.items() if k not in SLOWING} | wanted
    if clean != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], clean)


def interleaved(
    contenders: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each contender in each round; a round visits all of them once."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for name in contenders:
        contenders[name]()
    for _ in range(rounds):
        for name, work in contenders.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(seconds: Mapping[str, list[float]], name: str, base: str) -> list[float]:
    """The ratio of two contenders, round by round."""
    return [a / b for a, b in zip(seconds[name], seconds[base], strict=True)]


def spread(values: list[float], digits: int = 2) -> str:
    """The median, and the lowest and highest value."""
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"
