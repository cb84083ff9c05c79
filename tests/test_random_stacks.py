"""Random networks all the way: derived, proved, emitted, read back, verified entry by entry."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.emission import text_of
from codegen.loading import load
from codegen.readback import read_back
from codegen.verification import verify
from derive.dense import Stack
from derive.formulas import gradients
from derive.proof import Prover
from derive.textbook import textbook
from tests.random_stacks import stacks


def assert_right(stack: Stack, seed: int) -> None:
    found = gradients(stack)
    prover = Prover(found)
    for formula in textbook(stack):
        assert prover.gradient(formula.name, formula.term), formula
    text = text_of(stack, found)
    assert all(reading.proved for reading in read_back(text, prover))
    result = verify(load(text).gradients, stack, seed=seed)
    assert result.status == "PASS", f"{result}"


@settings(max_examples=12)
@given(stacks(deepest=3), st.integers(0, 1000))
def test_a_few_random_networks(stack: Stack, seed: int) -> None:
    assert_right(stack, seed)


@pytest.mark.slow
@settings(max_examples=500)
@given(stacks(), st.integers(0, 1000))
def test_five_hundred_random_networks(stack: Stack, seed: int) -> None:
    assert_right(stack, seed)
