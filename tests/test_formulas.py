"""Gradients as formulas: every form of them, steps and facts; and their values by differences."""

from __future__ import annotations

import random

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.exact import DIGITS, evaluate, forward
from derive.formulas import Gradients, gradients
from derive.infer import shape_of, shapes_of
from derive.layers import stack
from derive.notation import read, read_numpy
from derive.proof import Prover
from derive.shape import Shape, agree, dim
from derive.term import Derivation, Equation, Symbol, Var, apply, const
from derive.textbook import textbook
from tests.oracle import close, point, with_adjoints
from tests.random_stacks import stacks

SEED = gradients(stack("784,100,10,10"))


# ------------------------------------------------------------------------- the seed's gradients


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("z3", "(yhat - y) / N"),
        ("W3", "[1 H2]^T (yhat - y) / N"),
        ("z2", "((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2) / N"),
        ("W2", "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N"),
        ("yhat", "-y / yhat / N"),
    ],
)
def test_the_seeds_gradients(name: str, matrix: str) -> None:
    """Compared as formulas: how the scalars stand is the writer's affair."""
    own, names = SEED[name], tuple(Prover(SEED).shapes)
    assert Prover(SEED).equal(read(own.matrix, names), read(matrix, names), own.shape)
    assert own.matrix.count("(") <= matrix.count("(") + 2


def test_a_gradient_has_the_shape_of_its_name() -> None:
    shapes = shapes_of(SEED.derivation)
    for name, own in SEED.items():
        assert len(own.shape) == len(shapes[name])
        assert all(agree(a, b) for a, b in zip(own.shape, shapes[name], strict=True))
    assert str(SEED["W2"]).endswith("(101×10)")


def test_every_form_is_read_back_as_the_same_formula() -> None:
    names = tuple(Prover(SEED).shapes)
    for own in SEED.values():
        assert read(own.matrix, names) == own.term
        assert read(own.latex, names) == own.term
        assert read_numpy(own.numpy, names) == own.term


def test_the_steps_lead_to_the_gradient_and_nothing_else_does() -> None:
    names = [step.name for step in SEED["W2"].steps]
    assert names == ["dz3", "dH2", "dz2", "dW2"] or names == ["dz3", "dz2", "dW2"]
    assert [step.name for step in SEED["W3"].steps] == ["dz3", "dW3"]
    assert SEED.steps[0].name == "dL"


def test_facts_are_those_of_the_steps_too() -> None:
    assert SEED["z3"].facts == SEED["W1"].facts == ("y rows sum to 1",)
    assert SEED["yhat"].facts == ()


def test_what_has_a_gradient() -> None:
    assert set(SEED) == {"L", "yhat", "z3", "H2", "z2", "H1", "z1", "W1", "W2", "W3", "x"}
    assert SEED.parameters == ("W1", "W2", "W3")
    assert len(SEED) == 11
    with pytest.raises(KeyError):
        SEED["y"]


def test_a_name_for_the_same_thing_has_the_same_gradient() -> None:
    found = gradients(stack("4,3,2", loss="mse"))
    assert found["yhat"] is found["z2"]


def test_the_index_form_is_sympy() -> None:
    i, j = sympy.symbols("i j", integer=True, nonnegative=True)
    yhat, y = sympy.IndexedBase("yhat"), sympy.IndexedBase("y")
    size = sympy.Symbol("N", positive=True)
    assert sympy.simplify(SEED["z3"].index - (yhat[i, j] - y[i, j]) / size) == 0
    assert "Sum" in str(SEED["W3"].index)
    assert isinstance(SEED.forward["z2"], sympy.Basic)


def test_the_indices_of_sums_have_short_names() -> None:
    """Outer sums first; a name of the derivation is left to it."""
    assert str(SEED["H2"].index) == "Sum(W3[j + 1, k1]*dz3[i, k1], (k1, 0, n3 - 1))"
    assert str(SEED.forward["yhat"]) == "exp(z3[i, j])/Sum(exp(z3[i, k1]), (k1, 0, n3 - 1))"
    total = "Sum(log(yhat[k1, k2])*y[k1, k2], (k2, 0, n3 - 1), (k1, 0, N - 1))"
    assert str(SEED.forward["L"]) == f"-{total}/N"
    shape = (dim("N"), dim("K"))
    symbols = (Symbol("k1", shape, "param"), Symbol("x", shape, "input"))
    product = apply("matmul", Var("x"), apply("transpose", Var("k1")))
    loss = Equation("L", apply("sum", apply("exp", product), attrs=(None, False)))
    shown = str(gradients(Derivation(symbols, (loss,), "L")).forward["L"])
    assert shown.startswith("Sum(exp(Sum(k1[k3, k4]*x[k2, k4], (k4, 0, K - 1))), (k3, 0, N - 1)")


