"""What an epoch is, for every library: the images, the first weights, the order, the settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from bench.report import Options
from codegen import mnist
from codegen.emission import emit
from codegen.loading import load
from codegen.mnist import Mnist, Samples, samples
from codegen.schedule import DEFAULTS, Settings
from derive.layers import stack

LAYERS = "784,100,10,10"
SETTINGS = replace(DEFAULTS, batch=32, lr=0.4, epochs=1)
BRIEF_IMAGES = 320

Weights = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Work:
    """The same for everybody: a run of one epoch, from the same weights, in the same order."""

    module: ModuleType
    data: Mnist
    settings: Settings

    @property
    def images(self) -> int:
        return len(self.data.train_labels)

    @property
    def steps(self) -> int:
        return self.images // self.settings.batch

    def weights(self) -> Weights:
        """The first weights, as `codegen.training` draws them."""
        drawn: Weights = self.module.init_params(
            np.random.default_rng(self.settings.seed), dtype=np.float32
        )
        return drawn

    def order(self) -> np.ndarray:
        """The images in the order of the epoch, a batch in a row."""
        drawn = np.random.default_rng((self.settings.seed, 1)).permutation(self.images)
        return drawn.reshape(self.steps, self.settings.batch)

    def learn(self) -> Samples:
        return samples(self.data.train_images, self.data.train_labels, "one-hot")

    def test(self) -> Samples:
        return samples(self.data.test_images, self.data.test_labels, "one-hot")


def work(options: Options) -> Work:
    """The full set where it is, else the subset; full batches alone, or JAX could not take them."""
    data = mnist.load()
    most = BRIEF_IMAGES if options.brief else len(data.train_labels)
    kept = min(most, len(data.train_labels)) // SETTINGS.batch * SETTINGS.batch
    data = replace(
        data, train_images=data.train_images[:kept], train_labels=data.train_labels[:kept]
    )
    return Work(load(emit(stack(LAYERS))), data, SETTINGS)


def right(outputs: np.ndarray, digits: np.ndarray) -> float:
    """The share of images whose largest output is that of their digit."""
    return float(np.mean(np.argmax(outputs, axis=1) == digits))
