"""Draws a finished run: its loss, its accuracy, and what the first layer looks for.

The colours are told apart by people with any kind of colour vision, and the curves also differ
in their dashes and carry their names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codegen.idx import PIXELS, SIDE
from codegen.schedule import Floats
from codegen.training import History
from codegen.weights import OutputError, check_writable, replacing

try:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator
except ImportError:
    raise ImportError(
        "drawing a curve needs matplotlib: pip install 'derive-backprop[plot]'"
    ) from None

FORMATS = (".png", ".pdf", ".svg")
BLUE, ORANGE = "#0072B2", "#D55E00"
MOST = 100
"""Units of the first layer that are drawn, in the order of their columns."""


def check_picture(path: Path) -> None:
    """Refuses a path that could not be drawn to, before any training is done for it."""
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"{path} cannot be drawn: the name must end in {' or '.join(FORMATS)}")
    check_writable(path)


def draw(history: History, path: Path) -> None:
    """Writes the picture of a run, whole or not at all; its name says the format."""
    check_picture(path)
    figure = picture(history)
    with replacing(path) as sink:
        figure.savefig(sink, format=path.suffix.lower()[1:], dpi=150)


def picture(history: History) -> Figure:
    """Curves above, first-layer weights below, and under them which data it was."""
    figure = Figure(figsize=(10, 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 0.9))
    _draw_loss(figure.add_subplot(grid[0, 0]), history)
    _draw_accuracy(figure.add_subplot(grid[0, 1]), history)
    _draw_filters(figure.add_subplot(grid[1, :]), filters(history))
    figure.suptitle(_headline(history), x=0.01, ha="left", fontsize=13, fontweight="bold")
    footer = {"x": 0.01, "ha": "left", "fontsize": 8, "color": "0.35", "parse_math": False}
    figure.supxlabel(f"{history.data}\n{_settings(history)}", **footer)
    return figure


def _headline(history: History) -> str:
    epochs = len(history.epochs)
    return f"Test accuracy {100 * history.test_accuracy:.2f} % after {_count(epochs, 'epoch')}"


def _settings(history: History) -> str:
    s = history.settings
    return (
        f"batches of {s.batch}, learning rate {s.lr:g} ({s.schedule}), momentum {s.momentum:g}, "
        f"weight decay {s.weight_decay:g}, seed {s.seed}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _draw_loss(axes: Axes, history: History) -> None:
    _epochs_below(axes, history, "Training loss, mean of each epoch")
    axes.plot(_numbers(history), [e.loss for e in history.epochs], color=BLUE, marker="o", ms=3.5)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")


def _draw_accuracy(axes: Axes, history: History) -> None:
    _epochs_below(axes, history, "Accuracy at the end of each epoch, %")
    for name, colour, dashes, values in (
        ("training images", ORANGE, "--", [e.train_accuracy for e in history.epochs]),
        ("test images", BLUE, "-", [e.test_accuracy for e in history.epochs]),
    ):
        percent = [100 * value for value in values]
        axes.plot(_numbers(history), percent, dashes, color=colour, marker="o", ms=3.5, label=name)
    axes.legend(loc="lower right", frameon=False)


def _epochs_below(axes: Axes, history: History, title: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlim(0.5, len(history.epochs) + 0.5)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _numbers(history: History) -> Sequence[int]:
    return [epoch.number for epoch in history.epochs]


def filters(history: History) -> Floats:
    """The weights from the pixels to each unit of the first layer, `(units, 28, 28)`."""
    fans = (PIXELS, PIXELS + 1)
    first = next(w for w in history.params.values() if w.ndim == 2 and set(fans) & set(w.shape))
    units = first if history.columns else first.T
    return units[:, units.shape[1] - PIXELS :].reshape(-1, SIDE, SIDE)


def mosaic(images: Floats, across: int) -> Floats:
    """Images side by side, `across` in a row, with a gap of two pixels that are no number."""
    down = math.ceil(len(images) / across)
    cells = np.full((down * across, SIDE + 2, SIDE + 2), np.nan, np.float32)
    cells[: len(images), 1:-1, 1:-1] = images
    rows = cells.reshape(down, across, SIDE + 2, SIDE + 2).swapaxes(1, 2)
    return rows.reshape(down * (SIDE + 2), across * (SIDE + 2))


def _draw_filters(axes: Axes, images: Floats) -> None:
    """All units on one scale, white at zero, its ends at the 99.5th percentile."""
    shown = images[:MOST]
    limit = float(np.percentile(np.abs(shown), 99.5)) or 1.0
    across = max(1, math.ceil(math.sqrt(4 * len(shown))))
    drawn = axes.imshow(mosaic(shown, across), cmap="PuOr_r", vmin=-limit, vmax=limit)
    axes.set_axis_off()
    which = "" if len(shown) == len(images) else f", the first {len(shown)} of {len(images)} units"
    axes.set_title(f"First-layer weights{which}", fontsize=10, loc="left")
    beside = axes.inset_axes((1.012, 0, 0.012, 1))
    beside.figure.colorbar(drawn, cax=beside).outline.set_visible(False)
