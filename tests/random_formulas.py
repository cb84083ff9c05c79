"""One derivation that has a bit of everything, for random formulas over names with meanings.

Facts of every kind, a softmax along each axis, activations with and without folds, a bias row, and
tensors of equal shape that may be taken for each other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

import mpmath
from hypothesis import strategies as st

from derive.exact import DIGITS, Table, forward
from derive.infer import check, shapes_of
from derive.shape import ONE, Shape, dim
from derive.term import Const, Derivation, Equation, Symbol, Term, Var, apply, const
from tests.oracle import Point, random_table, scaled_to_one, signed_table

N, A, B = dim("N"), dim("a"), dim("b")
SIZES = {"N": 3, "a": 2, "b": 4}

SYMBOLS = (
    Symbol("x", (N, A), "input"),
    Symbol("u", (N, A), "input"),
    Symbol("W", (A, B), "param"),
    Symbol("V", (dim(1, "a"), B), "param"),
    Symbol("Z", (N, B), "param"),
    Symbol("c", (ONE, B), "param"),
    Symbol("s", (), "param"),
    Symbol("r", (N, B), "const", ("positive",)),
    Symbol("m", (N, B), "const", ("binary",)),
    Symbol("y", (N, B), "target", ("distribution axis=1",)),
    Symbol("q", (N, B), "target", ("distribution axis=0",)),
)


def total(term: Term, axis: int | None = None) -> Term:
    """The sum over all entries, or over an axis that is kept."""
    return apply("sum", term, attrs=(axis, axis is not None))


def augmented(term: Term) -> Term:
    """[1 X]"""
    return apply("concat", const(1), term, attrs=(1,))


GATED = apply("add", apply("mul", Var("H"), Var("G")), Var("K"))
WEIGHTS = apply("sub", Var("Q"), apply("mul", Var("s"), Var("l")))

EQUATIONS = (
    Equation("z", apply("add", apply("matmul", Var("x"), Var("W")), Var("c"))),
    Equation("H", apply("sigmoid", Var("z"))),
    Equation("G", apply("tanh", Var("Z"))),
    Equation("R", apply("relu", Var("z"))),
    Equation("S", apply("softplus", Var("Z"))),
    Equation("E", apply("exp", Var("Z"))),
    Equation("P", apply("softmax", Var("z"), attrs=(1,))),
    Equation("Q", apply("softmax", Var("Z"), attrs=(0,))),
    Equation("l", apply("log_softmax", Var("Z"), attrs=(1,))),
    Equation("K", apply("tanh", apply("matmul", augmented(Var("x")), Var("V")))),
    Equation("ce", apply("neg", total(apply("mul", Var("y"), apply("log", Var("P")))))),
    Equation(
        "L", apply("add", apply("div", Var("ce"), Var("N")), total(apply("mul", GATED, WEIGHTS)))
    ),
)

DERIVATION: Derivation = check(Derivation(SYMBOLS, EQUATIONS, "L", SIZES))
SHAPES: Mapping[str, Shape] = shapes_of(DERIVATION)


@lru_cache(maxsize=64)
def point(seed: int, true_facts: bool = True) -> Point:
    """Numbers for every name. `r` is positive; the other facts hold only where asked for."""
    rng = random.Random(seed)
    with mpmath.workdps(DIGITS):
        values: dict[str, Table] = {s.name: signed_table(rng, s.shape, SIZES) for s in SYMBOLS}
        values["r"] = random_table(rng, (N, B), SIZES)
        if true_facts:
            values["y"] = scaled_to_one(random_table(rng, (N, B), SIZES), 1)
            values["q"] = scaled_to_one(random_table(rng, (N, B), SIZES), 0)
            values["m"] = {place: mpmath.mpf(rng.randint(0, 1)) for place in values["m"]}
        return Point(SIZES, forward(DERIVATION, SHAPES, values, SIZES))


# ---------------------------------------------------------------------------- random formulas

MATRICES = ("Z", "r", "m", "y", "q", "z", "H", "G", "R", "S", "E", "P", "Q", "l", "K")
POSITIVE = ("r", "H", "S", "E", "P", "Q")
FUNCTIONS = ("sigmoid", "tanh", "softplus", "sin", "silu", "relu", "abs", "step", "sign")


@st.composite
def formulas(draw: st.DrawFn, shape: Shape = (N, B), depth: int = 3) -> Term:
    """A random formula over these names, at most `depth` choices deep."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return _leaf(draw, shape)
    builders = MATRIX_BUILDERS if shape == (N, B) else ANY_BUILDERS
    return draw(st.sampled_from(builders))(draw, shape, depth - 1)


