"""A gallery of claims as people write them, and what they are read to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.notation.claims import read_claim
from derive.scope import ClaimText, Scope
from tests.claim_scopes import NET, TIME, compact, scope

NET_CASES = [
    (
        (
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial a}\frac{\partial "
            r"a}{\partial z}\frac{\partial z}{\partial W}"
        ),
        "dL/dW = ((dL/da @ da/dz) @ dz/dW)",
    ),
    (
        (
            r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} \cdot "
            r"\frac{\partial a}{\partial z} = (a - y) \odot \sigma'(z)"
        ),
        "dL/dz = (dL/da @ da/dz) = ((a - y) ∘ sigmoid'(z))",
    ),
    (r"\partial L/\partial W = \delta x^T", "dL/dW = (delta @ x.T)"),
    ("∂L/∂W2 = δ a1ᵀ", "dL/dW2 = (delta @ a1.T)"),
    ("dL/dW = (a - y) x^T", "dL/dW = ((a - y) @ x.T)"),
    ("dL/dW2 = dL/dz2 * a1^T", "dL/dW2 = (dL/dz2 ∘ a1.T)"),
    (
        r"\dfrac{dL}{dW_2} = \tfrac{1}{m}\frac{dL}{dz_2} a_1^{\top}",
        "dL/dW2 = (((1 / m) @ dL/dz2) @ a1.T)",
    ),
    (r"\frac{\mathrm{d} L}{\mathrm{d} W} = \delta x^{\mathsf T}", "dL/dW = (delta @ x.T)"),
    (
        r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)",
        "d2 = ((W2.T @ d3) ∘ sigmoid'(z1))",
    ),
    (
        r"\delta^l_j = \sum_k w^{l+1}_{kj} \delta^{l+1}_k \sigma'(z^l_j)",
        "d2[#j] = total(((W2[#k,#j] ∘ d3[#k]) ∘ sigmoid'(z1[#j])), #k) over j",
    ),
    (
        r"\frac{\partial C}{\partial w_{jk}} = a^{l-1}_k \delta^l_j",
        "dC/dw[#j,#k] = (x[#k] ∘ d2[#j]) over j k",
    ),
    (
        r"\frac{\partial p_i}{\partial z_j} = p_i(\delta_{ij} - p_j)",
        "dp/dz[#i,#j] = (p[#i] ∘ (delta(#i, #j) - p[#j])) over i j",
    ),
    (
        r"\frac{\partial p_i}{\partial z_j} = p_i(1\{i=j\} - p_j)",
        "dp/dz[#i,#j] = (p[#i] ∘ ((1 ∘ delta(#i, #j)) - p[#j])) over i j",
    ),
    (
        r"\frac{\partial p_i}{\partial z_j} = p_i(\mathbb{1}_{i=j} - p_j)",
        "dp/dz[#i,#j] = (p[#i] ∘ (delta(#i, #j) - p[#j])) over i j",
    ),
    (
        (
            r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & i = j \\ -p_i "
            r"p_j & i \neq j \end{cases}"
        ),
        "dp/dz[#i,#j] = where(delta(#i, #j), (p[#i] ∘ (1 - p[#i])), neg((p[#i] ∘ p[#j]))) over i j",
    ),
    (
        (
            r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & \text{if } i = j "
            r"\\ -p_i p_j & \text{otherwise} \end{cases}"
        ),
        "dp/dz[#i,#j] = where(delta(#i, #j), (p[#i] ∘ (1 - p[#i])), neg((p[#i] ∘ p[#j]))) over i j",
    ),
    (
        r"\frac{dL}{dz} = \begin{cases} 1 & z > 0 \\ 0 & \text{otherwise}\end{cases}",
        "dL/dz = step(z)",
    ),
    (
        (
            r"\left\{\begin{array}{ll} 0 & \text{if } z \leq 0\\ 1 & \text{if } z > "
            r"0\end{array}\right."
        ),
        "(1 - (1 - step(z)))",
    ),
    (
        r"\begin{cases} 1, & \text{if } z \ge 0, \\ \lambda, & \text{if } z < 0. \end{cases}",
        "where((1 - step(neg(z))), 1, lam)",
    ),
    (r"\frac{\partial L}{\partial z_k} = \hat{y}_k - y_k", "dL/dz[#k] = (yhat[#k] - y[#k]) over k"),
    (r"dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}", "dL/dW2 = (((1 / m) @ dZ2) @ A1.T)"),
    (
        r"\boldsymbol{dW}^{[l]} = \frac{1}{m} \boldsymbol{dZ}^{[l]} \boldsymbol{A}^{[l-1] T}",
        "dL/dW2 = (((1 / m) @ dZ2) @ A1.T)",
    ),
    (
        r"db^{[2]} = \frac{1}{m} \sum_{i=1}^{m} dZ^{[2](i)}",
        "dL/db2 = ((1 / m) @ total(dL/dZ2.T[#i], #i, 1, m))",
    ),
    ("dZ^{[1]} = W^{[2]T} dZ^{[2]} * g'^{[1]}(Z^{[1]})", "dL/dZ1 = ((W2.T @ dZ2) ∘ tanh'(Z1))"),
    (
        (
            r"dZ^{[1]} = \underbrace{W^{[2]T}dZ^{[2]}}_\text{(n[1], m)} * "
            r"\overbrace{g^{[1]'}(Z^{[1]})}^{(n[1], m)}"
        ),
        "dL/dZ1 = ((W2.T @ dZ2) ∘ tanh'(Z1))",
    ),
    ("db2 = 1/m * np.sum(dZ2, axis=1, keepdims=True)", "dL/db2 = ((1 / m) ∘ sum(dZ2, 1, True))"),
    (r"\nabla_W L = \delta x^\top", "dL/dW = (delta @ x.T)"),
    (
        r"\nabla_{\mathbf{W}} L(\mathbf{W}) = \boldsymbol{\delta} \mathbf{x}^{\mathsf{T}}",
        "dL/dW = (delta @ x.T)",
    ),
    (r"\nabla_{\theta} J(\theta) = \frac1m X(a-y)^T", "dJ/dtheta = (((1 / m) @ X) @ (a - y).T)"),
    (
        (
            r"\mathbf{W}^{(2)\top} \boldsymbol{\delta}^{(3)} \odot \mathbf{a}_1 \odot "
            r"(\mathbf{1} - \mathbf{a}_1)"
        ),
        "(((W2.T @ d3) ∘ a1) ∘ (1 - a1))",
    ),
    (r"-\sum_{k=1}^K y_k \log \hat{y}_k", "neg(total((y[#k] ∘ log(yhat[#k])), #k, 1, K))"),
    (
        r"-\frac{1}{N}\sum_{i=1}^N \sum_{j} Y_{ij}\log A_{2,ij}",
        "neg(((1 / N) ∘ total(total((Y[#i,#j] ∘ log(A2[#i,#j])), #j), #i, 1, N)))",
    ),
    (
        r"\frac{\partial L}{\partial W} = 2(\hat{y}-y)x^T + 2\lambda W \tag{3.1}",
        "dL/dW = (((2 ∘ (yhat - y)) @ x.T) + ((2 ∘ lam) @ W))",
    ),
    (r"(W^{(2)})^T \delta^{(3)} \circ f'(z1)", "((W2.T @ d3) ∘ sigmoid'(z1))"),
    (r"f^{'}(z) + f^\prime(z) + f^{\prime}(z)", "((sigmoid'(z) + sigmoid'(z)) + sigmoid'(z))"),
    (r"\operatorname{diag}(\sigma'(z)) W^T (a-y)", "((diag(sigmoid'(z)) @ W.T) @ (a - y))"),
    (r"\text{diag}\left(p\right) - pp^T", "(diag(p) - (p @ p.T))"),
    (
        r"\frac{\partial L}{\partial W} = X(\hat{y}-y)^T \in \mathbb{R}^{n \times K}",
        "dL/dW = (X @ (yhat - y).T) in n x K",
    ),
    (r"\frac{\partial L}{\partial W} \in \mathbb{R}^{101 \times 1}", "dL/dW in 101 x 1"),
    (
        r"\Big(\frac{\partial z}{\partial x}\Big)^T \frac{\partial L}{\partial z}",
        "(dz/dx.T @ dL/dz)",
    ),
    (r"\sigma(z)(1-\sigma(z))", "(sigmoid(z) @ (1 - sigmoid(z)))"),
    (r"1 - \tanh^2 z", "(1 - tanh(z)^2)"),
    ("(1 - h^2)", "(1 - h^2)"),
    (r"(z^2 + \lambda)^{-3/2}", "(z^2 + lam)^-3/2"),
    (r"\frac{1}{\sqrt{2}}(a-y)", "((1 / 2^1/2) ∘ (a - y))"),
    (r"\frac12 \|a-y\|_2^2", "(1/2 ∘ sum((a - y)^2, False))"),
    (r"\lVert W \rVert_F^2 + |z|", "(sum(W^2, False) + abs(z))"),
    (r"\max(0, z)", "relu(z)"),
    (r"\mathbb{1}[z > 0] \odot (W^T\delta)", "(step(z) ∘ (W.T @ delta))"),
    ("1(z>0) * a", "((1 ∘ step(z)) ∘ a)"),
    ("dz2 = a2 - y; dW2 = dz2 a1^T; db2 = dz2", "dL/db2 = (a2 - y)"),
    (
        (
            r"\begin{aligned} \frac{\partial L}{\partial W} &= \frac{\partial L}{\partial z} "
            r"x^T \\ &= (a-y) x^T \end{aligned}"
        ),
        "dL/dW = (dL/dz @ x.T) = ((a - y) @ x.T)",
    ),
    (
        (
            r"\begin{align*}\delta^{(2)} &= a - y \\ \frac{\partial L}{\partial W} &= "
            r"\delta^{(2)} x^T\end{align*}"
        ),
        "dL/dW = ((a - y) @ x.T)",
    ),
    (r"\begin{equation} a - y \\ + \lambda b \end{equation}", "((a - y) + (lam @ b))"),
    (r"$$\frac{\partial L}{\partial b} = \delta.$$", "dL/db = delta"),
    ("e^{-z}/(1+e^{-z})^2", "(exp(neg(z)) / (1 + exp(neg(z)))^2)"),
    (r"\frac{e^{z_i}}{\sum_j e^{z_j}}", "(exp(z[#i]) / total(exp(z[#j]), #j))"),
    (
        r"\frac{\exp(z_i)}{\sum_{j=1}^{K}\exp(z_j)} (1 - \operatorname{softmax}(z)_i)",
        "((exp(z[#i]) / total(exp(z[#j]), #j, 1, K)) ∘ (1 - softmax(z)[#i]))",
    ),
    (r"\operatorname{softmax}(Wx+b) - y", "(softmax(((W @ x) + b)) - y)"),
    (r"\delta := a - y", "delta = (a - y)"),
    (r"\delta \leftarrow \nabla_z L = a - y", "delta = dL/dz = (a - y)"),
    (
        r"\frac{\partial L}{\partial z} = a - y \quad \text{where} \quad a = \sigma(z)",
        "dL/dz = (a - y)",
    ),
    (
        r"\frac{d}{dz}\sigma(z) = \sigma(z)(1-\sigma(z))",
        "sigmoid'(z) = (sigmoid(z) @ (1 - sigmoid(z)))",
    ),
    (r"\frac{\partial}{\partial W} L = \delta x^T", "dL/dW = (delta @ x.T)"),
    ("(1,1,1)^T a^T", "(literal(1, 1, 1, row).T @ a.T)"),
    ("[1, 2, 3]", "literal(1, 2, 3, row)"),
    (r"\begin{bmatrix} 1 \\ 1 \end{bmatrix} a^T", "(literal(1, 1, column) @ a.T)"),
    ("I - xx^T", "(eye() - (x @ x.T))"),
    ("I_n - xx^T", "(eye(n) - (x @ x.T))"),
    (r"X\mathbf{1}", "sum(X, 1, True)"),
    (r"X\mathbf{1}_m", "(X @ ones(m))"),
    (r"\mathbf{1}^T X", "sum(X, 0, True)"),
    ("W_{:,j}", "W.T[#j]"),
    ("X_i", "X[#i]"),
    ("w_{12}", "w[0,1]"),
    ("X_{i,:}", "X[#i]"),
    (r"\sum_{j \ne i} W_{ij} x_j", "total(((1 - delta(#j, #i)) ∘ (W[#i,#j] ∘ x[#j])), #j)"),
    (r"\sum_{i,j} W_{ij}^2", "total(total(W[#i,#j]^2, #j), #i)"),
    (r"\sum_{j=0}^{n-1} W_{ij} x_j", "total((W[#i,#j] ∘ x[#j]), #j, 1, n)"),
    (r"\sum_i \sum_j x_{i}W_{i+j,j}", "total(total((x[#i] ∘ W[(#i + #j),#j]), #j), #i)"),
    (r"\sum_{m=1}^{3} h_{i+m-1}", "total(h[(((#i + #m) - 1) + 1)], #m, 1, 3)"),
    ("sum_k W_kj delta_k", "total((W[#k,#j] ∘ delta[#k]), #k)"),
    ("Σ_k W_kj y_k", "total((W[#k,#j] ∘ y[#k]), #k)"),
    ("∑_k W_{kj} y_k", "total((W[#k,#j] ∘ y[#k]), #k)"),
    (r"\operatorname{tr}(W^T W)", "trace((W.T @ W))"),
    (r"\langle z, y \rangle", "inner(z, y)"),
    (r"2 \times (a-y) \times x^T", "((2 ∘ (a - y)) @ x.T)"),
    (r"\frac{a-y}{a(1-a)}", "((a - y) / (a @ (1 - a)))"),
    (r"\text{ReLU}'(z)", "relu'(z)"),
    ("sigmoid_prime(z) * (a - y)", "(sigmoid'(z) ∘ (a - y))"),
    (r"\operatorname{sgn}(z)", "sign(z)"),
    ("C'(z) = a - y", "dC/dz = (a - y)"),
    (
        (
            r"\frac{\partial J}{\partial \theta_j} = \frac{1}{m}\sum_{i=1}^m (A_2^{(i)} - "
            r"Y^{(i)}) X_j^{(i)}"
        ),
        "dJ/dtheta[#j] = ((1 / m) @ total(((A2.T[#i] - Y.T[#i]) ∘ X[#j,#i]), #i, 1, m)) over j",
    ),
    ("(W₂ᵀ δ) ⊙ σ′(z₁)", "((W2.T @ delta) ∘ sigmoid'(z1))"),
    ("dL_dW = a x^T", "dL/dW = (a @ x.T)"),
    ("a.T @ z", "(a.T @ z)"),
    (r"\hat{\mathbf y} - \mathbf y", "(yhat - y)"),
    (r"y \oslash a", "(y / a)"),
]

MORE_CASES = [
    (r"{\partial L \over \partial W} = \delta x^T", "dL/dW = (delta @ x.T)"),
    (r"\frac{\delta L}{\delta W} = \delta x^T", "dL/dW = (delta @ x.T)"),
    (r"\partial_W L = \delta x^T", "dL/dW = (delta @ x.T)"),
    (r"a_i(I_{ij} - a_j)", "(a[#i] ∘ (delta(#i, #j) - a[#j]))"),
    (r"{W^{(2)}}^T {\sigma}'({z}_1)", "(W2.T @ sigmoid'(z1))"),
    (r"\Delta W = -\lambda \delta x^T", "? = neg(((lam @ delta) @ x.T))"),
    (r"2/N * (a - y)", "((2 / N) ∘ (a - y))"),
    (r"[i = j] - a_j", "(delta(#i, #j) - a[#j])"),
    (r"\operatorname{Tr}\left[W^TW\right]", "trace((W.T @ W))"),
    (r"W'\delta", "(W.T @ delta)"),
    (r"e^{-\frac{1}{2}z^2}", "exp(neg((1/2 ∘ z^2)))"),
    (
        r"W_{ij} \leftarrow W_{ij} - \lambda\delta_i",
        "W[#i,#j] = (W[#i,#j] - (lam @ delta[#i])) over i j",
    ),
    (
        r"\frac{\partial p_i}{\partial z_j} = p_i(\delta_i^j - p_j)",
        "dp/dz[#i,#j] = (p[#i] ∘ (delta(#i, #j) - p[#j])) over i j",
    ),
    ("W'(a)", "(W.T @ a)"),
    (r"\frac{\partial L}{\partial b} = \delta \quad (3)", "dL/db = delta"),
    (r"\delta \stackrel{\text{def}}{=} a - y", "delta = (a - y)"),
    (r"\delta^2", "delta^2"),
    (
        r"\frac{\partial z_k}{\partial W_{ij}} = \delta_{ki} x_j",
        "dz/dW[#k,#i,#j] = (delta(#k, #i) ∘ x[#j]) over k i j",
    ),
    ("a - y\n+ b", "((a - y) + b)"),
    ("dz = a - y\ndW = dz x^T", "dL/dW = ((a - y) @ x.T)"),
]

TIME_CASES = [
    (
        r"\nabla_V L = \sum_t (\nabla_{o^{(t)}} L) h^{(t)\top}",
        "dL/dV = (((dL/do1 @ h1.T) + (dL/do2 @ h2.T)) + (dL/do3 @ h3.T))",
    ),
    (
        r"\sum_{t=1}^{2} \text{diag}\left(1-(h^{(t)})^2\right) h^{(t-1)\top}",
        "((diag((1 - h1^2)) @ h0.T) + (diag((1 - h2^2)) @ h1.T))",
    ),
    (
        r"(\nabla_{o^{(2)}} L)_i = \hat{y}^{(2)}_i - y_i^{(2)}",
        "dL/do2[#i] = (yhat2[#i] - y2[#i]) over i",
    ),
    (
        r"\delta = \frac{\partial L}{\partial h_t} \circ o_t \circ (1-\tanh^2(c_t))",
        "? = ((dh2 ∘ o_t) ∘ (1 - tanh(c_t)^2))",
    ),
    (r"(1 - (h^{<t>})^2) \odot (h^{<t-1>})^T", "((1 - h2^2) ∘ h1.T)"),
    (r"W_{hh} h^{\langle t-1\rangle} + W_{xh} x_3", "((Whh @ h1) + (Wxh @ x3))"),
    ("b_i + b_f", "(bi + bf)"),
    (
        (
            r"\frac{\partial L}{\partial \sigma_B^2} = \sum_{i=1}^m \frac{\partial "
            r"L}{\partial \hat{x}_i} \cdot (x_i - \mu_B)\cdot\frac{-1}{2}(\sigma_B^2 + "
            r"\epsilon)^{-3/2}"
        ),
        "dL/dvar = total(((dL/dxhat[#i] @ (x[#i] - mu)) @ (-1/2 ∘ (var + eps)^-3/2)), #i, 1, m)",
    ),
    (r"\frac{\gamma}{\sqrt{\sigma_B^2+\epsilon}}", "(gamma / (var + eps)^1/2)"),
    (r"\frac{1}{\sqrt{D}} \frac{\partial L}{\partial S} K", "(((1 / D^1/2) @ dL/dS) @ Key)"),
    (r"\text{softmax}\left(\frac{QK^T}{\sqrt{D}}\right)", "softmax(((Q @ Key.T) / D^1/2))"),
    (r"\sum_{j} A^{ij}", "total(A[#i,#j], #j)"),
    (
        r"\sum_m \sum_n (\omega')^{l+1}_{m,n} A_{i-m,j-n}",
        "total(total((Whh[#m,#n] ∘ A[(#i - #m),(#j - #n)]), #n), #m)",
    ),
    ("W h[t]", "(W @ h2)"),
]


def summary(claim: ClaimText) -> str:
    """A claim on one line: left side, links, index letters, shape."""
    left = compact(claim.left) if claim.left is not None else "?"
    parts = [left] if claim.left_span else []
    text = " = ".join([*parts, *(compact(link.term) for link in claim.links)])
    if claim.letters:
        text += f" over {' '.join(claim.letters)}"
    if claim.shape:
        text += f" in {' x '.join(map(str, claim.shape.dims))}"
    return text


@pytest.mark.parametrize(("text", "meaning"), NET_CASES + MORE_CASES)
def test_claims_on_a_network(text: str, meaning: str) -> None:
    assert summary(read_claim(text, NET)) == meaning


@pytest.mark.parametrize(("text", "meaning"), TIME_CASES)
def test_claims_over_time(text: str, meaning: str) -> None:
    assert summary(read_claim(text, TIME)) == meaning


INDEXED = scope(
    {"n K": "", "x": "n", "w": "K n", "y": "K 1", "bi bf": "K", "oi oj": "K", "L": ""},
    spelled={
        "x_i": "x",
        "w_{kj}": "w",
        "y^{i}": "y",
        "b_i": "bi",
        "b_f": "bf",
        "o_i": "oi",
        "o_j": "oj",
    },
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x_j", "x[#j]"),
        ("w_{ab}", "w[#a,#b]"),
        (r"\sum_{i=1}^{K} y^{i}", "total(y[#i], #i, 1, K)"),
        ("y^2", "y^2"),
        ("b_i + b_f", "(bi + bf)"),
        ("w x_i^T", "(w @ x.T)"),
        ("o_i o_j", "(oi[#i] ∘ oj[#j])"),
    ],
)
def test_symbols_noted_with_their_indices(text: str, meaning: str) -> None:
    assert summary(read_claim(text, INDEXED)) == meaning


@pytest.mark.parametrize(
    ("signs", "meaning"),
    [
        ({}, "((a ∘ b) @ z)"),
        ({"*": "matmul", r"\cdot": "mul"}, "((a @ b) ∘ z)"),
        ({"*": "@", r"\cdot": "∘"}, "((a @ b) ∘ z)"),
    ],
)
def test_what_signs_mean(signs: dict[str, str], meaning: str) -> None:
    names = {"a b z": "K 1"}
    assert summary(read_claim(r"a * b \cdot z", scope(names, signs=signs))) == meaning


def test_a_sign_with_two_meanings_has_to_be_said() -> None:
    names = {"a b": "K 1"}
    assert summary(read_claim("a ⊗ b", scope(names, signs={r"\otimes": "mul"}))) == "(a ∘ b)"


def test_a_later_alias_replaces_an_earlier_one() -> None:
    later = scope({"a b": "K 1"}, aliases={r"\delta": "a", r"\boldsymbol{\delta}": "b"})
    assert summary(read_claim(r"2\delta", later)) == "(2 ∘ b)"


def test_two_letters_are_a_product_where_the_text_has_its_own_letters() -> None:
    own = scope({"h0 g2 gh": "H 1"}, aliases={"g": "g2", "h_{k-1}": "h0"})
    assert summary(read_claim(r"gh_{k-1}^\top", own)) == "(g2 @ h0.T)"


def test_places_are_in_the_text() -> None:
    text = r"\delta = \frac{\partial L}{\partial a}\, \sigma'(z)"
    (link,) = read_claim(text, NET).links
    assert text[link.span.start : link.span.end] == r"\frac{\partial L}{\partial a}\, \sigma'(z)"
    assert link.term.span == link.span


REFUSALS = {
    "unknown": (
        r"\delta \odot q",
        r"""
