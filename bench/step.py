"""One gradient step of 784-100-10-10: the emitted module against plain NumPy written by hand.

    python -m bench.step

The textbook step keeps its biases in `[1 H]` and writes each formula as it stands in a book. Both
get the same parameters and samples; the gradients are compared before anything is timed.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from bench.timing import interleaved, one_thread, ratios
from codegen.emission import text_of
from codegen.loading import load
from derive.formulas import gradients
from derive.layers import stack

LAYERS = "784,100,10,10"
BATCHES = (1, 32, 128, 1024)
DTYPES = (np.float32, np.float64)
ROUNDS = 61
ROUND = 2e-3
"""Seconds of each contender in a round, about."""

Array = np.ndarray
Gradients = dict[str, Array]


def textbook(params: Gradients, x: Array, y: Array) -> Gradients:
    """The gradients by the formulas of a book; nothing is done for speed or for large logits."""
    W1, W2, W3 = params["W1"], params["W2"], params["W3"]
    ones = np.ones((len(x), 1), x.dtype)
    A0 = np.hstack([ones, x])
    H1 = 1 / (1 + np.exp(-(A0 @ W1)))
    A1 = np.hstack([ones, H1])
    H2 = 1 / (1 + np.exp(-(A1 @ W2)))
    A2 = np.hstack([ones, H2])
    Z3 = A2 @ W3
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    D3 = (P - y) / len(x)
    D2 = (D3 @ W3[1:].T) * H2 * (1 - H2)
    D1 = (D2 @ W2[1:].T) * H1 * (1 - H1)
    return {"W1": A0.T @ D1, "W2": A1.T @ D2, "W3": A2.T @ D3}


def contenders(module: ModuleType, batch: int, dtype: Any) -> dict[str, Callable[[], Gradients]]:
    """The steps on one batch."""
    rng = np.random.default_rng(0)
    params = module.init_params(rng, dtype)
    x = rng.random((batch, 784)).astype(dtype)
    y = np.eye(10, dtype=dtype)[rng.integers(0, 10, batch)]
    space = module.Workspace(batch, dtype)
    return {
        "textbook": lambda: textbook(params, x, y),
        "workspace": lambda: space.gradients(params, x, y),
        "readable": lambda: module.gradients(params, x, y),
    }


def compare(steps: dict[str, Callable[[], Gradients]], dtype: Any) -> None:
    """All give the same gradients."""
    truth = steps["textbook"]()
    for name, step in steps.items():
        found = step()
        for key in truth:
            size = np.abs(truth[key]).max()
            error = np.abs(found[key] - truth[key]).max() / size
            assert error < 1e3 * np.finfo(dtype).eps, (name, key, error)


def repeated(step: Callable[[], object], times: int) -> Callable[[], None]:
    """The step, so many times."""

    def work() -> None:
        for _ in range(times):
            step()

    return work


def measure(module: ModuleType, batch: int, dtype: Any) -> str:
    """One row: microseconds of the textbook step, and the ratios to it."""
    steps = contenders(module, batch, dtype)
    compare(steps, dtype)
    (once,) = interleaved({"once": repeated(steps["textbook"], 20)}, 3).values()
    times = max(1, round(ROUND / (min(once) / 20)))
    seconds = interleaved({name: repeated(s, times) for name, s in steps.items()}, ROUNDS)
    micros = 1e6 * statistics.median(seconds["textbook"]) / times
    cells = []
    for name in ("workspace", "readable"):
        low, middle, high = statistics.quantiles(ratios(seconds, name, "textbook"), n=4)
        cells.append(f"{middle:5.2f} ({low:.2f}-{high:.2f})")
    return f"{np.dtype(dtype).name} {batch:>5} {micros:>9.0f}  " + "  ".join(cells)


def main() -> None:
    one_thread()
    made = stack(LAYERS)
    module = load(text_of(made, gradients(made)))
    print(f"{LAYERS}, ratio to textbook, median of {ROUNDS} rounds (middle half)")
    print(f"dtype   batch  textbook  {'workspace':<17}  readable")
    for dtype in DTYPES:
        for batch in BATCHES:
            print(measure(module, batch, dtype), flush=True)


if __name__ == "__main__":
    main()
