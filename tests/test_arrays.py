"""Written ops of arrays mean what NumPy means by them: the same shape, and the same entries."""

from __future__ import annotations

import numpy as np
import pytest

from derive.arrays import RULES
from derive.diagnostic import DeriveError
from derive.functions import FUNCTIONS, PRIME
from derive.indexing import closed, letters_of
from derive.notation.claims import read_claim
from derive.scope import Scope
from derive.shape import shape_text
from derive.tensors import Value
from derive.term import Apply, walk
from tests.written import (
    SHAPES,
    by_numpy,
    drawn,
    elaborator,
    evaluated,
    lengths,
    read,
    value,
)

SAME_AS_NUMPY = """
A + C; A - r; A * q; u + v; A + u; w * s; r + u; A / (1 + C**2); -A; u**2; 2 * A; s * s + 1
A @ B; A @ u; w @ A; u @ v; r @ B; M @ u @ v; u @ B; A.T @ A; q.T @ A; np.dot(A, B); np.dot(u, v)
np.outer(u, v); np.outer(w, u); np.outer(q, u); np.inner(u, v); A.T; u.T; (A @ B).T
np.sum(A); np.sum(A, axis=0); np.sum(A, axis=1, keepdims=True); np.sum(u); np.sum(A, axis=-1)
np.sum(A, axis=0, keepdims=True); np.sum(u, axis=0); np.sum(s * s); np.sum(A * C, axis=0) * u
np.mean(A); np.mean(A, axis=0); np.mean(A, axis=1, keepdims=True); np.mean(u); A.mean(0)
np.var(A); np.var(A, axis=0); np.var(A, axis=1, keepdims=True); np.std(A, axis=0); np.var(u)
(A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + 0.1)
softmax(A); softmax(A, axis=0); softmax(u); log_softmax(A, axis=1); softmax(A, axis=-1)
np.diag(u); np.diag(M); np.diag(q[:, 0]); q[:, 0] * w; r[0] * u; r[0] @ B; A - r[0]
np.diag(u * v) @ B; np.trace(M)
np.eye(D); np.eye(D) * s; M - np.eye(D); np.ones((N, D)); np.zeros((N, D)) + A; np.ones(D) * u
np.ones_like(A) + A; np.zeros_like(u) + v; np.ones((N, 1)) @ r; np.ones((1, N)) @ A; np.ones(N) @ A
A.reshape(N, D); u.reshape(-1, 1); u.reshape(1, -1); u.reshape(D, 1) @ r; r.reshape(-1); q.ravel()
r.flatten(); np.squeeze(q); u[:, None] * v[None, :]; w[:, np.newaxis] * A; A * u[None, :]
V[1:]; V[0:1]; V[1:] * B; A @ V[1:] + V[0]; np.hstack([np.ones((N, 1)), A]) @ V; A[:, 0] + w
np.concatenate([A, C], axis=1); np.vstack([A, C]); np.hstack([u, v]); np.concatenate([u, v]) * 2
np.where(A > 0, A, s * A); np.maximum(A, 0); np.maximum(A, C); np.minimum(A, C); np.abs(A)
(A > 0) * C; np.where(u > v, u, v); np.clip(A, -0.5, 0.5); np.sign(A) * C; np.maximum(0, u)
np.exp(A); np.tanh(u); sigmoid(A @ B); np.log(1 + np.exp(A)); np.sqrt(A**2 + 1); np.square(u)
np.einsum('nd,dk->nk', A, B); np.einsum('nd,nd->n', A, C); np.einsum('nd,d->n', A, u)
np.einsum('n,d->nd', w, u); np.einsum('nd,nd->', A, C)
np.einsum('nd,dk->kn', A, B); np.einsum('ndk,dk->n', T, B); np.einsum('nd,nk->ndk', A, Z)
A[1, 2] * u; u[0] * v; A[0] * u; A.size * u; len(A) * u; A.shape[1] * u; np.linalg.norm(u)
np.array([1, -2]) * s; np.array([1, 2, 3]) @ np.array([0.5, -1, 2]); np.outer([1, 2], u)
np.sum(T, axis=2); np.sum(T, axis=0); np.sum(T); T * s; T + T; np.exp(T); T * 2 - T
"""
GALLERY = [text.strip() for text in SAME_AS_NUMPY.replace("\n", ";").split(";") if text.strip()]


