"""Texts that nobody should send: documents of random pieces, changed documents, and monsters."""

from __future__ import annotations

import random
from collections.abc import Callable

SMALL = """dims N=3, D=2, K=2
row
input x : N × D
param W : D × K
target y : N × K
let z = x @ W
let h = sigmoid(z)
let L = np.sum((h - y)**2) / N
given d = dL/dz
"""

COLUMN = """dims D, H
column
input x : (D,)
param W : H × D as W_{ji}
let a = np.tanh(W @ x)
let L = np.sum(a)
"""

HEADS = (SMALL, COLUMN, "stack 2,3,2\n", "stack 2,2:relu,1 loss=mse column\n", "")

CLAIMS = (
    "claim dL/dW = x^T d",
    r"claim \frac{\partial L}{\partial W} = x^{\top} (2 (h - y) \odot h \odot (1 - h)) / N",
    "claim [dL/dz] dz = 2 * (h - y) * h * (1 - h) / N",
    "claim dL/dW = np.dot(x.T, d)",
    "claim [jacobian dz/dx] W",
    "claim [elementwise dh/dz] h*(1-h)",
    r"claim \frac{\partial L}{\partial W_{ij}} = \sum_n x_{ni} d_{nj}",
    "claim dW2 = [1 H1]^T (yhat - y) / N",
    "claim dL/dW = (1 - a^2) x^T",
    "claim [dL/dW] for i in range(D): dW[i] += x[:, i] @ d",
)

PIECES = (
    *"+-*/^_=()[]{}\\&|<>,.;:'\"!?#%$@~`\n\t ",
    *("x", "W", "z", "h", "y", "d", "L", "N", "D", "H1", "W2", "yhat", "dL/dW", "np", "T"),
    *(r"\frac{", r"\partial", r"\sum_{i=1}^{N}", r"\begin{bmatrix}", r"\left(", r"\right)"),
    *(r"\odot", r"\cdot", r"^\top", r"^{-1}", r"\mathbf{", r"\operatorname{", r"\text{", r"\\"),
    *("np.dot(", "np.sum(", ".T", "@", "**", "lambda q: q", "[::-1]", "axis=0", "keepdims=True"),
    *("for i in range(3):", "if x > 0:", "def f(x): return x", "import os", "__import__('os')"),
    *("0", "1", "2", "1e308", "1e-300", "9" * 29, "9" * 400, "0.1", "1/0", "inf", "nan", "1j"),
    *("²", "ᵀ", "⊙", "∂", "Σ", "∇", "δ", "ŷ", "x̂", "\u0000", "\u202e", "𝐖", "😀", "\ufeff", "ﬁ"),
    *("claim ", "let ", "dims ", "param ", "alias ", "given ", "loss ", "stack ", "row", "input "),
    *(
        "one-hot",
        "distribution axis=1",
        "positive",
        "scalar",
        "×",
        "as",
        "softmax(",
        "relu(",
        "exp(",
    ),
    *(
        "einsum('ij,jk->ik', x, W)",
        "np.outer(",
        "diag(",
        "tr(",
        "reshape(-1,1)",
        "x[i,j]",
        "x[0:2]",
    ),
)


def document(rng: random.Random) -> str:
    """One text: most are changed documents, some are random, a few are monsters."""
    kind = rng.random()
    if kind < 0.04:
        return rng.choice(MONSTERS)(rng)
    if kind < 0.15:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 60)))
    head = rng.choice(HEADS)
    claims = [rng.choice(CLAIMS) for _ in range(rng.randint(1, 2))]
    if kind < 0.35:
        made = " ".join(rng.choice(PIECES) for _ in range(rng.randint(1, 15)))
        claims = ["claim " + rng.choice(("", "[dL/dW] ", "dL/dW = ")) + made.replace("\n", " ")]
    text = head + "\n".join(claims)
    for _ in range(rng.randint(0, 4)):
        text = _changed(text, rng)
    return text


def _changed(text: str, rng: random.Random) -> str:
    """A piece put in, taken out, put twice, or exchanged for another."""
    start = rng.randrange(len(text) + 1)
    end = min(len(text), start + rng.choice((0, 1, 1, 2, 5, 20)))
    piece = rng.choice(("", rng.choice(PIECES), text[start:end] * 2, text[start:end][::-1]))
    return text[:start] + piece + text[end:]


# ------------------------------------------------------------------------------------- monsters


