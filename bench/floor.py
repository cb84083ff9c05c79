"""The floor under a gradient step in NumPy: its matrix products, and nothing else.

Everything is allocated beforehand, [1 x] is built once, and the first weights lie as it suits the
layout. There are two layouts, and the faster one is the floor: features x samples, where [1; H] is
one array, so biases are part of the products; and samples x features, where they are left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.nets import Array, Inputs, Step
from codegen.costs import DOT_ENTRIES

Product = Callable[[], object]


def product(a: Array, b: Array, out: Array) -> Product:
    """out = a b, by what is quicker for its size."""
    multiply = np.dot if out.size <= DOT_ENTRIES else np.matmul
    return lambda: multiply(a, b, out=out)


def outer(a: Array, b: Array, out: Array) -> Product:
    """out = a b of a column and a row, padded to two of each: BLAS is quick only then."""
    if out.size <= DOT_ENTRIES:
        return product(a, b, out)
    left, right = np.zeros((len(a), 2), a.dtype), np.zeros((2, b.shape[1]), b.dtype)
    first, top = left[:, :1], right[:1]

    def padded() -> None:
        np.copyto(first, a)
        np.copyto(top, b)
        np.matmul(left, right, out=out)

    return padded


def in_a_row(products: list[Product]) -> Step:
    """All the products, one after another."""

    def run() -> None:
        for one in products:
            one()

    return Step(run, None)


def weight_product(given: Inputs) -> Callable[[Array, Array, Array], Product]:
    """How the gradient of weights is multiplied."""
    return outer if given.case.batch == 1 else product


def columns(given: Inputs) -> tuple[list[Product], list[Array]]:
    """Features x samples: the products, and the arrays of the gradients."""
    sizes, n, dtype = given.net.sizes, given.case.batch, given.x.dtype
    X1, multiply = given.ones_and_x, weight_product(given)
    W = list(given.params.values())
    W[0] = np.asfortranarray(W[0])
    A = [X1.T] + [np.ones((size + 1, n), dtype) for size in sizes[1:-1]]
    last = np.empty((sizes[-1], n), dtype)
    H = [*(a[1:] for a in A[1:]), last]
    D = [*(np.empty((size, n), dtype) for size in sizes[1:-1]), last]
    G = [np.empty_like(w, order="F" if k == 0 else "C") for k, w in enumerate(W)]
    found = [product(w.T, a, h) for w, a, h in zip(W, A, H, strict=True)]
    for k in reversed(range(1, len(W))):
        found.append(multiply(A[k], D[k].T, G[k]))
        found.append(product(W[k][1:], D[k], D[k - 1]))
    return [*found, multiply(D[0], X1, G[0].T)], G


def rows(given: Inputs) -> tuple[list[Product], list[Array]]:
    """Samples x features: the products, and the arrays of the gradients."""
    sizes, n, dtype = given.net.sizes, given.case.batch, given.x.dtype
    X1, multiply = given.ones_and_x, weight_product(given)
    W = list(given.params.values())
    H = [np.empty((n, size), dtype) for size in sizes[1:-1]]
    last = np.empty((sizes[-1], n), dtype)
    D = [*(np.empty((n, size), dtype) for size in sizes[1:-1]), last.T]
    G = [np.zeros_like(w, order="F" if k == 0 else "C") for k, w in enumerate(W)]
    found = [product(X1, W[0], H[0])]
    found += [product(a, w[1:], h) for a, w, h in zip(H, W[1:-1], H[1:], strict=False)]
    found.append(product(W[-1][1:].T, H[-1].T, last))
    for k in reversed(range(1, len(W))):
        found.append(multiply(H[k - 1].T, D[k], G[k][1:]))
        found.append(product(D[k], W[k][1:].T, D[k - 1]))
    return [*found, multiply(D[0].T, X1, G[0].T)], G
