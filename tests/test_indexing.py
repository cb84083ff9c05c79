"""Entries pushed through whatever ops stand around them, against loops and einsum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from derive import indexing
from derive.checker import check_document
from derive.indexing import (
    Pusher,
    array,
    bound_by,
    closed,
    filled,
    fresh_letter,
    is_open,
    letters_of,
    total,
)
from derive.shape import Shape, dim
from derive.tensors import column_shape
from derive.term import Term, Var, apply, const
from tests.written import SHAPES, Array, by_numpy, drawn, entries
from tests.written import filled as as_array

CORE = {name: column_shape(shape) for name, shape in SHAPES.items()}
N, D, K = dim("N"), dim("D"), dim("K")
I, J, Q = Var("#i"), Var("#j"), Var("#q")


def at(name: str, *places: Term) -> Term:
    return apply("entry", Var(name), *places)


def computed(term: Term, letters: str, values: dict[str, Array]) -> Array:
    """The closed array over letters, `i:N j:D`, by its entries."""
    axes = [(f"#{one[0]}", dim(one[2:])) for one in letters.split()]
    made = closed(term, axes, CORE)
    shape: Shape = tuple(size for _, size in axes)
    return (
        as_array({p[: len(shape)]: v for p, v in entries(made, values).items()}, shape)
        if len(shape) != 1
        else np.array(list(entries(made, values).values()))
    )


PRODUCT = total(apply("mul", at("A", I, Q), at("B", Q, J)), "#q", D)
ROW = array(at("A", I, J), [("#j", D), ("#o", dim(1))])
"""Row i of A as a column, open in i."""

PUSHED = {
    "a product": (PRODUCT, "i:N j:K", "np.einsum('iq,qj->ij', A, B)"),
    "in another order": (PRODUCT, "j:K i:N", "(A @ B).T"),
    "a factor without the letter": (
        total(apply("mul", at("A", I, Q), Var("s")), "#q", D),
        "i:N",
        "(A * s).sum(1)",
    ),
    "a diagonal": (
        apply("mul", apply("delta", I, J), at("u", I, const(0))),
        "i:D j:D",
        "np.diag(u)",
    ),
    "a shifted place": (at("M", I, apply("add", J, const(1))), "i:D j:K", "M[:, 1:3]"),
    "a place from the end": (
        at("A", I, apply("sub", apply("sub", Var("D"), const(1)), J)),
        "i:N j:D",
        "A[:, ::-1]",
    ),
    "through a matrix product": (
        apply("entry", apply("matmul", apply("transpose", Var("B")), ROW), J, const(0)),
        "i:N j:K",
        "A @ B",
    ),
    "through a softmax": (
        apply("entry", apply("softmax", ROW, attrs=(0,)), J, const(0)),
        "i:N j:D",
        "softmax(A)",
    ),
    "through a sum": (
        apply("sum", apply("mul", ROW, Var("u")), attrs=(None, False)),
        "i:N",
        "A @ u",
    ),
    "through a slice": (
        apply(
            "entry",
            apply("slice", apply("add", Var("V"), at("A", I, J)), attrs=(0, 1, None)),
            J,
            const(0),
        ),
        "i:N j:D",
        "A + V[1:, 0]",
    ),
    "through functions": (
        apply("exp", apply("neg", apply("entry", apply("tanh", ROW), J, const(0)))),
        "i:N j:D",
        "np.exp(-np.tanh(A))",
    ),
    "an entry of an array of entries": (
        apply("entry", array(at("M", I, J), [("#i", D), ("#j", D)]), J, I),
        "i:D j:D",
        "M.T",
    ),
}


@pytest.mark.parametrize("what", PUSHED)
def test_entries_are_those_of_numpy(what: str, rng: np.random.Generator) -> None:
    term, letters, text = PUSHED[what]
    values = drawn(rng)
    np.testing.assert_allclose(computed(term, letters, values), by_numpy(text, values), rtol=1e-9)


def test_what_is_closed_speaks_of_arrays_alone() -> None:
    made = closed(PRODUCT, [("#i", N), ("#j", K)], CORE)
    assert made.op == "each"
    assert set(made.args) == {Var("A"), Var("B")}
    assert not letters_of(made)
    assert not is_open(made)
    assert is_open(PRODUCT)
    assert letters_of(PRODUCT) == {"#i", "#j"}
    assert bound_by(PRODUCT) == ("#q",)
    assert Pusher(CORE).shape(made) == (N, K)


def test_an_array_of_one_number(rng: np.random.Generator) -> None:
    assert filled(3, ()) == const(3)
    assert set(entries(filled(3, (N, D)), {}).values()) == {3.0}
    assert len(entries(filled(3, (N, D)), {})) == 12


# ---------------------------------------------------------------------------------- whose letters

WINDOWS = """dims    A=5, B=4, P=3, Q=2
param   x : A × B
param   k : P × Q
input   u : A-P+1 × B-Q+1
let     z = xcorr2_valid(x, k)
let     L = np.sum(u*np.sin(z))
given   d = dL/dz
claim   [dL/dk] \\frac{\\partial L}{\\partial k_{m,n}} = \\sum_i \\sum_j { d_{i,j} x_{i+m, j+n} }
"""


def test_a_made_letter_is_none_of_a_text() -> None:
    """Readers make `#1`, `#2` for what a text leaves without a letter."""
    assert not fresh_letter().removeprefix("#").isalnum()


@pytest.mark.parametrize("start", [0, 1, 2, 3, 8, 97])
def test_a_verdict_does_not_depend_on_what_was_judged_before(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters that were made before, as those of a text are, once captured these."""
    monkeypatch.setattr(indexing, "_fresh", itertools.count(start))
    assert [claim.verdict for claim in check_document(WINDOWS).claims] == ["proved"]
