"""Trains a module with the interface of an emitted one on MNIST, by mini-batch descent.

The same module, data and settings give the same weights, bit for bit: every draw comes from the
seed, and no step depends on the clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from codegen.idx import DIGITS, PIXELS
from codegen.mnist import Floats, Mnist, Samples, samples
from codegen.refusal import Refusal
from codegen.schedule import DEFAULTS, Descent, Params, Settings, rate
from codegen.weights import check_writable, save_weights

quiet = np.errstate(all="ignore")  # what is not finite is reported once it reaches the loss
EVALUATED = 2_000
"""Samples in one forward pass of an evaluation."""


class Workspace(Protocol):
    """The arrays for batches of one size."""

    def loss_and_gradients(self, params: Any, x: Any, y: Any) -> tuple[float, Any]:
        """The loss, and gradients that the next call overwrites."""


class Module(Protocol):
    """What is trained: an emitted module, or one written by hand with the same names."""

    @property
    def COLUMNS(self) -> bool:
        """Whether samples are columns."""

    @property
    def PARAMETERS(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each parameter."""

    @property
    def init_params(self) -> Callable[..., Any]:
        """`(rng, dtype) -> params`."""

    @property
    def forward(self) -> Callable[[Any, Any], Any]:
        """`(params, x) -> yhat`."""

    @property
    def Workspace(self) -> Callable[..., Workspace]:
        """`(batch, dtype) -> workspace`."""


class TrainingError(Refusal):
    """A training run that cannot go on; `str` of it is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run: `loss` is that of the epoch so far, `images` those of the run."""

    epoch: int
    step: int
    steps: int
    loss: float
    images: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch gave; `seconds` are those of its steps, without the evaluation.

    `loss` is the mean over the epoch's batches, each before its step; `train_accuracy` is that
    on as many training images as there are test images.
    """

    number: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float
    images: int

    @property
    def images_per_second(self) -> float:
        """Training images in a second of steps."""
        return self.images / self.seconds if self.seconds else math.inf


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """A run: its settings, the sentence that says which data, its epochs and its weights."""

    settings: Settings
    data: str
    epochs: tuple[Epoch, ...]
    params: Params
    columns: bool = False

    @property
    def test_accuracy(self) -> float:
        """The share of test images that the weights name rightly."""
        return self.epochs[-1].test_accuracy if self.epochs else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Everything but the weights and the seconds: the same for the same seed."""
        epochs = [asdict(epoch) for epoch in self.epochs]
        return {
            "settings": asdict(self.settings),
            "data": self.data,
            "epochs": [{k: v for k, v in e.items() if k != "seconds"} for e in epochs],
        }


class Stopped(Exception):
    """A run that Ctrl-C ended: the epochs it finished, and where their weights are, if saved."""

    def __init__(self, epochs: tuple[Epoch, ...], saved: Path | None, kept: int) -> None:
        """`saved` holds the weights of epoch `kept`."""
        self.epochs = epochs
        self.saved = saved
        place = f"the weights of epoch {kept} are in {saved}" if saved else "no weights were saved"
        super().__init__(f"stopped in epoch {len(epochs) + 1}; {place}")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The buffers for batches of one size; `given` are they as the module wants them."""

    x: Floats
    y: Floats
    given: tuple[Floats, Floats]
    workspace: Workspace

    def fill(self, source: Samples, index: NDArray[np.intp]) -> None:
        """Takes the samples of `index`; with clipping NumPy writes without a buffer."""
        np.take(source.x, index, axis=0, out=self.x, mode="clip")
        np.take(source.y, index, axis=0, out=self.y, mode="clip")


OnStep = Callable[[Step], None]
OnEpoch = Callable[[Epoch], None]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What stays the same from step to step; only the arrays in it change."""

    mod: Module
    data: str
    settings: Settings
    learn: Samples
    test: Samples
    batches: Mapping[int, Batch]
    descent: Descent
    order: np.random.Generator
    summed: bool

    def history(self, epochs: Sequence[Epoch]) -> History:
        """The run so far."""
        params = self.descent.copy()
        return History(self.settings, self.data, tuple(epochs), params, self.mod.COLUMNS)


def train(
    mod: Module,
    data: Mnist,
    settings: Settings = DEFAULTS,
    *,
    target_coding: str = "one-hot",
    reduction: str = "mean",
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    checkpoint: Path | None = None,
) -> History:
    """The run of a whole schedule; `checkpoint` gets the weights at the end of each epoch.

    `reduction` says whether the module's loss is the mean over a batch or the sum; with a sum
    the gradients are divided by the size of the batch, so that settings mean the same.
    """
    if checkpoint is not None:
        check_writable(checkpoint)
    run = prepare(mod, data, settings, target_coding, reduction)
    epochs: list[Epoch] = []
    kept = 0
    try:
        while len(epochs) < settings.epochs:
            epochs.append(_epoch(run, len(epochs) + 1, on_step))
            if checkpoint is not None:
                save_weights(checkpoint, run.descent.copy(), run.history(epochs).to_dict())
                kept = len(epochs)
            if on_epoch is not None:
                on_epoch(epochs[-1])
    except KeyboardInterrupt:
        raise Stopped(tuple(epochs), checkpoint if kept else None, kept) from None
    return run.history(epochs)


