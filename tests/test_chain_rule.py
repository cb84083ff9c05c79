"""Steps that name the chain rule and no more: `dL/dh dh/dx`, in the order of either layout."""

from __future__ import annotations

from itertools import pairwise, permutations, product

import pytest

from derive.chain_rule import bare
from derive.checker import check_document
from derive.notation.claims import read_claim
from derive.scope import Scope
from derive.shape import dim

NAMES = "Lshzx"
NET = """dims n=3
column
input x : n × 1
param W : n × n
param v : n × 1
let z = W @ x
let h = np.tanh(z)
let s = np.sum(v*h)
let L = s**2
"""
"""Every name but x follows from the one that is named after it; all vectors are of one size."""


def steps(names: tuple[str, ...]) -> str:
    return "".join(rf"\frac{{\partial {a}}}{{\partial {b}}}" for a, b in pairwise(names))


@pytest.mark.parametrize("inner", [*permutations("shz", 1), *permutations("shz", 2)])
def test_a_chain_is_right_where_every_name_follows_from_the_next(inner: tuple[str, ...]) -> None:
    names = ("L", *inner, "x")
    (claim,) = check_document(
        rf"{NET}claim \frac{{\partial L}}{{\partial x}} = {steps(names)}"
    ).claims
    places = [NAMES.index(name) for name in names]
    assert (claim.verdict == "proved") == (places == sorted(places))


@pytest.mark.parametrize("pair", [p for p in product("shz", repeat=2) if len({*p}) == 2])
def test_links_that_do_not_meet_are_no_chain(pair: tuple[str, str]) -> None:
    one, other = pair
    text = steps(("L", one)) + steps((other, "x"))
    (claim,) = check_document(rf"{NET}claim \frac{{\partial L}}{{\partial x}} = {text}").claims
    assert claim.verdict in ("refuted", "ill-shaped")


BARE = {
    steps(("L", "h", "x")): True,
    steps(("L", "s", "h", "x")): True,
    steps(("L", "h")): False,
    steps(("h", "x")) + steps(("L", "h")): False,
    steps(("L", "h")) + r"\odot" + steps(("h", "x")): False,
    steps(("L", "h")) + "W": False,
}


@pytest.mark.parametrize("text", BARE)
def test_what_is_the_chain_rule_and_no_more(text: str) -> None:
    shapes = {"L": (), "s": (), "W": (dim("n"), dim("n"))}
    shapes |= {name: (dim("n"), dim(1)) for name in "hzx"}
    (link,) = read_claim(text, Scope(shapes)).links
    assert bare(link.term) == BARE[text]


SCALED = """dims n=3
column
input x : n × 1
input g : n × 1
let s = np.sum(x**2)
let h = x*s
let L = np.sum(g*h)
"""

NUMBERS = {
    r"\frac{\partial L}{\partial s} = g^T x": "proved",
    r"\frac{\partial L}{\partial s} = x^T g": "proved",
    r"\frac{\partial L}{\partial s} = " + steps(("L", "h", "s")): "proved",
    r"\frac{\partial L}{\partial s} = g^T g": "refuted",
    r"\frac{\partial L}{\partial s} = g x^T": "ill-shaped",
    r"[dL/ds] g.T @ x": "ill-shaped",
    r"[elementwise dh/ds] x": "undecided",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_product_of_a_row_and_a_column_is_a_number_in_mathematics(text: str) -> None:
    (claim,) = check_document(f"{SCALED}claim {text}").claims
    assert claim.verdict == NUMBERS[text]


def test_a_repair_is_code_over_names_that_code_can_know() -> None:
    """`v` is what ds/dh is; it stays `v` where the text speaks of ds/dh."""
    text = rf"\frac{{\partial L}}{{\partial z}} = {steps(('L', 's', 'h'))} \odot (1 - h)"
    (claim,) = check_document(f"{NET}claim {text}").claims
    assert claim.verdict == "refuted"
    assert claim.repair_numpy == "2 * s * (v * (1 - h**2))"
