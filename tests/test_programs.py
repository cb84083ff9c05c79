"""Programs as people write them: each is run, and what is said of it has to agree with numbers.

A program is right if its result is what central differences of the loss say, at two points. Nothing
here knows how a text is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derive import check_document

Names = dict[str, Any]
GOOD = ("proved", "confirmed")


class Net:
    """A forward pass: sizes, symbols as `name : shape fact`, equations, the last one the loss."""

    def __init__(self, sizes: str, symbols: str, equations: str) -> None:
        self.sizes = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", sizes)}
        self.symbols = [line.strip() for line in symbols.split(";")]
        self.equations = [line.strip() for line in equations.split(";")]

    @property
    def loss(self) -> str:
        return _target(self.equations[-1])

    def document(self, by: str, code: str) -> str:
        """The claim that a program is the derivative of the loss by a name."""
        lines = ["dims " + ", ".join(f"{k}={v}" for k, v in self.sizes.items())]
        lines = [] if not self.sizes else lines
        lines += [f"input {symbol}" for symbol in self.symbols]
        lines += [f"let {one}" for one in self.equations[:-1]]
        lines += [f"loss {self.equations[-1]}", f"claim [d{self.loss}/d{by}]"]
        return "\n".join([*lines, *(f"    {line}" for line in code.splitlines())]) + "\n"

    def sample(self, seed: int) -> Names:
        """Numbers for the symbols; every label comes, and one of them twice."""
        rng, found = np.random.default_rng(seed), dict[str, Any](self.sizes)
        for symbol in self.symbols:
            name, rest = symbol.split(" : ")
            sizes = re.findall(r"[\w+-]+", rest.split(" one-hot")[0].split(" index")[0])
            shape = tuple(int(eval(size, {}, dict(self.sizes))) for size in sizes)  # noqa: S307
            found[name] = rng.normal(size=shape)
            if "one-hot" in rest:
                found[name] = np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
            if "index" in rest:
                found[name] = np.array([0, 1, 2, 0, 2])
        return found

    def forward(self, names: Names, start: int = 0) -> Names:
        """All values, from one equation on."""
        made = {**LIBRARY, **names}
        for line in self.equations[start:]:
            exec(line, made)  # noqa: S102 (our own text)
        return made

    def slope(self, names: Names, by: str) -> NDArray[Any]:
        """The derivative of the loss by central differences."""
        targets = [_target(line) for line in self.equations]
        start = targets.index(by) + 1 if by in targets else 0
        values = self.forward(names)
        found = np.zeros_like(values[by])
        for place in np.ndindex(*found.shape):
            moved = [values[by].copy() for _ in "+-"]
            moved[0][place] += 1e-6
            moved[1][place] -= 1e-6
            ends = [self.forward({**values, by: one}, start)[self.loss] for one in moved]
            found[place] = (ends[0] - ends[1]) / 2e-6
        return found

    def is_right(self, by: str, code: str) -> bool:
        """Whether a program computes the derivative."""
        for seed in (1, 2):
            names = self.sample(seed)
            values = self.forward(names)
            shelf = {key: value for key, value in values.items() if not key.startswith("__")}
            space = {**values, "params": shelf, "cache": shelf, "grads": {}}
            try:
                exec(code, space)  # noqa: S102 (our own text)
            except ValueError:
                return False  # the shapes do not fit
            last = [line for line in code.splitlines() if re.match(r"[\w'\[\]]+ *[-+/*]?= ", line)][
                -1
            ]
            made, wanted = np.asarray(eval(_target(last), space)), self.slope(names, by)  # noqa: S307
            if made.shape != wanted.shape or not np.allclose(made, wanted, atol=1e-5):
                return False
        return True


def _target(line: str) -> str:
    return re.split(r" *[-+/*]?= ", line)[0]


def _softmax(z: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _correlated(a: NDArray[Any], v: NDArray[Any]) -> NDArray[Any]:
    rows, columns = (whole - part + 1 for whole, part in zip(a.shape, v.shape, strict=True))
    p, q = v.shape
    return np.array(
        [[np.sum(a[i : i + p, j : j + q] * v) for j in range(columns)] for i in range(rows)]
    )


def _convolved(a: NDArray[Any], v: NDArray[Any], mode: str = "full") -> NDArray[Any]:
    wide = np.pad(a, [(size - 1, size - 1) for size in v.shape]) if mode == "full" else a
    return _correlated(wide, v[::-1, ::-1])


LIBRARY: Mapping[str, Any] = {
    "np": np,
    "softmax": _softmax,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "xcorr2_valid": _correlated,
    "convolve2d": _convolved,
}

LABELS = Net(
    "N=5, D=4, C=3",
    "X : N × D; W : D × C; y : (N,) index",
    "s = X @ W; p = softmax(s); L = -np.sum(np.log(p[np.arange(N), y]))/N",
)
DENSE = Net(
    "N=5, D=4, H=6, C=3",
    "X : N × D; W1 : D × H; b1 : (H,); W2 : H × C; y : N × C one-hot",
    "z1 = X @ W1 + b1; h = np.maximum(0, z1); s = h @ W2; p = softmax(s);"
    "L = -np.sum(y*np.log(p))/N",
)
COLUMNS = Net(
    "n=4, m=5, k=3",
    "X : n × m; W1 : k × n; b1 : k × 1; W2 : 1 × k; Y : 1 × m",
    "Z1 = W1 @ X + b1; A1 = np.tanh(Z1); A2 = W2 @ A1; L = np.sum((A2 - Y)**2)/(2*m)",
)
IMAGE = Net(
    "H=6, W=4, k=2",
    "x : H × W; w : k × k; d : H-k+1 × W-k+1",
    "out = xcorr2_valid(x, w); L = np.sum(d*out)",
)
SIGNAL = Net(
    "",
    "x : (8,); v : (3,); d : (6,)",
    "c = x[0:6]*v[0] + x[1:7]*v[1] + x[2:8]*v[2]; L = np.sum(d*c)",
)
SAME = Net("", "x : (8,); v : (3,); d : (8,)", "L = np.sum(d*np.convolve(x, v, 'same'))")
PATCHES = Net("", "x : 4 × 6; d : 2 × 3", "L = np.sum(np.kron(d, np.ones((2, 2)))*x)/4")

_LABEL_LOOP = """\
dW = np.zeros(W.shape)
for i in range(N):
    for j in range(C):
        if j == y[i]:
            dW[:, j] += (p[i, j] {} 1) * X[i]
        else:
            dW[:, j] += p[i, j] * X[i]
