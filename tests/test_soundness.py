"""A false proof is the worst defect there can be: what the rules do is checked by values.

Random formulas go through the normal form, and random edits of true gradients through the prover;
whatever is called equal must be equal at 50 digits, at sizes that are all different. Where no fact
is named, it must also be equal for targets that do not have the facts.
"""

from __future__ import annotations

import random
from functools import cache
from typing import NamedTuple

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.dense import Stack, without_facts
from derive.diagnostic import DeriveError
from derive.exact import DIGITS, Table, evaluate
from derive.facts import rules_for
from derive.formulas import gradients
from derive.functions import FUNCTIONS
from derive.infer import typed
from derive.layers import stack
from derive.local import prime
from derive.lower import lower
from derive.notation import read
from derive.poly import Poly
from derive.proof import Prover
from derive.rules import Rules
from derive.term import Term
from derive.textbook import textbook
from tests.mutate import mutants
from tests.oracle import Point, close, point, poly_value, same_table, true_gradient, with_adjoints
from tests.random_formulas import DERIVATION, SHAPES, SIZES, formulas
from tests.random_formulas import point as at_seed

UNDEFINED = (ArithmeticError, TypeError, ValueError)
"""Raised where a formula has no value at some numbers, such as a division by a relu that is off."""

READINGS = (
    frozenset[str](),
    frozenset(FUNCTIONS),
    frozenset({"sigmoid", "softplus"}),
    frozenset({"relu", "abs", "sign"}),
    frozenset({"tanh"}),
)
"""Functions that are read by their definitions."""


# ------------------------------------------------------------- the normal form of any formula


@cache
def rules(expand: frozenset[str]) -> Rules:
    def primes(name: str, arg: Poly) -> Poly:
        return prime(name, arg, rules(expand))

    return rules_for(DERIVATION, SHAPES, expand=expand, primes=primes)


def assert_same_value(term: Term, expand: frozenset[str], seed: int) -> None:
    """The normal form has the value of the formula; without the facts too, if it used none."""
    term, known = typed(term, SHAPES)[0], rules(expand)
    known.used.clear()
    try:
        form = lower(term, SHAPES, known, expand=expand)[0, 0]
    except DeriveError:
        return
    rng = random.Random(seed)
    for at in [at_seed(seed % 10), *([] if known.used else [at_seed(seed % 10, False)])]:
        with mpmath.workdps(DIGITS):
            try:
                truth = evaluate(term, SHAPES, at.values, SIZES)
                place = rng.randrange(SIZES["N"]), rng.randrange(SIZES["b"])
                free = {"%i|N": place[0], "%j|b": place[1]}
                found = poly_value(form, at.values, SIZES, free)
            except UNDEFINED:
                continue
            assert close(found, truth[place], 25), known.used


@settings(max_examples=250)
@given(formulas(), st.sampled_from(READINGS), st.integers(0, 999))
def test_a_normal_form_has_the_value_of_its_formula(
    term: Term, expand: frozenset[str], seed: int
) -> None:
    assert_same_value(term, expand, seed)


@pytest.mark.long
@settings(max_examples=10_000)
@given(formulas(), st.sampled_from(READINGS), st.integers(0, 999))
def test_ten_thousand_normal_forms(term: Term, expand: frozenset[str], seed: int) -> None:
    assert_same_value(term, expand, seed)


# ------------------------------------------------------------------- edits of random formulas

PROVER = Prover(gradients(DERIVATION))
TRUE = [with_adjoints(PROVER.gradients, at_seed(seed)) for seed in (1, 2)]
FREE = [with_adjoints(PROVER.gradients, at_seed(seed, False)) for seed in (1, 2)]


def value(term: Term, at: Point) -> Table | None:
    with mpmath.workdps(DIGITS):
        try:
            return evaluate(term, PROVER.shapes, at.values, at.sizes)
        except UNDEFINED:
            return None


def assert_equal_if_proved(one: Term, other: Term) -> None:
    """Adjoints may rely on facts of their own, so only formulas without them are free of facts."""
    (one, shape), (other, _) = typed(one, PROVER.shapes), typed(other, PROVER.shapes)
    proof = PROVER.equal(one, other, shape)
    if proof is None:
        return
    for at in (*TRUE, *(() if proof.facts else FREE)):
        a, b = value(one, at), value(other, at)
        assert a is None or b is None or same_table(a, b), proof


@settings(max_examples=40)
@given(formulas(depth=2), st.data())
def test_formulas_that_are_called_equal_are(term: Term, data: st.DataObject) -> None:
    """A formula and one edit of it: an operand, a name, a sign, an axis, a function."""
    edits = list(mutants(term, SHAPES))
    for _ in range(3):
        _, edited = data.draw(st.sampled_from(edits))
        if typed(edited, SHAPES)[1] == typed(term, SHAPES)[1]:
            assert_equal_if_proved(term, edited)


@pytest.mark.long
@settings(max_examples=1500)
@given(formulas(depth=2), st.data())
def test_thousands_of_edited_formulas(term: Term, data: st.DataObject) -> None:
    edits = list(mutants(term, SHAPES))
    for _ in range(3):
        _, edited = data.draw(st.sampled_from(edits))
        if typed(edited, SHAPES)[1] == typed(term, SHAPES)[1]:
            assert_equal_if_proved(term, edited)


# ------------------------------------------------------------------ edits of the true gradients