D101: unknown name `q`
  | \delta \odot q
  |              ^
  = help: declared names are m, n, K, D, N, H, x, theta, y, b, z, a, …
""",
    ),
    "label": (
        r"W^{(7)} x",
        r"""
D101: unknown name `W^{(7)}`
  | W^{(7)} x
  | ^^^^^^^
  = help: declared names are m, n, K, D, N, H, x, theta, y, b, z, a, …
""",
    ),
    "sum without its index": (
        r"\sum_i \delta",
        r"""
D132: what is summed has no index i
  | \sum_i \delta
  | ^^^^^^^^^^^^^
  = help: write the index at the names that have it, or sum(...) for all entries
""",
    ),
    "how far a sum goes": (
        r"\sum_k a_k - y_k",
        r"""
D132: the index k of a sum also stands outside of it
  | \sum_k a_k - y_k
  | ^^^^^^^^^^^^^^^^
  = help: put brackets around what is summed
""",
    ),
    "part of a sum": (
        r"\sum_{k=2}^{K} a_k",
        r"""
D132: only sums over a whole axis are read
  | \sum_{k=2}^{K} a_k
  | ^^^^^^^^^^^^^^
  = help: sums are read as \sum_k, \sum_{i=1}^{m} or sum_k
""",
    ),
    "nabla": (
        r"\nabla L + a",
        r"""
