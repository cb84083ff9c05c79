"""Claims in code: a gallery of snippets as repositories and forums have them, and refusals."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.diagnostic import DeriveError
from derive.notation.code import looks_like_code, read_code
from derive.notation.quantities import read_quantity
from derive.scope import Alias, Scope
from derive.shape import Dim, Shape
from derive.term import Const, Term, Var

SIZES = "N m D H K"
ARRAYS = """
x: N D; X: N D; dout: N D; W1: D H; b1: 1 H; z1: N H; a1: N H; W2: H K; b2: 1 K; z2: N K; a2: N K
y: N K; scores: N K; v: D; u: D; gamma: D; d: H; w: H D; E: K D; th: D 1; idx: N; lab: N; L:; eps:
"""


def shapes() -> dict[str, Shape]:
    """The names of the gallery: a small network, and an embedding."""
    found: dict[str, Shape] = dict.fromkeys(SIZES.split(), ())
    for name, dims in re.findall(r"(\w+):([^;\n]*)", ARRAYS):
        found[name] = tuple(Dim((int(d) if d.isdigit() else d,)) for d in dims.split())
    return found


def alias(written: str, text: str) -> Alias:
    return Alias(written, read_quantity(text, Scope(shapes())))


SCOPE = Scope(
    shapes(),
    {},
    (
        alias("delta", "a2 - y"),
        alias("self.softmax(z, derivative=True)", "a2*(1-a2)"),
        alias("out.grad", "a2"),
        Alias("phi", function="tanh"),
        Alias("act_prime", function="sigmoid'"),
        alias("layers[-1]", "W2"),
        alias("h[t]", "a1"),
        alias("lambda", "eps"),
    ),
)


def compact(term: Term) -> str:
    """A term as one line."""
    if isinstance(term, Var):
        return term.name
    if isinstance(term, Const):
        return str(term.value)
    parts = [*map(compact, term.args), *(f"~{attr}" for attr in term.attrs)]
    return f"{term.op}({', '.join(parts)})"


def said(text: str, scope: Scope = SCOPE) -> str:
    """What a text claims, with its left side where that means something."""
    claim = read_code(text, scope)
    (link,) = claim.links
    left = f"{compact(claim.left)} = " if claim.left is not None else ""
    return left + compact(link.term)


GOLDEN = Path(__file__).parent / "golden" / "code.txt"


def blocks() -> list[tuple[str, str]]:
    """Snippets and what they say: each block of the file is code, and a line after `=> `."""
    found = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")
    return [(code, line) for code, _, line in (block.rpartition("\n=> ") for block in found)]


def outcome(text: str) -> str:
    """What a text says, or why and where it is refused."""
    try:
        return said(text)
    except DeriveError as error:
        found = error.diagnostic
        assert found.span is not None
        spot = text[found.span.start : found.span.end].partition("\n")[0]
        return f"{found.code} {found.message}: {spot}"


def test_the_gallery_of_code_is_read_as_ever(update: bool) -> None:
    """Each text as its term; refusals with code, message and the place that the carets mark."""
    made = [(code, outcome(code)) for code, _ in blocks()]
    if update:
        text = "\n\n".join(f"{code}\n=> {line}" for code, line in made)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    assert made == blocks()


GALLERY = [code for code, line in blocks() if not re.match(r"D1\d\d ", line)]


def test_every_place_is_one_of_the_text_as_it_was_written() -> None:
    text = "float dz = (1.0f - a1) .* q';"
    with pytest.raises(DeriveError) as caught:
        read_code(text, SCOPE)
    span = caught.value.diagnostic.span
    assert span is not None
    assert text[span.start : span.end] == "q"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dZ3 = A3 - Y", True),
        ("return yHat - y", True),
        ("dz2 = dh2 * (1 - dh2)", True),
        ("1. + values**2", True),
        ("delta = (W2' * d3) .* a", True),
        ("return 1.0f - x * x;", True),
        ("dW2 <- t(a1) %*% delta", True),
        ("np.dot(W.T, d", True),
        ("dZ1 = (W2.T dZ2) * (1 - A1^2) * 1/m ; dW1 = 1/m * dZ1 X.T", False),
        (r"\frac{\partial L}{\partial W} = x", False),
        ("x(a - y)", False),
        ("2(a - y)x", False),
        ("1 - h^2", False),
        ("f'(z) d", False),
        ("δ * W", False),
        ("(a - y) x^T", False),
    ],
)
def test_code_is_told_from_other_text(text: str, code: bool) -> None:
    assert looks_like_code(text) is code


def test_an_own_name_goes_before_an_alias_and_an_alias_before_a_declared_name() -> None:
    scope = Scope(shapes(), {"x": "a1"}, (alias("delta", "a2 - y"),))
    assert said("delta", scope) == "sub(a2, y)"
    assert said("delta = x; delta * 2", scope) == "mul(a1, 2)"
    assert said("grads['x'] = y; self.x", scope) == "a1"
    assert said("grads['q'] = y; q * 2", scope) == "mul(y, 2)"
    assert said("a.x = y; b.x * 2", scope) == "mul(a1, 2)"


def test_values_that_grow_without_end_are_refused_at_once() -> None:
    text = "a = x\n" + "a = a * a\n" * 60
    with pytest.raises(DeriveError, match="parts"):
        read_code(text, SCOPE)


SIGNS = "()[]{}'\".,;:+-*/@=<>?!&|^~%#\n \\"
WORDS = (
    "for i in range(N):",
    "if ",
    "else",
    "np.",
    "self.",
    " = ",
    " += ",
    "x",
    "W2.T",
    "lambda v:",
)


@settings(max_examples=300)
@given(st.data())
def test_changed_code_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(GALLERY))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 4)))
        new = data.draw(st.one_of(st.sampled_from(WORDS), st.text(SIGNS, max_size=2)))
        text = text[:start] + new + text[end:]
    begun = time.monotonic()
    looks_like_code(text)
    try:
        read_code(text, SCOPE)
    except DeriveError as error:
        span = error.diagnostic.span
        assert span is None or 0 <= span.start <= span.end <= len(text) + 1
    assert time.monotonic() - begun < 2


@settings(max_examples=150)
@given(st.text(alphabet=st.one_of(st.sampled_from("xyWab01.()[]=+-*/'\n:;? "), st.characters())))
def test_any_text_is_read_or_refused(text: str) -> None:
    looks_like_code(text)
    with contextlib.suppress(DeriveError):
        read_code(text, SCOPE)


@pytest.mark.parametrize(
    "part", ["\n", "(", "x ? ", "=", "a=a*a;", "if x {", "x'", "f(a, ", "lambda x:"]
)
def test_a_long_text_costs_no_time(part: str) -> None:
    begun = time.monotonic()
    text = (part * 20_000)[:20_000]
    looks_like_code(text)
    with pytest.raises(DeriveError):
        read_code(text, SCOPE)
    assert time.monotonic() - begun < 5
