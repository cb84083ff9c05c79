"""One forward pass, kept: what the perturbed passes of `codegen.perturb` start from.

Inside the oracles all blocks are feature-major, `(units, samples)`: reductions over a few units
then run along the long axis, which NumPy does several times faster, and a network in row layout
is served by transposed views.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from codegen.network import Activation, Array, Network, Params, unit_major


class Trace(NamedTuple):
    """A network at one point. With N samples, and I inputs of layer l counting the 1 of a bias:

    weights[l] `(n_out, I)`, inputs[l] `(N, I)`, pre[l] = z_l `(n_out, N)`, post[l] = h_l
    `(n_out, N)`, y `(C, N)`, losses `(N,)`.
    """

    network: Network
    weights: tuple[Array, ...]
    inputs: tuple[Array, ...]
    pre: tuple[Array, ...]
    post: tuple[Array, ...]
    y: Array
    losses: Array

    @property
    def last(self) -> int:
        """The index of the last layer."""
        return len(self.weights) - 1

    @property
    def samples(self) -> int:
        """How many samples."""
        return len(self.losses)

    @property
    def scale(self) -> float:
        """What the sum of the losses of the samples is multiplied by."""
        return self.network.scale(self.samples)


def trace(network: Network, params: Params, x: Array, y: Array) -> Trace:
    """The ordinary forward pass in float64, `x` and `y` in the network's own layout."""
    weights = tuple(unit_major(layer, network.columns, params) for layer in network.layers)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    h, targets = (x, y) if network.columns else (x.T, y.T)
    inputs, pre, post = [], [], []
    for layer, entries in zip(network.layers, weights, strict=True):
        ones = np.ones((int(layer.biased), h.shape[1]))
        a = np.concatenate([ones, h])
        inputs.append(np.ascontiguousarray(a.T))
        pre.append(entries @ a)
        if layer.activation is not None:
            h = activate(layer.activation, pre[-1], network.columns)
            post.append(h)
    losses = measure(network, pre[-1], targets)
    return Trace(network, weights, tuple(inputs), tuple(pre), tuple(post), targets, losses)


def activate(activation: Activation, z: Array, columns: bool) -> Array:
    """The activation of a feature-major block, called in the network's own layout."""
    return activation(z) if columns else activation(z.T).T


def measure(network: Network, z: Array, y: Array) -> Array:
    """The losses `(R,)` of a feature-major block `(C, R)` of last pre-activations."""
    own = network.sample_loss(z, y) if network.columns else network.sample_loss(z.T, y.T)
    if np.size(own) != z.shape[1]:
        raise ValueError(f"sample_loss gave {np.size(own)} losses for {z.shape[1]} samples")
    return np.reshape(own, -1)