def _leaf(draw: st.DrawFn, shape: Shape) -> Term:
    if shape == (N, B):
        return Var(draw(st.sampled_from(MATRICES)))
    if shape == (N, A):
        return Var(draw(st.sampled_from(("x", "u"))))
    number = Const(Fraction(draw(st.integers(-3, 4)), draw(st.integers(1, 3))))
    return draw(st.sampled_from([Var("s"), Var("N"), Var("b"), Var("ce"), number]))


def _binary(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    op = draw(st.sampled_from(("add", "sub", "mul", "mul")))
    return apply(op, draw(formulas(shape, depth)), draw(formulas(shape, depth)))


def _function(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    return apply(draw(st.sampled_from(FUNCTIONS)), draw(formulas(shape, min(depth, 1))))


def _exponential(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    return apply("exp", draw(formulas(shape, min(depth, 1))))


def _power(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    return apply("pow", draw(formulas(shape, depth)), attrs=(draw(st.sampled_from(("2", "3"))),))


def _scaled(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    op = draw(st.sampled_from(("mul", "div")))
    scalar = draw(st.sampled_from([Var("s"), Var("N"), const(3), const(-2)]))
    return apply(op, draw(formulas(shape, depth)), scalar)


def _positive(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    """A logarithm or a root of what is positive."""
    whole: Term = Var(draw(st.sampled_from(POSITIVE)))
    if draw(st.booleans()):
        op = draw(st.sampled_from(("mul", "div", "add")))
        whole = apply(op, whole, Var(draw(st.sampled_from(POSITIVE))))
    way = draw(st.sampled_from(("log", "log", "1/2", "-1/2", "3/2", "-1")))
    return apply("log", whole) if way == "log" else apply("pow", whole, attrs=(way,))


def _quotient(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    """Divided by what is positive: a softmax's sum, a name, 1 + exp."""
    exp = apply("exp", Var(draw(st.sampled_from(("z", "Z")))))
    below = draw(
        st.sampled_from(
            [
                apply("add", const(1), exp),
                apply("add", const(1), apply("exp", draw(formulas(shape, 0)))),
                total(exp, draw(st.integers(0, 1))),
                total(exp, draw(st.integers(0, 1))),
                Var(draw(st.sampled_from(POSITIVE))),
            ]
        )
    )
    above = exp if draw(st.booleans()) else draw(formulas(shape, depth))
    return apply("div", above, below)


def _product(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    left = draw(formulas((N, A), depth))
    if draw(st.booleans()):
        rows = apply("slice", Var("V"), attrs=(0, 1, None))
        return apply("matmul", left, draw(st.sampled_from([Var("W"), rows])))
    return apply("matmul", augmented(left), Var("V"))


def _gram(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    """Products that sum over the samples or over the outputs."""
    one, other = draw(formulas(shape, min(depth, 1))), draw(formulas(shape, min(depth, 1)))
    third = draw(formulas(shape, 0))
    if draw(st.booleans()):
        return apply("matmul", one, apply("matmul", apply("transpose", other), third))
    return apply("matmul", apply("matmul", one, apply("transpose", other)), third)


def _along(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    op, axis = draw(st.sampled_from(("softmax", "log_softmax"))), draw(st.integers(0, 1))
    return apply(op, draw(formulas(shape, min(depth, 1))), attrs=(axis,))


def _total(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    """Sums over one axis or both, beside something that still has the index."""
    if shape == ():
        return total(draw(formulas((N, B), depth)))
    inner = total(draw(formulas(shape, depth)), draw(st.sampled_from((0, 1))))
    return apply("mul", draw(formulas(shape, min(depth, 1))), inner)


def _fact(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    """What a fact may shorten, and what looks like it and is not."""
    name = draw(st.sampled_from(("y", "q", "m", "P", "Q", "E")))
    whole: Term = Var(name)
    if name == "m" or draw(st.integers(0, 3)) == 0:
        whole = apply("mul", whole, Var(draw(st.sampled_from((name, "m", "H", "y")))))
    other = draw(formulas(shape, min(depth, 1)))
    way = draw(st.integers(0, 4))
    if way == 0:
        return apply("sub", other, apply("mul", whole, total(whole)))
    if way == 1:
        return apply(
            "matmul", whole, apply("matmul", apply("transpose", Var("y")), draw(formulas(shape, 0)))
        )
    op = draw(st.sampled_from(("mul", "sub")))
    return apply(op, other, total(whole, way % 2))


ANY_BUILDERS = (_binary, _binary, _function, _exponential, _power, _scaled, _total)
MATRIX_BUILDERS = (
    *(_fact, _fact, _positive, _quotient, _quotient, _product, _gram, _along, _total),
    *ANY_BUILDERS,
)
