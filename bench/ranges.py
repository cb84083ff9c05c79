"""The ratios of several runs beside each other, as a table in Markdown: `docs/performance.md`.

    python -m bench --json one.json && python -m bench --json two.json
    python -m bench.ranges one.json two.json

A cell has the lowest and the highest median of the runs; µs are those of the textbook.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.step import PAIRS

HEADS = {
    "workspace / floor": "floor",
    "workspace / textbook": "textbook",
    "readable / textbook": "readable / textbook",
    "workspace / PyTorch autograd": "PyTorch autograd",
    "workspace / PyTorch by hand": "PyTorch by hand",
    "workspace / JAX jit(grad)": "JAX",
    "workspace / HIPS autograd": "HIPS autograd",
    "workspace, MKL / PyTorch by hand": "MKL / PyTorch by hand",
}

Medians = dict[tuple[str, str], list[float]]


def medians(runs: Sequence[Any]) -> Medians:
    """The medians of every case and name, one for each run."""
    found: Medians = {}
    for run in runs:
        for figure in run["figures"]:
            found.setdefault((figure["case"], figure["name"]), []).append(figure["median"])
    return found


def between(values: Sequence[float], digits: int = 2) -> str:
    """The lowest and the highest, or one where they print the same.

    >>> between([0.51, 0.5, 0.534]), between([0.501, 0.499]), between([])
    ('0.50-0.53', '0.50', '-')
    """
    if not values:
        return "-"
    low, high = (f"{value:,.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low}-{high}"


def table(runs: Sequence[Any]) -> list[str]:
    """The lines of the table."""
    found = medians(runs)
    names = [f"{one} / {other}" for one, other in PAIRS]
    lines = [
        f"| | textbook, µs | {' | '.join(HEADS[name] for name in names)} |",
        f"|---|{'--:|' * (len(names) + 1)}",
    ]
    for case in dict.fromkeys(case for case, _ in found):
        cells = [between(found.get((case, name), [])) for name in names]
        micros = between(found.get((case, "textbook"), []), 0)
        lines.append(f"| {case} | {micros} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    read = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    print(*table(read), sep="\n")
