"""Formulas in the hands of many authors: what each is judged, and what NumPy's differences say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from derive import check_document
from derive.verdict import GOOD, Claim

Arrays = Mapping[str, np.ndarray]

DOCUMENT = """
dims N=5, D=3, H=4, K=2
row
input x : N × D
param W1 : D × H
param b1 : 1 × H
param W2 : H × K
param b2 : 1 × K
target y : N × K distribution
let z1 = x W1 + b1
let H1 = relu(z1)
let z2 = H1 W2 + b2
let yhat = softmax(z2)
loss L = -sum(y * log(yhat))
given d = dL/dz2
"""

SHAPES = {"x": (5, 3), "W1": (3, 4), "b1": (1, 4), "W2": (4, 2), "b2": (1, 2), "z1": (5, 4)}


def drawn(rng: np.random.Generator) -> dict[str, np.ndarray]:
    values = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    y = rng.random((5, 2))
    return {**values, "y": y / y.sum(axis=1, keepdims=True)}


def forward(values: Arrays, of: str) -> dict[str, np.ndarray]:
    """Every quantity; z1 and H1 are taken as given where they are what is derived by."""
    made = dict(values)
    if of != "z1":
        made["z1"] = made["x"] @ made["W1"] + made["b1"]
    if of != "H1":
        made["H1"] = np.maximum(made["z1"], 0)
    if of != "z2":
        made["z2"] = made["H1"] @ made["W2"] + made["b2"]
    e = np.exp(made["z2"] - made["z2"].max(axis=1, keepdims=True))
    made["yhat"] = e / e.sum(axis=1, keepdims=True)
    made["L"] = -np.sum(made["y"] * np.log(made["yhat"]))
    return made


def slope(values: Arrays, of: str) -> np.ndarray:
    """The gradient of the loss by central differences."""
    start = forward(values, "")
    out = np.zeros_like(start[of])
    for place in np.ndindex(*out.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = start[of].copy()
            moved[place] += step
            ends.append(forward({**start, of: moved}, of)["L"])
        out[place] = (ends[0] - ends[1]) / 2e-6
    return out


Value = Callable[[Arrays], np.ndarray]


def delta(v: Arrays) -> np.ndarray:
    return v["yhat"] - v["y"]


def back(v: Arrays) -> np.ndarray:
    return delta(v) @ v["W2"].T * (v["z1"] > 0)


def columns(a: np.ndarray) -> np.ndarray:
    return a.sum(axis=0, keepdims=True)


HANDS: dict[str, tuple[str, Value]] = {
    # text: what it is the derivative by, or is said to be, and the same in NumPy
    "yhat - y": ("z2", delta),
    "(yhat - y) / N": ("z2", lambda v: delta(v) / 5),
    # a given name before another name
    "d W2^T": ("H1", lambda v: delta(v) @ v["W2"].T),
    r"d\, W_2^\top": ("H1", lambda v: delta(v) @ v["W2"].T),
    "H1^T d": ("W2", lambda v: v["H1"].T @ delta(v)),
    "x^T (d W2^T ∘ [z1 > 0])": ("W1", lambda v: v["x"].T @ back(v)),
    "x^T d W2^T": ("W1", lambda v: v["x"].T @ delta(v) @ v["W2"].T),
    # brackets of every kind after a function, and after a name
    r"\exp[z_2] / \mathrm{sum}(\exp\{z_2\}, axis=1, keepdims=True) - y": ("z2", delta),
    r"\operatorname{softmax}\{z_2\} - y": ("z2", delta),
    "H1^T (yhat - y)": ("W2", lambda v: v["H1"].T @ delta(v)),
    "H1 (yhat - y)^T": ("W2", lambda v: v["H1"].T @ -delta(v)),
    # indicators
    r"(\hat y - y) W_2^\top \odot \mathbb{1}(z_1 > 0)": ("z1", back),
    r"(\hat y - y) W_2^\top \odot \mathbf 1_{z_1>0}": ("z1", back),
    "d W2^T ∘ 𝟙[z1 > 0]": ("z1", back),
    "[z1 < 0] ∘ d W2^T": ("z1", lambda v: delta(v) @ v["W2"].T * (v["z1"] < 0)),
    # sums along an axis, and products with ones
    "sum(yhat - y, axis=0, keepdims=True)": ("b2", lambda v: columns(delta(v))),
    "N mean(yhat - y, axis=0, keepdims=True)": ("b2", lambda v: columns(delta(v))),
    "mean(yhat - y, axis=0, keepdims=True)": ("b2", lambda v: columns(delta(v)) / 5),
    r"\mathbf{1}^T (\hat y - y)": ("b2", lambda v: columns(delta(v))),
    r"\mathbf 1_N^\top (\hat y - y)": ("b2", lambda v: columns(delta(v))),
    r"\frac{2}{2}\mathbf{1}^\top(\hat y - y)": ("b2", lambda v: columns(delta(v))),
    r"\frac{1}{N}\mathbf{1}^\top(\hat y - y)": ("b2", lambda v: columns(delta(v)) / 5),
    r"-\mathbf{1}^\top(y - \hat y)": ("b2", lambda v: columns(delta(v))),
    "D = d W2^T ∘ [z1 > 0]; dL/db1 = 1^T D": ("b1", lambda v: columns(back(v))),
    # the softmax in many ways
    "exp(z2 - logsumexp(z2, axis=1, keepdims=True)) - y": ("z2", delta),
    "exp(z2 - log(sum(exp(z2), axis=1, keepdims=True))) - y": ("z2", delta),
    "exp(z2 - logsumexp(z2)) - y": (
        "z2",
        lambda v: np.exp(v["z2"]) / np.exp(v["z2"]).sum() - v["y"],
    ),
    "exp(z2 - max(z2)) / sum(exp(z2 - max(z2)), axis=1, keepdims=True) - y": ("z2", delta),
    "exp(z2 - max(z2)) / sum(exp(z2), axis=1, keepdims=True) - y": (
        "z2",
        lambda v: np.exp(v["z2"] - v["z2"].max()) / np.exp(v["z2"]).sum(1, keepdims=True) - v["y"],
    ),
    (
        r"\frac{\partial L}{\partial z_{2,nk}} = \frac{e^{z_{2,nk} - \max_j z_{2,nj}}}"
        r"{\sum_i e^{z_{2,ni} - \max_j z_{2,nj}}} - y_{nk}"
    ): ("z2", delta),
    (
        "dz = np.exp(z2 - z2.max(axis=1, keepdims=True))\n"
        "    dz /= np.sum(dz, axis=1, keepdims=True)\n    dz - y"
    ): ("z2", delta),
    # transposes by primes
    r"x^{\prime} \left[(\hat y - y) W_2^{\prime} \odot \mathbb{1}[z_1 > 0]\right]": (
        "W1",
        lambda v: v["x"].T @ back(v),
    ),
}


def judged(text: str, of: str) -> Claim:
    return check_document(f"{DOCUMENT}claim [dL/d{of}] {text}").claims[0]


@pytest.mark.parametrize("text", HANDS)
def test_a_hand_is_judged_as_the_differences_say(text: str, rng: np.random.Generator) -> None:
    of, by_hand = HANDS[text]
    values = drawn(rng)
    truth, said = slope(values, of), by_hand(forward(values, ""))
    right = said.shape == truth.shape and np.allclose(said, truth, atol=1e-5)
    verdict = judged(text, of).verdict
    assert verdict == "proved" if right else verdict not in GOOD


def test_a_letter_d_before_a_name_is_said_to_be_one_or_the_other() -> None:
    apart = judged("d W2^T", "H1")
    assert apart.read_as == "d W2^T"
    assert apart.note == "`d W2^T` is the product with d; the derivative is written `dW2^T`"
    joined = judged("dW2 = H1^T d", "W2")
    assert joined.note == "`dW2` is the derivative; the product with d is written `d W2`"
    assert judged("H1^T d", "W2").note is None


COLUMNS = """
column
param W : H × D
param u : H × 1
input x : D × 1
let z = W @ x
let s = softmax(z)
loss C = 0.5 * np.sum((s - u)**2)
given g = dC/dz
"""

IN_COLUMNS = {
    r"\frac{\partial C}{\partial W} = g \otimes x": "proved",
    r"\frac{\partial C}{\partial W} = x \otimes g": "proved",
    r"\frac{\partial C}{\partial u} = (u - s) ⊗ u": "refuted",
    r"\frac{\partial C}{\partial z} = \operatorname{diag}[s] (s - u) - s s^\top (s - u)": "proved",
    r"\frac{\partial C}{\partial z} = \mathrm{diag}\{s\}(s - u)": "refuted",
}


@pytest.mark.parametrize("text", IN_COLUMNS)
def test_products_of_vectors_in_columns(text: str) -> None:
    (claim,) = check_document(f"{COLUMNS}claim {text}").claims
    assert claim.verdict == IN_COLUMNS[text]


def test_an_elementwise_product_by_the_sign_of_the_outer_one_is_said() -> None:
    (claim,) = check_document(f"{COLUMNS}claim dC/du = (u - s) ⊗ u").claims
    assert claim.note == r"`\otimes` is the elementwise product here"


def test_a_trace_needs_a_square_matrix() -> None:
    (claim,) = check_document(f"{COLUMNS}claim dC/dW = tr(W)").claims
    assert claim.verdict == "ill-shaped"
    assert claim.diagnostics[0].message == "H×D is not square, so it has no trace"
    (claim,) = check_document(f"{COLUMNS}claim dC/dW = tr(W^T W x^T)").claims
    assert claim.verdict == "ill-shaped"


@pytest.mark.parametrize("loss", ["-sum(y * log(p))", "-np.sum(y * np.log(p))", "-sum(y*log(p))"])
def test_a_bare_sum_of_a_forward_line_is_over_all_entries(loss: str) -> None:
    document = f"""
