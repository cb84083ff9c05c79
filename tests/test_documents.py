"""Pages to statements: what is found on them, and what is left alone."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.documents import LAST_NAMED, document
from derive.layers import stack
from derive.statement import Alias, Bracket, ClaimLine, Declare, Dims, Let, Loss, Orientation

NET = stack("5,4,3", bias="separate", single=True)
STAGED = stack("2,500,2", activations="tanh,softmax", bias="separate", staged=True)

CLAIMS = {
    "in a sentence": ("The gradient $dW_2 = H_1^T d$ is this.", ["dW_2 = H_1^T d"]),
    "with room inside": ("so $ dW_2 = H_1^T d, $ or", ["dW_2 = H_1^T d"]),
    "displayed": ("so\n$$\n\\frac{\\partial L}{\\partial W} = x^T d.\n$$", None),
    "in brackets": (r"\(dz_1 = a\) and \[ dz_2 = b \]", ["dz_1 = a", "dz_2 = b"]),
    "in rows": (
        "\\begin{align}\ndz &= p - y & (3) \\\\\nda &= z \\tag{4}\n\\end{align}",
        ["dz = p - y", "da = z"],
    ),
    "in a chain of rows": (r"$$\begin{aligned} dz &= a \\ &= b \end{aligned}$$", ["dz = a = b"]),
    "in an equation": ("\\begin{equation}\\label{a} dz = p\\end{equation}", ["dz = p"]),
    "with a matrix": (
        r"$$dz = \begin{bmatrix} a \\ b \end{bmatrix}$$",
        [r"dz = \begin{bmatrix} a \\ b \end{bmatrix}"],
    ),
    "with a nabla": (r"$\nabla_W L = x^T d$", [r"\nabla_W L = x^T d"]),
    "with a slash": (r"$\partial L/\partial W = x^T d$", [r"\partial L/\partial W = x^T d"]),
    "with a delta": (r"$\delta_2 = p - y$", [r"\delta_2 = p - y"]),
    "with a hat": (r"$d\hat{y}_n = 1/\hat{y}_n$", [r"d\hat{y}_n = 1/\hat{y}_n"]),
    "in a fence": ("```python\nd = p - y\ndW2 = H1.T @ d\n```", ["dW2 = H1.T @ d"]),
    "in a function": (
        "~~~\ndef back(x, d):\n    self.dW = x.T @ d\n    return self.dW\n~~~",
        ["self.dW = x.T @ d"],
    ),
    "in code of another language": (
        "```\ndW2 = np.dot(d, h);\nx->y;\n```",
        ["dW2 = np.dot(d, h);"],
    ),
    "in backquotes": ("set `dz = p - y` there", ["dz = p - y"]),
    "with no marks at all": ("The gradients are\n\n  - dL/dW = x^T d\n  - dz = p - y\n", None),
    "only a shape": (
        r"$\frac{\partial L}{\partial W} \in \mathbb{R}^{2\times 3}$",
        [r"\frac{\partial L}{\partial W} \in \mathbb{R}^{2\times 3}"],
    ),
    "in a list of a LaTeX page": (
        "\\begin{document}% $dz = 1$\n\\item $dz = 2$\n\\end{document}",
        ["dz = 2"],
    ),
    "with dollars that mean money": ("for $5 we have\n\n$dz = p$", ["dz = p"]),
    "after an escaped dollar": (r"for \$5 we have $dz = p$", ["dz = p"]),
}


def claims(page: str) -> list[ClaimLine]:
    return [one for one in document(page) if isinstance(one, ClaimLine)]


@pytest.mark.parametrize("page", CLAIMS)
def test_claims_are_found(page: str) -> None:
    text, wanted = CLAIMS[page]
    if wanted is None:
        wanted = [r"\frac{\partial L}{\partial W} = x^T d"]
        wanted = ["dL/dW = x^T d", "dz = p - y"] if "marks" in page else wanted
    assert [claim.text for claim in claims(text)] == wanted


NO_CLAIMS = [
    "",
    "No formula here, and dW is only a word.",
    "$x = 3$ and $a$ = $b$",
    r"$\frac{\partial L}{\partial W}$ is what we want",
    r"$$\dim(W) = 3$$ and $data = 4$",
    "$dz = $ nothing, $= 3$",
    r"$\in \mathbb{R}^{2 \times 3}$",
    "```\nx = 1\ndata = 2\nprint(dW)\n```",
    "$ dz = p\n\n - y$",
    "`",
    "$$",
    r"\[ dz = 3",
    r"\begin{align} $x$ dz = 3",
]


@pytest.mark.parametrize("page", NO_CLAIMS)
def test_what_is_no_claim_is_left_alone(page: str) -> None:
    assert claims(page) == []


def test_claims_know_their_line_and_place() -> None:
    page = "# Title\n\nFirst $dz_1 = a$,\nthen\n$$\ndz_2 = b\n$$\n"
    first, second = claims(page)
    assert (first.line, second.line) == (3, 6)
    assert [page[c.span.start : c.span.end] for c in (first, second)] == ["dz_1 = a", "dz_2 = b"]


def test_an_explicit_block_with_claims_is_all_that_counts() -> None:
    page = "Not $dz = 0$.\n\n```derive\nstack 4,3\nclaim dW1 = x^T d\n```\n"
    found = document(page)
    assert [type(one).__name__ for one in found] == ["Stack", "ClaimLine"]
    assert (found[1].line, page[found[1].span.start : found[1].span.end]) == (
        5,
        "claim dW1 = x^T d",
    )


def test_an_explicit_block_with_the_network_leaves_the_claims_to_the_page() -> None:
    page = "```derive\nstack 4,3\n```\nThen $z = x W$ and $dW_1 = x^T d$."
    assert [type(one).__name__ for one in document(page)] == ["Stack", "ClaimLine"]


def test_a_wrong_line_in_an_explicit_block_has_the_line_of_the_page() -> None:
    with pytest.raises(DeriveError, match="line 4: `clam` is not a statement"):
        document("# Page\n\n```derive\nclam dz = 3\n```\n")


def test_a_text_in_the_explicit_form_is_read_as_such() -> None:
    found = document("row\nlet z = x\nparam b : 3 × 4\nclaim dz = 1 $dz = 2$")
    assert [type(one).__name__ for one in found] == ["Orientation", "Let", "Declare", "ClaimLine"]


FORWARD = r"""
Take \begin{align*}
&J = CE(y, p) = -\sum_i y_i \log(p_i)\\
&p = softmax(z_2)\\ &z_2 = h V + c\\ &h = \sigma(z_1)\\ &z_1 = x W + b
\end{align*}
where $W \in \mathbb{R}^{D_x \times H}$, $b \in \mathbb{R}^H$ and V is H x K, $c$ is $1 \times K$.
Then $$\frac{\partial J}{\partial z_2} = p - y.$$
"""


def test_the_network_of_a_page_is_its_equations_in_order() -> None:
    found = document(FORWARD)
    assert [one.sizes for one in found if isinstance(one, Dims)] == [
        {"D_x": None, "H": None, "K": None}
    ]
    assert [one.vectors for one in found if isinstance(one, Orientation)] == ["row"]
    assert {one.name: (one.kind, one.dims) for one in found if isinstance(one, Declare)} == {
        "W": ("param", ("D_x", "H")),
        "b": ("param", ("1", "H")),
        "V": ("param", ("H", "K")),
        "c": ("input", ("1", "K")),
        "x": ("input", ("1", "D_x")),
        "y": ("target", ("1", "K")),
    }
    assert [(one.name, one.text) for one in found if isinstance(one, Let)] == [
        ("z1", "x W + b"),
        ("h", r"\sigma(z_1)"),
        ("z2", "h V + c"),
        ("p", "softmax(z_2)"),
    ]
    assert [(one.name, one.text) for one in found if isinstance(one, Loss)] == [
        ("J", r"-\sum_i y_i \log(p_i)")
    ]


def test_what_a_page_leaves_unsaid_is_noted() -> None:
    notes = {one.name: one.note for one in document(FORWARD) if isinstance(one, Declare)}
    assert notes["x"] == "`x` is taken to be 1 × D_x, as it multiplies `W`"
    assert notes["y"] == "`y` is taken to be 1 × K, as the output"
    assert notes["b"] == "a row, as the samples"
    assert notes["V"] is None


def test_columns_are_seen_from_the_order_of_the_factors() -> None:
    page = r"With $z = W x$, $W \in \mathbb{R}^{2\times 3}$: $dx = W^T dz$."
    found = document(page)
    assert Orientation("column") in found
    assert [one.dims for one in found if isinstance(one, Declare)] == [("2", "3"), ("3", "1")]


def test_two_names_of_one_chain_are_both_defined() -> None:
    page = r"$a_2 = \text{softmax}(z) = \hat{y}$ gives $dz = \hat{y} - y$"
    lets = [(one.name, one.text) for one in document(page) if isinstance(one, Let)]
    assert lets == [("a2", r"\text{softmax}(z)"), ("yhat", "a_2")]


SAID = {
    r"$x$ is $1 \times 2$": ("x", ("1", "2")),
    r"where $x$ is a matrix of size $N \times D$": ("x", ("N", "D")),
    "x_1 is 2x500 matrix": ("x_1", ("2", "500")),
    "x_1 has shape (2, 3)": None,
    "x_1: 2x3": ("x_1", ("2", "3")),
    "x_1 (2 by 3)": ("x_1", ("2", "3")),
    r"the dimensions of $x$ are $1 \times 2$": ("x", ("1", "2")),
    r"Suppose $x$ is $1 \times 2$": None,
    r"if $x$ is $1 \times 2$, then": None,
    r"$x$ cannot be $1 \times 2$": None,
    "it is 2x3": None,
    "a 2x3 matrix": None,
    r"$x^T$ is $2 \times 1$": ("x^T", ("2", "1")),
}


@pytest.mark.parametrize("text", SAID)
def test_shapes_in_sentences_are_claims_where_the_network_is_known(text: str) -> None:
    found = [one.text for one in document(text, NET) if isinstance(one, ClaimLine)]
    said = SAID[text]
    if said is None:
        assert found == []
    else:
        assert found == [rf"{said[0]} \in \mathbb{{R}}^{{{said[1][0]} \times {said[1][1]}}}"]


def test_a_transposed_symbol_declares_the_symbol() -> None:
    found = document(r"$y^T$ is $2 \times 1$, so $dz = p - y$.")
    assert [(one.name, one.dims) for one in found if isinstance(one, Declare)] == [
        ("y", ("1", "2"))
    ]


def test_a_result_without_a_left_side_is_about_the_derivative_named_last() -> None:
    page = (
        "What is $\\frac{\\partial L}{\\partial W_2}$? It is\n"
        "$[1\\ H_1]^T (p - y) \\in \\mathbb{R}^{101\\times 1}$\n"
    )
    (claim,) = claims(page)
    assert claim.bracket == Bracket("gradient", "L", "W2")
    assert claim.note == LAST_NAMED


RENAMED = {
    r"$h = sigmoid(z_1)$": [("h", "H1")],
    r"$h = \sigma(z_1)$, $p = \text{softmax}(z_2)$": [("h", "H1"), ("p", "yhat")],
    r"$J = -\sum_i y_i$": [("J", "L")],
    r"$H_1 = \sigma(z_1)$": [],
    r"$h = q(z_1)$": [],
    r"$dz_2 = \hat{y} - t$": [("t", "y")],
}


@pytest.mark.parametrize("page", RENAMED)
def test_what_a_page_calls_the_quantities_of_a_stack(page: str) -> None:
    found = [(one.written, one.text) for one in document(page, NET) if isinstance(one, Alias)]
    assert found == RENAMED[page]


def test_the_stages_of_a_loss_are_renamed_too() -> None:
    page = r"$a_2 = softmax(z_2) = \hat{y}_n$, $l_n = \log{(\hat{y}_n)}$, $dl_n = \dot{y}_n / N$"
    found = [(one.written, one.text) for one in document(page, STAGED) if isinstance(one, Alias)]
    assert found == [
        ("a_2", "yhat"),
        (r"\hat{y}_n", "yhat"),
        ("l_n", "l"),
        (r"\dot{y}_n", "y"),
    ]


def test_a_delta_that_is_said_to_be_a_derivative_is_one() -> None:
    page = r"$\delta_2 = \frac{\partial L}{\partial z_2} = \hat{y} - y$"
    assert [(one.written, one.text) for one in document(page) if isinstance(one, Alias)] == [
        (r"\delta_2", "dL/dz2")
    ]


def test_intermediate_results_of_code_are_aliases_where_the_network_is_known() -> None:
    found = document("```\nz1 = x @ W1\nerr = yhat - y\ndW2 = H1.T @ err\n```", NET)
    assert [(type(one).__name__, getattr(one, "text", "")) for one in found] == [
        ("Alias", "yhat - y"),
        ("ClaimLine", "dW2 = H1.T @ err"),
    ]


# ---------------------------------------------------------------------------- whatever is typed

HOSTILE = {
    "marks": r"\[" * 99_000,
    "dollars": "$" * 199_000,
    "environments": r"\begin{align}" * 15_000,
    "tildes": "~" * 199_000,
    "lines": "\n" * 199_000,
    "room": "$x$" + " " * 199_000 + "is",
    "shapes": "W_1 is " * 28_000,
    "braces": "$" + "{" * 19_000 + "$",
    "hats": "$d" + r"\hat{" * 3_000 + "a" + "}" * 3_000 + "=b$",
    "scripts": "$d" + "_a" * 9_000 + "=1$",
    "fractions": "$" + r"\frac{\partial " * 1_300 + "=x$",
    "a chain of names": "".join(f"$a_{{{i}}} = a_{{{i + 1}}} b$ " for i in range(1_900))
    + "$da=a_0$",
    "code": "```\n" + "a = b\n" * 30_000 + "```",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_little(name: str) -> None:
    start = time.process_time()
    with suppress(DeriveError):
        document(HOSTILE[name])
    assert time.process_time() - start < 10


SIGNS = (
    r"$ $$ \( \) \[ \] \\ & = { } ( ) _ ^ ^T , . : ` ``` ```derive ~~~ \times \sum_i \boldsymbol{"
)
WORDS = r"""
\begin{align} \end{align} \begin{aligned} \end{aligned} \in \mathbb{R}^{2\times3} \frac{\partial
L}{\partial W_1} dW_1 dz \delta_2 \hat{y} y x W_1 z_1 h b is are 2x3 claim let row np.dot(a,b)
softmax(z_1) \nabla_W ŷ δ
"""
PIECES = [*SIGNS.split(), *WORDS.split(), "\\", " ", "\n", "\n\n"]
PAGES = st.lists(st.sampled_from(PIECES), max_size=40)


@settings(max_examples=400)
@given(PAGES.map(" ".join) | PAGES.map("".join) | st.text(max_size=80))
def test_any_page_gives_statements_or_a_refusal(page: str) -> None:
    for layers in (None, STAGED):
        try:
            found = document(page, layers)
        except DeriveError as error:
            error.diagnostic.render()
        else:
            assert all(one.span.end <= len(page) for one in found if isinstance(one, ClaimLine))


# ------------------------------------------------------------------------------- real questions

ON_PAGES = {
    "000": (stack("784,100,10,10", single=True), 13),
    "001": (stack("784,100,10,10", single=True), 13),
    "002": (NET, 11),
    "003": (STAGED, 17),
    "004": (stack("3,4,1", loss="half-squared-error", bias="none", layout="column"), 3),
}
"""The network of each question, and how many claims its raw page has, shapes among them."""


@pytest.mark.shared("DERIVE_SHARED")
def test_real_questions_give_their_claims(corpus: Path) -> None:
    for file in sorted(corpus.glob("seeds/*.txt")):
        layers, count = ON_PAGES[file.name[:3]]
        found = document(file.read_text(encoding="utf-8"), layers)
        texts = [claim.text for claim in found if isinstance(claim, ClaimLine)]
        assert len(texts) == count, texts
