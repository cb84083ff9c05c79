"""Random formulas that have a shape, for the property-based tests."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from derive.shape import ONE, Shape, dim
from derive.term import Const, Term, Var, apply, const

N, A, B = dim("N"), dim("a"), dim("b")
SIZES = {"N": 3, "a": 2, "b": 4}

TENSORS: dict[str, Shape] = {
    "X": (N, A),
    "Y": (N, A),
    "W": (A, B),
    "V": (dim(1, "a"), B),
    "Z": (N, B),
    "c": (ONE, B),
    "s": (),
}
"""The declared names of random formulas. `V` has a bias row."""

SHAPES = {**TENSORS, **dict.fromkeys(SIZES, ())}

SMOOTH = ("sigmoid", "tanh", "softplus", "sin", "cos", "silu", "gelu")


@st.composite
def terms(draw: st.DrawFn, shape: Shape = (N, B), depth: int = 3) -> Term:
    """A random formula of a shape, at most `depth` ops deep."""
    leaves = [name for name, own in TENSORS.items() if own == shape]
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        if leaves:
            return Var(draw(st.sampled_from(leaves)))
        return _leaf(draw, shape)
    return draw(st.sampled_from(BUILDERS))(draw, shape, depth - 1)


def _leaf(draw: st.DrawFn, shape: Shape) -> Term:
    number = Const(Fraction(draw(st.integers(1, 4)), draw(st.integers(1, 3))))
    if shape == ():
        return draw(st.sampled_from([Var("s"), Var("N"), number]))
    if shape == (A, N):
        return apply("transpose", Var("X"))
    if shape == (N, dim(1, "a")):
        return apply("concat", const(1), Var("X"), attrs=(1,))
    if shape == (B, N):
        return apply("transpose", Var("Z"))
    raise AssertionError(shape)


def _binary(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    op = draw(st.sampled_from(("add", "sub", "mul")))
    return apply(op, draw(terms(shape, depth)), draw(terms(shape, depth)))


def _function(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    return apply(draw(st.sampled_from(SMOOTH)), draw(terms(shape, depth)))


def _power(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    return apply("pow", draw(terms(shape, depth)), attrs=("2",))


def _scaled(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    op = draw(st.sampled_from(("mul", "div")))
    scalar = draw(st.sampled_from([Var("s"), Var("N"), const(3)]))
    return apply(op, draw(terms(shape, depth)), scalar)


def _quotient(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    below = apply("add", const(1), apply("exp", draw(terms(shape, min(depth, 1)))))
    return apply("div", draw(terms(shape, depth)), below)


def _product(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    if shape != (N, B):
        return _binary(draw, shape, depth)
    if draw(st.booleans()):
        return apply("matmul", draw(terms((N, A), depth)), Var("W"))
    return apply(
        "matmul", apply("concat", const(1), draw(terms((N, A), depth)), attrs=(1,)), Var("V")
    )


def _softmax(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    if len(shape) != 2:
        return _function(draw, shape, depth)
    op = draw(st.sampled_from(("softmax", "log_softmax")))
    return apply(op, draw(terms(shape, min(depth, 1))), attrs=(draw(st.integers(0, 1)),))


def _total(draw: st.DrawFn, shape: Shape, depth: int) -> Term:
    total = apply("sum", draw(terms((N, B), depth)), attrs=(None, False))
    return total if shape == () else apply("mul", total, draw(terms(shape, depth)))


BUILDERS = (_binary, _function, _power, _scaled, _quotient, _product, _softmax, _total)
