"""What a claim asks: the derivative that it is about, its formulas, and how it was read."""

from __future__ import annotations

import pytest

from derive.asking import DOUBTFUL, Question, doubtful_signs, name_of, question
from derive.diagnostic import DeriveError
from derive.setting import Setting, setting_of
from derive.statements import statements
from derive.term import Apply
from derive.truth import Target

NET = """row
input x : N × D
param W : D × K
target y : N × K
let z = x @ W
let p = softmax(z)
let L = np.sum((p - y)**2)
given d = dL/dz
alias \\delta = d
"""


def setting(*claims: str) -> Setting:
    return setting_of(statements(NET + "".join(f"claim {text}\n" for text in claims)))


def asked(text: str) -> Question:
    made = setting(text)
    return question(made.claims[0], made, {})


ASKED = {
    "dL/dW = x^T d": Target("L", "W"),
    r"\frac{\partial L}{\partial W} = x^T d": Target("L", "W"),
    r"\nabla_W L = x^T d": Target("L", "W"),
    "dW = x.T @ d": Target("L", "W"),
    "d = p - y": Target("L", "z"),
    r"\delta = p - y": Target("L", "z"),
    r"\frac{\partial z}{\partial x} = W^T": Target("z", "x"),
    "[dL/dW] x^T d": Target("L", "W"),
    "[jacobian dp/dz] diag(p) - p^T p": Target("p", "z", "jacobian"),
    "[elementwise dp/dz] p - p^2": Target("p", "z", "elementwise"),
    r"\frac{\partial L}{\partial W_{ij}} = \sum_n x_{ni} d_{nj}": Target("L", "W"),
}


@pytest.mark.parametrize("text", ASKED)
def test_a_claim_is_about_a_derivative(text: str) -> None:
    assert asked(text).target == ASKED[text]


def test_letters_of_the_left_side_are_the_axes() -> None:
    found = asked(r"\frac{\partial L}{\partial W_{ij}} = \sum_n x_{ni} d_{nj}")
    assert found.letters == ("#i", "#j")
    assert asked("dL/dW = x^T d").letters == ()


def test_a_chain_of_equalities_has_a_formula_for_each_link() -> None:
    found = asked(r"dL/dW = x^T \delta = x^T d")
    assert len(found.claim.links) == 2


CODE = {"dW = x.T @ d": True, "dW = np.dot(x.T, d)": True, "dL/dW = x^T d": False}


@pytest.mark.parametrize("text", CODE)
def test_code_is_read_as_code(text: str) -> None:
    assert asked(text).code is CODE[text]


def test_an_array_that_is_called_is_a_product() -> None:
    """`d(1 - p)` is a call in Python; of a declared array it can only be a product."""
    found = asked("dW = x.T @ d(1 - p)")
    assert not found.code


REFUSED = {
    "x^T d": "it is not clear which derivative this is about",
    "x^T d = p": "it is not clear which derivative this is about",
    "[dL/dq] x^T d": "`q` is not declared in this document",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_asks_nothing_is_refused(text: str) -> None:
    with pytest.raises(DeriveError) as caught:
        asked(text)
    assert str(caught.value) == REFUSED[text]


def test_signs_that_may_mean_either_product_are_those_of_formulas_not_of_code() -> None:
    assert doubtful_signs(setting("dL/dz = d * p").claims) == ("*",)
    assert doubtful_signs(setting(r"dL/dz = d \cdot p").claims) == (r"\cdot",)
    assert doubtful_signs(setting("dL/dz = d · p").claims) == (r"\cdot",)
    assert doubtful_signs(setting("dz = np.dot(d, p.T) * 2").claims) == ()
    assert set(DOUBTFUL) >= {"*", r"\cdot"}


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("[elementwise dp/dz] p (1 - p)", "mul"),
        ("[elementwise dp/dz] z W", "matmul"),
        ("[elementwise dp/dz] p @ (1 - p)", "matmul"),
        ("[jacobian dp/dz] p (1 - p)", "matmul"),
    ],
)
def test_what_is_said_to_be_entrywise_has_entrywise_products(text: str, op: str) -> None:
    """Of arrays of one shape, in mathematics: code says which product it means."""
    (link,) = asked(text).links
    assert isinstance(link.term, Apply)
    assert link.term.op == op


def test_a_sign_that_the_document_speaks_of_is_in_no_doubt() -> None:
    text = NET + "alias * = ∘\nclaim dL/dz = d * p\n"
    assert doubtful_signs(setting_of(statements(text)).claims) == ()


def test_a_derivative_is_named_with_its_arrangement() -> None:
    assert name_of(Target("L", "W")) == "dL/dW"
    assert name_of(Target("p", "z", "jacobian_T")) == "jacobian_T dp/dz"
    assert name_of(Target("z", "x", "after")) == "dz/dx"
