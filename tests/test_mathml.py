"""Formulas as MathML: a gallery, and what is drawn is read back as the same formula."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from html import unescape
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given

from derive.faces.mathml import mathml, name_mathml
from derive.faces.word import word
from derive.formula import FAULT, NEW, Formula, Part, faulty, nodes, shaped
from derive.infer import shape_of
from derive.notation import read, write
from derive.shape import dim
from derive.term import Apply, Const, Term, Var, apply
from tests.strategies import SHAPES, SIZES, TENSORS, terms

SCALARS = [name for name, shape in SHAPES.items() if not shape]


def drawn(text: str, names: list[str]) -> str:
    """The markup of a formula without what is around it."""
    term = read(text, names)
    markup = mathml(Formula(term, (Part(),) * len(nodes(term))), block=False)
    return re.sub(r"^<math[^>]*>|</math>$", "", markup)


GALLERY = [
    ("a + b", "<mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>"),
    ("-a", '<mrow><mo form="prefix">−</mo><mi>a</mi></mrow>'),
    ("a ∘ b", "<mrow><mi>a</mi><mo>∘</mo><mi>b</mi></mrow>"),
    ("a^T", '<msup><mi>a</mi><mi mathvariant="normal">T</mi></msup>'),
    ("a^2", "<msup><mi>a</mi><mtext>2</mtext></msup>"),
    ("a / b", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
    ("sqrt(a)", "<msqrt><mi>a</mi></msqrt>"),
    ("1/2 a", '<mrow><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>\u2062</mo><mspace width="0.18em"/>'),
    ("sigmoid(a)", "<mrow><mi>σ</mi><mo>\u2061</mo>"),
    ("tanh(a)", "<mrow><mi>tanh</mi><mo>\u2061</mo>"),
    ("[1 a]", '<mn>1</mn><mspace width="0.5em"/><mi>a</mi>'),
    ("(a + b)^T", '<mo form="prefix" stretchy="false">(</mo>'),
    ("(a / b + a)^T", '<mo form="prefix">(</mo>'),
]


@pytest.mark.parametrize(("text", "markup"), GALLERY)
def test_the_gallery(text: str, markup: str) -> None:
    assert markup in unescape(drawn(text, ["a", "b"]))


@pytest.mark.parametrize(
    ("name", "markup"),
    [
        ("W2", "<msub><mi>W</mi><mn>2</mn></msub>"),
        ("yhat", '<mover accent="true"><mi>y</mi><mo stretchy="false">ˆ</mo></mover>'),
        ("delta2", "<msub><mi>δ</mi><mn>2</mn></msub>"),
        ("dz2", "<msub><mrow><mi>d</mi><mi>z</mi></mrow><mn>2</mn></msub>"),
        ("loss", "<mi>loss</mi>"),
        ("z_out", "<msub><mi>z</mi><mi>out</mi></msub>"),
        ("#i", "<mi>i</mi>"),
        ("dL/dW2", "<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo><msub>"),
        ("a<b", "<mi>a&lt;b</mi>"),
    ],
)
def test_names(name: str, markup: str) -> None:
    assert markup in name_mathml(name)
    assert fromstring(name_mathml(name)).get("alttext") == name


def test_primes_and_words() -> None:
    assert word(r"\sigma'") == "<msup><mi>σ</mi><mo>′</mo></msup>"
    assert word(r"\operatorname{relu}") == "<mi>relu</mi>"
    assert word(r"\mathrm{a}") == '<mi mathvariant="normal">a</mi>'


# ------------------------------------------------------------------------------ what stands out

N, H, K = dim("N"), dim("H"), dim("K")
NET = {"h": (N, H), "d": (N, K), "W": (H, K), "e": (N, K)}


def figure(text: str) -> Formula:
    term = read(text, list(NET))
    return shaped(term, lambda node: shape_of(node, NET), {"K": 10})


def labels(formula: Formula) -> list[str]:
    """The shapes under parts, in the order of reading."""
    root = fromstring(mathml(formula).replace("&#x2062;", "").replace("&#x2061;", ""))
    return [node.text or "" for node in root.iter("mtext") if node.get("class") == "shape"]


def test_shapes_stand_under_factors_and_bracketed_products() -> None:
    assert labels(figure("h^T d")) == ["H×N", "N×10"]
    assert labels(figure("h^T (d - e)")) == ["H×N", "N×10"]
    assert labels(figure("h^T ((d W^T W) ∘ e)")) == ["H×N", "N×10", "10×H", "H×10", *["N×10"] * 3]
    assert labels(figure("d + e")) == []
    assert labels(figure("W")) == ["H×10"]


def test_a_bracketed_product_has_a_brace() -> None:
    assert mathml(figure("h^T (d ∘ e)")).count("⏟") == 1
    assert mathml(figure("h^T d")).count("⏟") == 0


def test_terms_that_do_not_fit_have_their_shapes() -> None:
    formula = figure("d + e")
    parts = (Part("N×10"), Part("10×N"), Part())
    assert labels(replace(formula, parts=parts)) == ["N×10", "10×N"]


def test_marks_and_what_is_said_of_them() -> None:
    formula = figure("h^T d")
    inner = formula.term.args[1]  # type: ignore[union-attr]
    markup = mathml(faulty(formula, [inner]))
    assert f'<munder class="{FAULT}"><mi>d</mi>' in markup
    assert 'alttext="h^T d; at fault: d"' in markup


def test_a_new_sign_is_marked_and_not_the_product() -> None:
    formula = figure("d ∘ (e - d)")
    parts = (*formula.parts[:-1], replace(formula.parts[-1], mark=NEW))
    markup = mathml(replace(formula, parts=parts))
    assert markup.count(f'<mo class="{NEW}">∘</mo>') == 1
    assert markup.count(NEW) == 2  # and in the words


# ------------------------------------------------------------------------------ read back


def text_of(node: Element) -> str:
    """The formula that markup shows, as text; knows MathML, and nothing of how it was made."""
    kids = [text_of(child) for child in node]
    match node.tag:
        case "math" | "mrow":
            return "".join(kids)
        case "mi" | "mn" | "mtext":
            return f" {NAMES.get(node.text or '', node.text)} "
        case "mo":
            return SIGNS.get(node.text or "", f" {node.text} ")
        case "mspace":
            return " "
        case "munder":
            return kids[0]
        case "mfrac":
            return f" (({kids[0]})/({kids[1]})) "
        case "msqrt":
            return f" sqrt({''.join(kids)}) "
        case "msup" if kids[1].strip() == "T":
            return f"{kids[0].rstrip()}^T "
        case "msup":
            power = kids[1].strip()
            return f"{kids[0].rstrip()}^{power if power.isdigit() else f'({power})'} "
    raise AssertionError(node.tag)


NAMES = {"σ": "sigmoid"}
SIGNS = {"\u2062": " ", "\u2061": "", "−": " - ", "⏟": ""}


def settled(term: Term) -> str:
    """A formula as text, which is the same for all ways to write its numbers."""
    return re.sub(r"\s", "", write(term, "numpy", scalars=SCALARS))


@given(terms())
def test_what_is_drawn_is_the_formula(term: Term) -> None:
    formula = shaped(term, lambda node: shape_of(node, SHAPES), SIZES, SCALARS)
    markup = mathml(formula)
    root = fromstring(markup)
    for under in list(root.iter("munder")):
        assert len(under) == 2
    again = read(text_of(root), [*TENSORS, *SIZES])
    assert settled(again) == settled(
        read(write(term, "latex", scalars=SCALARS), [*TENSORS, *SIZES])
    )
    assert unescape(root.get("alttext") or "") == formula.text()


def test_numbers() -> None:
    for value, text in ((Fraction(3), "3"), (Fraction(-2), "−2"), (Fraction(1, 3), "13")):
        root = fromstring(mathml(Formula(Const(value), (Part(),))))
        assert "".join(root.itertext()) == text


@pytest.mark.parametrize(
    "term",
    [
        apply("entry", Var("W"), Var("#i"), Var("#j")),
        apply("total", Var("W"), attrs=("#i",)),
        apply("delta", Var("#i"), Var("#j")),
        apply("gradient", Var("W"), Var("h")),
        apply("eye"),
        apply("ones", attrs=("N", "H")),
        apply("mean", Var("W"), attrs=(0, True)),
        apply("einsum", Var("W"), Var("h"), attrs=("ij,kj->ik",)),
        apply("concat", Var("W"), Var("h"), attrs=(0,)),
        apply("concat", Var("W"), Var("h"), attrs=(2,)),
        apply("sum", Var("W"), attrs=(None, False)),
        apply("slice", Var("W"), attrs=(0, 1, None)),
        apply("outer", Var("d"), Var("e")),
        apply("maximum", Var("d"), Var("e")),
        Apply("array", (Var("d"),), ("#i", "#j", N, H)),
    ],
)
def test_every_kind_of_op_is_drawn_with_all_its_names(term: Apply) -> None:
    root = fromstring(mathml(Formula(term, (Part(),) * len(nodes(term)))))
    shown = "".join(root.itertext())
    for node in nodes(term):
        if isinstance(node, Var):
            assert node.name.removeprefix("#") in shown


def test_what_is_scaled_added_or_divided_has_no_shape_under_it() -> None:
    number = {**NET, "n": ()}
    for text, found in (("h^T d / n", ["H×N", "N×10"]), ("2 d", []), ("d / (1 + exp(d))", [])):
        term = read(text, list(number))
        formula = shaped(term, lambda node: shape_of(node, number), {"K": 10}, ["n"])
        assert labels(formula) == found
