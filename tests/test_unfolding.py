"""Steps put into each other: by value the same, bounded in size, and quick at any depth."""

from __future__ import annotations

import pytest

import derive
from derive.diagnostic import DeriveError
from derive.layers import stack
from derive.proof import Prover
from derive.term import Term, Var, apply, variables
from derive.unfolding import FLAT, Both, OnDemand, needed, unfolded


def chain(depth: int) -> dict[str, Term]:
    """Each step is the sum of the one before it and a name."""
    steps: dict[str, Term] = {"s0": Var("x")}
    for place in range(1, depth):
        steps[f"s{place}"] = apply("add", Var(f"s{place - 1}"), Var("y"))
    return steps


def test_every_step_is_written_out() -> None:
    term = unfolded(apply("mul", Var("s2"), Var("s1")), chain(3))
    one = apply("add", Var("x"), Var("y"))
    assert term == apply("mul", apply("add", one, Var("y")), one)


def test_what_is_not_spoken_of_costs_nothing() -> None:
    steps = {**chain(2 * FLAT), "a": apply("neg", Var("x"))}
    assert unfolded(Var("a"), steps) == apply("neg", Var("x"))


def test_a_formula_that_grows_too_long_is_refused() -> None:
    twice: dict[str, Term] = {"t0": Var("x")}
    for place in range(1, 100):
        twice[f"t{place}"] = apply("add", Var(f"t{place - 1}"), Var(f"t{place - 1}"))
    with pytest.raises(DeriveError, match="too long"):
        unfolded(Var("t99"), twice)


def test_an_adjoint_is_a_formula_of_forward_names() -> None:
    prover = Prover(derive.gradients(stack("5,4,3")))
    term = prover.flat(Var("dW1"))
    assert not prover.steps.keys() & set(variables(term))
    assert prover.equal(term, Var("dW1"), prover.shapes["dW1"])


def test_what_is_needed_stands_after_what_is_in_it_and_comes_once() -> None:
    steps = {"c": apply("add", Var("a"), Var("b")), "b": apply("neg", Var("a")), "a": Var("x")}
    assert needed(("c", "b", "y"), steps) == ("a", "b", "c")
    assert needed(("c",), steps, {"b"}) == ("a", "c")
    assert needed((), steps) == ()


def test_what_is_needed_is_found_at_any_depth() -> None:
    assert needed(("s9999",), chain(10_000)) == tuple(chain(10_000))


def test_a_value_is_made_when_it_is_asked_for_and_once() -> None:
    asked: list[str] = []
    lengths = OnDemand(["one", "three"], lambda name: asked.append(name) or len(name))
    assert list(lengths) == ["one", "three"]
    assert len(lengths) == 2
    assert "three" in lengths
    assert not asked
    assert (lengths["three"], lengths["three"]) == (5, 5)
    assert asked == ["three"]
    with pytest.raises(KeyError):
        lengths["two"]


def test_names_of_two_collections() -> None:
    both = Both(["a", "b"], {"c": 1})
    assert list(both) == ["a", "b", "c"]
    assert len(both) == 3
    assert [name in both for name in ("a", "c", "d")] == [True, True, False]
