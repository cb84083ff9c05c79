"""Gradients at index level, against SymPy's own elementwise derivatives and against mpmath."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.exact import evaluate, forward
from derive.gradient import Backward, adjoint_name, backward
from derive.infer import check, shapes_of
from derive.layers import stack
from derive.local import free_entry
from derive.normal import normal
from derive.poly import ZERO
from derive.rules import NO_RULES
from derive.term import Derivation, Equation, Symbol, Term, Var, apply
from tests.oracle import close, poly_value, random_table
from tests.strategies import SIZES, TENSORS, B, N, terms

Values = dict[str, Any]

PARAMS = ("X", "W", "V", "Z", "c", "s")


def derivation_of(loss: Term) -> Derivation:
    symbols = tuple(Symbol(name, shape, "param") for name, shape in TENSORS.items())
    return check(Derivation(symbols, (Equation("L", loss),), "L", SIZES))


def hidden_values(found: Backward, values: Values, shapes: Values) -> Values:
    known = dict(values)
    for name, node in found.program.nodes.items():
        known[name] = evaluate(node, {**shapes, **found.program.shapes}, known, SIZES)
    return known


def adjoint_values(found: Backward, known: Values) -> Values:
    """The numbers of every adjoint, loss first."""
    known = dict(known)
    for name, adjoint in found.adjoints.items():
        slots = free_entry(adjoint.shape)
        ranges = [range(d.size(SIZES)) for d in adjoint.shape]
        known[adjoint_name(name)] = {
            place: poly_value(
                adjoint.value,
                known,
                SIZES,
                {s[0][0]: p for s, p in zip(slots, place, strict=True) if s},
            )
            for place in product(*ranges)
        }
    return known


@settings(max_examples=80, deadline=None)
@given(terms((N, B), 3), st.integers(0, 10**6))
def test_gradient_of_random_formulas(formula: Term, seed: int) -> None:
    """L = sum(formula): every adjoint entry against a difference quotient with 40 digits."""
    rng = random.Random(seed)
    derivation = derivation_of(apply("sum", formula, attrs=(None, False)))
    shapes = shapes_of(derivation)
    found = backward(derivation)
    with mpmath.workdps(40):
        values = {name: random_table(rng, shape, SIZES) for name, shape in TENSORS.items()}
        known = adjoint_values(found, hidden_values(found, values, shapes))
        for name in PARAMS:
            if name not in found.adjoints:
                continue
            place = rng.choice(sorted(values[name]))
            slope = difference_quotient(derivation, values, name, place)
            assert close(known[adjoint_name(name)][place], slope, 12), name


def difference_quotient(
    derivation: Derivation, values: Values, name: str, place: tuple[int, ...]
) -> mpmath.mpf:
    shapes = shapes_of(derivation)
    h = mpmath.mpf(10) ** -13

    def loss(step: mpmath.mpf) -> mpmath.mpf:
        moved = {**values, name: {**values[name], place: values[name][place] + step}}
        return forward(derivation, shapes, moved, SIZES)["L"][()]

    return (loss(h) - loss(-h)) / (2 * h)


def test_names_that_the_loss_does_not_reach_have_no_gradient() -> None:
    loss = apply("sum", apply("mul", Var("Z"), Var("Z")), attrs=(None, False))
    found = backward(derivation_of(loss))
    assert set(found.adjoints) == {"L", "Z"}


def test_sizes_have_no_gradient() -> None:
    loss = apply("div", apply("sum", Var("Z"), attrs=(None, False)), Var("N"))
    assert set(backward(derivation_of(loss)).adjoints) == {"L", "Z"}


def test_an_adjoint_is_found_with_those_that_it_is_made_of_and_no_others() -> None:
    adjoints = backward(stack("3,4,5,2").derivation).adjoints
    assert "W1" in adjoints
    assert not adjoints.named
    assert adjoints["W3"].shape
    assert "z3" in adjoints.named
    assert not {"H2", "z2", "W2", "H1", "z1", "W1", "x"} & set(adjoints.named)


@pytest.mark.parametrize("options", [{}, {"loss": "mse"}, {"bias": "separate", "single": True}])
def test_adjoints_do_not_depend_on_the_order_in_which_they_are_asked_for(
    options: dict[str, Any],
) -> None:
    derivation = stack("3,4:tanh,5,2", **options).derivation
    whole = backward(derivation).adjoints
    for name in reversed(list(whole)):
        alone = backward(derivation).adjoints[name]
        assert alone._replace(value=ZERO) == whole[name]._replace(value=ZERO)
        assert normal(alone.value, NO_RULES) == normal(whole[name].value, NO_RULES)


def test_a_deep_network_has_its_gradients() -> None:
    derivation = stack(",".join(["2"] * 257)).derivation
    assert backward(derivation).adjoints["W1"].value.terms
