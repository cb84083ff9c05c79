"""What statements set out, one after another: names, shapes, sizes, facts, what claims may use."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.aliases import alias_of, function_name, letters
from derive.checker import check_document
from derive.setting import Setting, setting_of
from derive.shape import dim, shape_text
from derive.statements import statements
from derive.term import Var

LAYER = """dims   N=32, D
input  x : N × D
param  W : D × K as \\mathbf{W}
param  b : (K,)
target y : N × K one-hot
let    z = x @ W + b
let    p = softmax(z)
loss   L = -np.sum(y*np.log(p))
"""


def setting(text: str = LAYER) -> Setting:
    return setting_of(statements(text))


def test_names_have_the_shapes_that_were_declared_or_follow() -> None:
    made = setting()
    shapes = {name: shape_text(shape) for name, shape in made.shapes.items()}
    sizes = {"N": "scalar", "D": "scalar", "K": "scalar"}
    arrays = {
        "x": "N×D",
        "W": "D×K",
        "b": "(K,)",
        "y": "N×K",
        "z": "N×K",
        "p": "N×K",
        "L": "scalar",
    }
    assert shapes == sizes | arrays
    assert made.sizes == {"N": 32}
    assert made.loss == "L"
    assert made.spelled == {r"\mathbf{W}": "W"}
    assert not made.failures


FACTS = {
    "N × K one-hot": "one-hot axis=1",
    "N × K distribution axis=0": "distribution axis=0",
    "N × K one-hot axis=-1": "one-hot axis=1",
    "K × 1 one-hot": "one-hot axis=0",
    "1 × K distribution": "distribution axis=1",
    "(K,) one-hot": "one-hot axis=0",
    "(K,) positive": "positive",
}


@pytest.mark.parametrize("text", FACTS)
def test_a_fact_is_about_the_last_axis_or_the_long_one_of_a_vector(text: str) -> None:
    assert setting(f"target y : {text}").symbols[0].facts == (FACTS[text],)


@pytest.mark.parametrize("shape", ["(K,)", "1 × K", "K × 1"])
@pytest.mark.parametrize("fact", ["one-hot", "distribution"])
def test_so_the_slope_of_a_softmax_is_right_for_one_sample(shape: str, fact: str) -> None:
    axis = ", axis=0" if shape == "K × 1" else ""
    forward = f"let p = softmax(z{axis})\nlet L = -np.sum(y*np.log(p))\n"
    text = f"param z : {shape}\ntarget y : {shape} {fact}\n{forward}claim dz = p - y\n"
    assert check_document(text).claims[0].verdict == "proved"


BROKEN = {
    "let q = x @ x": ("q", "line 9: 32×D times 32×D: inner sizes D and 32 differ"),
    "let q = foo": ("q", "line 9: unknown name `foo`"),
    "param W : D × D": ("W", "line 9: `W` is given twice"),
    "let z = x": ("z", "line 9: `z` is given twice"),
    "loss J": ("J", "line 9: the loss `J` has no equation"),
    "target t : N × K one-hot axis=3": ("t", "line 9: shape N×K has no axis 3"),
    "stack 3": ("line 9", "line 9: a network has at least an input and an output: --layers 784,10"),
}


@pytest.mark.parametrize("line", BROKEN)
def test_what_a_statement_fails_of_is_kept_with_its_line(line: str) -> None:
    name, message = BROKEN[line]
    assert setting(LAYER + line).failures[name].message == message


def test_and_told_where_its_name_is_missed() -> None:
    report = check_document("input x : N × D\nlet z = x @ x\nlet L = np.sum(z)\nclaim dx = z\n")
    assert "inner sizes D and N differ" in report.claims[0].diagnostics[0].message


def test_an_alias_holds_from_its_line_on() -> None:
    text = LAYER + "alias q = p\nclaim dz = q - y\nalias q = z\nclaim dz = q - y\n"
    assert [claim.verdict for claim in check_document(text).claims] == ["proved", "refuted"]


def test_a_given_name_is_a_derivative_from_its_line_on() -> None:
    text = LAYER + "given d = dL/dz\nclaim dW = x.T @ d\n"
    made = setting(text)
    assert made.given == {"d": Var("dL/dz", made.given["d"].span)}
    assert shape_text(made.given_shapes["d"]) == "N×K"
    assert check_document(text).claims[0].verdict == "proved"


def test_rows_picked_by_an_index_are_a_product_with_zeros_and_ones() -> None:
    made = setting("const idx : (2,) = [2, 0] index\nparam E : V × D\ndims V=3\nlet h = E[idx]\n")
    (name,) = (s.name for s in made.symbols if s.kind == "const" and s.name != "idx")
    hot = tuple(tuple(map(Fraction, row)) for row in ((0, 0, 1), (1, 0, 0)))
    assert made.constants[name] == hot
    assert made.shapes["h"] == (dim(2), dim("D"))
    assert made.once("idx")


def test_words_that_name_functions() -> None:
    assert function_name("tanh") == "tanh"
    for word in ("dtanh", "d_tanh", "tanh_prime", "tanhPrime", "tanh_derivative"):
        assert function_name(word) == "tanh'"
    assert function_name("delta") is None


def test_letters_of_an_alias_are_those_in_subscripts_that_nothing_declares() -> None:
    scope = setting().scope()
    assert letters("a_{ij}", "z[i, j]", scope) == ("i", "j")
    assert letters("a", "z[x, j]", scope) == ("j",)
    assert alias_of(r"\phi", "tanh", scope).function == "tanh"
