"""Which lines of a step share a factor, and which do not."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.lumps import SLOT, Lump, is_safe, lumps
from codegen.plan import Plan, plan
from derive.formulas import gradients
from derive.layers import stack
from derive.notation import read_numpy, write
from derive.term import Apply, Term, Var, apply, substitute, variables
from tests.by_hand import ACTIVATIONS, MISH


def planned(layers: str, **options: Any) -> Plan:
    return plan(gradients(stack(layers, **options)), by_column=True)


def found(layers: str, **options: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Each shared formula, in h, and the variables of its lines."""
    return [shown(lump) for lump in lumps(planned(layers, **options))]


def shown(lump: Lump) -> tuple[str, tuple[str, ...]]:
    return write(substitute(lump.formula, {SLOT: Var("h")}), "plain"), lump.variables


def test_layers_of_a_kind_share_the_slope_of_their_activation() -> None:
    assert found("5,4:tanh,6:tanh,3") == [("1 - h^2", ("H1_T", "H2_T"))]
    assert found("5,4,6,3") == [("h ∘ (1 - h)", ("H1_T", "H2_T"))]
    assert found("5,4:relu,6:relu,3") == [("[h > 0]", ("z1_T", "z2_T"))]
    assert found("5,4:sin,6:sin,3") == [("cos(h)", ("z1_T", "z2_T"))]


def test_each_kind_has_its_own() -> None:
    assert found("5,4:tanh,6:sigmoid,4:tanh,6:relu,4:sigmoid,3") == [
        ("h ∘ (1 - h)", ("H2_T", "H5_T")),
        ("1 - h^2", ("H1_T", "H3_T")),
    ]


def test_what_stands_alone_is_no_lump() -> None:
    assert not found("5,4:tanh,6:sigmoid,3:relu,3")
    assert not found("5,4,3")


def test_the_prediction_may_be_one_of_them() -> None:
    assert found("5,4:tanh,3:tanh", loss="mse") == [("1 - h^2", ("H1_T", "yhat_T"))]


def test_a_single_sample_has_no_columns() -> None:
    assert not found("5,4,6,3", single=True, bias="separate")


def factors(term: Term) -> list[str]:
    """The factors of a product entry by entry, in text."""
    if isinstance(term, Apply) and term.op == "mul":
        return sorted(text for arg in term.args for text in factors(arg))
    return [write(term, "plain")]


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_a_line_is_what_its_use_says(hidden: str) -> None:
    made = planned(f"5,4:{hidden},4:{hidden},3", define=[MISH])
    lines = {line.name: line.term for line in made.backward}
    for lump in lumps(made):
        assert set(variables(lump.formula)) == {SLOT}
        assert {use.variable for use in lump.uses} == set(lump.variables)
        for use in lump.uses:
            formula = substitute(lump.formula, {SLOT: Var(use.variable)})
            assert factors(apply("mul", use.other, formula)) == factors(lines[use.line])


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("1 - h**2", True),
        ("h * (1 - h)", True),
        ("np.cos(h)", True),
        ("sigmoid(h) * (1 + h)", True),
        ("np.sqrt(1 - h**2)", True),
        ("1 / (1 - h)", False),
        ("(1 - h)**-2", False),
        ("np.log(1 - h)", False),
        ("np.exp(1000 * h)", False),
        ("softmax(h, axis=0)", False),
    ],
)
def test_what_is_safe_at_one(text: str, safe: bool) -> None:
    """There a row of ones is computed with the rest, and must not raise a warning."""
    assert is_safe(read_numpy(text, ("h",))) == safe
