"""The explicit form of a document: every kind of statement, and what is said of what is none."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.diagnostic import DeriveError, Span
from derive.layers import stack
from derive.statement import (
    Alias,
    Bracket,
    ClaimLine,
    Declare,
    Dims,
    Given,
    Let,
    Loss,
    Orientation,
    Stack,
)
from derive.statements import KEYWORDS, LONGEST_NAME, MOST, statements

READ = {
    "dims D=784, H = 100, N": Dims({"D": 784, "H": 100, "N": None}),
    "stack 784,100:relu,10 bias=augmented": Stack("784,100:relu,10", {"bias": "augmented"}),
    "stack 3, 4, 1 column single loss='sum((yhat - y)^2) / 2'": Stack(
        "3,4,1", {"layout": "column", "single": True, "loss": "sum((yhat - y)^2) / 2"}
    ),
    "stack 4,3:f,2 define='f(z) = z^2' define='g(z) = z'": Stack(
        "4,3:f,2", {"define": ("f(z) = z^2", "g(z) = z")}
    ),
    "row": Orientation("row"),
    "column   # from here on": Orientation("column"),
    "input x : N × D": Declare("input", "x", ("N", "D")),
    "param W1 : 2x500": Declare("param", "W1", ("2", "500")),
    "param W1 : D x H": Declare("param", "W1", ("D", "H")),
    "param W1 : D * H": Declare("param", "W1", ("D", "H")),
    r"param W1 : D \times H": Declare("param", "W1", ("D", "H")),
    "param W1 : (D, H)": Declare("param", "W1", ("D", "H")),
    "param W1 : (1 + D) × (H)": Declare("param", "W1", ("1+D", "H")),
    "param b : A-P+1 × B - Q + 1": Declare("param", "b", ("A-P+1", "B-Q+1")),
    "input t : A × B × C": Declare("input", "t", ("A", "B", "C")),
    "input x : (D,)": Declare("input", "x", ("D",)),
    "input x : (D)": Declare("input", "x", ("D",)),
    "const a : scalar positive": Declare("const", "a", (), ("positive",)),
    "target y : N × K one-hot": Declare("target", "y", ("N", "K"), ("one-hot",)),
    "target y : K × 1 distribution  axis=0 as \\hat p": Declare(
        "target", "y", ("K", "1"), ("distribution axis=0",), r"\hat p"
    ),
    "target y : N × K as Y binary": Declare("target", "y", ("N", "K"), ("binary",), "Y"),
    "const idx : (3,) = [0, 2, 5] index": Declare(
        "const", "idx", ("3",), ("index",), None, (Fraction(0), Fraction(2), Fraction(5))
    ),
    "const la : scalar = -1.3e1 as \\lambda": Declare(
        "const", "la", (), (), r"\lambda", Fraction(-13)
    ),
    "const m : 2 × 1 = [[1], [.5],]": Declare(
        "const", "m", ("2", "1"), (), None, ((Fraction(1),), (Fraction(1, 2),))
    ),
    "let z1 = x W1 + b1  # forward": Let("z1", "x W1 + b1"),
    r"let ŷ = softmax(z_2)": Let("ŷ", "softmax(z_2)"),
    "let k = np.where(x > 0, x, a*x)": Let("k", "np.where(x > 0, x, a*x)"),
    "loss L = sum(y ∘ log(ŷ))": Loss("L", "sum(y ∘ log(ŷ))"),
    "loss L": Loss("L"),
    "given δ2 = dL/dz2": Given("δ2", "dL/dz2"),
    r"alias \delta = δ2": Alias(r"\delta", "δ2"),
    "alias * = @": Alias("*", "@"),
    r"alias \cdot = ∘": Alias(r"\cdot", "∘"),
    r"alias \sum_{i=1}^{n} a_i = s": Alias(r"\sum_{i=1}^{n} a_i", "s"),
    "alias f(z, slope=True) = dsigmoid(z)": Alias("f(z, slope=True)", "dsigmoid(z)"),
    "alias h[t] = h2": Alias("h[t]", "h2"),
    "claim dL/dW1 = x^T d": ClaimLine(None, "dL/dW1 = x^T d"),
    "claim [1 H1]^T (ŷ - y)": ClaimLine(None, "[1 H1]^T (ŷ - y)"),
    "claim [dL/dW1] x^T d": ClaimLine(Bracket("gradient", "L", "W1"), "x^T d"),
    "claim [jacobian dyhat/dz2] diag(yhat)": ClaimLine(
        Bracket("jacobian", "yhat", "z2"), "diag(yhat)"
    ),
    "claim [ elementwise  dC_/dx ] return x*(1-x)   # the output": ClaimLine(
        Bracket("elementwise", "C_", "x"), "return x*(1-x)"
    ),
    "claim [dL/dW] for i in n:\n        dW += d[i]  # add": ClaimLine(
        Bracket("gradient", "L", "W"), "for i in n:\n    dW += d[i]"
    ),
    r"claim [dL/dW1] [1\ x]^T d  # not in words yet": ClaimLine(
        Bracket("gradient", "L", "W1"), r"[1\ x]^T d"
    ),
    "let L = -np.sum(\n      y * z)": Let("L", "-np.sum( y * z)"),
    "let a = b\n\n    # the rest\n\n    + c": Let("a", "b + c"),
}


@pytest.mark.parametrize("text", READ)
def test_each_kind_of_statement_is_read(text: str) -> None:
    (found,) = statements(text)
    assert {**vars(found), "line": 0, "span": Span(0, 0)} == vars(READ[text])
    assert (found.line, text[found.span.start : found.span.end]) == (1, text)


REFUSED = {
    "parm W : 2 × 3": ("D121", "`parm` is not a statement", "did you mean `param`?"),
    "W1 = 3": ("D121", "`W1` is not a statement", "a statement starts with dims, stack"),
    "dims D=784 H=3": ("D124", "a size is a positive whole number", None),
    "dims D=0": ("D124", "a size is a positive whole number", None),
    "dims D, D": ("D123", "`D` is given twice", None),
    "dims": ("D123", "a name is missing", None),
    "stack bias=none": ("D122", "a stack needs its layers", None),
    "stack 3,4 biass=none": ("D126", "not an option of a stack", "did you mean `bias`?"),
    "stack 3,4 single=1": ("D126", "not an option of a stack", None),
    "row W": ("D122", "nothing stands after `row`", None),
    "param W 2 × 3": ("D122", "a shape is missing", None),
    "param W : 2 by 3": ("D125", "`2 by 3` is not a shape", "a shape is `A × B`"),
    "target y : 2 × 3 onehot": ("D125", "is not a shape", "did you mean `one-hot`?"),
    "param W : ": ("D125", "`` is not a shape", None),
    "param W 1 : 2 × 3": ("D123", "`W 1` is not a name", None),
    "param x : 2 × 3 as": ("D122", "after `as` stands the notation", None),
    "const c : scalar = one": ("D128", "a value is a number, or a list", None),
    "const c : (2,) = [1, 2": ("D128", "a value ends too early", None),
    "const c : (2,) = [[1], 2]": ("D128", "have one length", None),
    "const c : (2,) = []": ("D128", "have one length", None),
    "const c : (2,) = " + "[" * 50: ("D128", "a value is a number, or a list", None),
    "const c : (2,) = " + "9" * 50: ("D108", "more than 30 digits", None),
    "const c : (2,) = __import__('os')": ("D128", "a value is a number, or a list", None),
    "let z1": ("D122", "`let` needs a name, an equation sign and a formula", None),
    "let z1 =": ("D122", "`let` needs a name, an equation sign and a formula", None),
    "let z 1 = x": ("D123", "`z 1` is not a name", None),
    "given d = ": ("D122", "`given` needs a name", None),
    "alias d": ("D122", "an alias is `alias WRITTEN = WHAT IT STANDS FOR`", None),
    "claim": ("D122", "a claim needs a formula", None),
    "claim [dL/dW]": ("D122", "a claim needs a formula", None),
    "claim [jacobean dy/dx] W": ("D126", "`jacobean` is unknown", "did you mean `jacobian`?"),
    "let a = " + "x" * 30_000: ("D127", "line 1 has 30008 characters", None),
    "row\n" * (MOST + 1): ("D127", f"{MOST + 1} statements", None),
    "#" * 300_000: ("D127", "the document has 300000 characters", None),
    "let " + "z" * (LONGEST_NAME + 2) + " = 1": ("D123", "is not a name", None),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_what_is_no_statement_is_refused_in_one_sentence(text: str) -> None:
    code, message, help = REFUSED[text]
    with pytest.raises(DeriveError) as caught:
        statements(text)
    found = caught.value.diagnostic
    assert found.code == code
    assert message in found.message
    assert "\n" not in found.message
    assert help is None or help in (found.help or "")


def test_the_caret_stands_under_the_place_in_its_line() -> None:
    with pytest.raises(DeriveError) as caught:
        statements("# a page\n\nrow\nparam W1 : D x H\n    parm 3\n")
    assert caught.value.diagnostic.render().splitlines()[:3] == [
        "D125: line 4: `D x H parm 3` is not a shape",
        "  | param W1 : D x H",
        "  |            ^^^^^",
    ]


def test_lines_and_places_are_those_of_the_file() -> None:
    text = "\r\n# page\r\nrow\r\n\r\nclaim a\r\n    + b\r\nlet z = 1"
    row, claim, let = statements(text)
    assert (row.line, claim.line, let.line) == (3, 5, 7)
    assert text[claim.span.start : claim.span.end] == "claim a\r\n    + b"


def test_a_page_that_is_indented_throughout_is_read() -> None:
    found = statements("    row\n    let z = x\n        + b")
    assert found[1] == Let("z", "x + b", line=2, span=Span(8, 33))


def test_the_options_of_a_stack_are_those_of_the_network() -> None:
    line = statements("stack 3,4,1 activations=sigmoid,sigmoid loss=mse bias=none column single")[0]
    assert isinstance(line, Stack)
    options: dict[str, Any] = dict(line.options)
    assert stack(line.text, **options).columns


PIECES = r"one-hot axis=1 dL/dW W1 784,10 \delta 0.5 é jacobian = : × [ ] ( ) , # ' as x"
WORDS = st.sampled_from([*KEYWORDS, *PIECES.split(), " ", "    ", "\n", "\t", "\r"])


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_gives_statements_or_a_refusal(text: str) -> None:
    try:
        found = statements(text)
    except DeriveError as error:
        error.diagnostic.render()
    else:
        assert all(one.line for one in found)
