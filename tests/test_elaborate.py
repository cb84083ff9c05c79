"""What shapes decide of a formula: vectors, index letters and their ranges, places of misfits."""

from __future__ import annotations

import pytest

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
