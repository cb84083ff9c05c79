"""PyTorch: a step by its autograd, and one written by hand into arrays that are there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bench.nets import Array, Gradients, Inputs, Maker, Step, joined

aten = torch.ops.aten
Tensor = Any


@dataclass(frozen=True, slots=True)
class Activation:
    """The function; it into `out`; d times its slope, in place, by z and by h.

    Where the slope needs z, z is kept in an array of its own; else h takes its place.
    """

    call: Callable[[Tensor], Tensor]
    into: Callable[[Tensor, Tensor], Tensor]
    back: Callable[[Tensor, Tensor, Tensor], Tensor]
    keeps_z: bool = False


def _gelu(z: Tensor) -> Tensor:
    return F.gelu(z, approximate="tanh")


ACTIVATIONS = {
    "sigmoid": Activation(
        torch.sigmoid,
        lambda z, h: torch.sigmoid(z, out=h),
        lambda d, z, h: aten.sigmoid_backward.grad_input(d, h, grad_input=d),
    ),
    "tanh": Activation(
        torch.tanh,
        lambda z, h: torch.tanh(z, out=h),
        lambda d, z, h: aten.tanh_backward.grad_input(d, h, grad_input=d),
    ),
    "relu": Activation(
        torch.relu,
        lambda z, h: torch.clamp_min(z, 0, out=h),
        lambda d, z, h: aten.threshold_backward.grad_input(d, h, 0, grad_input=d),
    ),
    "leaky_relu": Activation(
        F.leaky_relu,
        lambda z, h: aten.leaky_relu.out(z, 0.01, out=h),
        lambda d, z, h: aten.leaky_relu_backward.grad_input(d, h, 0.01, True, grad_input=d),
    ),
    "elu": Activation(
        F.elu,
        lambda z, h: aten.elu.out(z, 1, 1, 1, out=h),
        lambda d, z, h: aten.elu_backward.grad_input(d, 1, 1, 1, True, h, grad_input=d),
    ),
    "softplus": Activation(
        F.softplus,
        lambda z, h: aten.softplus.out(z, 1, 20, out=h),
        lambda d, z, h: aten.softplus_backward.grad_input(d, z, 1, 20, grad_input=d),
        True,
    ),
    "silu": Activation(
        F.silu,
        lambda z, h: aten.silu.out(z, out=h),
        lambda d, z, h: aten.silu_backward.grad_input(d, z, grad_input=d),
        True,
    ),
    "gelu_tanh": Activation(
        _gelu,
        lambda z, h: aten.gelu.out(z, approximate="tanh", out=h),
        lambda d, z, h: aten.gelu_backward.grad_input(d, z, approximate="tanh", grad_input=d),
        True,
    ),
    "sin": Activation(
        torch.sin,
        lambda z, h: torch.sin(z, out=h),
        lambda d, z, h: d.mul_(z.cos_()),
        True,
    ),
}


def eager(given: Inputs) -> Step:
    """The loss in the layout of nn.Linear, and torch.autograd.grad."""
    x, labels = torch.from_numpy(given.x), torch.from_numpy(given.labels)
    values = given.params.values()
    W = [torch.from_numpy(np.ascontiguousarray(w[1:].T)).requires_grad_() for w in values]
    b = [torch.from_numpy(w[0].copy()).requires_grad_() for w in values]
    calls = [ACTIVATIONS[word].call for word in given.net.hidden]

    def run() -> Any:
        h = x
        for w, c, call in zip(W, b, calls, strict=False):
            h = call(F.linear(h, w, c))
        loss = F.cross_entropy(F.linear(h, W[-1], b[-1]), labels)
        return torch.autograd.grad(loss, [*W, *b])

    def found() -> Gradients:
        parts = run()
        pairs = zip(parts[: len(W)], parts[len(W) :], strict=True)
        both = (joined(dw.numpy().T, db.numpy()) for dw, db in pairs)
        return dict(zip(given.params, both, strict=True))

    return Step(run, found)


class Hand:
    """The arrays of a step by hand, features x samples."""

    def __init__(self, given: Inputs) -> None:
        inner, n, dtype = given.net.sizes[1:-1], given.case.batch, given.x.dtype
        kind = torch.from_numpy(np.empty(0, dtype)).dtype
        self.net, self.n = given.net, n
        self.x1 = torch.from_numpy(given.ones_and_x)
        self.y = torch.from_numpy(np.ascontiguousarray(given.y.T))
        self.W = [torch.from_numpy(w) for w in given.params.values()]
        self.first = self.W[0].T.contiguous()
        self.acts = [ACTIVATIONS[word] for word in given.net.hidden]
        self.A = [torch.ones(size + 1, n, dtype=kind) for size in inner]
        self.H = [a[1:] for a in self.A]
        self.Z = [
            torch.empty(size, n, dtype=kind) if act.keeps_z else h
            for size, act, h in zip(inner, self.acts, self.H, strict=True)
        ]
        self.D = [torch.empty(size, n, dtype=kind) for size in given.net.sizes[1:]]
        shapes = [
            (b, a + 1) if k == 0 else (a + 1, b)
            for k, (a, b) in enumerate(pairwise(given.net.sizes))
        ]
        self.G = [torch.empty(*shape, dtype=kind) for shape in shapes]

    @torch.no_grad()
    def run(self) -> None:
        """One step."""
        W, A, H, Z, D, G = self.W, self.A, self.H, self.Z, self.D, self.G
        last = len(W) - 1
        for k, act in enumerate(self.acts):
            left, right = (W[k].T, A[k - 1]) if k else (self.first, self.x1.T)
            torch.mm(left, right, out=Z[k])
            act.into(Z[k], H[k])
        torch.mm(W[last].T, A[-1], out=D[last])
        torch.softmax(D[last], 0, out=D[last])
        D[last].sub_(self.y).mul_(1 / self.n)
        for k in range(last, 0, -1):
            torch.mm(A[k - 1], D[k].T, out=G[k])
            torch.mm(W[k][1:], D[k], out=D[k - 1])
            self.acts[k - 1].back(D[k - 1], Z[k - 1], H[k - 1])
        torch.mm(D[0], self.x1, out=G[0])

    def gradients(self) -> Gradients:
        """A step, and what it leaves."""
        self.run()
        arrays: list[Array] = [self.G[0].T.numpy(), *(g.numpy() for g in self.G[1:])]
        return dict(zip(self.net.weights, arrays, strict=True))


def by_hand(given: Inputs) -> Step:
    """No autograd, no allocation."""
    hand = Hand(given)
    return Step(hand.run, hand.gradients)


STEPS: dict[str, Maker] = {"PyTorch autograd": eager, "PyTorch by hand": by_hand}
