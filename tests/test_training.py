"""Training does the steps it says, the same ones each time, and loses nothing that it saved."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from codegen import mnist
from codegen.progress import drawing
from codegen.schedule import DEFAULTS, Settings, rate
from codegen.training import Epoch, Step, Stopped, TrainingError, accuracy, train
from codegen.weights import OutputError, check_writable
from tests.handmade import Array, Handmade, Params, Workspace, little, shipped

NET = Handmade((784, 6, 5, 10))
SHORT = Settings(epochs=2, batch=32, lr=0.4)


def same(one: Params, two: Params) -> bool:
    return all(one[name].tobytes() == two[name].tobytes() for name in one)


# The handwritten module, on which the rest stands


@pytest.mark.parametrize("columns", [False, True])
def test_the_handwritten_gradients_are_those_of_its_loss(columns: bool) -> None:
    net, rng = Handmade((6, 5, 4, 3), columns), np.random.default_rng(0)
    params = net.init_params(rng)
    x, y = rng.standard_normal((7, 6)), np.eye(3)[rng.integers(0, 3, 7)]
    x, y = (x.T, y.T) if columns else (x, y)
    gradients = {name: g.copy() for name, g in net.gradients(params, x, y).items()}
    assert {name: g.shape for name, g in gradients.items()} == net.PARAMETERS
    for name, w in params.items():
        for place in np.ndindex(w.shape):
            kept = w[place]
            w[place] = kept + 1e-5
            above = net.loss(params, x, y)
            w[place] = kept - 1e-5
            slope = (above - net.loss(params, x, y)) / 2e-5
            w[place] = kept
            assert gradients[name][place] == pytest.approx(slope, abs=1e-9)


# Runs


def reference(net: Handmade, settings: Settings, count: int) -> Params:
    """The run in plain float64, each batch through the module's own functions."""
    data = mnist.samples(little(count).train_images, little(count).train_labels)
    x, y = data.x.astype(float), data.y.astype(float)
    w = net.init_params(np.random.default_rng(settings.seed))
    v = {name: np.zeros_like(p) for name, p in w.items()}
    draw = np.random.default_rng((settings.seed, 1))
    starts = range(0, count, settings.batch)
    for epoch in range(settings.epochs):
        order = draw.permutation(count)
        for i, start in enumerate(starts):
            batch = order[start : start + settings.batch]
            lr = rate(settings, epoch * len(starts) + i, settings.epochs * len(starts))
            for name, g in net.gradients(w, x[batch], y[batch]).items():
                v[name] = settings.momentum * v[name] + g
                w[name] = (1 - lr * settings.weight_decay) * w[name] - lr * v[name]
    return w


@pytest.mark.parametrize("batch", [32, 30, 90, 500])
def test_a_run_takes_every_step_and_the_last_batch_counts_by_its_own_size(batch: int) -> None:
    settings = replace(SHORT, batch=batch)
    run = train(NET, little(90), settings)
    for name, wanted in reference(NET, settings, 90).items():
        np.testing.assert_allclose(run.params[name], wanted, rtol=1e-3, atol=1e-5)
        assert run.params[name].dtype == np.float32


def test_the_same_seed_gives_the_same_weights_bit_for_bit() -> None:
    first, again = (train(NET, little(), SHORT) for _ in range(2))
    other = train(NET, little(), replace(SHORT, seed=1))
    assert same(first.params, again.params)
    assert first.to_dict() == again.to_dict()
    assert not same(first.params, other.params)


def test_samples_as_columns_train_alike() -> None:
    rows, columns = (train(replace(NET, COLUMNS=c), little(), SHORT) for c in (False, True))
    assert columns.columns
    for name, w in rows.params.items():
        np.testing.assert_allclose(columns.params[name].T, w, rtol=1e-3, atol=1e-5)
    assert [e.test_accuracy for e in rows.epochs] == [e.test_accuracy for e in columns.epochs]


@dataclass(frozen=True)
class Altered(Handmade):
    """The handwritten module with a loss and gradients that are a function of its own."""

    change: Callable[[Array], float] = len

    def Workspace(self, batch: int, dtype: Any = np.float64) -> Workspace:
        """Multiplies loss and gradients by `change(y)`."""
        return _Altered(self, batch, np.dtype(dtype))


class _Altered(Workspace):
    net: Altered

    def loss_and_gradients(self, params: Params, x: Array, y: Array) -> tuple[float, Params]:
        loss, gradients = super().loss_and_gradients(params, x, y)
        factor = self.net.change(y)
        for g in gradients.values():
            g *= factor
        return loss * factor, gradients


def test_a_summed_loss_trains_as_its_mean() -> None:
    mean = train(NET, little(), SHORT)
    total = train(Altered(NET.sizes), little(), SHORT, reduction="sum")
    for name, w in mean.params.items():
        np.testing.assert_allclose(total.params[name], w, rtol=1e-3, atol=1e-5)
    assert total.epochs[-1].loss == pytest.approx(mean.epochs[-1].loss, rel=1e-4)


def test_targets_can_be_coded_as_signs() -> None:
    seen = set[float]()

    def watch(y: Array) -> float:
        seen.update(np.unique(y).tolist())
        return 0.0

    train(Altered(NET.sizes, change=watch), little(), SHORT, target_coding="signs")
    assert seen == {-1.0, 1.0}


