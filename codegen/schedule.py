"""The settings of a training run, the learning rate at each of its steps, and the step itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.refusal import Refusal
from derive.ops import ALONG

Floats = NDArray[np.float32]
Params = dict[str, Floats]

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "linear": lambda done: 1 - done,
}
"""The learning rate as a share of the first one, when the share `done` of all steps is done."""


class SettingsError(Refusal):
    """A setting that cannot be meant; `str` of it is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train. The defaults were chosen on held-out training images, never on test images.

    `weight_decay` is decoupled: each step multiplies the weights by `1 - lr * weight_decay`.
    `init` multiplies the first weights, which the module draws from N(0, 1/fan_in).
    """

    epochs: int = 30
    batch: int = 64
    lr: float = 0.8
    momentum: float = 0.9
    weight_decay: float = 1e-3
    schedule: str = "linear"
    seed: int = 0
    init: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what cannot be trained with, in one sentence."""
        fault = _fault(self)
        if fault is not None:
            raise SettingsError(fault)


def _fault(settings: Settings) -> str | None:
    """The first setting that is out of its range, with the range."""
    s = settings
    ranges = (
        ("epochs", s.epochs, s.epochs >= 1, "1 or more"),
        ("batch", s.batch, s.batch >= 1, "1 or more"),
        ("lr", s.lr, 0 < s.lr < math.inf, "a number above 0"),
        ("momentum", s.momentum, 0 <= s.momentum < 1, "from 0 to below 1"),
        ("weight_decay", s.weight_decay, 0 <= s.lr * s.weight_decay < 1, "from 0 to below 1 / lr"),
        ("schedule", s.schedule, s.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
        ("seed", s.seed, s.seed >= 0, "0 or more"),
        ("init", s.init, 0 < s.init < math.inf, "a number above 0"),
    )
    return next(
        (f"{name} must be {what}, not {value}" for name, value, fits, what in ranges if not fits),
        None,
    )


def rate(settings: Settings, step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0, of `steps` in all."""
    return settings.lr * SCHEDULES[settings.schedule](step / steps)


DEFAULTS = Settings()

DEEP = 4


def learning_rate(hidden: Sequence[str], output: str) -> float:
    """A first learning rate for the functions of the hidden layers and of the output.

    The default is made for sigmoids, whose slope is 1/4 at most, below a softmax; with it most
    other networks diverge. The rates were compared on held-out training images.

    >>> learning_rate(["relu"], "softmax"), learning_rate(["relu"], "identity")
    (0.1, 0.025)
    """
    if output not in ALONG:
        return 0.025
    if hidden and set(hidden) == {"sigmoid"}:
        return DEFAULTS.lr
    return 0.05 if len(hidden) >= DEEP else 0.1


AT_REST = 1e-28
"""A change of a weight below this is none in float32, and is set to 0."""

SHARE = 1e-5
"""How much of it may be left when it is: float32 is quick down to 1e-38, and slow below."""


def rest_every(momentum: float) -> int:
    """The steps in which momentum alone leaves `SHARE` of a change, at least; 1 or more.

    >>> rest_every(0.9)
    109
    """
    return max(1, int(math.log(SHARE) / math.log(momentum))) if momentum else 1


class Descent:
    """Mini-batch descent with momentum m and decoupled weight decay d, in place:

        v' = m v + g        w' = (1 - lr d) w - lr v'

    What is kept is not v but the change lr v, so that no pass over memory is for lr alone. Each
    parameter w lies in the memory order of its gradient g, so every pass runs along memory.
    Changes that fade, as those of pixels that are seldom lit, are set to 0 now and then: a
    processor takes a hundred times as long for numbers too small for all their digits.
    """

    def __init__(self, params: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Starts at a copy of `params`, at rest; `gradients` only show how theirs lie in memory."""
        self.params = {name: np.empty_like(gradients[name]) for name in params}
        self.changes = {name: np.zeros_like(g) for name, g in gradients.items()}
        self._lr = 0.0
        self._steps = 0
        for name, w in params.items():
            self.params[name][...] = w

    def copy(self) -> Params:
        """The weights as arrays of their own, in the ordinary memory order."""
        return {name: w.copy(order="C") for name, w in self.params.items()}

    def step(
        self, gradients: Mapping[str, Floats], lr: float, settings: Settings, share: float = 1.0
    ) -> None:
        """One step down `share` times the gradients, which it uses up, at a learning rate."""
        keep = 1 - lr * settings.weight_decay
        goes_on = settings.momentum * (lr / self._lr if self._lr else 1.0)
        if self._steps % rest_every(settings.momentum) == 0:
            self._rest()
        self._lr, self._steps = lr, self._steps + 1
        for name, w in self.params.items():
            g, change = gradients[name], self.changes[name]
            np.multiply(g, lr * share, out=g)
            np.multiply(change, goes_on, out=change)
            np.add(change, g, out=change)
            np.multiply(w, keep, out=w)
            np.subtract(w, change, out=w)

    def _rest(self) -> None:
        """Sets to 0 what has faded."""
        for change in self.changes.values():
            change[np.abs(change) < AT_REST] = 0
