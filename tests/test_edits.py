"""Small changes of a formula: each kind, at every place where it can be made."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.diagnostic import DeriveError
from derive.edits import Edited, Names, has_bias_row, local_edits, places, without_bias_row
from derive.mistakes import EDITED
from derive.notation import read, write
from derive.scaling import scaled
from derive.tensors import Value
from derive.term import Term, Var, apply, const, walk
from tests.written import SHAPES, elaborator, shape_of

N = Var("N")
FACTORS: dict[str, Term] = {
    "N": apply("mul", const(1), N),
    "1/N": apply("div", const(1), N),
    "-1": const(-1),
    "2": const(2),
    "1/2": const(Fraction(1, 2)),
}
"""As the search for a repair names what a formula falls short by."""

NAMES = Names({n: shape for n, shape in SHAPES.items() if n in ("A", "C", "B", "V", "u")})


def formula(text: str) -> Term:
    return read(text, tuple(SHAPES), scalars=("N",))


def value(term: Term) -> Value | None:
    try:
        return elaborator().value(term)
    except DeriveError:
        return None


def edited(text: str, names: Names = NAMES) -> set[tuple[str, str]]:
    """What one change makes: its kind, and the formula."""
    made = local_edits(formula(text), value, names)
    return {(one.edits[0].kind, write(one.term, "plain")) for one in made}


MADE = {
    "a matrix product": (
        "A C",
        {("mul", "A ∘ C"), ("order", "C A"), ("extra", "A"), ("extra", "C")},
    ),
    "an elementwise one": ("A ∘ C", {("matmul", "A C"), ("order", "C ∘ A")}),
    "a transpose": ("A^T", {("untransposed", "A")}),
    "none": ("A", {("transposed", "A^T"), ("symbol", "C"), ("symbol", "B"), ("symbol", "V")}),
    "a bias row": ("V^T", {("bias", "V[1:]^T")}),
    "a difference": ("A - C", {("sign", "A + C")}),
    "a quotient": ("A / N", {("extra", "A")}),
    "a sum": ("sum(A, axis=0)", {("extra call", "A")}),
    "a function": ("tanh(A)", {("function", "tanh'(A)"), ("extra call", "A")}),
    "a slope": ("tanh'(A)", {("function", "tanh(A)")}),
    "a power": ("A^2", {("power", "A")}),
    "a factor inside": (
        "exp((A - C) B)",
        {("transposed", "exp((A - C) B^T)"), ("sign", "exp((A + C) B)")},
    ),
}


@pytest.mark.parametrize("what", MADE)
def test_a_change_is_made(what: str) -> None:
    text, wanted = MADE[what]
    assert wanted <= edited(text)


@pytest.mark.parametrize("text", [text for text, _ in MADE.values()])
def test_every_change_changes_something_and_says_what_it_is(text: str) -> None:
    for one in local_edits(formula(text), value, NAMES):
        assert one.term != formula(text) or one.edits[0].kind == "order"
        assert len(one.edits) == 1


def test_a_change_that_shows_a_mistake_is_of_a_kind_that_a_page_is_about() -> None:
    kinds = {kind for text, _ in MADE.values() for kind, _ in edited(text)}
    assert kinds - set(EDITED) == {"extra", "extra call", "power"}


def test_a_name_with_another_number_of_axes_is_no_candidate() -> None:
    assert ("symbol", "A") not in edited("u")


def test_the_row_of_the_bias_is_the_one_that_belongs_to_a_1() -> None:
    assert has_bias_row(shape_of("1+D K"))
    assert not has_bias_row(shape_of("D K"))
    assert not has_bias_row(shape_of("D+1 K"))
    assert write(without_bias_row(Var("V")), "plain") == "V[1:]"


SCALED = {
    ("A B / N", "N"): "A B",
    ("2 A B", "1/2"): "A B",
    ("N A B", "1/N"): "A B",
    ("A B", "N"): "N (A B)",
    ("A B", "1/N"): "A B / N",
    ("A B", "-1"): "-A B",
    ("-A B", "-1"): "A B",
    ("A B", "2"): "2 (A B)",
}


@pytest.mark.parametrize(("text", "factor"), SCALED)
def test_a_factor_in_front_cancels_what_it_undoes(text: str, factor: str) -> None:
    made = scaled(Edited(formula(text), ()), FACTORS[factor])
    assert write(made.term, "plain", scalars=("N",)) == SCALED[text, factor]
    assert made.edits[0].kind == ("sign" if factor == "-1" else "scale")


def test_every_node_is_a_place_and_putting_it_back_is_the_formula() -> None:
    term = formula("exp((A - C) B)^2 ∘ A")
    found = list(places(term))
    assert [node for node, _ in found] == list(walk(term)) or len(found) == len(list(walk(term)))
    assert all(put(node) == term for node, put in found)
    assert {write(put(Var("u")), "plain") for _, put in found} >= {"u", "exp(u)^2 ∘ A"}
