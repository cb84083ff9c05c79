"""What the benchmarks are asked, and what they answer: text as it comes, and figures to keep."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure; an empty choice is everything."""

    brief: bool = False
    threads: int = 1
    rounds: int | None = None
    nets: tuple[str, ...] = ()
    batches: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def clock(self) -> Callable[[], float]:
        """One thread is timed by the processor: what others do on the machine hardly counts."""
        return time.process_time if self.threads == 1 else time.perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, once in each round."""

    bench: str
    case: str
    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def half(self) -> tuple[float, float]:
        """Where the middle half of the values lies."""
        return middle_half(self.values)

    def to_dict(self) -> dict[str, Any]:
        low, high = self.half
        return {
            "bench": self.bench,
            "case": self.case,
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "low": low,
            "high": high,
            "best": min(self.values),
            "rounds": len(self.values),
        }


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """The quartiles; of fewer than four values the least and the largest."""
    if len(values) < 4:
        return min(values), max(values)
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the middle half in brackets; a value that stands alone has none.

    >>> spread([1, 2, 3, 4, 9]), spread([7])
    ('3.00 (1.50-6.50)', '7.00')
    """
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    low, high = middle_half(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


@dataclass
class Report:
    """Prints what is said, and keeps the figures."""

    bench: str = ""
    figures: list[Figure] = field(default_factory=list)

    def say(self, text: str = "") -> None:
        """One line, at once."""
        print(text, flush=True)

    def keep(self, case: str, name: str, unit: str, values: Sequence[float]) -> Figure:
        """A figure for the file; it is not printed."""
        self.figures.append(Figure(self.bench, case, name, unit, tuple(values)))
        return self.figures[-1]

    def show(
        self, case: str, name: str, unit: str, values: Sequence[float], digits: int = 2
    ) -> None:
        """A figure for the file, and a line with it."""
        self.keep(case, name, unit, values)
        self.say(f"{case:<28} {name:<44} {spread(values, digits)} {unit}")

    def write(self, path: Path, known: dict[str, Any]) -> None:
        """The figures as JSON, and what they were measured on."""
        rows = [figure.to_dict() for figure in self.figures]
        text = json.dumps({"machine": known, "figures": rows}, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")
