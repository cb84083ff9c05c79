"""Modules for any arrays: on strict arrays, which refuse what the standard does not have, first of
all; on JAX's and PyTorch's where these are installed."""

from __future__ import annotations

import ast
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import array_api_strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
import derive
from codegen.backend import BACKENDS
from codegen.emission import emit, text_of
from codegen.loading import load
from codegen.readback import read_back
from codegen.verification import verify
from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.formulas import gradients
from derive.layers import HIDDEN_FUNCTIONS, stack
from derive.proof import Prover
from tests.array_libraries import LIBRARIES, STRICT, Library
from tests.by_hand import ACTIVATIONS, MISH
from tests.random_stacks import stacks
from tests.stack_grid import grid, point
from tests.test_emission import LARGE, SWISH, large

REALS = (np.float32, np.float64)
FUNCTIONS = ("forward", "loss", "loss_and_gradients", "gradients")


class Pair(NamedTuple):
    """The module of a stack for any arrays, and the functions of the one for NumPy."""

    own: ModuleType
    plain: ModuleType


def pair(made: Stack) -> Pair:
    found = gradients(made)
    plain = text_of(made, found, buffers=False)
    return Pair(load(text_of(made, found, backend="array-api")), load(plain))


def assert_same(found: Any, expected: Any, roundings: float, size: float = 0.0) -> None:
    """To a few roundings of the largest entry, or of a larger size; the dtype is the same."""
    array, truth = np.asarray(found), np.asarray(expected)
    size = max(size, float(np.abs(truth).max()))
    assert (array.dtype, array.shape) == (truth.dtype, truth.shape)
    assert np.isfinite(array).all()
    error = np.abs(array.astype(float) - truth.astype(float)).max()
    assert error <= roundings * float(np.finfo(truth.dtype).eps) * size


def check_module(both: Pair, given: Any, library: Library = STRICT, roundings: float = 4) -> None:
    """All four functions give what the NumPy module gives, entry by entry.

    A gradient is a sum, and may be much smaller than what is added up: roundings are those of the
    largest gradient where a compiler puts operations together.
    """
    own, plain = both
    arrays = library.point(given)
    loss, expected = plain.loss_and_gradients(*given)
    value, found = library.compiled(own.loss_and_gradients)(*arrays)
    assert found.keys() == expected.keys()
    assert_same(value, loss, roundings)
    assert_same(library.compiled(own.loss)(*arrays), loss, roundings)
    assert_same(own.forward(*arrays[:2]), plain.forward(*given[:2]), roundings)
    alone = library.compiled(own.gradients)(*arrays)
    size = max(float(np.abs(one).max()) for one in expected.values())
    for name, truth in expected.items():
        assert_same(found[name], truth, roundings, 0 if library is STRICT else size)
        assert_same(alone[name], truth, roundings, 0 if library is STRICT else size)


# ------------------------------------------------------------------------------------ the values


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_kind_of_network_on_strict_arrays(hidden: str, rng: np.random.Generator) -> None:
    for made in grid(hidden):
        both = pair(made)
        for dtype in REALS:
            check_module(both, point(made, rng, dtype=dtype))


@pytest.mark.parametrize("library", LIBRARIES[1:], ids=lambda one: one.name)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_some_on_the_arrays_of_each_library(
    hidden: str, library: Library, rng: np.random.Generator
) -> None:
    """Compilers put operations together, and so round otherwise: NumPy's bits are not asked for."""
    for made in grid(hidden)[list(ACTIVATIONS).index(hidden) % 6 :: 6]:
        both = pair(made)
        for dtype in REALS:
            check_module(both, point(made, rng, dtype=dtype), library, 64)


@pytest.mark.parametrize("where", ["W1", "W2"])
@pytest.mark.parametrize(("activations", "loss"), LARGE)
def test_finite_and_right_at_logits_of_ten_thousand(
    activations: str, loss: str, where: str
) -> None:
    """What the NumPy module gives there is compared with 50 digits in `test_emission`."""
    made = stack("2,3,2", activations=activations, loss=loss, define=[MISH, SWISH])
    params, x, y = large(made, where)
    both = pair(made)
    for dtype in REALS:
        cast = {name: value.astype(dtype) for name, value in params.items()}
        check_module(both, (cast, x.astype(dtype), y.astype(dtype)))