NETS = {
    "the seed's net": stack("3,4,2,5"),
    "equal widths": stack("4,4,4,4", reduction="sum"),
    "separate biases": stack("3,4,2", bias="separate", activations="tanh"),
    "columns": stack("3,4,2", layout="column", activations="relu,sigmoid", loss="bce"),
    "a hidden softmax": stack("3,4,2", bias="none", activations="softmax,identity", loss="mse"),
    "one sample": stack("3,4,2", activations="silu,log_softmax", loss="nll", single=True),
    "softmax and squares": stack("3,4,2", activations="gelu,softmax", loss="mse", layout="column"),
    "absolute values": stack("3,4,2", activations="log_softmax,tanh", loss="mae"),
    "huber": stack("3,4,2", activations="elu,identity", loss="huber"),
    "hinge": stack("3,4,2", activations="leaky_relu,tanh", loss="hinge"),
    "softplus, sine": stack("3,4,2", activations="softplus,sin", loss="sse", bias="separate"),
}
GENERIC = {"N": 3, "n0": 2, "n1": 4, "n2": 5, "n3": 6}


class Case(NamedTuple):
    """A true gradient, and its values at two points."""

    name: str
    term: Term
    points: tuple[Point, ...]
    truth: tuple[Table, ...]


@cache
def prover(net: str) -> Prover:
    return Prover(gradients(NETS[net]))


@cache
def cases(net: str) -> tuple[Case, ...]:
    made, found = NETS[net], prover(net).gradients
    points = tuple(with_adjoints(found, point(made.derivation, GENERIC, k)) for k in (1, 2))
    return tuple(
        Case(
            formula.name,
            formula.term,
            points,
            tuple(true_gradient(made.derivation, at, formula.name) for at in points),
        )
        for formula in textbook(made)
    )


def holds(term: Term, case: Case, shapes: Prover) -> bool:
    """Whether a formula has the value of the gradient at every point where it has one."""
    with mpmath.workdps(DIGITS):
        for at, truth in zip(case.points, case.truth, strict=True):
            try:
                if not same_table(evaluate(term, shapes.shapes, at.values, at.sizes), truth):
                    return False
            except UNDEFINED:
                continue
    return True


def false_proofs(net: str, seed: int, share: float) -> list[str]:
    """Edits of the textbook's formulas that are called proved, and differ in value."""
    judge, rng, wrong = prover(net), random.Random(seed), []
    for case in cases(net):
        for what, edited in mutants(case.term, judge.shapes):
            if rng.random() < share and judge.gradient(case.name, edited):
                wrong += [] if holds(edited, case, judge) else [f"dL/d{case.name}: {what}"]
    return wrong


@pytest.mark.parametrize("net", NETS)
def test_the_textbook_is_proved_and_has_the_value(net: str) -> None:
    for case in cases(net):
        assert prover(net).gradient(case.name, case.term), case.name
        assert holds(case.term, case, prover(net)), case.name


@pytest.mark.parametrize("net", NETS)
def test_no_edit_of_a_gradient_is_proved_unless_it_is_right(net: str) -> None:
    """A share of all single edits, drawn at random but the same in each run."""
    share = 0.02 if NETS[net].depth == 2 else 0.007
    assert false_proofs(net, seed=1, share=share) == []


@pytest.mark.long
@pytest.mark.parametrize("net", NETS)
def test_many_edits_of_every_gradient(net: str) -> None:
    """All of them, with share=1, take hours."""
    assert false_proofs(net, seed=0, share=0.05) == []


def test_a_search_that_cannot_end_well_ends_soon() -> None:
    """With all adjoints put in, 24 layers of h (1 - h) are 2^24 terms: that is given up."""
    made = stack("4" + ",5" * 24 + ",3")
    judge = Prover(gradients(made))
    assert judge.gradient("z1", read("dH1 ∘ H1 ∘ exp(-z1)", tuple(judge.shapes))) is None
    assert judge.gradient("z1", read("dH1 ∘ H1^2 ∘ exp(-z1)", tuple(judge.shapes)))


# ---------------------------------------------------------------------------------------- facts


def test_a_proof_names_every_fact_that_it_takes() -> None:
    """Without the facts, nothing is proved that had named one; the rest still is."""
    made = NETS["the seed's net"]
    bare = Prover(gradients(without_facts(made.derivation)))
    for case in cases("the seed's net"):
        proof = prover("the seed's net").gradient(case.name, case.term)
        assert proof is not None
        assert proof.facts == ("y rows sum to 1",)
        assert bare.gradient(case.name, case.term) is None


def test_whatever_is_proved_without_facts_holds_for_any_target() -> None:
    """The truth `yhat ∘ sum(y) - y` and its edits, at targets whose rows do not sum to 1."""
    made = stack("3,4,2")
    derivation = without_facts(made.derivation)
    bare = Prover(gradients(derivation))
    at = with_adjoints(bare.gradients, point(derivation, GENERIC, 5))
    for step in bare.gradients.steps:
        name = step.name[1:]
        if name == "L":
            continue
        truth = true_gradient(derivation, at, name)
        assert same_table(at.values[step.name], truth), name
        for what, edited in mutants(step.term, bare.shapes):
            proof = bare.gradient(name, edited, quick=True)
            if proof is not None:
                found = value_of(edited, bare, at)
                assert proof.facts == ()
                assert found is None or same_table(found, truth), (name, what)


def value_of(term: Term, known: Prover, at: Point) -> Table | None:
    with mpmath.workdps(DIGITS):
        try:
            return evaluate(term, known.shapes, at.values, at.sizes)
        except UNDEFINED:
            return None


def test_columns_sum_to_one_where_samples_are_columns() -> None:
    made: Stack = stack("3,4,2", layout="column")
    judge = Prover(gradients(made))
    for formula in textbook(made):
        proof = judge.gradient(formula.name, formula.term)
        assert proof is not None
        assert proof.facts == ("y columns sum to 1",)
