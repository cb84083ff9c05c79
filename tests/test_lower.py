"""Lowering and normal form keep the value of a formula: checked entry by entry at 50 digits."""

from __future__ import annotations

import random
from collections.abc import Collection

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.deadline import within
from derive.diagnostic import DeriveError
from derive.exact import evaluate
from derive.functions import FUNCTIONS, is_function
from derive.infer import shape_of
from derive.lower import free_slots, lower
from derive.rules import Rules
from derive.slots import is_index
from derive.term import DEEPEST, Term, Var, apply
from tests.oracle import close, poly_value, random_table
from tests.strategies import SHAPES, SIZES, TENSORS, B, N, terms


def assert_same_value(term: Term, seed: int, rules: Rules, *, expand: Collection[str] = ()) -> None:
    rng = random.Random(seed)
    values = {name: random_table(rng, shape, SIZES) for name, shape in TENSORS.items()}
    with mpmath.workdps(50):
        truth = evaluate(term, SHAPES, values, SIZES)
        shape = shape_of(term, SHAPES)
        blocks = lower(term, SHAPES, rules, expand=expand)
        for block, slots in free_slots(shape):
            names = sorted({s for slot in slots for s, _ in slot if is_index(s)})
            for _ in range(3):
                at = {name: rng.randrange(_top(name)) for name in names}
                place = tuple(sum({**at, **SIZES, "": 1}[s] * c for s, c in slot) for slot in slots)
                assert close(poly_value(blocks[block], values, SIZES, at), truth[place])


def _top(name: str) -> int:
    part = name.partition("|")[2]
    return SIZES[part]


@settings(max_examples=150, deadline=None)
@given(terms((N, B), 3), st.integers(0, 10**6))
def test_normal_form_has_the_value_of_the_formula(term: Term, seed: int) -> None:
    assert_same_value(term, seed, Rules())


@settings(max_examples=60, deadline=None)
@given(terms((N, B), 2), st.integers(0, 10**6))
def test_expanded_functions_have_the_value_too(term: Term, seed: int) -> None:
    assert_same_value(term, seed, Rules(), expand=FUNCTIONS)


@settings(max_examples=60, deadline=None)
@given(terms((), 3), st.integers(0, 10**6))
def test_scalars(term: Term, seed: int) -> None:
    assert_same_value(term, seed, Rules())


def chain(op: str, length: int) -> Term:
    """A function of itself, so many times."""
    term: Term = Var("X")
    for _ in range(length):
        term = apply(op, term) if is_function(op) else apply(op, term, Var("X"))
    return term


@pytest.mark.parametrize("op", ["exp", "sigmoid", "add", "mul"])
def test_a_term_as_deep_as_may_be_is_lowered(op: str) -> None:
    shapes = {"X": (N, B)}
    with within(20):
        assert lower(chain(op, DEEPEST - 1), shapes, Rules())
    with pytest.raises(DeriveError, match=f"more than {DEEPEST} parts within each other"):
        lower(chain(op, DEEPEST), shapes, Rules())