def test_every_index_of_a_sum_stands_in_one_sum() -> None:
    """SymPy's `diff` is wrong where it does not."""
    for entry in SEED.forward.values():
        bound = [limit[0] for one in entry.atoms(sympy.Sum) for limit in one.limits]
        assert len(bound) == len(set(bound))
        assert not any("%" in symbol.name for symbol in entry.atoms(sympy.Symbol))


def test_latex_for_notebooks() -> None:
    shown = SEED["W2"]._repr_latex_()
    assert shown.startswith(r"$\displaystyle \frac{\partial L}{\partial W_{2}} = ")
    assert shown.count("$") == 2


# -------------------------------------------------------------------- facts reach what they carry


def test_a_fact_used_for_an_unnamed_result_is_listed() -> None:
    """The loss speaks of log_softmax(2 yhat): `2 yhat` has no name, and its gradient the fact."""
    made = stack("4,3,2", activations="sigmoid,identity", loss="-sum(y ∘ log_softmax(2*yhat))")
    symbols = tuple(
        Symbol(s.name, s.shape, s.kind, ("distribution axis=1",) if s.name == "y" else s.facts)
        for s in made.derivation.symbols
    )
    derivation = made.derivation
    found = gradients(Derivation(symbols, derivation.equations, "L", derivation.sizes))
    for name in ("z2", "W2", "z1", "x"):
        assert found[name].facts == ("y rows sum to 1",), name


def test_a_fact_is_listed_where_an_adjoint_is_opened() -> None:
    """dL/du = dz + y = (p - y) + y = p: shorter, and true by the fact that gave dz = p - y."""
    shape = (dim("N"), dim("K"))
    log = apply("mul", Var("y"), apply("log", Var("p")))
    total = apply("sum", apply("sub", apply("mul", Var("y"), Var("u")), log), attrs=(None, False))
    found = gradients(
        Derivation(
            (
                Symbol("v", shape, "param"),
                Symbol("c", (dim(1), dim("K")), "param"),
                Symbol("y", shape, "target", ("distribution axis=1",)),
            ),
            (
                Equation("u", apply("mul", const(1), Var("v"))),
                Equation("z", apply("add", Var("u"), Var("c"))),
                Equation("p", apply("softmax", Var("z"), attrs=(1,))),
                Equation("L", total),
            ),
            "L",
        )
    )
    assert found["u"].matrix == "p"
    assert found["u"].facts == found["v"].facts == ("y rows sum to 1",)
    assert found["p"].facts == ()


# ----------------------------------------------------------------------------- by value, any net


def assert_right_by_differences(made: Stack, seed: int) -> None:
    """One random entry of each gradient, by the difference of the loss at 50 digits."""
    rng, derivation, found = random.Random(seed), made.derivation, gradients(made)
    sizes = {name: 2 + (k + seed) % 3 for k, name in enumerate(("N", *made.numbers))}
    shapes = shapes_of(derivation)
    at = with_adjoints(found, point(derivation, sizes, seed))
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -16
        for name in (*made.parameters, "x"):
            assert len(shape_of(found[name].term, {**shapes, **_adjoints(found)})) == 2
            place = rng.choice(sorted(at.values[name]))
            ends = []
            for move in (step, -step):
                moved = {**at.values[name], place: at.values[name][place] + move}
                known = forward(derivation, shapes, {**at.values, name: moved}, sizes)
                ends.append(known["L"][()])
            ours = evaluate(found[name].term, {**shapes, **_adjoints(found)}, at.values, sizes)
            assert close(ours[place], (ends[0] - ends[1]) / (2 * step), 14), name


def _adjoints(found: Gradients) -> dict[str, Shape]:
    return {step.name: step.shape for step in found.steps}


@settings(max_examples=12)
@given(stacks(deepest=3), st.integers(0, 1000))
def test_random_nets_by_differences(made: Stack, seed: int) -> None:
    assert_right_by_differences(made, seed)


@pytest.mark.slow
@settings(max_examples=300)
@given(stacks(), st.integers(0, 1000))
def test_hundreds_of_random_nets_by_differences(made: Stack, seed: int) -> None:
    assert_right_by_differences(made, seed)
    judge = Prover(gradients(made))
    assert all(judge.gradient(one.name, one.term) for one in textbook(made))


def test_a_loss_that_is_a_constant_has_no_gradient() -> None:
    with pytest.raises(DeriveError, match="the loss `L` is a constant"):
        gradients(Derivation((), (Equation("L", const(3)),), "L"))
