"""A dense stack as the numeric oracles see it: forward code only, and where the numbers lie.

    z_1 = [1 x] W1    h_1 = f_1(z_1)    z_2 = [1 h_1] W2    ...
    loss = scale(N) * sum_n l(z_L[n], y[n])

Nothing here knows a derivative, so an oracle built on it shares nothing with a backward formula.
Parameters and data keep the layout of the code under test: `columns` says that samples stand in
columns (features x samples, `W` is `(n_out, n_in)`) instead of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Array]
Activation = Callable[[Array], Array]
SampleLoss = Callable[[Array, Array], Array]


class Layer(NamedTuple):
    """One dense layer: `z = [1 a] W` or `z = a W + b`, then `h = activation(z)`.

    An augmented `W` holds the bias as row 0, `(1+n_in, n_out)`; in column layout as column 0,
    `(n_out, 1+n_in)`. `elementwise` is False where one z moves all of h (a hidden softmax).
    `kinks` lists the z at which the activation is not smooth: `(0.0,)` for relu, leaky_relu, abs
    and also elu (its second derivative jumps), `(-1.0, 1.0)` for huber, `()` for analytic ones.
    The last layer has no activation here: it belongs to the loss of a sample.
    """

    weight: str
    bias: str | None = None
    augmented: bool = False
    activation: Activation | None = None
    elementwise: bool = True
    kinks: tuple[float, ...] = ()

    @property
    def biased(self) -> bool:
        """Whether an input 1 belongs to the layer."""
        return self.augmented or self.bias is not None


@dataclass(frozen=True, slots=True)
class Network:
    """Layers, the loss of each sample `(z_L, y) -> (N,)`, and how samples add up.

    All callables accept float64 and complex128 and any number of samples, in the network's own
    layout. `loss_kinks`: the loss of a sample is not smooth in z_L (mae, hinge, huber).
    """

    layers: tuple[Layer, ...]
    sample_loss: SampleLoss
    scale: Callable[[int], float]
    loss_kinks: bool = False
    columns: bool = False

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network has at least one layer")
        if any(layer.activation is None for layer in self.layers[:-1]):
            raise ValueError("every layer but the last one has an activation")
        if self.layers[-1].activation is not None:
            raise ValueError("the activation of the last layer belongs to the loss of a sample")

    def names(self) -> tuple[str, ...]:
        """The parameters, in order."""
        pairs = [(layer.weight, layer.bias) for layer in self.layers]
        return tuple(name for pair in pairs for name in pair if name is not None)

    def samples(self, x: Array) -> int:
        """How many samples `x` (or `y`) holds."""
        return int(x.shape[1] if self.columns else x.shape[0])

    def take(self, data: Array, which: Sequence[int] | slice) -> Array:
        """Some samples of `x` or `y`."""
        return data[:, which] if self.columns else data[which]

    def sample_losses(self, params: Params, x: Array, y: Array) -> Array:
        """The loss of every sample, `(N,)`, by one ordinary forward pass."""
        h = x
        for layer in self.layers:
            z = affine(layer, self.columns, params, h)
            h = z if layer.activation is None else layer.activation(z)
        return self.sample_loss(h, y)

    def loss(self, params: Params, x: Array, y: Array) -> Any:
        """The total loss, `scale(N)` times the sum over the samples."""
        return self.scale(self.samples(x)) * self.sample_losses(params, x, y).sum()

    def losses(self, many: Params, x: Array, y: Array) -> Array:
        """The total losses `(B,)` of B networks: every parameter is stacked along a first axis.

        To the activations and the loss their samples are those of one batch.
        """
        count = len(many[self.layers[0].weight])
        h = np.broadcast_to(x, (count, *x.shape))
        for layer in self.layers:
            z = self._batch(affine(layer, self.columns, many, h))
            h = z if layer.activation is None else self._stack(layer.activation(z), count)
        each = self.sample_loss(z, np.tile(y, (1, count) if self.columns else (count, 1)))
        total: Array = self.scale(self.samples(x)) * np.reshape(each, (count, -1)).sum(axis=1)
        return total

    def _batch(self, z: Array) -> Array:
        """`(B, N, n)` as `(B N, n)`; in column layout `(B, n, N)` as `(n, B N)`."""
        return np.hstack(list(z)) if self.columns else z.reshape(-1, z.shape[-1])

    def _stack(self, h: Array, count: int) -> Array:
        """The inverse of `_batch`."""
        if self.columns:
            return np.stack(np.hsplit(h, count))
        return h.reshape(count, -1, h.shape[-1])


def affine(layer: Layer, columns: bool, params: Params, h: Array) -> Array:
    """The pre-activation of a layer, in the network's own layout; arrays may be stacked."""
    weights, bias = params[layer.weight], layer.bias
    own: Array | None = None
    if layer.augmented:
        own, weights = parted(weights, columns)
    elif bias is not None:
        own = params[bias].reshape(*weights.shape[:-2], *((-1, 1) if columns else (1, -1)))
    z = product(weights, h) if columns else product(h, weights)
    return z if own is None else z + own


def parted(weights: Array, columns: bool) -> tuple[Array, Array]:
    """The biases in an augmented weight, and the rest of it."""
    if columns:
        return weights[..., :1], weights[..., 1:]
    return weights[..., :1, :], weights[..., 1:, :]


def product(a: Array, b: Array) -> Array:
    """The matrix product; a complex one as real ones, for which BLAS is quick at small sizes."""
    out: Array
    if a.dtype.kind == "c":
        out = product(a.real, b) + 1j * product(a.imag, b)
    elif b.dtype.kind == "c":
        out = a @ b.real + 1j * (a @ b.imag)
    else:
        out = a @ b
    return out


def unit_major(layer: Layer, columns: bool, params: Params) -> Array:
    """The parameters of a layer as one array `(n_out, I)`; input 0 is the 1 of a bias."""
    weights = params[layer.weight] if columns else params[layer.weight].T
    if layer.bias is not None:
        weights = np.concatenate([params[layer.bias].reshape(-1, 1), weights], axis=1)
    return np.ascontiguousarray(weights, np.float64)


def own_layout(layer: Layer, columns: bool, params: Params, entries: Array) -> dict[str, Array]:
    """The inverse of `unit_major`: an array for each parameter, shaped like it."""
    weights = entries if layer.bias is None else entries[:, 1:]
    arrays = {layer.weight: np.ascontiguousarray(weights if columns else weights.T)}
    if layer.bias is not None:
        arrays[layer.bias] = entries[:, 0].reshape(params[layer.bias].shape).copy()
    return arrays


def parameter_shapes(network: Network, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter at the given widths; a separate bias is `(n,)` or `(n, 1)`.

    >>> net = Network((Layer("W1", augmented=True),), lambda z, y: z.sum(1), lambda n: 1 / n)
    >>> parameter_shapes(net, (784, 10))
    {'W1': (785, 10)}
    """
    if len(widths) != len(network.layers) + 1:
        raise ValueError(f"{len(network.layers)} layers have {len(network.layers) + 1} widths")
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, n_in, n_out in zip(network.layers, widths, widths[1:], strict=False):
        inputs = n_in + layer.augmented
        shapes[layer.weight] = (n_out, inputs) if network.columns else (inputs, n_out)
        if layer.bias is not None:
            shapes[layer.bias] = (n_out, 1) if network.columns else (n_out,)
    return shapes
