"""Shapes: those that NumPy finds, at any sizes; what products mean; and misfits in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from derive.diagnostic import DeriveError
from derive.infer import check, has_op, shape_of, shapes_of, typed
from derive.notation import read, write
from derive.shape import ONE, Shape, dim, shape_text
from derive.term import Apply, Derivation, Equation, Symbol, Term, Var, apply, const
from tests.strategies import SHAPES as RANDOM
from tests.strategies import TENSORS, terms

N, A, B = dim("N"), dim("a"), dim("b")
SHAPES: dict[str, Shape] = {
    "x": (N, A),
    "W": (A, B),
    "V": (dim(1, "a"), B),
    "D": (N, B),
    "c": (ONE, B),
    "r": (N, ONE),
    "s": (),
    "N": (),
}

GALLERY = {
    "x W": "N×b",
    "x W + c": "N×b",
    "W^T x^T": "b×N",
    "[1 x] V": "N×b",
    "[1 x]^T D": "(1+a)×b",
    "[1; x^T]": "(1+a)×N",
    "V[1:]": "a×b",
    "V[:1]": "1×b",
    "r c": "N×b",
    "r ∘ D ∘ c": "N×b",
    "s D": "N×b",
    "D / N": "N×b",
    "sum(D)": "scalar",
    "sum(D, axis=0, keepdims=True)": "1×b",
    "sum(D, axis=1, keepdims=True)": "N×1",
    "sum(D, axis=0)": "(b,)",
    "softmax(x W)": "N×b",
    "tanh(D)^2": "N×b",
    "3": "scalar",
    "s N": "scalar",
}


def formula(text: str) -> Term:
    return read(text, tuple(SHAPES))


@pytest.mark.parametrize("text", GALLERY)
def test_the_shape_of_a_formula(text: str) -> None:
    assert shape_text(typed(formula(text), SHAPES, text)[1]) == GALLERY[text]


def as_array(text: str, shapes: Mapping[str, Shape], sizes: Mapping[str, int]) -> Any:
    """What NumPy makes of the formula, over arrays of ones."""
    arrays = {n: np.ones([d.size(sizes) for d in shape]) for n, shape in shapes.items()}
    own = {
        "sigmoid": np.tanh, "softplus": np.tanh, "silu": np.tanh, "gelu": np.tanh,
        "softmax": lambda z, axis=1: z, "log_softmax": lambda z, axis=1: z,
    }  # fmt: skip
    return eval(text, {"np": np, **own, **arrays, **sizes})  # noqa: S307


@pytest.mark.parametrize("sizes", [{"N": 3, "a": 2, "b": 4}, {"N": 2, "a": 5, "b": 3}])
@pytest.mark.parametrize("text", GALLERY)
def test_numpy_finds_the_same_shape(text: str, sizes: dict[str, int]) -> None:
    term, shape = typed(formula(text), SHAPES)
    array = np.asarray(as_array(write(term, "numpy", scalars=("s", "N")), SHAPES, sizes))
    assert array.shape == tuple(one.size(sizes) for one in shape)


@settings(max_examples=60)
@given(terms())
def test_numpy_finds_the_same_shape_of_any_formula(term: Term) -> None:
    sizes = {"N": 3, "a": 2, "b": 4}
    settled, shape = typed(term, RANDOM)
    text = write(settled, "numpy", scalars=("s", "N"))
    with np.errstate(all="ignore"):
        array = np.asarray(as_array(text, TENSORS, sizes))
    assert array.shape == tuple(one.size(sizes) for one in shape)


# ------------------------------------------------------------------------------ what products are


def test_a_product_with_a_number_is_scaling() -> None:
    """Juxtaposition is settled by shapes, at any depth; what is settled is left as it is."""
    term = typed(formula("(1/N) (x ((s + 1) W))"), SHAPES)[0]
    assert write(term, "plain", scalars=("s", "N")) == "1/N (x ((s + 1) W))"
    assert not has_op(typed(formula("s N"), SHAPES)[0], frozenset({"matmul"}))
    assert typed(term, SHAPES)[0] is term


# ------------------------------------------------------------------------------------------ misfits

MISFITS = {
    "x D": """
D201: N×a times N×b: inner sizes a and N differ
  | x D
  |   ^
  = note: `x` is N×a
  = note: `D` is N×b
""",
    "tanh(x V) + c": """
