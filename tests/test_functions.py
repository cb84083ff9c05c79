"""The elementwise functions: definitions, derivatives by SymPy, folds, all against mpmath."""

from __future__ import annotations

import mpmath
import pytest

from derive.arithmetic import NumberCalculus
from derive.functions import FUNCTIONS, PRIME
from derive.local import prime, slope
from derive.normal import normal
from derive.poly import Poly, factor
from derive.rules import Rules
from tests.oracle import close, poly_value

POINTS = ("-3.7", "-1.3", "-0.45", "0.3", "0.8", "2.9")
"""On both sides of every kink (0, and -1, 1 for huber), and on none."""

KNOWN = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "abs": abs,
    "sign": mpmath.sign,
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "Phi": mpmath.ncdf,
    "phi": mpmath.npdf,
    "gelu": lambda z: z * mpmath.ncdf(z),
    "gelu_tanh": lambda z: (
        z / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (z + z**3 * 44715 / 10**6)))
    ),
    "huber": lambda z: z**2 / 2 if abs(z) <= 1 else abs(z) - mpmath.mpf(1) / 2,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "erf": mpmath.erf,
    "step": lambda z: mpmath.mpf(z > 0),
}


def domain(name: str) -> list[mpmath.mpf]:
    return [mpmath.mpf(p) for p in POINTS if name != "log" or mpmath.mpf(p) > 0]


def value(poly: Poly, **at: mpmath.mpf) -> mpmath.mpf:
    return poly_value(poly, {name: {(): number} for name, number in at.items()}, {}, {})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_definition_is_the_function(name: str) -> None:
    with mpmath.workdps(40):
        for z in domain(name):
            assert close(NumberCalculus({}).fn(name, z), KNOWN[name](z))


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"step", "sign"}))
def test_the_derivative_and_its_fold(name: str) -> None:
    """`slope` may speak of the output h, of z, or of f'(z): each is the derivative."""
    with mpmath.workdps(40):
        for z in domain(name):
            truth = mpmath.diff(KNOWN[name], z)
            form = slope(name)
            if form == factor(name + PRIME, arg=factor("z")):
                form = normal(prime(name, factor("z"), Rules()), Rules())
            assert close(value(form, z=z, h=KNOWN[name](z)), truth, 15)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "exp"])
def test_a_derivative_by_the_output_alone(name: str) -> None:
    heads = {atom.head for term in slope(name).terms for atom, _ in term.factors}
    assert heads == {"h"}


def test_steps_have_no_slope() -> None:
    assert slope("step") == Poly(())