def _nested(rng: random.Random) -> str:
    left, right = rng.choice(
        (("(", ")"), ("{", "}"), ("[", "]"), (r"\frac{1}{", "}"), ("exp(", ")"))
    )
    depth = rng.choice((20, 90, 101, 1000, 5000))
    return f"{SMALL}claim dL/dW = {left * depth}x{right * rng.choice((depth, depth - 1, 0))}"


def _powers(rng: random.Random) -> str:
    tower = "^".join(
        ["x", *(rng.choice(("2", "9", "99", "x", "-3")) for _ in range(rng.randint(1, 40)))]
    )
    code = "**".join(["z", *("9" for _ in range(rng.randint(1, 30)))])
    claim = rng.choice((tower, code, "(x + W + z + h)**300", "h**300 * (1-h)**299"))
    return f"{SMALL}claim [dL/dz] {claim}"


def _many(rng: random.Random) -> str:
    claim = rng.choice(CLAIMS)
    return SMALL + f"{claim}\n" * rng.choice((10, 30)) + "let q = h\n" * rng.choice((0, 3000))


def _sums(rng: random.Random) -> str:
    """A product of sums, which has very many terms once it is written out."""
    factor = rng.choice(("(h + y + z)", "(1 - h)", "(x @ W + y)", "exp(z + h)", "(y - h + 1)"))
    sign = rng.choice((" * ", " ∘ ", " + "))
    return f"{SMALL}claim [dL/dz] {sign.join([factor] * rng.choice((5, 12, 60, 400)))}"


def _large(rng: random.Random) -> str:
    size = rng.choice(("10", "1000", "30000", "999999999"))
    head = f"input x : {size} × {size}\nparam W : {size} × 3\nlet L = np.sum(x @ W)"
    return f"{head}\nclaim dL/dW = x^T x W"


def _named(rng: random.Random) -> str:
    name = rng.choice("abW") * rng.choice((50, 199, 300, 5000))
    return f"dims D\ninput {name} : (D,)\nlet L = np.sum({name}**2)\nclaim dL/d{name} = 2 {name}"


def _lettered(rng: random.Random) -> str:
    letters = "ijklmnpqrstuv"[: rng.randint(2, 13)]
    sums = "".join(rf"\sum_{letter} " for letter in letters)
    places = " ".join(
        f"x_{{{rng.choice(letters)} {rng.choice(letters)}}}" for _ in range(rng.randint(1, 40))
    )
    return f"{SMALL}claim dL/dW_{{ab}} = {sums}{places}"


def _subscripts(rng: random.Random) -> str:
    many = ",".join("ijkl"[k % 4] for k in range(rng.choice((50, 3000))))
    return f"{SMALL}claim dL/dW_{{ij}} = x_{{{many}}}"


def _deep(rng: random.Random) -> str:
    """A chain of layers, or of names that each double the last."""
    depth = rng.choice((5, 30, 200))
    start = "x @ W" if rng.random() < 0.5 else "x @ W * 2"
    lines = [f"let q0 = {start}"]
    op = rng.choice(
        ("np.tanh(q{0})", "q{0} * q{0}", "q{0} + q{0}", "np.exp(q{0})", "q{0} * (1 - q{0})")
    )
    lines += [f"let q{k + 1} = {op.format(k)}" for k in range(depth)]
    head = SMALL.split("let z")[0] + "\n".join(lines)
    return f"{head}\nlet L = np.sum(q{depth})\nclaim dL/dW = x^T q{depth}"


def _long(rng: random.Random) -> str:
    return (
        f"{SMALL}claim dL/dW = " + rng.choice(("x + ", "x W ", "2 * ", "x^T ", "- ")) * 4000 + "x"
    )


def _layers(rng: random.Random) -> str:
    layers = ",".join(["3"] * rng.choice((10, 40, 512, 600)))
    return f"stack {layers}\nclaim dL/dW1 = [1 x]^T dL/dz1\nclaim dL/dW2 = H1^T dL/dz1"


def _aliases(rng: random.Random) -> str:
    count = rng.choice((10, 600))
    rows = (
        f"alias q{k} = {f'q{k - 1} * q{k - 1}' if rng.random() < 0.9 and k else 'h'}"
        for k in range(count)
    )
    return SMALL + "\n".join(rows) + f"\nclaim [dL/dz] q{count - 1}"


MONSTERS: tuple[Callable[[random.Random], str], ...] = (
    _nested,
    _powers,
    _many,
    _sums,
    _large,
    _named,
    _lettered,
    _subscripts,
    _deep,
    _long,
    _layers,
    _aliases,
)
