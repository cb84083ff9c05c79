"""Documents whose right claims are made wrong: networks with their gradients, and others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from derive.formulas import gradients
from derive.layers import stack

Named = tuple[str, str]
"""A name, and a document."""

NETWORKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("4,3,2", {}),
    ("3,4:relu,2", {"bias": "separate"}),
    ("3,2:tanh,4:sigmoid,3", {"loss": "mse", "bias": "none"}),
    ("4,3:tanh,2", {"layout": "column", "bias": "separate"}),
    ("4,3:leaky_relu,2", {"reduction": "sum"}),
    ("3,4:softplus,1", {"loss": "bce"}),
    ("3,4,2", {"single": True, "bias": "separate"}),
    ("3,2:silu,2", {"loss": "mse", "layout": "column"}),
    ("2,3:sin,2:tanh", {"loss": "mse", "bias": "separate"}),
    ("3,2:sigmoid,3:relu,2", {}),
)

COLUMNS = r"""dims N=5, D=3, H=4, K=2
column
input x : (D,)
param W1 : H × D
param b1 : (H,)
param W2 : K × H
param b2 : (K,)
target y : (K,) one-hot axis=0
let z1 = W1 @ x + b1
let h = np.tanh(z1)
let z2 = W2 @ h + b2
let p = softmax(z2, 0)
let L = -np.sum(y * np.log(p))
given d2 = dL/dz2
given d1 = dL/dz1
claim [dL/dz2] p - y
claim [dL/dW2] \delta = (p - y) h^T
claim [dL/dW2] \left(p - y\right) h^{\top}
claim [dL/dz1] (W2^T d2) \circ (1 - h^2)
claim [dL/dW1] ((W2^T d2) \odot (1 - h \odot h)) x^T
claim [dL/dW1] d1 x^T
claim [dL/db1] d1
claim [dL/dx] W1^T d1
claim [dL/dW1] np.outer(d1, x)
claim [dL/dh] W2.T @ (p - y)
claim [jacobian dp/dz2] \operatorname{diag}(p) - p p^T
claim [jacobian dz2/dh] W2
claim [elementwise dh/dz1] 1 - h^2
claim [dL/dW2] \frac{\partial L}{\partial W_{2,ij}} = (p_i - y_i) h_j
claim [dL/dx] \frac{\partial L}{\partial x_j} = \sum_i d1_i W1_{ij}
"""

ROWS = r"""dims N, D, H, K
row
input X : N × D
param W : D × H
param b : (H,)
param V : H × K
target Y : N × K
let A = X @ W + b
let Z = np.maximum(A, 0)
let P = Z @ V
let L = np.sum((P - Y)**2) / (2*N)
given dP = dL/dP
given dA = dL/dA
claim [dL/dP] (P - Y) / N
claim [dL/dV] Z.T @ (P - Y) / N
claim [dL/dV] Z^T dP
claim [dL/dA] ((P - Y) @ V.T) * (A > 0) / N
claim [dL/dW] X.T @ (((P - Y) @ V.T) * (A > 0)) / N
claim [dL/db] np.sum(dA, axis=0)
claim [dL/db] dA.sum(axis=0)
claim [dL/dX] dA W^T
claim [dL/dZ] dP V^T
claim [dL/dV] \sum_n Z_{nh} dP_{nk}
"""

NORMALISED = r"""dims n=4, m=3
input X : n × m
input G : n × m
param g : (m,)
let mu = np.mean(X, axis=0)
let v = np.var(X, axis=0)
let s = np.sqrt(v + 0.25)
let Xh = (X - mu) / s
let Y = g * Xh
let L = np.sum(G * Y)
claim [dL/dg] np.sum(G * Xh, axis=0)
claim [dL/dXh] G * g
claim [dL/dX] (G * g - np.mean(G * g, axis=0) - Xh * np.mean(G * g * Xh, axis=0)) / s
"""


def own() -> Iterator[Named]:
    """Networks and documents of this folder."""
    for layers, options in NETWORKS:
        yield from network(layers, options)
    yield "columns", COLUMNS
    yield "rows", ROWS
    yield "normalised", NORMALISED


def documents() -> Iterator[Named]:
    """Those, and the documents of a corpus where there is one."""
    yield from own()
    yield from shared()


def network(layers: str, options: dict[str, Any]) -> Iterator[Named]:
    """The true gradients of one network, all of them claims, in each notation."""
    options = {"reduction": "mean", **options}
    words = [k if v is True else f"{k}={v}" for k, v in options.items()]
    head = " ".join(["stack", layers, *words])
    found = gradients(stack(layers, **options))
    for notation in ("numpy", "latex", "matrix"):
        names = [n for n in found if n != found.derivation.loss]
        claims = [f"claim [dL/d{n}] {getattr(found[n], notation)}" for n in names]
        yield f"{head} ({notation})", "\n".join([head, *claims])


def shared() -> Iterator[Named]:
    """The documents of a corpus, as the tool beside it writes them."""
    folder = os.environ.get("DERIVE_SHARED", "")
    tool = Path(folder, "tools", "cases.py")
    for path in sorted(Path(folder, "cases").glob("*.yaml")) if folder else ():
        show = [sys.executable, str(tool), "show", path.stem]
        text = subprocess.run(show, check=True, capture_output=True, text=True).stdout
        yield path.stem, text