@pytest.mark.parametrize("library", LIBRARIES[1:], ids=lambda one: one.name)
@pytest.mark.parametrize(("activations", "loss"), LARGE)
def test_finite_there_in_each_library(activations: str, loss: str, library: Library) -> None:
    made = stack("2,3,2", activations=activations, loss=loss, define=[MISH, SWISH])
    params, x, y = large(made, "W1")
    step = library.compiled(load(emit(made, "array-api")).loss_and_gradients)
    for dtype in REALS:
        cast = {name: value.astype(dtype) for name, value in params.items()}
        value, found = step(*library.point((cast, x.astype(dtype), y.astype(dtype))))
        assert all(np.isfinite(np.asarray(one)).all() for one in (value, *found.values()))


@settings(max_examples=12)
@given(stacks(deepest=3), st.integers(0, 1000))
def test_random_networks_all_the_way(made: Stack, seed: int) -> None:
    """Every line is proved, every entry verified by oracles that know no derivative."""
    found = gradients(made)
    text = text_of(made, found, backend="array-api")
    assert all(reading.proved for reading in read_back(text, Prover(found)))
    result = verify(load(text).gradients, made, seed=seed)
    assert result.status == "PASS", f"{result}"
    check_module(pair(made), point(made, np.random.default_rng(seed)))


def test_the_year_2023_of_the_standard_is_enough(rng: np.random.Generator) -> None:
    """Nothing that came later is used, nor what a library may leave out."""
    options = {"boolean_indexing": False, "data_dependent_shapes": False, "enabled_extensions": ()}
    with array_api_strict.ArrayAPIStrictFlags(api_version="2023.12", **options):
        for hidden in ACTIVATIONS:
            made = grid(hidden)[0]
            check_module(pair(made), point(made, rng))


NUMBERS = {
    "of numbers": "sqrt(2) * relu(z) * exp(sqrt(3)) + tanh(z - 1/3)^2",
    "of the runtime": "z * sigmoid(1) + softplus(2 - 1/3)",
}
"""Formulas with functions of numbers; those of the standard take arrays."""

WITHOUT = {"of the runtime": "z / (1 + exp(-z/z)) + log(1 + exp(5/3 * z/z))"}
"""The same with functions of arrays alone."""


@pytest.mark.parametrize("name", NUMBERS)
def test_a_function_of_a_number_is_called_on_an_array(name: str, rng: np.random.Generator) -> None:
    options = {"activations": "own,identity", "loss": "log(3) * (yhat - y)^2"}
    made, same = (
        stack("3,4,2", define=[f"own(z) = {formula}"], **options)
        for formula in (NUMBERS[name], WITHOUT.get(name, NUMBERS[name]))
    )
    text = emit(made, "array-api")
    assert "xp.log(xp.asarray(3, dtype=x.dtype))" in text
    assert all(one.proved for one in read_back(text, Prover(derive.gradients(made))))
    module = load(text)
    assert verify(module.gradients, same).ok
    for dtype in REALS:
        arrays = STRICT.point(point(made, rng, dtype=dtype))
        found = module.gradients(*arrays)
        assert all(np.asarray(value).dtype == dtype for value in found.values())


# -------------------------------------------------------------------------------------- the text


@pytest.mark.parametrize("activation", [*HIDDEN_FUNCTIONS, "mish"])
def test_the_text_imports_nothing_and_writes_into_nothing(activation: str) -> None:
    made = stack("5,4,3", activations=activation, define=[MISH], loss="huber")
    tree = ast.parse(emit(made, "array-api"))
    top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom | ast.ClassDef)]
    assert top == []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "np" not in names
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name != "init_params"]
    nodes = [node for function in own for node in ast.walk(function)]
    assert not [node for node in nodes if isinstance(node, ast.AugAssign)]
    stores = [node for node in nodes if isinstance(node, ast.Subscript | ast.Attribute)]
    assert all(isinstance(node.ctx, ast.Load) for node in stores)