row
input z : N × K
target y : N × K distribution
let p = softmax(z)
loss L = {loss}
claim dL/dz = p - y
"""
    (claim,) = check_document(document).claims
    assert claim.verdict == "proved"


def test_largest_entries_are_followed_only_where_they_cancel() -> None:
    claim = judged("exp(z2 - max(z2)) - y", "z2")
    assert claim.verdict == "undecided"
    message = "`max` is followed only where it cancels, as the shift of an exp"
    assert claim.diagnostics[0].message == message
    claim = judged("exp(z2 - max(H1 W2))", "z2")
    assert claim.verdict == "unreadable"
    assert claim.diagnostics[0].message.startswith("`max` is followed only of a declared name")
    claim = judged(r"\max_j y_{nk}", "z2")
    message = "the letter below `max` is no index of what stands after it"
    assert claim.diagnostics[0].message == message


def test_a_row_of_ones_stays_where_it_is_multiplied_entry_by_entry() -> None:
    """(a ∘ 1^T) M is no a ∘ (1^T M)."""
    document = """
row
input a : N × N
input M : N × K
loss L = sum(a * sum(M, axis=1, keepdims=True))
claim dL/da = sum(M, axis=1, keepdims=True) 1^T
claim dL/da = (a ∘ 1^T) (M M^T)
"""
    verdicts = [one.verdict for one in check_document(document).claims]
    assert "proved" not in verdicts[1:]


def test_a_row_times_a_column_is_a_number() -> None:
    document = """
column
input X : N × D
param w : D × 1
param b : scalar
target y : N × 1
let p = X @ w + b
loss L = np.mean((p - y)**2)
"""
    right = r"claim dL/db = \frac{2}{N}\mathbf{1}^\top(p - y)"
    wrong = r"claim dL/db = \frac{1}{N}\mathbf{1}^\top(p - y)"
    verdicts = [one.verdict for one in check_document(f"{document}{right}\n{wrong}").claims]
    assert verdicts == ["proved", "refuted"]
