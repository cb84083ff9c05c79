"""An epoch by JAX: one compiled lax.scan over the batches."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bench.recipe import Work, right, work
from bench.report import Options
from bench.worker import one_core


def _logits(params: Any, x: Any) -> Any:
    h = x
    for w, b in params[:-1]:
        h = jax.nn.sigmoid(h @ w + b)
    w, b = params[-1]
    return h @ w + b


def _epoch(given: Work) -> Any:
    """(parameters, images, targets, order) -> parameters, compiled."""
    settings, steps = given.settings, given.steps

    def loss(params: Any, x: Any, y: Any) -> Any:
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(_logits(params, x)) * y, 1))

    def run(params: Any, x: Any, y: Any, order: Any) -> Any:
        def step(state: Any, index: Any) -> Any:
            params, speed, done = state
            lr = settings.lr * (1 - done / steps)
            found = jax.grad(loss)(params, x[index], y[index])
            speed = jax.tree.map(lambda v, g: settings.momentum * v + g, speed, found)
            keep = 1 - lr * settings.weight_decay
            params = jax.tree.map(lambda p, v: keep * p - lr * v, params, speed)
            return (params, speed, done + 1), None

        start = (params, jax.tree.map(jnp.zeros_like, params), 0)
        return jax.lax.scan(step, start, order)[0][0]

    return jax.jit(run)


class Epoch:
    """A run of one epoch from the first weights."""

    def __init__(self, options: Options) -> None:
        if options.threads == 1:
            one_core()
        self.work, self.clock = work(options), options.clock
        assert self.work.settings.schedule == "linear"
        learn, self.test = self.work.learn(), self.work.test()
        self.x, self.y = jnp.asarray(learn.x), jnp.asarray(learn.y)
        self.run = _epoch(self.work)
        self.accuracy = 0.0

    def turn(self) -> float:
        """Seconds of the epoch."""
        params = [(jnp.asarray(w[1:]), jnp.asarray(w[0])) for w in self.work.weights().values()]
        order = jnp.asarray(self.work.order().astype(np.int32))
        start = self.clock()
        params = jax.block_until_ready(self.run(params, self.x, self.y, order))
        seconds = self.clock() - start
        self.accuracy = right(np.asarray(_logits(params, self.test.x)), self.test.digits)
        return seconds

    def reached(self) -> tuple[int, str, float]:
        """How many images, of which data, and the test accuracy of the last run."""
        return self.work.images, self.work.data.description, self.accuracy