def prepare(mod: Module, data: Mnist, settings: Settings, coding: str, reduction: str) -> Run:
    """Everything allocated, and the weights drawn by `mod.init_params(default_rng(seed))`."""
    learn = samples(data.train_images, data.train_labels, coding)
    sizes = _sizes(len(learn.x), settings.batch)
    batches = {size: _batch(mod, size) for size in sizes}
    return Run(
        mod=mod,
        data=data.description,
        settings=settings,
        learn=learn,
        test=samples(data.test_images, data.test_labels, coding),
        batches=batches,
        descent=_descent(mod, settings, batches[sizes[0]], learn),
        order=np.random.default_rng((settings.seed, 1)),
        summed=reduction == "sum",
    )


@quiet
def _descent(mod: Module, settings: Settings, batch: Batch, learn: Samples) -> Descent:
    """The first weights, in the memory order of the gradients that one batch shows."""
    drawn = mod.init_params(np.random.default_rng(settings.seed), dtype=np.float32)
    params = {name: np.float32(settings.init) * w for name, w in drawn.items()}
    batch.fill(learn, np.arange(len(batch.x)))
    _, gradients = batch.workspace.loss_and_gradients(params, *batch.given)
    return Descent(params, gradients)


def _sizes(count: int, batch: int) -> tuple[int, ...]:
    """The sizes of an epoch's batches: the full one, and the last one where it is smaller."""
    return tuple(size for size in dict.fromkeys((min(batch, count), count % batch)) if size)


def _batch(mod: Module, size: int) -> Batch:
    x, y = np.empty((size, PIXELS), np.float32), np.empty((size, DIGITS), np.float32)
    given = (x.T, y.T) if mod.COLUMNS else (x, y)
    return Batch(x, y, given, mod.Workspace(size, dtype=np.float32))


@quiet
def _epoch(run: Run, number: int, on_step: OnStep | None) -> Epoch:
    """All batches once, in an order drawn for this epoch, and then the evaluation."""
    count, size = len(run.learn.x), run.settings.batch
    order = run.order.permutation(count)
    steps = math.ceil(count / size)
    total = 0.0
    started = time.perf_counter()
    for step in range(steps):
        index = order[step * size : (step + 1) * size]
        lr = rate(run.settings, (number - 1) * steps + step, run.settings.epochs * steps)
        total += len(index) * _step(run, index, lr)
        _check_finite(total, number, step, run.settings)
        if on_step is not None:
            done = step * size + len(index)
            on_step(Step(number, step + 1, steps, total / done, (number - 1) * count + done))
    seconds = time.perf_counter() - started
    shown, tested = accuracies(run)
    return Epoch(number, total / count, shown, tested, seconds, count)


def _step(run: Run, index: NDArray[np.intp], lr: float) -> float:
    """One step of descent; the mean loss of its batch before it."""
    batch = run.batches[len(index)]
    share = 1 / len(index) if run.summed else 1.0
    batch.fill(run.learn, index)
    loss, gradients = batch.workspace.loss_and_gradients(run.descent.params, *batch.given)
    run.descent.step(gradients, lr, run.settings, share)
    return float(loss) * share


def _check_finite(total: float, epoch: int, step: int, settings: Settings) -> None:
    if not math.isfinite(total):
        raise TrainingError(
            f"the loss became {total} in epoch {epoch}, step {step + 1}: "
            f"a learning rate below {settings.lr:g} may help"
        )


def accuracies(run: Run) -> tuple[float, float]:
    """The accuracy on as many training images as there are test images, and on the test images."""
    params, most = run.descent.params, len(run.test.x)
    shown = accuracy(run.mod, params, run.learn.x[:most], run.learn.digits[:most])
    return shown, accuracy(run.mod, params, run.test.x, run.test.digits)


def accuracy(mod: Module, params: Params, x: Floats, digits: NDArray[Any]) -> float:
    """The share of images whose largest output is that of their digit."""
    right = 0
    for start in range(0, len(x), EVALUATED):
        piece = x[start : start + EVALUATED]
        outputs = mod.forward(params, piece.T if mod.COLUMNS else piece)
        named = np.argmax(outputs, axis=0 if mod.COLUMNS else 1)
        right += int(np.count_nonzero(named == digits[start : start + EVALUATED]))
    return right / len(x)