D201: N×a times (1+a)×b: inner sizes a and 1+a differ
  | tanh(x V) + c
  |        ^
  = note: `x` is N×a
  = note: `V` is (1+a)×b
""",
    "D ∘ x": """
D202: shapes N×b and N×a do not fit entry by entry
  | D ∘ x
  |     ^
  = note: `D` is N×b
  = note: `x` is N×a
""",
    "sum(D, axis=2)": """
D203: shape N×b has no axis 2
  | sum(D, axis=2)
  | ^^^^^^^^^^^^^^
  = note: `D` is N×b
""",
    "D[1:]": """
D203: [1:] does not fit N
  | D[1:]
  | ^^^^^
  = note: `D` is N×b
""",
}


@pytest.mark.parametrize("text", MISFITS)
def test_a_misfit_says_what_and_where(text: str) -> None:
    with pytest.raises(DeriveError) as caught:
        typed(formula(text), SHAPES, text)
    assert f"\n{caught.value.diagnostic.render()}\n" == MISFITS[text]


@pytest.mark.parametrize(
    ("text", "sizes", "message", "chance"),
    [
        ("x D", {"N": 7, "a": 4, "b": 5}, "7×4 times 7×5: inner sizes 4 and 7 differ", False),
        ("x D", {"a": 4}, "N×4 times N×b: inner sizes 4 and N differ", False),
        ("x D", {"N": 4, "a": 4, "b": 5}, "N×a times N×b: inner sizes a and N differ", True),
        ("x ∘ D", {"a": 4, "b": 5}, "shapes N×4 and N×5 do not fit entry by entry", False),
        ("x ∘ D", {"a": 4, "b": 4}, "shapes N×a and N×b do not fit entry by entry", True),
        ("x ∘ c", {"a": 4, "b": 4}, "shapes N×a and 1×b do not fit entry by entry", True),
        ("x ∘ c", {"a": 4, "b": 5}, "shapes N×4 and 1×5 do not fit entry by entry", False),
    ],
)
def test_sizes_are_said_as_numbers_unless_they_agree_by_chance(
    text: str, sizes: dict[str, int], message: str, chance: bool
) -> None:
    with pytest.raises(DeriveError) as caught:
        typed(formula(text), SHAPES, text, sizes)
    assert caught.value.diagnostic.message == message
    assert (caught.value.diagnostic.help is not None) is chance


def test_an_unknown_name() -> None:
    with pytest.raises(DeriveError, match="unknown name `q`"):
        shape_of(apply("add", Var("x"), Var("q")), SHAPES)


def test_an_op_has_its_number_of_operands() -> None:
    with pytest.raises(DeriveError, match="`tanh` takes 1 operand, not 2"):
        shape_of(Apply("tanh", (Var("x"), Var("x"))), SHAPES)


# -------------------------------------------------------------------------------- whole derivations

SYMBOLS = (Symbol("x", (N, A), "input"), Symbol("W", (A, B), "param"))


def derivation(*equations: tuple[str, Term]) -> Derivation:
    return Derivation(SYMBOLS, tuple(Equation(name, term) for name, term in equations), "L")


def test_every_name_of_a_derivation_has_a_shape() -> None:
    product = apply("matmul", Var("x"), Var("W"))
    made = derivation(("z", product), ("L", apply("sum", Var("z"), attrs=(None, False))))
    shapes = {name: shape_text(shape) for name, shape in shapes_of(check(made)).items()}
    assert shapes == {
        "x": "N×a", "W": "a×b", "N": "scalar", "a": "scalar", "b": "scalar",
        "z": "N×b", "L": "scalar",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("equations", "code", "message"),
    [
        ([("L", Var("x"))], "D205", "the loss `L` is not a scalar"),
        ([("z", const(1))], "D205", "the loss `L` is not a scalar"),
        ([("x", const(1)), ("L", const(2))], "D102", "`x` is given twice"),
        ([("L", const(1)), ("L", const(2))], "D102", "`L` is given twice"),
        ([("L", Var("later")), ("later", const(2))], "D101", "unknown name `later`"),
    ],
)
def test_derivations_that_are_refused(
    equations: list[tuple[str, Term]], code: str, message: str
) -> None:
    with pytest.raises(DeriveError, match=message) as caught:
        check(derivation(*equations))
    assert caught.value.diagnostic.code == code