D133: it is not said by what this derives
  | \nabla L + a
  | ^^^^^^
  = help: write the name below it, as in \nabla_{W} L
""",
    ),
    "second derivative": (
        r"a + \frac{\partial^2 L}{\partial z^2}",
        r"""
D133: second derivatives are not read
  | a + \frac{\partial^2 L}{\partial z^2}
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
""",
    ),
    "derivative of an unknown name": (
        r"\frac{\partial L}{\partial q} x^T",
        r"""
D101: unknown name `q`
  | \frac{\partial L}{\partial q} x^T
  |                            ^
  = help: declared names are m, n, K, D, N, H, x, theta, y, b, z, a, …
""",
    ),
    "cases": (
        r"\begin{cases} 1 & z > 2 \\ 0 & z < 1 \end{cases}",
        r"""
D134: it is not clear what holds where none of these conditions does
  | \begin{cases} 1 & z > 2 \\ 0 & z < 1 \end{cases}
  |                                ^^^^^
  = help: end the cases with \text{otherwise}
""",
    ),
    "outer or elementwise": (
        r"a \otimes x",
        r"""
D104: the sign `⊗` can be the outer or the elementwise product
  | a \otimes x
  |   ^^^^^^^
  = help: write u v^T or u ∘ v
""",
    ),
    "ones": (
        r"a \mathbf{1}^T",
        r"""
