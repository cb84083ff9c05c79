"""What shapes decide of a formula: vectors, index letters and their ranges, places of misfits."""

from __future__ import annotations

import numpy as np
import pytest

from derive.checker import check_document
from derive.diagnostic import DeriveError, Diagnostic
from derive.indexing import letters_of
from derive.notation.claims import read_claim
from derive.scope import Scope
from derive.shape import dim, shape_text
from derive.term import Var
from tests.written import SHAPES, elaborator


def shape(text: str, vectors: str = "column") -> str:
    """The shape of a claim's formula."""
    (link,) = read_claim(text, Scope(SHAPES)).links
    return shape_text(elaborator(text, vectors).value(link.term).shape)


def refusal(text: str) -> tuple[Diagnostic, str]:
    """What a formula is refused with, and the part of the text that is marked."""
    with pytest.raises(DeriveError) as caught:
        shape(text)
    found = caught.value.diagnostic
    return found, "" if found.span is None else text[found.span.start : found.span.end]


VECTORS = {
    # text: its shape with arrays of one axis as columns, as rows, and as NumPy has them
    "u": ("D×1", "1×D", "(D,)"),
    "u ∘ v": ("D×1", "1×D", "(D,)"),
    "M u": ("D×1", None, "(D,)"),
    "u M": (None, "1×D", "(D,)"),
    "u^T v": ("1×1", "D×D", "scalar"),
    "u v^T": ("D×D", "1×1", "scalar"),
    "u + r": (None, "1×D", "1×D"),
}


@pytest.mark.parametrize("text", VECTORS)
def test_what_a_vector_is_decides_what_fits(text: str) -> None:
    for vectors, wanted in zip(("column", "row", "numpy"), VECTORS[text], strict=True):
        if wanted is None:
            with pytest.raises(DeriveError):
                shape(text, vectors)
        else:
            assert shape(text, vectors) == wanted, vectors


def test_letters_learn_their_ranges_from_the_arrays_they_stand_at() -> None:
    made = elaborator("A_{ij} u_j")
    (link,) = read_claim("A_{ij} u_j", Scope(SHAPES)).links
    found = made.value(link.term)
    assert letters_of(found.term) == {"#i", "#j"}
    assert (made.reach("#i"), made.reach("#j"), made.reach("#k")) == (dim("N"), dim("D"), None)


def test_a_sum_binds_its_letter_which_may_run_over_another_range_then() -> None:
    text = r"(\sum_i w_i) (\sum_i u_i)"
    assert shape(text) == "scalar"


def test_a_window_runs_over_what_is_left() -> None:
    """In u[i + m] with m over K places, i has D - K + 1 of them."""
    made = elaborator()
    made.window(frozenset({"#i", "#m"}), dim("D"))
    made.ranges["#m"] = (dim("K"), Var("#m"))
    assert made.bound("#m") == dim("K")
    assert str(made.bound("#i")) == "(D-K+1)"


MISFITS = {
    "A ∘ B": ("D202", "B"),
    "A (B B)": ("D201", "B"),
    "(A B) + A": ("D202", "A"),
    r"\sum_i A_{ij} B_{ij}": ("D207", "B_{ij}"),
    "A M w": ("D201", "w"),
    "foo A": ("D101", "foo"),
}


@pytest.mark.parametrize("text", MISFITS)
def test_a_misfit_is_shown_at_the_factor_that_does_not_fit(text: str) -> None:
    found, marked = refusal(text)
    assert (found.code, marked) == MISFITS[text]


def test_both_sub_formulas_are_told_with_their_shapes() -> None:
    found, _ = refusal("(A M) (C M)")
    assert found.notes == ("`(A M)` is N×D", "`(C M)` is N×D")


def test_a_value_keeps_its_place_in_the_text() -> None:
    text = "A M + C"
    (link,) = read_claim(text, Scope(SHAPES)).links
    span = elaborator(text).value(link.term).term.span
    assert span is not None
    assert text[span.start : span.end] == text


# ----------------------------------------------------------------- what a text leaves to the reader

LOOKUP = """dims V=5, D=3, T=4
param E : V × D
const ids : (T,) = [1, 4, 2, 4] index
input g : (D,)
let h = E[ids].mean(axis=0)
let L = np.sum(g*h)
claim [dL/dE] dE = np.zeros_like(E)
    np.add.at(dE, ids, {})
"""

ADDED = {
    "g / T": "proved",
    "np.ones((T, 1)) * g / T": "proved",
    "g": "refuted",
    "np.ones(T) / T": "ill-shaped",
}


@pytest.mark.parametrize("rows", ADDED)
def test_what_is_added_at_an_index_is_repeated_as_numpy_repeats_it(rows: str) -> None:
    (claim,) = check_document(LOOKUP.format(rows)).claims
    assert claim.verdict == ADDED[rows]
    if claim.verdict != "ill-shaped":
        sizes = {"V": 5, "D": 3, "T": 4}
        added, right = np.zeros((5, 3)), np.zeros((5, 3))
        g, ids = np.array([0.5, -2.0, 3.0]), np.array([1, 4, 2, 4])
        np.add.at(added, ids, eval(rows, {"np": np}, {**sizes, "g": g}))  # noqa: S307
        for place in ids:
            right[place] += g / 4
        assert np.allclose(added, right) == (claim.verdict == "proved")


CONTEXTS = r"""dims D=4, n=3
column
param v : D × 1 as v_c
param U : D × n
let J = -np.sum(np.log(sigmoid(-U.T @ v)))
alias u_k = U[:,k]
claim [dJ/dv] """


@pytest.mark.parametrize("score", [r"u_k^\top v_c", r"v_c^\top u_k", r"{u_k}^\top v_c"])
def test_a_column_of_a_matrix_keeps_its_letter_where_it_is_transposed(score: str) -> None:
    (claim,) = check_document(rf"{CONTEXTS}\sum_{{k=1}}^n \sigma({score}) u_k").claims
    assert claim.verdict == "proved"
