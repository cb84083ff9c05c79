"""What people write is proved: the textbook's formulas in other words, one step or several.

Multiplied out, factored, turned round, transposed, bracketed otherwise, with 1/N elsewhere, and
with the names of the forward pass put in by their definitions or by exponentials.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

from derive.dense import Stack
from derive.formulas import gradients
from derive.infer import typed
from derive.layers import stack
from derive.notation import read
from derive.proof import Prover
from derive.term import Term, size
from derive.textbook import Handmade, textbook
from tests.rewordings import rewordings

NETS = {
    "the seed's net": stack("784,100,10,10"),
    "the sum over the batch": stack("4,3,2,2", reduction="sum", activations="tanh"),
    "separate biases": stack("3,4,2", bias="separate", activations="softplus"),
    "columns": stack("3,4,2", layout="column", activations="relu,sigmoid", loss="bce"),
    "a hidden softmax": stack("3,4,2", bias="none", activations="softmax,identity", loss="mse"),
    "one sample": stack("3,4,2", activations="silu,log_softmax", loss="nll", single=True),
    "gelu and squares": stack("3,4,2", activations="gelu,softmax", loss="mse", layout="column"),
    "absolute values": stack("3,4,2", activations="log_softmax,tanh", loss="mae"),
    "huber": stack("3,4,2", activations="elu,identity", loss="huber"),
    "hinge": stack("3,4,2", activations="leaky_relu,tanh", loss="hinge"),
}


@cache
def prover(net: str) -> Prover:
    return Prover(gradients(NETS[net]))


def unproved(net: str, share: float) -> list[str]:
    """Rewordings of one step that are not proved."""
    judge, rng, missed = prover(net), random.Random(2), []
    for formula in textbook(NETS[net]):
        for what, term in rewordings(formula.term, NETS[net].derivation, judge.shapes):
            if rng.random() < share and not judge.gradient(formula.name, term):
                missed.append(f"dL/d{formula.name}: {what}")
    return missed


@pytest.mark.parametrize("net", NETS)
def test_one_step_away_from_the_textbook(net: str) -> None:
    assert unproved(net, share=0.1) == []


@pytest.mark.long
@pytest.mark.parametrize("net", NETS)
def test_every_step_away_from_the_textbook(net: str) -> None:
    assert unproved(net, share=1) == []


def reworded(made: Stack, judge: Prover, formula: Handmade, rng: random.Random) -> Term:
    """The formula after up to four steps, each at a random place."""
    term = formula.term
    for _ in range(rng.randint(2, 4)):
        ways = list(rewordings(term, made.derivation, judge.shapes))
        term = typed(rng.choice(ways)[1], judge.shapes)[0]
        if size(term) > 120:
            break
    return term


def far_away(net: str, count: int) -> list[Term]:
    """Formulas several steps from the textbook that are not proved."""
    judge, rng, missed = prover(net), random.Random(7), []
    for formula in textbook(NETS[net]):
        for _ in range(count):
            term = reworded(NETS[net], judge, formula, rng)
            missed += [] if judge.gradient(formula.name, term) else [term]
    return missed


@pytest.mark.parametrize("net", NETS)
def test_several_steps_away(net: str) -> None:
    assert far_away(net, 2) == []


@pytest.mark.long
@pytest.mark.parametrize("net", NETS)
def test_many_times_several_steps_away(net: str) -> None:
    assert far_away(net, 60) == []


# ------------------------------------------------------------------------------ as people write it

SEED = {
    "W3": (
        "[1 H2]^T (yhat - y) / N",
        r"\frac{1}{N} [1\ H_2]^\top (\hat{y} - y)",
        "([1 H2]^T yhat - [1 H2]^T y) / N",
        "((yhat - y)^T [1 H2])^T / N",
        "-[1 H2]^T (y - yhat) / N",
        "[1 H2]^T ((1/N) (softmax(z3) - y))",
        "[1 H2]^T (yhat ∘ (dyhat - sum(dyhat ∘ yhat, axis=1, keepdims=True)))",
        "[1 sigmoid(z2)]^T dz3",
    ),
    "z3": (
        "yhat/N - y/N",
        "(exp(z3) / sum(exp(z3), axis=1, keepdims=True) - y) / N",
        "(exp(z3 - log(sum(exp(z3), axis=1, keepdims=True))) - y) / N",
        "(exp(log_softmax(z3)) - y) / N",
        "(yhat ∘ sum(y, axis=1, keepdims=True) - y) / N",
        "-(y/N) ∘ (1 - yhat) + (yhat ∘ (sum(y, axis=1, keepdims=True) - y)) / N",
        "yhat ∘ (-y/yhat + sum(y, axis=1, keepdims=True)) / N",
    ),
    "z2": (
        "(((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N",
        "(dz3 W3[1:]^T) ∘ (H2 - H2 ∘ H2)",
        "(dz3 W3[1:]^T) ∘ (H2 - H2^2)",
        "(dz3 W3[1:]^T) ∘ sigmoid(z2) ∘ sigmoid(-z2)",
        "(dz3 W3[1:]^T) ∘ exp(-z2) / (1 + exp(-z2))^2",
        "(dz3 W3[1:]^T) ∘ exp(z2) / (1 + exp(z2))^2",
        "(W3[1:] dz3^T)^T ∘ H2 ∘ (1 - H2)",
        "((W3[1:] dz3^T) ∘ (H2 ∘ (1 - H2))^T)^T",
        "dH2 ∘ sigmoid'(z2)",
        "dH2 ∘ (1 - tanh(z2/2)^2) / 4",
    ),
    "W2": (
        "[1 H1]^T ((((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N)",
        "([1 H1]^T (((yhat/N) W3[1:]^T) ∘ H2 ∘ (1 - H2))"
        " - [1 H1]^T (((y/N) W3[1:]^T) ∘ H2 ∘ (1 - H2)))",
        "(((W3[1:] (yhat - y)^T) ∘ H2^T ∘ (1 - H2)^T) [1 H1])^T / N",
    ),
    "W1": (
        "[1 x]^T (((((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) W2[1:]^T) ∘ H1 ∘ (1 - H1)) / N",
        "((((W2[1:] ((W3[1:] (yhat - y)^T) ∘ (H2 ∘ (1 - H2))^T))"
        " ∘ (H1 ∘ (1 - H1))^T)) [1 x])^T / N",
        "[1 x]^T ((dz2 W2[1:]^T) ∘ (H1 - H1^2))",
    ),
    "x": ("dz1 W1[1:]^T", "(W1[1:] dz1^T)^T"),
}


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in SEED.items() for t in texts])
def test_the_seeds_gradients_as_people_write_them(name: str, text: str) -> None:
    judge = prover("the seed's net")
    assert judge.gradient(name, read(text, tuple(judge.shapes)))


OTHERS = (
    ("4,3,2", {"activations": "tanh"}, "z1", "(dz2 W2[1:]^T) ∘ (1 - H1)∘(1 + H1)"),
    ("4,3,2", {"activations": "tanh"}, "z1", "dH1 ∘ 4 / (exp(z1) + exp(-z1))^2"),
    ("4,3,2", {"activations": "tanh"}, "z1", "dH1 ∘ (1 - tanh(z1)^2)"),
    ("4,3,2", {"activations": "tanh"}, "z1", "dH1 ∘ 4 sigmoid(2 z1) ∘ (1 - sigmoid(2 z1))"),
    ("4,3,2", {"activations": "relu"}, "z1", "dH1 ∘ [H1 > 0]"),
    ("4,3,2", {"activations": "relu"}, "z1", "dH1 ∘ step(z1)"),
    ("4,3,2", {"activations": "relu"}, "z1", "dH1 ∘ relu'(z1)"),
    ("4,3,2", {"activations": "leaky_relu"}, "z1", "dH1 ∘ ([H1 > 0] + 0.01 (1 - [H1 > 0]))"),
    ("4,3,2", {"activations": "softplus"}, "z1", "dH1 ∘ sigmoid(z1)"),
    ("4,3,2", {"activations": "softplus"}, "z1", "dH1 ∘ exp(z1) / (1 + exp(z1))"),
    ("4,3,2", {"activations": "softplus"}, "z1", "dH1 ∘ (1 - exp(-H1))"),
    ("4,3,2", {"activations": "silu"}, "z1", "dH1 ∘ (H1 + sigmoid(z1) ∘ (1 - H1))"),
    ("4,3,2", {"activations": "gelu"}, "z1", "dH1 ∘ gelu'(z1)"),
    ("4,3,2", {"activations": "sigmoid,sigmoid", "loss": "bce"}, "z2", "(yhat - y) / N"),
    ("4,3,2", {"activations": "sigmoid,sigmoid", "loss": "bce"}, "yhat",
     "(yhat - y) / (yhat ∘ (1 - yhat)) / N"),
    ("4,3,2", {"activations": "sigmoid,sigmoid", "loss": "bce"}, "yhat",
     "-(y / yhat - (1 - y) / (1 - yhat)) / N"),
    ("4,3,2", {"bias": "separate"}, "b2", "sum(yhat - y, axis=0, keepdims=True) / N"),
    ("4,3,2", {"bias": "separate"}, "b2", "sum(yhat, axis=0, keepdims=True)/N"
     " - sum(y, axis=0, keepdims=True)/N"),
    ("4,3,2", {"bias": "separate"}, "b2", "1^T (yhat - y) / N"),
    ("4,3,2", {"bias": "separate"}, "b1",
     r"\frac{1}{N} \mathbf{1}^T (((yhat - y) W2^T) ∘ H1 ∘ (1 - H1))"),
    ("4,3,2", {"bias": "separate", "layout": "column"}, "b2", r"\frac{1}{N} (yhat - y) \mathbf{1}"),
    ("4,3,2", {"layout": "column"}, "W2", "(yhat - y) [1; H1]^T / N"),
    ("4,3,2", {"layout": "column"}, "W1",
     "((W2[:,1:]^T (yhat - y)) ∘ H1 ∘ (1 - H1)) [1; x]^T / N"),
    ("4,3,2", {"loss": "sse"} | {"activations": "tanh,identity"}, "z2", "-2 (y - yhat) / N"),
    ("4,3,2", {"loss": "mse"} | {"activations": "tanh,identity"}, "z2", "2/(N n2) (yhat - y)"),
    ("4,3,2", {"activations": "tanh,softmax", "loss": "mse"}, "z2",
     "2/(N n2) yhat ∘ ((yhat - y) - sum((yhat - y) ∘ yhat, axis=1, keepdims=True))"),
    ("4,3,2", {"activations": "tanh,tanh", "loss": "mae"}, "yhat", "-sign(y - yhat) / N"),
    ("4,3,2", {"activations": "tanh,log_softmax", "loss": "nll"}, "z2", "(softmax(z2) - y) / N"),
)  # fmt: skip


@pytest.mark.parametrize(("layers", "options", "name", "text"), OTHERS)
def test_other_nets_as_people_write_them(
    layers: str, options: dict[str, str], name: str, text: str
) -> None:
    judge = Prover(gradients(stack(layers, **options)))  # type: ignore[arg-type]
    assert judge.gradient(name, read(text, tuple(judge.shapes)))
