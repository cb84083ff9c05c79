"""Interleaved timing: each contender in turn, round after round, so that all see the same noise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence


def interleaved(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Seconds of each contender in each round; a round visits all of them once."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for name in contenders:
        contenders[name]()
    for _ in range(rounds):
        for name, work in contenders.items():
            start = clock()
            work()
            seconds[name].append(clock() - start)
    return seconds


def ratios(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """The ratio of two contenders, round by round."""
    return [one / other for one, other in zip(a, b, strict=True)]
