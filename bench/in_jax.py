"""JAX: the gradient of the loss, compiled."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from bench.nets import Gradients, Inputs, Maker, Step, joined

ACTIVATIONS = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "softplus": jax.nn.softplus,
    "silu": jax.nn.silu,
    "gelu_tanh": partial(jax.nn.gelu, approximate=True),
    "sin": jnp.sin,
}


def compiled(given: Inputs) -> Step:
    """jit(grad(loss)); every step waits for its result."""
    jax.config.update("jax_enable_x64", given.x.dtype.itemsize == 8)
    pairs = [(jnp.asarray(w[1:]), jnp.asarray(w[0])) for w in given.params.values()]
    x, y = jnp.asarray(given.x), jnp.asarray(given.y)
    calls = [ACTIVATIONS[word] for word in given.net.hidden]

    def loss(params: Any, x: Any, y: Any) -> Any:
        h = x
        for (w, b), call in zip(params, calls, strict=False):
            h = call(h @ w + b)
        w, b = params[-1]
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(h @ w + b) * y, 1))

    gradient = jax.jit(jax.grad(loss))

    def run() -> Any:
        return jax.block_until_ready(gradient(pairs, x, y))

    def found() -> Gradients:
        both = [joined(w, b) for w, b in run()]
        return dict(zip(given.params, both, strict=True))

    return Step(run, found)


STEPS: dict[str, Maker] = {"JAX jit(grad)": compiled}