D131: the length of this vector of ones is not known
  | a \mathbf{1}^T
  |   ^^^^^^^^^^^^
  = help: write it below: \mathbf{1}_{m}
""",
    ),
    "shape": (
        r"a \in B",
        r"""
D135: no shape follows the sign `∈`
  | a \in B
  |   ^^^
  = help: a shape is written \in \mathbb{R}^{m \times n}
""",
    ),
    "condition": (
        r"a_i(1 - a_i) \text{ if } i = j",
        r"""
D134: a condition after a formula is not read
  | a_i(1 - a_i) \text{ if } i = j
  |              ^^^^^^^^^^^
  = help: write \begin{cases} ... \end{cases}, which says what holds otherwise
""",
    ),
    "base of a logarithm": (
        r"y \log_2 a",
        r"""
D131: what stands below this function is no index
  | y \log_2 a
  |   ^^^^^^
""",
    ),
    "label as a power": (
        r"\delta^{1} x",
        r"""
D109: nobody raises to the power 1, and no name has this label
  | \delta^{1} x
  |         ^
""",
    ),
    "statement": (
        r"a - y ; b",
        r"""
D136: several statements are separated here, and this one assigns no name
  | a - y ; b
  | ^^^^^
""",
    ),
    "nothing": (
        r"\delta =",
        r"""