def test_the_lines_are_those_of_the_numpy_module() -> None:
    """The same names, with the same equations beside them, in the same order."""
    made = stack("5,4:gelu,3", bias="separate", layout="column")
    texts = [emit(made, name).partition("class Workspace")[0] for name in BACKENDS]
    beside = [
        [
            line.split("  # ")
            for line in text.split("\n")
            if line.startswith("    ") and "  # " in line
        ]
        for text in texts
    ]
    names = [[(code.partition("=")[0], said) for code, said in lines] for lines in beside]
    assert names[0] == names[1] != []


def test_numpy_is_what_is_emitted_unless_another_is_asked_for() -> None:
    made = stack("5,4,3")
    assert emit(made) == emit(made, backend="numpy") != emit(made, backend="array-api")


def test_a_backend_that_is_none() -> None:
    with pytest.raises(DeriveError, match="`cuda` is no backend: there are numpy and array-api"):
        codegen.emit(stack("2,2"), backend="cuda")


# --------------------------------------------------------------------------------- planted faults

SMALL = stack("6,5,4,3", bias="augmented")

FAULTS = {
    "a wrong block": ("dH1 = dz2 @ W2[1:, :].T", "dH1 = dz2 @ W2[:4, :].T"),
    "the other axis": ("W2[1:, :].T", "W2[:, 1:].T"),
    "a missing term": ("z2 = H1 @ W2[1:, :] + W2[:1, :]", "z2 = H1 @ W2[1:, :]"),
    "a wrong sign": ("dz3 = (yhat - y) / N", "dz3 = (y - yhat) / N"),
    "the loss of another function": ("xp.sum(y * log", "xp.max(y * log"),
    "sums of columns": ("xp.sum(dz1, axis=0,", "xp.sum(dz1, axis=1,"),
    "blocks in another order": (
        "[xp.sum(dz2, axis=0, keepdims=True), H1.T @ dz2]",
        "[H1.T @ dz2, xp.sum(dz2, axis=0, keepdims=True)]",
    ),
    "blocks side by side": ("H1.T @ dz2], axis=0)", "H1.T @ dz2], axis=1)"),
    "a namespace that is none": ("xp = namespace(x)", "xp = module(x)"),
    "a namespace of what is not there": ("xp = namespace(x)", "xp = namespace(z)"),
    "no namespace": ("    xp = namespace(x)\n", ""),
    "a namespace that is given up": ("    N = x.shape[0]", "    N = x.shape[0]\n    xp = y"),
    "another size": ("N = x.shape[0]", "N = x.shape[1]"),
    "the wrong result": ("return yhat", "return z3"),
    "a change of an array": ("    return yhat", "    yhat += 1\n    return yhat"),
    "a number of another kind": ("(1 - H1)", "(xp.asarray(1, dtype=xp.int32) - H1)"),
    "another number": ("(1 - H1)", "(xp.asarray(2, dtype=x.dtype) - H1)"),
    "a function that is not known": ("H1 = sigmoid(z1)", "H1 = xp.fft.fft(z1)"),
}


@cache
def small() -> tuple[str, Prover]:
    return emit(SMALL, "array-api"), Prover(derive.gradients(SMALL))


def test_all_four_functions_are_read_back() -> None:
    readings = read_back(*small())
    assert {one.function for one in readings} == set(FUNCTIONS)
    assert all(one.proved for one in readings)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_text_is_found(name: str) -> None:
    text, prover = small()
    head, start, rest = text.partition("def forward(")
    old, new = FAULTS[name]
    assert old in rest
    wrong = [
        one for one in read_back(head + start + rest.replace(old, new), prover) if not one.proved
    ]
    assert wrong
    assert all(one.reason for one in wrong)


def test_an_array_of_a_number_is_that_number() -> None:
    text, prover = small()
    same = text.replace("(1 - H1)", "(xp.asarray(1, dtype=x.dtype) - H1)")
    assert same != text
    assert all(one.proved for one in read_back(same, prover))


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_line_of_every_kind_of_module_is_proved(hidden: str) -> None:
    for made in grid(hidden)[list(ACTIVATIONS).index(hidden) % 3 :: 3]:
        found = gradients(made)
        readings = read_back(text_of(made, found, backend="array-api"), Prover(found))
        assert not [one for one in readings if not one.proved], made.describe()
