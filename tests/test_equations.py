"""What a notebook shows of a network and of its gradients: the same lines as text, LaTeX, HTML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from IPython.lib.pretty import pretty

import derive
from derive.dense import Stack
from derive.faces.equations import Thing, html, latex, text
from derive.formulas import Gradient, Gradients
from tests.test_architecture import loaded_after

STACK = derive.stack("4,3,2", activations="tanh", loss="mse", bias="separate")
FOUND = derive.gradients(derive.stack("784,100,10,10"))
THINGS = {"stack": STACK, "gradients": FOUND, "gradient": FOUND["W2"]}

TEXTS = {
    "stack": """\
4 -> 3 tanh -> 2 identity; mse, mean over the batch; separate bias; samples are rows
z1 = x W1 + b1  (N×3)
H1 = tanh(z1)  (N×3)
z2 = H1 W2 + b2  (N×2)
yhat = z2  (N×2)
L = sum((yhat - y)^2) / n2 / N  (scalar)""",
    "gradients": """\
dL/dW1 = [1 x]^T (((((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) W2[1:]^T) ∘ H1 ∘ (1 - H1)) / N  (785×100)
dL/dW2 = [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N  (101×10)
dL/dW3 = [1 H2]^T (yhat - y) / N  (11×10)
given: y rows sum to 1""",
    "gradient": """\
dL/dW2 = [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N  (101×10)
given: y rows sum to 1""",
}


@pytest.mark.parametrize("name", THINGS)
def test_as_text(name: str) -> None:
    assert text(THINGS[name]) == pretty(THINGS[name]) == TEXTS[name]


def test_as_latex() -> None:
    assert STACK._repr_latex_() == (
        r"$\displaystyle \begin{aligned} z_{1} &= x W_{1} + b_{1} \\ H_{1} &= \tanh(z_{1}) \\ "
        r"z_{2} &= H_{1} W_{2} + b_{2} \\ \hat{y} &= z_{2} \\ "
        r"L &= \frac{\frac{\operatorname{sum}((\hat{y} - y)^{2})}{n_{2}}}{N} \end{aligned}$"
    )
    assert latex(FOUND["W3"]) == (
        r"$\displaystyle \frac{\partial L}{\partial W_{3}} = "
        r"\frac{[1\ H_{2}]^T (\hat{y} - y)}{N}$"
    )
    aligned = latex(FOUND)
    assert aligned is not None
    assert aligned.count("&= ") == len(FOUND.parameters)


@pytest.mark.parametrize("name", THINGS)
def test_as_html(name: str) -> None:
    """Well-formed, in the style of reports; each equation with its text and all its shapes."""
    thing: Thing = THINGS[name]
    part = thing._repr_html_()
    assert part == html(thing)
    root = ElementTree.fromstring(part)
    assert root.get("class") == "derive derive-part"
    assert "<script" not in part
    rows = [one for one in root.iter("div") if one.get("class") == "display"]
    lines = [line for line in TEXTS[name].split("\n") if " = " in line]
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        left, right = row.iter("math")
        formula, _, shape = line.rpartition("  (")
        assert f"{left.get('alttext')} = {right.get('alttext')}" == formula
        assert row[-1].text == shape.rstrip(")")


def test_the_shape_of_every_factor_is_there() -> None:
    root = ElementTree.fromstring(html(FOUND["W3"]))
    shapes = [one.text for one in root.iter("mtext") if one.get("class") == "shape"]
    assert shapes == ["11×N", "N×10"]
    (code,) = root.iter("code")
    assert code.text == FOUND["W3"].numpy
    assert "given: y rows sum to 1" in [one.text for one in root.iter("p")]


def test_the_names_of_a_network_are_listed() -> None:
    names = ["".join(one.itertext()) for one in ElementTree.fromstring(html(STACK)).iter("li")]
    assert names[:3] == ["x N×4 input", "W1 4×3 param", "b1 1×3 param"]


def test_of_a_very_deep_network_the_heading_alone_is_shown() -> None:
    deep = derive.stack(",".join(["2"] * 60))
    assert text(deep) == deep.describe()
    assert latex(deep) is None
    assert "<math" not in html(deep)


def test_nothing_is_drawn_before_it_is_shown() -> None:
    code = "import derive; stack = derive.stack('4,3,2'); stack.derivation"
    assert not loaded_after(code) & {"sympy", "jinja2", "markupsafe", "IPython"}
    assert {Stack, Gradient, Gradients} == {type(one) for one in THINGS.values()}
