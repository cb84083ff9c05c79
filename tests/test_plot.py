"""The picture of a run: what is in it, and what is said when it cannot be drawn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.schedule import Settings
from codegen.training import Epoch, History
from codegen.weights import OutputError

plot = pytest.importorskip("codegen.plot", exc_type=ImportError)

BEGINNINGS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


def history(w: np.ndarray, columns: bool = False, epochs: int = 3) -> History:
    """A run that was never run."""
    steps = (Epoch(n, 1 / n, 1 - 0.1 / n, 1 - 0.2 / n, 0.3, 100) for n in range(1, epochs + 1))
    params = {"b1": np.zeros(5, np.float32), "W1": w.astype(np.float32)}
    return History(Settings(), "a $name$ with_signs", tuple(steps), params, columns)


def units(count: int) -> np.ndarray:
    return np.arange(count * 784.0).reshape(count, 784)


def test_first_layer_weights_are_found_in_every_arrangement() -> None:
    w = units(5)
    with_bias = np.hstack([np.full((5, 1), -1.0), w])
    wanted = w.reshape(5, 28, 28).astype(np.float32)
    for run in (
        history(w.T),
        history(with_bias.T),
        history(w, columns=True),
        history(with_bias, columns=True),
    ):
        np.testing.assert_array_equal(plot.filters(run), wanted)


def test_a_mosaic_keeps_the_order_and_leaves_gaps() -> None:
    made = plot.mosaic(np.stack([np.full((28, 28), n, np.float32) for n in range(5)]), 3)
    assert made.shape == (60, 90)
    assert made[15::30, 15::30].ravel()[:5].tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(made[0]).all()
    assert np.isnan(made[31:59, 61:89]).all()


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_a_picture_is_written_in_the_format_of_its_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"curve{suffix}"
    plot.draw(history(units(5).T, epochs=1 if suffix == ".pdf" else 3), path)
    assert path.read_bytes().startswith(BEGINNINGS[suffix])
    assert list(tmp_path.iterdir()) == [path]


def test_the_picture_says_what_it_shows() -> None:
    figure = plot.picture(history(units(120).T))
    loss, accuracy, weights = figure.axes[:3]
    assert figure.get_suptitle() == "Test accuracy 93.33 % after 3 epochs"
    assert figure.get_supxlabel().startswith("a $name$ with_signs\nbatches of 64, learning rate")
    assert loss.get_title(loc="left") == "Training loss, mean of each epoch"
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == [
        "training images",
        "test images",
    ]
    assert weights.get_title(loc="left") == "First-layer weights, the first 100 of 120 units"
    assert accuracy.lines[1].get_ydata() == pytest.approx([80, 90, 93.3333], rel=1e-4)


def test_weights_that_are_all_zero_are_drawn() -> None:
    assert plot.picture(history(np.zeros((784, 1)), epochs=1)).axes


def test_paths_that_cannot_be_drawn_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"curve.jpg cannot be drawn: the name must end in .png"):
        plot.check_picture(tmp_path / "curve.jpg")
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        plot.check_picture(tmp_path / "no" / "curve.png")


WITHOUT = """
import sys
sys.modules["matplotlib"] = None
try:
    import codegen.plot
except ImportError as error:
    print(error)
"""


def test_without_matplotlib_one_sentence_names_the_extra() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert done.stdout == "drawing a curve needs matplotlib: pip install 'derive-backprop[plot]'\n"
    assert (done.stderr, done.returncode) == ("", 0)
