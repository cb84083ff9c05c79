"""What else people write: each formula is judged as central differences of its network say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from derive import check_document
from derive.verdict import GOOD, Claim

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Network:
    """A document, the shapes that are drawn, and its steps in NumPy, in order."""

    document: str
    shapes: Mapping[str, tuple[int, ...]]
    steps: Mapping[str, Callable[[Arrays], np.ndarray]]
    fixed: Mapping[str, np.ndarray] = field(default_factory=dict)

    def run(self, drawn: Arrays, held: str, value: np.ndarray) -> Arrays:
        """Every quantity, one of them having a value of its own."""
        made = {**self.fixed, **drawn, held: value}
        for name, step in self.steps.items():
            if name != held:
                made[name] = np.asarray(step(made))
        return made

    def slope(self, drawn: Arrays, of: str, wrt: str) -> np.ndarray:
        """The derivative, the axes of what is derived first."""
        start = self.run(drawn, "", np.zeros(()))
        out = np.zeros((*start[of].shape, *start[wrt].shape))
        for place in np.ndindex(*start[wrt].shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = start[wrt].copy()
                moved[place] += step
                ends.append(self.run(drawn, wrt, moved)[of])
            out[(..., *place)] = (ends[0] - ends[1]) / 2e-6
        return out


def softmax(z: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def norm(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum(x * x))


MEANS = Network(
    """
dims n=4, m=3
param a : (n,)
param c : (n,)
param W : m × n
let mu = np.mean(a)
let s = np.sum(W)
let r = a - c
""",
    {"a": (4,), "c": (4,), "W": (3, 4)},
    {
        "mu": lambda v: np.mean(v["a"]),
        "s": lambda v: np.sum(v["W"]),
        "r": lambda v: v["a"] - v["c"],
    },
)

LENGTHS = Network(
    """
dims d=4
input a : (d,)
input b : (d,)
let e = np.sqrt(np.sum((a-b)**2))
let q = np.sum(a*a)**2
let c = np.sum(a*b)/(np.sqrt(np.sum(a*a))*np.sqrt(np.sum(b*b)))
let g = np.sum(np.abs(a))
""",
    {"a": (4,), "b": (4,)},
    {
        "e": lambda v: norm(v["a"] - v["b"]),
        "q": lambda v: np.sum(v["a"] ** 2) ** 2,
        "c": lambda v: v["a"] @ v["b"] / (norm(v["a"]) * norm(v["b"])),
        "g": lambda v: np.sum(np.abs(v["a"])),
    },
)

HEAT = Network(
    """
dims k=3
input z : (k,)
target y : (k,) distribution axis=0
const T : scalar = 2.0
let q = softmax(z/T, 0)
let L = -np.sum(y*np.log(q))
""",
    {"z": (3,)},
    {
        "q": lambda v: softmax(v["z"] / 2, 0),
        "L": lambda v: -np.sum(v["y"] * np.log(v["q"])),
    },
    {"y": np.array([0.2, 0.3, 0.5])},
)

STACKS = Network(
    """
dims B=2, T=3, D=4, V=5
input h : B × T × D
param W : D × V
input k : B × T × D
input u : B × T × V
input g : B × T × D
let s = h @ W
let L = np.sum(u*s)
let S = h @ k.transpose(0, 2, 1)
let O = S @ g
let M = np.sum(O*g)
""",
    {"h": (2, 3, 4), "W": (4, 5), "k": (2, 3, 4), "u": (2, 3, 5), "g": (2, 3, 4)},
    {
        "s": lambda v: v["h"] @ v["W"],
        "L": lambda v: np.sum(v["u"] * v["s"]),
        "S": lambda v: v["h"] @ v["k"].transpose(0, 2, 1),
        "O": lambda v: v["S"] @ v["g"],
        "M": lambda v: np.sum(v["O"] * v["g"]),
    },
)

SLIDES = Network(
    """
dims n=7, k=3
input x : (n,)
param w : (k,)
input g : (n-k+1,)
let y = np.correlate(x, w, mode='valid')
let L = np.sum(g*y)
""",
    {"x": (7,), "w": (3,), "g": (5,)},
    {
        "y": lambda v: np.correlate(v["x"], v["w"], mode="valid"),
        "L": lambda v: np.sum(v["g"] * v["y"]),
    },
)

LABELS = Network(
    """
dims V=4
column
input z : V × 1
const t : (1,) = [2] index
let p = softmax(z, 0)
let L = -np.sum(np.log(p[t, 0]))
""",
    {"z": (4, 1)},
    {
        "p": lambda v: softmax(v["z"], 0),
        "L": lambda v: -np.sum(np.log(v["p"][[2], 0])),
    },
)

PAIRS = Network(
    """