def test_callbacks_see_every_step_and_epoch() -> None:
    steps, epochs = list[Step](), list[Epoch]()
    run = train(NET, little(90), SHORT, on_step=steps.append, on_epoch=epochs.append)
    assert [(s.epoch, s.step, s.steps) for s in steps] == [
        (e, s, 3) for e in (1, 2) for s in (1, 2, 3)
    ]
    assert [s.images for s in steps] == [32, 64, 90, 122, 154, 180]
    assert tuple(epochs) == run.epochs
    assert epochs[-1].loss == steps[-1].loss
    assert run.data == little().description


def test_accuracy_is_the_share_of_digits_named() -> None:
    data = mnist.samples(little().test_images, little().test_labels)

    class Oracle(Handmade):
        def forward(self, params: Params, x: Array) -> Array:
            named = data.y.copy()
            named[:10] = np.roll(named[:10], 1, axis=1)
            return named

    assert accuracy(Oracle(), {}, data.x, data.digits) == 0.75


def test_a_short_run_learns_and_the_history_says_how_well() -> None:
    run = train(Handmade((784, 20, 10)), little(3000, 1000), replace(SHORT, epochs=4))
    assert run.test_accuracy > 0.85
    assert run.epochs[-1].loss < 0.5 * run.epochs[0].loss
    assert run.epochs[-1].train_accuracy > 0.9
    assert json.loads(json.dumps(run.to_dict()))["settings"]["batch"] == 32


@pytest.mark.parametrize("factor", [float("inf"), float("nan")])
def test_a_run_that_diverges_stops_in_a_sentence(factor: float) -> None:
    huge = Altered(NET.sizes, change=lambda y: factor)
    with pytest.raises(
        TrainingError, match=r"the loss became \S+ in epoch 1, step \d+: a learning"
    ):
        train(huge, little(), SHORT)


# Saving


def test_each_epoch_is_saved_and_equal_runs_give_equal_files(tmp_path: Path) -> None:
    files = [tmp_path / "one.npz", tmp_path / "two"]
    runs = [train(NET, little(), SHORT, checkpoint=file) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(files)
    with np.load(files[0], allow_pickle=False) as saved:
        assert same({name: saved[name] for name in NET.PARAMETERS}, runs[0].params)
        assert json.loads(str(saved["meta"])) == runs[0].to_dict()


def interrupting(epoch: int) -> Callable[[Step], None]:
    def stop(step: Step) -> None:
        if (step.epoch, step.step) == (epoch, 2):
            raise KeyboardInterrupt

    return stop


def test_ctrl_c_keeps_the_weights_of_the_last_epoch(tmp_path: Path) -> None:
    file = tmp_path / "w.npz"
    with pytest.raises(Stopped, match=r"stopped in epoch 2; the weights of epoch 1 are in .*npz"):
        train(NET, little(), SHORT, on_step=interrupting(2), checkpoint=file)
    with pytest.raises(Stopped, match="stopped in epoch 2; no weights were saved") as stop:
        train(NET, little(), SHORT, on_step=interrupting(2))
    assert len(stop.value.epochs) == 1
    assert stop.value.saved is None
    with np.load(file) as saved:
        assert json.loads(str(saved["meta"]))["epochs"][-1]["number"] == 1


def test_ctrl_c_in_the_first_epoch_leaves_an_older_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "w.npz"
    file.write_text("older")
    with pytest.raises(Stopped, match="stopped in epoch 1; no weights were saved"):
        train(NET, little(), SHORT, on_step=interrupting(1), checkpoint=file)
    assert file.read_text() == "older"
    assert [file] == list(tmp_path.iterdir())


def test_a_path_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "no" / "w.npz", "No such file or directory"),
        (tmp_path, "it is a folder"),
        (Path("/dev/null"), "it is not an ordinary file"),
    ):
        with pytest.raises(OutputError, match=f"{path} cannot be written: {reason}"):
            train(NET, little(), SHORT, on_step=interrupting(1), checkpoint=path)
    assert list(tmp_path.iterdir()) == []
    check_writable(tmp_path / "fine.npz")
    assert list(tmp_path.iterdir()) == []


# Drawing


def drawn(terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)
    with drawing(SHORT, 90, console) as view:
        train(NET, little(), SHORT, on_step=view.step, on_epoch=view.epoch)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_progress_is_a_bar_in_a_terminal_and_lines_elsewhere() -> None:
    plain, terminal = drawn(False), drawn(True)
    assert [line.split("   ")[0] for line in plain.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert plain.count("test accuracy") == 2
    for piece in ("epoch 1/2", "loss", "images/s", "━"):
        assert piece in terminal


# The full set


@pytest.mark.slow
@pytest.mark.shared(mnist.VARIABLE)
def test_five_epochs_on_the_full_set_reach_97_3() -> None:
    data = mnist.load()
    run = train(Handmade(), data, replace(DEFAULTS, epochs=5))
    if data.status == mnist.FULL:
        assert run.test_accuracy >= 0.973


@pytest.mark.slow
def test_ten_epochs_on_the_shipped_subset_reach_92() -> None:
    assert train(Handmade(), shipped(), replace(DEFAULTS, epochs=10)).test_accuracy >= 0.92