D103: nothing stands to the right of the equation sign
  | \delta =
  |        ^
""",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        read_claim(text, NET)
    assert caught.value.diagnostic.render() == message.strip()


PIECES = st.sampled_from(
    re.findall(r"\\\S[a-z]*|\w|\S|\s", " ".join(text for text, _ in (*NET_CASES, *TIME_CASES)))
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    read_or_refuse(text, NET)


@given(st.data())
def test_edited_claims_are_read_or_refused(data: st.DataObject) -> None:
    text, _ = data.draw(st.sampled_from((*NET_CASES, *TIME_CASES)))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 5, len(text))))
        text = text[:start] + data.draw(PIECES) + text[end:]
    read_or_refuse(text, TIME)


def read_or_refuse(text: str, names: Scope) -> None:
    """Either a term with its places in the text, or a refusal with its place in it."""
    try:
        claim = read_claim(text, names)
    except DeriveError as error:
        refusal = error.diagnostic
    else:
        assert claim.links
        assert all(0 <= link.span.start < link.span.end <= len(text) for link in claim.links)
        return
    assert refusal.render()
    span = refusal.span
    assert span is None or 0 <= span.start <= span.end <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        "W x " * 1300,
        "d" * 3000,
        "W" * 3900,
        "x^" * 1500 + "2",
        r"\frac{" * 99 + "1" + "}" * 99,
        r"\sum_i " * 900 + "x_i",
        "e^{" * 98 + "z" + "}" * 98,
        "a=b;" * 900,
        "sum_k " * 800,
        r"\begin{cases} 1 & z>0 \\ " * 80,
    ],
)
def test_hostile_text_costs_little(text: str) -> None:
    read_or_refuse(text, NET)
