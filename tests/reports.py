"""Reports to be written in every form: with all kinds of verdict, and with hostile text."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from derive.checker import check_document
from derive.diagnostic import Diagnostic, Span
from derive.formula import FAULT, NEW, Formula, Line, Part, Step
from derive.term import Var, apply, const
from derive.verdict import IMAGES, Claim, Report, Witness

ROOT = Path(__file__).parents[1]
SEED = ROOT / "examples" / "two_hidden_layers.derive"

WRONG = """stack 4,3,2 bias=separate reduction=sum
claim dW2 = H1.T @ (y - yhat)
claim \\frac{\\partial L}{\\partial W_2} = H_1^T (\\hat{y} - y) / N^2
claim dW1 = x.T @ ((yhat - y) @ W2 * H1 * (1 - H1))
claim dW2 = H1 q
let t = W1 W1
"""

PRODUCT = apply("matmul", apply("transpose", Var("W2")), apply("sub", const(1), Var("H2")))
FORMULA = Formula(
    PRODUCT,
    (Part("3×4"), Part("4×3", FAULT), Part(), Part("4×2"), Part("4×2", NEW), Part("3×2")),
)


@cache
def seed() -> Report:
    """The report on the question that the project began with."""
    return replace(check_document(SEED.read_text(encoding="utf-8")), name=SEED.name)


@cache
def wrong() -> Report:
    """A report with witnesses, NumPy, repairs, what is unreadable, and a note."""
    return replace(check_document(WRONG), name="wrong.derive")


def full(text: str = "", verdict: str = "refuted") -> Claim:
    """A claim that has something of everything; `text` stands in all that others wrote."""
    found = Diagnostic(
        "D202", f"a message {text}", f"W2^T (1 - H2) {text}", Span(0, 4), (f"a note {text}",), text
    )
    line = Line("dW2", "4×2", "", FORMULA)
    return Claim(
        name=f"dL/dW2{text}",
        verdict=verdict,
        read_as=f"W2^T (1 - H2){text}",
        facts=("y rows sum to 1", f"a fact {text}"),
        layout="transposed",
        repair=f"W2^T H2 {text}",
        repair_numpy=f"W2.T @ H2 {text}",
        diagnostics=(found,),
        witness=Witness(
            {"N": 2}, (0, 1), "3/7", "-2", {"x": (Fraction(1, 8), Fraction(5))}, True, IMAGES
        ),
        mistake="D312",
        edits=("transposed",),
        note=f"something is said {text}",
        line=7,
        column=7,
        written=f"W2^T (1 - H2) {text}",
        place=Span(0, 13),
        formula=FORMULA,
        repaired=FORMULA,
        steps=(Step(line, ("H1^T dz2: 4×3 times 3×2 is 4×2",), ("each sample adds a product",)),),
    )


def hostile(text: str) -> Report:
    """A report in which a text stands wherever others may have written."""
    note = Diagnostic("D120", f"line 3: {text}", text, Span(0, 1))
    network = (Line("x", "N×4", "input", None, (text,)), Line("W2", "4×2", "let", FORMULA))
    verdicts = ("proved", "refuted", "undecided", "unreadable")
    claims = tuple(full(text, verdict) for verdict in verdicts)
    return Report(claims, (note,), network, name=f"page {text}.md")


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "the end of an element": "</title></style></code></pre></math><img src=x onerror=alert(1)>",
    "an attribute": '" onmouseover="alert(1)" \'',
    "entities": "&lt;b&gt; &#60; &amp;",
    "the end of a section of XML": "]]> <![CDATA[ <!-- --> <?xml ?> <!DOCTYPE x>",
    "TeX that reads a file": r"\input{/etc/passwd} \include{x} \write18{ls} \openin5=x",
    "TeX that ends a group": r"}}}\end{document}\begin{verbatim} $ $$ \) \] # % & ~ ^ _ {",
    "TeX that makes a macro": r"\def\x{\x\x}\x \catcode`\@=11 \csname end\endcsname ^^5cinput",
    "fences": "``` ~~~ ```` `x` ``y``",
    "lines of Markdown": "\n\n# heading\n- item\n> quote\n| a | b |\n1. x\n---\n",
    "a link": "[text](javascript:alert(1)) ![i](http://x.y/z.png) <http://x.y> http://x.y www.x.y",
    "marks": "*a* **b** _c_ ~~d~~ $e$ @user #12 [^1]",
    "control characters": "a\x00b\x01c\x07d\x08e\x0bf\x1b[31mred\x1b[0m\x7f\x85\x9b",
    "marks of direction": "\u202eevil\u202c \u2066x\u2069 \u200e\u200f \ufeff",
    "what is no character": "\ufffe \uffff \ud800 \udfff \U000e0001",
    "a template": "{{ 7 * 7 }} {% raw %} {# x #} ${7*7} #{7*7}",
    "letters of many scripts": "ŷ ∂ σ′ ᵀ ⊙ Ж 漢字 العربية 😀 é ﬁ ½ ℝ",
    "a long word": "W" * 500,
    "many lines": "x\n" * 50,
}
"""Texts that mean something to a reader of one form or another."""
