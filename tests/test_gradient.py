"""Gradients at index level, against SymPy's own elementwise derivatives and against mpmath."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import mpmath
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.exact import evaluate, forward
from derive.gradient import Backward, adjoint_name, backward
from derive.infer import check, shapes_of
from derive.local import free_entry
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
