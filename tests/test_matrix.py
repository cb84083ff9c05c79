"""Sums of products as matrix formulas: factored as people write them, and of the same value."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.exact import DIGITS, Table, evaluate
from derive.infer import shape_of, typed
from derive.lower import lower
from derive.matrix import matrix_form, powered
from derive.notation import read, write
from derive.poly import DELTA, Poly, factor
from derive.rules import NO_RULES
from derive.shape import ONE, Shape, dim
from derive.slots import index, slot
from derive.term import Term, Var, const
from tests.oracle import close, signed_table
from tests.strategies import SIZES, TENSORS, terms

N, A, B = dim("N"), dim("a"), dim("b")
SHAPES: dict[str, Shape] = {
    "x": (N, A),
    "W": (A, B),
    "V": (dim(1, "a"), B),
    "D": (N, B),
    "dH": (N, B),
    "H": (N, B),
    "G": (N, B),
    "c": (ONE, B),
    "r": (N, ONE),
    "s": (),
    "N": (),
    "a": (),
    "b": (),
}


def raised(text: str) -> str:
    """A formula taken to index form and back."""
    term, shape = typed(read(text, tuple(SHAPES)), SHAPES, text)
    (value,) = lower(term, SHAPES, NO_RULES).values()
    return write(matrix_form(value, shape, SHAPES.__getitem__), "plain", scalars=("N", "s"))


GALLERY = {
    # what all terms share stands in front, adjoints first
    "dH ∘ H - dH ∘ H^2": "dH ∘ H ∘ (1 - H)",
    "H ∘ dH - G ∘ dH": "dH ∘ (H - G)",
    "D/N - H/N": "(D - H) / N",
    "-D - H": "-(D + H)",
    "H ∘ H ∘ H": "H^3",
    # positive terms first, grouped by the factor that most of them have
    "-D + H": "H - D",
    "H ∘ G + H ∘ D - G": "H ∘ (D + G) - G",
    "(H + G)^2": "H^2 + G ∘ (G + 2 H)",
    # sums over indices are matrix products
    "(x W) / N": "x W / N",
    "x^T (D ∘ H) ∘ s": "x^T (D ∘ H) s",
    "x^T D - x^T H": "x^T D - x^T H",
    "H ∘ sum(dH ∘ H, axis=1, keepdims=True)": "sum(H ∘ dH, axis=1, keepdims=True) ∘ H",
    "D V[1:]^T": "D V[1:]^T",
    "x V[1:] + V[0:1]": "V[:1] + x V[1:]",
    # rows and columns
    "r ∘ c": "r c",
    "c ∘ D ∘ r": "D ∘ c ∘ r",
    "sum(D) ∘ H": "sum(D) H",
    "sum(D)^2 ∘ H": "sum(D)^2 H",
    "(x W)^2 - D ∘ (x W)": "(x W) ∘ (x W - D)",
    # functions and powers of them
    "exp(D) / (1 + exp(D))": "1 - 1 / (1 + exp(D))",
    "log(D ∘ H) / D^2": "log(D ∘ H) / D^2",
    "tanh(x W) ∘ D": "D ∘ tanh(x W)",
    "D - D": "0",
}


@pytest.mark.parametrize("text", GALLERY)
def test_formulas_as_people_write_them(text: str) -> None:
    assert raised(text) == GALLERY[text]


@pytest.mark.parametrize("text", GALLERY)
def test_what_is_written_so_is_written_so_again(text: str) -> None:
    if GALLERY[text] != "0":
        assert raised(GALLERY[text]) == GALLERY[text]


@settings(max_examples=120)
@given(terms(), st.integers(0, 10**6))
def test_any_formula_keeps_its_value(term: Term, seed: int) -> None:
    """By the meanings of the ops, at 50 digits; a refusal is one of those that are listed."""
    shapes = {**TENSORS, **dict.fromkeys(SIZES, ())}
    shape = shape_of(term, shapes)
    try:
        found = matrix_form(lower(term, shapes, NO_RULES)[0, 0], shape, shapes.__getitem__)
    except DeriveError as error:
        assume(error.diagnostic.code not in ("D901", "D904"))
        raise
    rng = random.Random(seed)
    values = {name: signed_table(rng, own, SIZES) for name, own in TENSORS.items()}
    with mpmath.workdps(DIGITS):
        truth = evaluate(term, shapes, values, SIZES)
        ours = evaluate(found, shapes, values, SIZES)
        assert all(
            close(ours[_broadcast(place, ours)], value, 25) for place, value in truth.items()
        )


def _broadcast(place: tuple[int, ...], table: Table) -> tuple[int, ...]:
    """Where a formula that is the same along an axis has the entry."""
    last = max(table)
    return tuple(min(one, most) for one, most in zip(place, last, strict=bool(last)))


def entry(name: str, *letters: str) -> Poly:
    return factor(name, *(slot(index(c, {"i": N, "j": B, "k": B}[c])) for c in letters))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (entry(DELTA, "i", "j"), "no matrix form for"),
        (factor("softmax", arg=entry("D", "i", "j")), "the function softmax"),
        (factor("exp", arg=entry("D", "i", "k") * entry("D", "i", "j")), "more than two indices"),
    ],
)
def test_what_has_no_matrix_form(value: Poly, message: str) -> None:
    with pytest.raises(DeriveError, match=message):
        matrix_form(value, (N, B), {**SHAPES, DELTA: (N, N, N)}.__getitem__)


def test_powers_are_entry_by_entry() -> None:
    assert powered(Var("D"), Fraction(1)) == Var("D")
    assert write(powered(Var("D"), Fraction(-2)), "plain") == "D^(-2)"
    assert matrix_form(Poly(()), (N, B), SHAPES.__getitem__) == const(0)
