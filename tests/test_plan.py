"""The plan of a module: named lines in order, each in a form for floats, nothing computed twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from codegen.plan import OUTPUT, VIEWS, Plan, plan
from derive.dense import Stack
from derive.formulas import gradients
from derive.gradient import adjoint_name
from derive.infer import shape_of
from derive.layers import stack
from derive.notation import write
from derive.proof import Prover
from derive.term import Apply, Const, Var, variables, walk
from tests.by_hand import MISH
from tests.random_stacks import stacks


def plan_of(made: Stack) -> Plan:
    return plan(gradients(made))


def names(made: Plan) -> list[str]:
    return [line.name for line in (*made.forward, *made.backward)]


def test_the_lines_of_a_network() -> None:
    made = plan_of(stack("5,4,3"))
    assert names(made) == ["z1", "H1", "z2", "yhat", "L", "dz2", "dW2", "dH1", "dz1", "dW1"]
    texts = {line.name: write(line.term, "plain") for line in (*made.forward, *made.backward)}
    assert texts["z1"] == "x W1[1:] + W1[:1]"
    assert texts["L"] == "-sum(y ∘ log_softmax(z2)) / N"
    assert texts["dW2"] == "[1^T dz2; H1^T dz2]"
    formulas = {line.name: write(line.formula, "plain") for line in made.backward}
    assert formulas["dW2"] == "[1 H1]^T dz2"


def test_lines_for_some_names_are_those_that_they_need() -> None:
    made = plan_of(stack("5,4,3"))
    assert [line.name for line in made.lines_for([OUTPUT])] == ["z1", "H1", "z2", "yhat"]
    assert [line.name for line in made.lines_for(["L"])] == ["z1", "H1", "z2", "L"]
    assert "L" not in [line.name for line in made.lines_for(["dW1", "dW2"])]


def test_a_gradient_stands_right_after_what_it_needs() -> None:
    made = plan_of(stack("6,5,4,3", bias="separate"))
    order = [line.name for line in made.backward]
    assert order == [
        *("dz3", "dW3", "db3", "dH2"),
        *("dz2", "dW2", "db2", "dH1"),
        *("dz1", "dW1", "db1"),
    ]


def test_what_stands_twice_is_computed_once() -> None:
    made = plan_of(stack("4,3:mish,2", define=[MISH]))
    shared = {line.name: write(line.term, "plain") for line in made.forward if line.name[0] == "t"}
    assert shared == {"t1": "softplus(z1)", "t2": "tanh(t1)"}
    assert any("t2" in variables(line.term) for line in made.backward)


def test_a_name_is_used_for_the_formula_that_it_stands_for() -> None:
    """silu(z) = z ∘ sigmoid(z) has no sigmoid of its own, but its derivative shares one."""
    made = plan_of(stack("4,3:sigmoid,2:sigmoid", loss="bce"))
    ops = Counter(
        node.op
        for line in (*made.forward, *made.backward)
        for node in walk(line.term)
        if isinstance(node, Apply)
    )
    assert ops["sigmoid"] == 2


def test_how_an_equation_calls_a_line() -> None:
    made = plan_of(stack("4,3:mish,2", define=[MISH]))
    assert made.label("dz1") == "dL/dz1"
    assert [made.label(name) for name in ("z1", "L", "t1")] == ["z1", "L", "t1"]
    assert {"N", "L"} <= made.scalars
    assert "z1" not in made.scalars


@settings(max_examples=40)
@given(stacks(deepest=4))
def test_a_plan_is_a_program(made: Stack) -> None:
    """Names are given once, after the names that they need; shapes are those of the terms."""
    found = plan_of(made)
    known = {s.name for s in found.derivation.symbols} | set(found.scalars)
    for line in (*found.forward, *found.backward):
        assert set(variables(line.term)) <= known, line.name
        assert line.name not in known - {"L"}
        known.add(line.name)
        assert [str(d.total()) for d in shape_of(line.term, found.shapes)] == [
            str(d.total()) for d in line.shape
        ]
    assert {adjoint_name(name) for name in found.parameters} <= known


@settings(max_examples=40)
@given(stacks(deepest=3))
def test_no_work_is_done_twice(made: Stack) -> None:
    found = plan_of(made)
    terms = [line.term for line in (*found.forward, *found.backward)]
    nodes = Counter(node for term in terms for node in walk(term) if isinstance(node, Apply))
    for node, count in nodes.items():
        if node.op not in VIEWS and any(isinstance(n, Var) for n in walk(node)):
            assert count == 1, write(node, "plain")


@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
@pytest.mark.parametrize("layout", ["row", "column"])
def test_the_form_for_floats_is_equal_to_the_formula(bias: str, layout: str) -> None:
    made = stack("5,4:gelu,3", bias=bias, layout=layout)
    found = gradients(made)
    prover = Prover(found)
    temporary = {
        line.name: line.formula
        for line in (*plan(found).forward, *plan(found).backward)
        if line.name.startswith("t")
    }
    for line in (*plan(found).forward, *plan(found).backward):
        if not set(variables(line.term)) & set(temporary) and line.name not in temporary:
            same = line.term == line.formula or isinstance(line.term, Const)
            assert same or prover.equal(line.term, line.formula, line.shape), line.name
