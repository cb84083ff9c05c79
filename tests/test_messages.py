"""What a person reads when something is refused, stage by stage: the exact sentence, and its code.

What cannot be read has galleries of its own, which GALLERIES names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sympy

from derive.checker import check as judged
from derive.checker import check_document
from derive.commands.files import text_of
from derive.convert import polynomial
from derive.diagnostic import DeriveError, Diagnostic
from derive.formulas import gradients
from derive.infer import check, typed
from derive.layers import stack
from derive.lower import lower
from derive.mistakes import MISTAKES, page
from derive.notation import read, read_numpy, read_program
from derive.reasons import explain
from derive.rules import NO_RULES
from derive.shape import dim
from derive.term import Apply, Derivation, Equation, Symbol, Var, const

SHAPES = {"x": (dim("N"), dim("a")), "W": (dim("a"), dim("b")), "N": (), "a": (), "b": ()}


def formula(text: str) -> None:
    lower(typed(read(text, tuple(SHAPES)), SHAPES, text)[0], SHAPES, NO_RULES)


def derivation(*equations: tuple[str, str]) -> Derivation:
    names = [*SHAPES, *(name for name, _ in equations)]
    symbols = tuple(Symbol(name, shape, "param") for name, shape in SHAPES.items() if shape)
    lines = tuple(Equation(name, read(text, names)) for name, text in equations)
    return Derivation(symbols, lines, "L")


LAYER = """row
input x : N × D
param W : D × K
target y : N × K
let z = x @ W
let L = np.sum((z - y)**2) / 2
claim """


def claimed(text: str, document: str = LAYER) -> None:
    """Raises what a document is told of its last claim."""
    raise DeriveError(check_document(document + text).claims[-1].diagnostics[0])


GALLERY: dict[str, tuple[Callable[[], object], str]] = {
    # the network
    "one layer": (
        lambda: stack("784"),
        "D302: a network has at least an input and an output: --layers 784,10",
    ),
    "no number": (
        lambda: stack("784,ten"),
        "D302: a layer size is a positive whole number, not `ten` in `784,ten`",
    ),
    "a gap": (
        lambda: stack("784,,10"),
        "D302: a layer size is a positive whole number, not `nothing` in `784,,10`",
    ),
    "no units": (
        lambda: stack("784,0,10"),
        "D302: a layer size is a positive whole number, not `0` in `784,0,10`",
    ),
    "an activation of the input": (
        lambda: stack("784:relu,10"),
        "D303: the input layer has no activation: `784:relu`",
    ),
    "too many activations": (
        lambda: stack("784,9,10", activations="relu,relu,softmax"),
        "D303: 3 activations for 2 layers; give one for each",
    ),
    "a misspelled activation": (
        lambda: stack("784,9,10", activations="sigmoyd"),
        "D304: unknown activation `sigmoyd`; did you mean `sigmoid`?",
    ),
    "another layout": (
        lambda: stack("784,10", layout="diagonal"),
        "D304: unknown layout `diagonal`; choose row, column",
    ),
    "a definition without a head": (
        lambda: stack("3,2", define=["z * tanh(z)"]),
        "D305: a function is defined as `name(z) = formula`, not `z * tanh(z)`",
    ),
    "a function that there is": (
        lambda: stack("3,2", define=["tanh(z) = z"]),
        "D305: `tanh` is a function already",
    ),
    "a loss that does not fit": (
        lambda: stack("3,2", activations="tanh", loss="cross-entropy"),
        "D306: cross-entropy needs an output of softmax or sigmoid, not tanh",
    ),
    # a loss of one's own
    "two sums": (
        lambda: stack("3,2", loss="sum(yhat) + sum(y)"),
        "D301: a loss is a number times one sum over all entries",
    ),
    "a sum of sums": (
        lambda: stack("3,2", loss="sum(yhat ∘ sum(y))"),
        "D301: a loss has one sum, over all entries",
    ),
    "divided by a sum": (
        lambda: stack("3,2", loss="1 / sum(yhat)"),
        "D301: a loss is not divided by its sum",
    ),
    # shapes
    "a chain": (
        lambda: formula("x W^T"),
        "D201: N×a times b×a: inner sizes a and b differ",
    ),
    "entry by entry": (
        lambda: formula("x ∘ W"),
        "D202: shapes N×a and a×b do not fit entry by entry",
    ),
    "an axis": (lambda: formula("sum(x, axis=3)"), "D203: shape N×a has no axis 3"),
    "a vector in a product": (
        lambda: formula("sum(x, axis=0) W"),
        "D204: a matrix product needs two matrices",
    ),
    "operands": (
        lambda: typed(Apply("exp", (Var("x"), Var("x"))), SHAPES),
        "D204: `exp` takes 1 operand, not 2",
    ),
    "an unknown name": (
        lambda: typed(Var("H7"), SHAPES),
        "D101: unknown name `H7`",
    ),
    # derivations
    "a loss that is a matrix": (
        lambda: check(derivation(("L", "x W"))),
        "D205: the loss `L` is not a scalar",
    ),
    "a name given twice": (
        lambda: check(derivation(("z", "x W"), ("z", "x W"), ("L", "sum(z)"))),
        "D102: `z` is given twice",
    ),
    "a loss of nothing": (
        lambda: gradients(Derivation((), (Equation("L", const(3)),), "L")),
        "D206: the loss `L` is a constant",
    ),
    "a loss that is linear": (
        lambda: gradients(check(derivation(("z", "x W"), ("L", "sum(z)")))),
        "D905: dL/dz is the same along an axis: the loss is linear in it, "
        "and such a loss has no formula here",
    ),
    "a name without a gradient": (
        lambda: explain(gradients(stack("3,2")), "W4"),
        "D307: the loss has no gradient by `W4`; it has by L, yhat, z1, x, W1",
    ),
    # what is too large, and what has no value
    "too many terms": (
        lambda: formula("(" + " + ".join(f"x^{k}" for k in range(1, 100)) + ")^2"),
        "D901: the formula expands to more than 8000 terms",
    ),
    "a division by zero": (lambda: formula("x / (x - x)"), "D902: the formula divides by zero"),
    "the log of zero": (
        lambda: formula("log(x - x)"),
        "D902: the formula takes the logarithm of zero",
    ),
    "a form that SymPy left open": (
        lambda: polynomial(sympy.Derivative(sympy.Symbol("x")), NO_RULES),
        "D903: no index form for the SymPy expression Derivative",
    ),
    "a power that is no number": (
        lambda: polynomial(sympy.Symbol("x") ** sympy.Symbol("y"), NO_RULES),
        "D903: an exponent that is no number: y",
    ),
    "no matrices": (
        lambda: gradients(check(derivation(("L", "sum(sum(x ∘ x, axis=0) ∘ sum(x, axis=0))")))),
        "D904: no matrix form for a part of the formula, which is no matrix",
    ),
    # claims of a document
    "an index of two ranges": (
        lambda: claimed(r"dL/dW_{ij} = \sum_n x_{nj} (z_{nj} - y_{nj})"),
        "D207: the index j runs over D in `x_{nj}` and over K in `z_{nj}`",
    ),
    "an index too many": (
        lambda: claimed(r"dL/dW_{ij} = \sum_n x_{ni} (z_{nj} - y_{nk})"),
        "D208: the free indices i, j, k are not the axes of D×K",
    ),
    "another shape": (
        lambda: claimed("dL/dW = (z - y) W^T"),
        "D210: the formula is N×D, but dL/dW is D×K",
    ),
    "a shape that is said": (
        lambda: claimed(r"dL/dW \in \mathbb{R}^{K \times D}"),
        "D211: this is said to be K×D, but it is D×K",
    ),
    "a derivative of no name": (
        lambda: claimed("(z - y) W^T"),
        "D307: it is not clear which derivative this is about",
    ),
    "a Jacobian of a matrix": (
        lambda: claimed("[jacobian dz/dW] x"),
        "D309: `z` is a matrix: its Jacobian has more than two axes",
    ),
    "a page that is not there": (
        lambda: page("D999"),
        f"D308: no page is called `D999`; pages are D310 to {max(MISTAKES)}",
    ),
    "a file that is not there": (
        lambda: text_of("/no/such/file"),
        "D129: /no/such/file cannot be read: No such file or directory",
    ),
    # texts
    "nothing": (lambda: read("  ", ()), "D114: the formula is empty"),
    "nothing in NumPy": (lambda: read_numpy("  ", ()), "D114: the formula is empty"),
    "a loop": (
        lambda: read_program("for k in x: pass", ("x",)),
        "D115: only assignments `name = formula` are read here",
    ),
}


def refusal(attempt: Callable[[], object]) -> Diagnostic:
    with pytest.raises(DeriveError) as caught:
        attempt()
    return caught.value.diagnostic


@pytest.mark.parametrize("what", GALLERY)
def test_a_refusal(what: str) -> None:
    attempt, sentence = GALLERY[what]
    found = refusal(attempt)
    assert f"{found.code}: {found.message}" == sentence


CLAIMS = {
    "b4": "D101: `b4` is not declared in this document",
    "z1": "D210: the formula is N×10, but dL/dz1 is N×100",
    "z2": "D210: the formula is N×n3, but dL/dz2 is N×n2",
}


def test_claims_that_cannot_be_right() -> None:
    """Sizes are said as numbers where those differ, and by their names where only those do."""
    claims = judged(stack("784,100,10,10"), {"b4": "1", "z1": "dz3", "z2": "dz3"}).claims
    shown = {c.name.removeprefix("dL/d"): c.diagnostics for c in claims}
    assert {n: f"{d.code}: {d.message}" for n, (d,) in shown.items()} == CLAIMS


LATE = "D906: the limit of 0 s for one claim was reached"


def test_a_claim_without_time_is_undecided() -> None:
    (claim,) = check_document(LAYER + "dL/dW = x.T @ (z - y)", limit=0).claims
    (found,) = claim.diagnostics
    assert (claim.verdict, f"{found.code}: {found.message}") == ("undecided", LATE)


# ------------------------------------------------------------------------------- all of them


HERE = Path(__file__).parent
GALLERIES = (
    "test_notation_errors.py",
    "test_notation_claims.py",
    "test_document_statements.py",
    "test_grade_command.py",
    "test_grading_key.py",
    "test_grading_results.py",
    "test_grading_spreading.py",
    "test_grading_submissions.py",
    "test_running.py",
    "test_source_messages.py",
    "test_worth.py",
    "golden/code.txt",
    "test_source.py",
)
"""Where else sentences stand beside their codes."""


def test_every_code_has_its_sentence_in_a_test() -> None:
    """Kinds of mistakes have pages instead."""
    texts = "".join(p.read_text(encoding="utf-8") for p in (HERE.parent / "derive").rglob("*.py"))
    raised = set(re.findall(r'"(D\d{3})"', texts)) - {"D001", "D999"} - set(MISTAKES)
    here = {sentence[:4] for _, sentence in GALLERY.values()} | {s[:4] for s in CLAIMS.values()}
    here |= {LATE[:4]}
    there = "".join((HERE / name).read_text(encoding="utf-8") for name in GALLERIES)
    assert raised == here | set(re.findall(r"D\d{3}", there)) - set(MISTAKES)


@pytest.mark.parametrize("what", GALLERY)
def test_a_sentence_is_for_people(what: str) -> None:
    """One sentence in small letters, without names that the machinery made up."""
    message = refusal(GALLERY[what][0]).message
    assert not re.search(r"%\d|@\d|_\d\b|Dim\(|Apply\(|\.$|\n", message)
    assert message[0].islower() or message[0] in "`/0123456789N"
    assert len(message) < 160