@pytest.mark.parametrize("text", GALLERY)
def test_a_text_means_what_numpy_computes_from_it(text: str, rng: np.random.Generator) -> None:
    values = drawn(rng)
    truth, found = by_numpy(text, values), value(text)
    assert lengths(found.shape) == truth.shape
    np.testing.assert_allclose(evaluated(found, values), truth, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------- as mathematics is written

IN_MATHEMATICS = {
    # text: the same in NumPy, an array with one axis being a column
    "A u": "A @ u[:, None]",
    "u^T v": "u[None, :] @ v[:, None]",
    "u v^T": "np.outer(u, v)",
    "A^T w": "A.T @ w[:, None]",
    "u ∘ v": "(u * v)[:, None]",
    "B^T (u ∘ v)": "B.T @ (u * v)[:, None]",
    "softmax(u)": "softmax(u)[:, None]",
    "softmax(A)": "softmax(A)",
    r"\operatorname{diag}(u) B": "np.diag(u) @ B",
    r"\sum_n w_n A_{n,2}": "(w * A[:, 1]).sum()",
    r"\sum_{d} A_{nd} B_{dk}": "A @ B",
    r"u_d \delta_{de}": "np.diag(u)",
    "||u||^2": "np.sum(u**2)",
    r"\mathbf{1}^T A": "A.sum(0, keepdims=True)",
    "(M + I) u": "M @ u[:, None] + u[:, None]",
    "s u + 2 v": "(s * u + 2 * v)[:, None]",
    "r ∘ u^T": "r * u",
}


def mathematical(text: str, vectors: str = "column") -> Value:
    """What a formula means, its free letters being axes: n, d, e, k."""
    made = elaborator(text, vectors)
    (link,) = read_claim(text, Scope(SHAPES)).links
    found = made.value(link.term)
    letters = sorted(letters_of(found.term), key="#n #d #e #k".index)
    if not letters:
        return found
    axes = [(letter, dim) for letter in letters if (dim := made.reach(letter)) is not None]
    assert len(axes) == len(letters)
    shape = tuple(dim for _, dim in axes)
    return Value(closed(found.term, axes, made.core), (*shape, *found.shape))


@pytest.mark.parametrize("text", IN_MATHEMATICS)
def test_a_vector_of_mathematics_is_a_column(text: str, rng: np.random.Generator) -> None:
    values = drawn(rng)
    truth, found = by_numpy(IN_MATHEMATICS[text], values), mathematical(text)
    assert lengths(found.shape) == truth.shape
    np.testing.assert_allclose(evaluated(found, values), truth, rtol=1e-9)


def test_or_a_row_where_a_text_says_so(rng: np.random.Generator) -> None:
    values = drawn(rng)
    found = mathematical("u B", "row")
    assert shape_text(found.shape) == "1×K"
    np.testing.assert_allclose(evaluated(found, values), by_numpy("u[None, :] @ B", values))


# ------------------------------------------------------------------------------ what does not fit

MISFITS = {
    "A @ C": ("D201: N×D times N×D: inner sizes D and N differ", "C", "`A` is N×D; `C` is N×D"),
    "A @ w": ("D201: N×D times (N,): inner sizes D and N differ", "w", "`A` is N×D; `w` is (N,)"),
    "u @ w": ("D201: (D,) times (N,): inner sizes D and N differ", "w", "`u` is (D,); `w` is (N,)"),
    "T @ B": ("D201: N×D×K times D×K: inner sizes K and D differ", "B", "`T` is N×D×K; `B` is D×K"),
    "T @ u": ("D204: a matrix product needs two matrices", "T @ u", "`T` is N×D×K; `u` is (D,)"),
    "T.reshape(N, -1)": (
        "D110: an array with more than two axes, N×D×K, is not laid out anew",
        None,
        None,
    ),
    "A.reshape(N, D, 1)": (
        "D110: an array is not laid out anew with more than two axes",
        None,
        None,
    ),
    "A + w": (
        "D202: shapes N×D and (N,) do not fit entry by entry",
        "w",
        "`A` is N×D; `w` is (N,)",
    ),
    "2 * (A * A.T)": (
        "D202: shapes N×D and D×N do not fit entry by entry",
        "A.T",
        "`A` is N×D; `A.T` is D×N",
    ),
    "np.where(A > 0, A, B)": ("D202: shapes N×D and D×K do not fit entry by entry", None, None),
    "np.outer(A, u)": ("D204: N×D is neither a row nor a column", None, None),
    "np.sum(A, axis=2)": ("D203: shape N×D has no axis 2", None, None),
    "np.mean(u, axis=1)": ("D203: shape (D,) has no axis 1", None, None),
    "softmax(u, axis=1)": ("D203: shape (D,) has no axis 1", None, None),
    "np.einsum('nd,dk->nk', A, A)": ("D207: `d` has two sizes here", None, None),
    "A.reshape(D, K)": ("D204: N×D is neither a row nor a column", None, None),
    "u.reshape(N, 2)": ("D204: (D,) cannot be reshaped so here", None, None),
    "A[0, 1, 2]": ("D204: 3 indices on N×D: there are only 2 axes", None, None),
    "np.hstack([A, B])": ("D202: blocks N×D and D×K do not fit side by side", None, None),
}


@pytest.mark.parametrize("text", MISFITS)
def test_what_does_not_fit_is_refused_with_both_shapes_at_its_place(text: str) -> None:
    sentence, place, notes = MISFITS[text]
    with pytest.raises(DeriveError) as caught:
        value(text)
    found = caught.value.diagnostic
    assert f"{found.code}: {found.message}" == sentence
    assert found.span is not None
    marked = text[found.span.start : found.span.end]
    assert place in (marked, None), marked
    assert notes in ("; ".join(found.notes), None)


# -------------------------------------------------------------------------------------- coverage

ELSEWHERE = {"each", "array", "gather", "scatter", "gradient", "column", "row", "delta", "total"}
ELSEWHERE |= {"peak"}
"""Made from other texts than these: by loops, labels and index notation, which have tests; or, as
the largest entries are, of claims alone, which `tests/test_many_hands.py` has."""


def test_every_rule_has_a_row_here() -> None:
    functions = {op for name in FUNCTIONS for op in (name, name + PRIME)}
    used = {n.op for text in GALLERY for n in walk(read(text)) if isinstance(n, Apply)}
    assert set(RULES) - functions - used <= ELSEWHERE