dims N=4, D=3
input Z : N × D
input Y : N × D
let S = Z @ Y.T
let P = softmax(S, 1)
let L = -np.sum(np.log(np.diag(P)))
""",
    {"Z": (4, 3), "Y": (4, 3)},
    {
        "S": lambda v: v["Z"] @ v["Y"].T,
        "P": lambda v: softmax(v["S"], 1),
        "L": lambda v: -np.sum(np.log(np.diag(v["P"]))),
    },
)

Hand = tuple[Network, str, Callable[[Arrays], np.ndarray]]


def full(number: float, *shape: int) -> Callable[[Arrays], np.ndarray]:
    return lambda _: np.full(shape, number)


def softmax_slope(v: Arrays) -> np.ndarray:
    return (np.diag(v["q"]) - np.outer(v["q"], v["q"])) / 2


def hot(v: Arrays) -> np.ndarray:
    return v["p"] - np.eye(4)[:, [2]]


HANDS: dict[str, Hand] = {
    # a number is said of every entry, where the left side names one
    r"\frac{\partial \mu}{\partial a_i} = \frac{1}{n}": (MEANS, "dmu/da", full(1 / 4, 4)),
    r"\frac{\partial \mu}{\partial a_i} = \frac{1}{m}": (MEANS, "dmu/da", full(1 / 3, 4)),
    r"\frac{\partial s}{\partial W_{ij}} = 1": (MEANS, "ds/dW", full(1, 3, 4)),
    r"\frac{\partial s}{\partial W_{ij}} = n": (MEANS, "ds/dW", full(4, 3, 4)),
    r"\frac{\partial r_i}{\partial c_j} = -\delta_{ij}": (
        MEANS,
        "jacobian dr/dc",
        lambda _: -np.eye(4),
    ),
    r"\frac{\partial r_i}{\partial c_j} = -1": (MEANS, "jacobian dr/dc", full(-1, 4, 4)),
    # single bars are a norm where a text has shapes, or is right, with that alone
    r"\frac{a-b}{|a-b|}": (LENGTHS, "de/da", lambda v: (v["a"] - v["b"]) / v["e"]),
    r"\frac{a-b}{|a-b|^2}": (LENGTHS, "de/da", lambda v: (v["a"] - v["b"]) / v["e"] ** 2),
    r"4|a|^2 a": (LENGTHS, "dq/da", lambda v: 4 * np.sum(v["a"] ** 2) * v["a"]),
    r"\frac{b_i}{|a||b|} - c\frac{a_i}{|a|^2}": (
        LENGTHS,
        "dc/da",
        lambda v: v["b"] / norm(v["a"]) / norm(v["b"]) - v["c"] * v["a"] / norm(v["a"]) ** 2,
    ),
    r"\frac{b}{|a||b|} - c\frac{a}{\|a\|}": (
        LENGTHS,
        "dc/da",
        lambda v: v["b"] / norm(v["a"]) / norm(v["b"]) - v["c"] * v["a"] / norm(v["a"]),
    ),
    r"\frac{b}{||a|| ||b||} - c\frac{a}{||a||^2}": (
        LENGTHS,
        "dc/da",
        lambda v: v["b"] / norm(v["a"]) / norm(v["b"]) - v["c"] * v["a"] / norm(v["a"]) ** 2,
    ),
    r"\frac{a_i}{|a_i|}": (LENGTHS, "dg/da", lambda v: np.sign(v["a"])),
    # a name behind a sign in a power is no transpose
    r"\frac{1}{T}\left(\frac{e^{z_i/T}}{\sum_j e^{z_j/T}} - y_i\right)": (
        HEAT,
        "dL/dz",
        lambda v: (v["q"] - v["y"]) / 2,
    ),
    r"\frac{e^{z_i/T}}{\sum_j e^{z_j/T}} - y_i": (HEAT, "dL/dz", lambda v: v["q"] - v["y"]),
    # letters that a size has as its name, too
    r"\frac{\partial q_k}{\partial z_j} = \frac{1}{T} q_k(1\{k=j\} - q_j)": (
        HEAT,
        "jacobian dq/dz",
        softmax_slope,
    ),
    r"\frac{\partial q_k}{\partial z_j} = \frac{1}{T} q_k(1\{k=j\} - q_k)": (
        HEAT,
        "jacobian dq/dz",
        lambda v: (np.diag(v["q"]) - (v["q"] ** 2)[:, None]) / 2,
    ),
    # where a left side is taken is passed over
    r"\left.\frac{\partial L}{\partial z}\right|_{z=u} = \frac{1}{T}(q - y)": (
        HEAT,
        "dL/dz",
        lambda v: (v["q"] - v["y"]) / 2,
    ),
    # products of stacks of matrices
    "ds = u; dh = u @ W.T": (STACKS, "dL/dh", lambda v: v["u"] @ v["W"].T),
    "np.matmul(u, W.T)": (STACKS, "dL/dh", lambda v: v["u"] @ v["W"].T),
    "g @ g.transpose(0, 2, 1)": (STACKS, "dM/dS", lambda v: v["g"] @ v["g"].swapaxes(1, 2)),
    "g @ np.swapaxes(g, 1, 2)": (STACKS, "dM/dS", lambda v: v["g"] @ v["g"].swapaxes(1, 2)),
    "g @ g.transpose(1, 2) @ k": (
        STACKS,
        "dM/dh",
        lambda v: v["g"] @ v["g"].swapaxes(1, 2) @ v["k"],
    ),
    "S @ g": (STACKS, "dM/dg", lambda v: v["S"] @ v["g"]),
    "np.transpose(S, (0, 2, 1)) @ g + S @ g": (
        STACKS,
        "dM/dg",
        lambda v: v["S"].swapaxes(1, 2) @ v["g"] + v["S"] @ v["g"],
    ),
    # kernels that slide; the length of what they leave is declared
    "np.correlate(x, g)": (SLIDES, "dL/dw", lambda v: np.correlate(v["x"], v["g"])),
    "np.convolve(x, g, 'valid')": (SLIDES, "dL/dw", lambda v: np.convolve(v["x"], v["g"], "valid")),
    "np.convolve(g, w)": (SLIDES, "dL/dx", lambda v: np.convolve(v["g"], v["w"])),
    "np.correlate(g, w, mode='full')": (
        SLIDES,
        "dL/dx",
        lambda v: np.correlate(v["g"], v["w"], mode="full"),
    ),
    "dx = np.zeros_like(x)\n    for i in range(len(g)):\n        for j in range(len(w)):\n"
    "            dx[i + j] += g[i] * w[j]": (
        SLIDES,
        "dL/dx",
        lambda v: np.convolve(v["g"], v["w"]),
    ),
    "dx = np.zeros_like(x)\n    for i in range(len(g)):\n        for j in range(len(w)):\n"
    "            dx[j + i] += g[i] * w[0]": (
        SLIDES,
        "dL/dx",
        lambda v: np.convolve(v["g"], np.full(3, v["w"][0])),
    ),
    # entries that labels pick, in a column and on a diagonal
    "dz = p.copy()\n    dz[t] -= 1": (LABELS, "dL/dz", hot),
    "dz = p.copy()\n    dz[t] -= 2": (LABELS, "dL/dz", lambda v: hot(v) - np.eye(4)[:, [2]]),
    "dS = P.copy()\n    dS[np.arange(N), np.arange(N)] -= 1": (
        PAIRS,
        "dL/dS",
        lambda v: v["P"] - np.eye(4),
    ),
    "dS = P.copy()\n    dS[range(N), np.arange(N)] += 1": (
        PAIRS,
        "dL/dS",
        lambda v: v["P"] + np.eye(4),
    ),
}


def judged(network: Network, what: str, text: str) -> Claim:
    (claim,) = check_document(f"{network.document}claim [{what}] {text}\n").claims
    return claim


@pytest.mark.parametrize("text", HANDS)
def test_a_hand_is_judged_as_the_differences_say(text: str, rng: np.random.Generator) -> None:
    network, what, said = HANDS[text]
    drawn = {name: rng.normal(size=shape) for name, shape in network.shapes.items()}
    of, wrt = (end.removeprefix("d") for end in what.split()[-1].split("/"))
    true = network.slope(drawn, of, wrt)
    values = network.run(drawn, "", np.zeros(()))
    right = np.allclose(said(values), true, atol=1e-6)
    claim = judged(network, what, text)
    assert claim.verdict in (GOOD if right else ("refuted", "ill-shaped")), str(claim)


def test_bars_that_are_a_norm_are_said_to_be_one() -> None:
    claim = judged(LENGTHS, "dq/da", "4|a|^2 a")
    assert claim.note == "`|` is the sign of a norm here"


REFUSED = {
    r"\left. x \right|_{x=0}": "closes nothing",
    r"k^{-T}": "the inverse of a matrix is not known here",
    "np.linalg.inv(W.T)": "unknown function `inv`",
    "h.reshape(-1, 4).T @ u.reshape(-1, 5)": "is not laid out anew",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_read_is_no_verdict_on_the_formula(text: str) -> None:
    claim = judged(STACKS, "dL/dW", text)
    assert claim.verdict == "unreadable"
    assert REFUSED[text] in claim.diagnostics[0].message


def test_inverses_are_said_to_be_unknown_and_not_misspelt() -> None:
    (found,) = judged(STACKS, "dL/dW", "np.linalg.inv(W.T)").diagnostics
    assert found.help == "inverses and determinants of matrices are not known here"