dW /= N"""
_SAFE_LOOP = """\
dW = np.zeros_like(W)
for i in range(N):
    f = X[i].dot(W)
    f -= np.max(f)
    q = np.exp(f) / np.sum(np.exp(f))
    for j in range(C):
        dW[:, j] += (q[j] - (j == y[i])) * X[i]
dW /= N"""
_ONE_HOT_LOOP = "Y = np.zeros((N, C))\nfor i in range(N):\n    Y[i, y[i]] = 1\ndW = X.T @ ({}) / N"
_SAFE = """\
def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)
dW2 = h.T @ (softmax(s) - y) / N"""
_CHANGES_ITS_ARGUMENT = """\
def step(x):
{}    x[x <= 0] = 0
    x[x > 0] = 1
    return x
ds = (p - y) / N
dz1 = (ds @ W2.T) * step(h)
dW2 = h.T @ ds"""
_BY_NAME = """\
grads['W2'] = h.T.dot((p - y) / N)
dh = ((p - y) / N).dot({}.T)
dW1 = X.T.dot(dh * (z1 > 0))"""
_BACKWARD = """\
def backward(d, A):
    dW = np.dot(d, A.T) / m
    db = np.sum(d, axis=1, keepdims=True) / m
    return dW, db
dZ1 = np.dot(W2.T, A2 - Y) * (1 - A1**2)
dW1, db1 = backward(dZ1, {})
dW1 = dW1"""
_LAYERS = """\
Ws = [W1, W2]
hs = [X, h]
d = (p - y) / N
for i in reversed(range(2)):
    dW = hs[i].T @ d
    if i > 0:
        d = d @ Ws[{}].T * (hs[i] > 0)
dW = dW"""
_NAMES = """\
cache = {{'A0': X, 'A1': A1}}
ws = {{'W1': W1, 'W2': W2}}
d = (A2 - Y) / m
for l in [2, 1]:
    grads[f'dW{{l}}'] = d @ cache['A' + str(l - 1)].T
    if l > 1:
        d = ws[f'W{{{}}}'].T @ d * (1 - cache[f'A{{l - 1}}']**2)
dW1 = grads['dW1']"""
_SAMPLES = """\
dW1 = np.zeros(W1.shape)
for i in range(m):
    d1 = W2.T @ (A2[:, i] - Y[:, i]) * (1 - A1[:, i]**2)
    dW1 += np.outer(d1, X[:, {}])
dW1 = dW1 / m"""
_WINDOWS = """\
dx = np.zeros((H, W))
for i in range(H-k+1):
    for j in range(W-k+1):
        dx[i:i+k, j:j+k] += d[i, j] * {}
dx = dx"""
_KERNEL = """\
dw = np.zeros((k, k))
for i in range(k):
    for j in range(k):
        dw[i, j] = np.sum(d * x[i:i+H-k+1, {}])
dw = dw"""
_BLOCKS = """\
dx = np.zeros((4, 6))
for i in range(2):
    for j in range(3):
        dx[2*i:2*i+2, 2*j:2*j+2] = d[i, j] / {}
