"""The derivative of each elementwise function, as a formula, against a difference of mpmath."""

from __future__ import annotations

import mpmath
import pytest

from derive.arithmetic import NumberCalculus
from derive.exact import DIGITS, evaluate
from derive.functions import FUNCTIONS, PRIME
from derive.notation import write
from derive.slopes import slope_term
from derive.term import Apply, Var, apply, walk

POINTS = (mpmath.mpf(3) / 7, mpmath.mpf(5) / 3)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_formula_is_the_slope(name: str) -> None:
    term = slope_term(name, Var("z"))
    with mpmath.workdps(DIGITS):
        for z in POINTS:
            found = evaluate(term, {"z": ()}, {"z": {(): z}}, {})[()]
            truth = mpmath.diff(lambda x: NumberCalculus({}).fn(name, x), z)
            assert abs(found - truth) < mpmath.mpf(10) ** -20


def test_a_slope_is_written_by_the_output_where_that_is_shorter() -> None:
    assert write(slope_term("sigmoid", Var("z")), "plain") == "sigmoid(z) ∘ (1 - sigmoid(z))"
    assert write(slope_term("exp", Var("z")), "plain") == "exp(z)"


def test_what_has_no_simpler_form_goes_by_its_name() -> None:
    for name in FUNCTIONS:
        term = slope_term(name, Var("z"))
        ops = {node.op for node in walk(term) if isinstance(node, Apply)}
        assert term == apply(name + PRIME, Var("z")) or not any(op.endswith(PRIME) for op in ops)