dx = dx"""

GALLERY: list[tuple[Net, str, str]] = [
    *((LABELS, "W", _LABEL_LOOP.format(sign)) for sign in "-+"),
    (LABELS, "W", _SAFE_LOOP),
    *((LABELS, "W", _ONE_HOT_LOOP.format(term)) for term in ("p - Y", "Y - p")),
    (LABELS, "W", "Y = (np.arange(C) == y[:, None])\ndW = X.T @ (p - Y) / N"),
    (LABELS, "s", "d = p.copy()\nnp.add.at(d, (np.arange(N), y), -1)\nd /= N"),
    (LABELS, "s", "d = p / N\nfor i, k in enumerate(y):\n    d[i, k] -= 1 / N\nd = d"),
    (DENSE, "W2", _SAFE),
    (DENSE, "W2", _CHANGES_ITS_ARGUMENT.format("")),
    (DENSE, "W2", _CHANGES_ITS_ARGUMENT.format("    x = x.copy()\n")),
    (DENSE, "W2", "d = p\nd -= y\nd /= N\ndW2 = h.T @ p"),
    (DENSE, "W2", "d = p\nd = d - y\nd /= N\ndW2 = h.T @ p"),
    *((DENSE, "W1", _BY_NAME.format(name)) for name in ("W2", "grads['W2']")),
    *((DENSE, "W1", _LAYERS.format(i)) for i in ("i", "-1", "-2 + i")),
    *((COLUMNS, "W1", _BACKWARD.format(name)) for name in ("X", "2 * X")),
    *((COLUMNS, "W1", _NAMES.format(l)) for l in ("l", "1")),
    *((COLUMNS, "W1", _SAMPLES.format(i)) for i in ("i", "0")),
    *((IMAGE, "x", _WINDOWS.format(w)) for w in ("w", "w.T")),
    *((IMAGE, "w", _KERNEL.format(slice_)) for slice_ in ("j:j+W-k+1", "0:W-k+1")),
    *((IMAGE, "x", f"dx = convolve2d(d, {w}, mode='full')") for w in ("w", "w[::-1, ::-1]")),
    *((IMAGE, "w", f"dw = convolve2d(x, {d}, 'valid')") for d in ("np.rot90(d, 2)", "d")),
    *((SIGNAL, "v", f"dv = np.correlate({ends})") for ends in ("x, d", "x, d[::-1]")),
    *((SIGNAL, "x", f"dx = np.{name}(d, v, 'full')") for name in ("convolve", "correlate")),
    (SIGNAL, "v", "dv = np.array([np.sum(d * x[j:j+6]) for j in range(3)])"),
    *((SAME, "x", f"dx = np.{name}(d, v, 'same')") for name in ("convolve", "correlate")),
    *((PATCHES, "x", _BLOCKS.format(count)) for count in (4, 2)),
    (PATCHES, "x", "dx = np.repeat(np.repeat(d, 2, axis=0), 2, axis=1) / 4"),
    (PATCHES, "x", "dx = d.repeat(2, axis=1).repeat(2, axis=0) / 2"),
]


@pytest.mark.parametrize(("net", "by", "code"), GALLERY)
def test_a_program_is_judged_as_its_numbers_are(net: Net, by: str, code: str) -> None:
    right = net.is_right(by, code)
    verdict = str(check_document(net.document(by, code)).claims[-1].verdict)
    assert verdict in (GOOD if right else ("refuted", "ill-shaped")), verdict


def test_the_gallery_has_right_and_wrong_programs() -> None:
    labels = [net.is_right(by, code) for net, by, code in GALLERY if net is not DENSE]
    assert 10 <= sum(labels) <= len(labels) - 8


@pytest.mark.parametrize(
    ("net", "by", "code", "said"),
    [
        (DENSE, "s", "ds = p / np.max(2 * p)", "followed only of a declared name"),
        (
            IMAGE,
            "w",
            "dw = np.zeros((k, k))\nfor i in range(H):\n    dw += x[i:i+k, 0:k]",
            "stays within",
        ),
        (IMAGE, "w", "dw = np.convolve(x, d)", "takes two arrays with 1 axis"),
        (SIGNAL, "v", "dv = np.correlate(d, x)", "the first array is the longer one"),
        (DENSE, "W1", "def f(z):\n    return z, z\ndW1 = f(W1)", "several values"),
        (DENSE, "W1", "def f(z):\n    return f(z)\ndW1 = f(W1)", "cannot be called so"),
        (DENSE, "W1", "def f(z):\n    z = 2\ndW1 = f(W1)", "what `f` gives is not known"),
        (DENSE, "W1", "a, b = h, p", "several values"),
    ],
)
def test_what_is_not_read_says_why(net: Net, by: str, code: str, said: str) -> None:
    claim = check_document(net.document(by, code)).claims[-1]
    assert str(claim.verdict) == "unreadable"
    assert said in claim.diagnostics[0].message


@pytest.mark.parametrize(
    ("net", "by", "code"),
    [
        (
            COLUMNS,
            "W1",
            "dW1 = (W2.T @ (A2 - Y) * (1 - A1**2)) @ X.T / m\ndb1 = b1\nreturn dW1, db1",
        ),
        (COLUMNS, "W2", "dW2 = (A2 - Y) @ A1.T / m\nreturn {'dW1': W1, 'dW2': dW2}"),
        (COLUMNS, "W2", "dW1, dW2 = W1, (A2 - Y) @ A1.T / m"),
    ],
)
def test_of_several_values_the_one_that_is_asked_for_is_judged(
    net: Net, by: str, code: str
) -> None:
    assert str(check_document(net.document(by, code)).claims[-1].verdict) == "proved"
