"""Emitted modules: what their text is, which functions it has, and that it is safe."""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest

import codegen
import derive
from codegen.emission import checked_names, emit
from codegen.plan import plan
from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.exact import DIGITS, forward
from derive.infer import shapes_of
from derive.layers import HIDDEN_FUNCTIONS, stack
from tests.by_hand import MISH
from tests.oracle import Point, true_gradient

ROOT = Path(__file__).parents[1]


def module_of(layers: str = "5,4,3", **options: Any) -> ModuleType:
    return codegen.load(emit(stack(layers, **options)))


def point(module: ModuleType, rng: np.random.Generator, n: int = 7) -> tuple[Any, Any, Any]:
    params = {k: rng.standard_normal(shape) for k, shape in module.PARAMETERS.items()}
    return params, rng.standard_normal((n, 5)), rng.dirichlet(np.ones(3), n)


# ------------------------------------------------------------------------------------ the text

GOLDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "two_hidden_layers": ("784,100,10,10", {}),
    "columns_squared_error": (
        "3,4,1",
        {"activations": "sigmoid,sigmoid", "loss": "half-squared-error", "layout": "column"},
    ),
    "separate_bias_one_sample": ("5,4,3", {"bias": "separate", "single": True}),
    "own_activation": ("6,5:mish,4", {"define": [MISH]}),
    "no_bias_tanh_mse": (
        "4,3,2",
        {"activations": "tanh", "loss": "mse", "bias": "none", "reduction": "sum"},
    ),
    "array_api": ("6,5:gelu,4", {"backend": "array-api"}),
}
"""Modules that are kept as files, so that a change of the emitter shows as a difference."""


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_of_the_golden_modules(name: str, update: bool) -> None:
    layers, options = GOLDEN[name]
    backend = options.get("backend", "numpy")
    network = {key: value for key, value in options.items() if key != "backend"}
    text = emit(stack(layers, **network), backend)
    path = ROOT / "tests" / "golden" / f"{name}.py"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "python -m pytest --update writes it anew"


def test_every_golden_file_is_compared() -> None:
    assert {path.stem for path in (ROOT / "tests" / "golden").glob("*.py")} == set(GOLDEN)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_text_is_the_same_byte_for_byte(seed: str) -> None:
    """In this process twice, and in others, whatever order their sets have."""
    here = emit(stack("9,5:gelu,3"))
    assert emit(stack("9,5:gelu,3")) == here
    script = "import codegen, derive; print(codegen.emit(derive.stack('9,5:gelu,3')), end='')"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", script]
    assert subprocess.check_output(command, cwd=ROOT, env=environment).decode() == here


@pytest.mark.parametrize("activation", [*HIDDEN_FUNCTIONS, "mish"])
def test_the_text_imports_numpy_alone_and_defines_what_it_calls(activation: str) -> None:
    text = emit(stack("5,4,3", activations=activation, define=[MISH], loss="huber"))
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    assert called <= {*vars(codegen.load(text)), *dir(builtins), "outer", "product"}


def test_the_text_says_what_it_is() -> None:
    text = emit(stack("784,100,10,10"))
    doc = ast.get_docstring(ast.parse(text)) or ""
    assert "784 -> 100 sigmoid -> 10 sigmoid -> 10 softmax" in doc
    assert "dL/dW2 = [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N" in doc
    assert "y rows sum to 1" in doc
    assert "# dL/dz2 = dH2 ∘ H2 ∘ (1 - H2)" in text
    assert "/ yhat" not in text


def test_each_line_carries_the_equation_that_it_computes() -> None:
    tree, text = ast.parse(emit(stack("5,4,3"))), emit(stack("5,4,3"))
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        if function.name in ("forward", "loss", "loss_and_gradients", "gradients"):
            for line in (text.split("\n")[one.lineno - 1] for one in function.body[1:-1]):
                assert "  # " in line or "params[" in line or ".shape[" in line


@pytest.mark.parametrize("name", ["lambda", "Ω", "x1; x2"])
def test_a_name_that_is_none_in_python_is_refused(name: str) -> None:
    made = plan(derive.gradients(stack("2,2")))
    odd = replace(made, forward=(made.forward[0]._replace(name=name), *made.forward[1:]))
    with pytest.raises(DeriveError, match="cannot be a name in Python"):
        checked_names(odd)


def test_a_function_of_a_number_alone_is_refused() -> None:
    """The functions of the runtime take arrays; NumPy's own take numbers too."""
    with pytest.raises(DeriveError, match=r"`sigmoid\(1\)` is a number") as caught:
        emit(stack("5,4:own,3", define=["own(z) = z * sigmoid(1)"]))
    assert caught.value.diagnostic.code == "D403"
    assert caught.value.diagnostic.help == "write its value in its place"
    assert "np.exp(1)" in emit(stack("5,4:own,3", define=["own(z) = z * exp(1)"]))


# -------------------------------------------------------------------------------- the functions


def test_the_functions_are_those_of_the_contract(rng: np.random.Generator) -> None:
    module = module_of()
    signatures = {
        "init_params": ["rng", "dtype"],
        "forward": ["params", "x"],
        "loss": ["params", "x", "y"],
        "loss_and_gradients": ["params", "x", "y"],
        "gradients": ["params", "x", "y"],
        "Workspace": ["batch", "dtype"],
    }
    for name, arguments in signatures.items():
        assert list(inspect.signature(getattr(module, name)).parameters) == arguments
    params, x, y = point(module, rng)
    value, found = module.loss_and_gradients(params, x, y)
    assert value == module.loss(params, x, y)
    assert list(found) == list(module.gradients(params, x, y)) == list(params)
    np.testing.assert_allclose(module.forward(params, x).sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
@pytest.mark.parametrize("layout", ["row", "column"])
def test_weights_start_small_and_biases_at_zero(bias: str, layout: str) -> None:
    module = module_of("400,300,2", bias=bias, layout=layout)
    params = module.init_params(np.random.default_rng(0), np.float32)
    assert {name: value.shape for name, value in params.items()} == module.PARAMETERS
    assert all(value.dtype == np.float32 for value in params.values())
    weights = params["W1"] if layout == "row" else params["W1"].T
    if bias == "augmented":
        assert not weights[0].any()
        weights = weights[1:]
    if bias == "separate":
        assert not params["b1"].any()
    assert weights.std() == pytest.approx(1 / 20, rel=0.02)


def test_columns_are_the_transposed_rows(rng: np.random.Generator) -> None:
    rows, columns = module_of(), module_of(layout="column")
    params, x, y = point(rows, rng)
    turned = {name: value.T for name, value in params.items()}
    found = columns.gradients(turned, x.T, y.T)
    for name, value in rows.gradients(params, x, y).items():
        np.testing.assert_allclose(found[name].T, value, rtol=1e-12)


def test_training_by_hand_lowers_the_loss(rng: np.random.Generator) -> None:
    module = module_of(activations="tanh,softmax")
    params, (_, x, y) = module.init_params(rng), point(module, rng)
    before = module.loss(params, x, y)
    for _ in range(50):
        for name, one in module.gradients(params, x, y).items():
            params[name] -= 0.5 * one
    assert module.loss(params, x, y) < before


# ---------------------------------------------------------------------------------------- safety

SWISH = "swish(z) = z / (1 + exp(-z))"
LARGE = [(f"{name},softmax", "cross-entropy") for name in (*HIDDEN_FUNCTIONS, "mish", "swish")]
LARGE += [("relu,log_softmax", "nll"), ("tanh,sigmoid", "binary-cross-entropy")]
LARGE += [("elu,sigmoid", "cross-entropy"), ("silu,identity", "huber"), ("gelu,tanh", "hinge")]

EQUAL = {
    "binary-cross-entropy": {
        "activations": "tanh,identity",
        "loss": "y * log(1 + exp(-yhat)) + (1 - y) * log(1 + exp(yhat))",
    }
}
"""The same by the logits, where 50 digits do not tell the probability from 1."""


def large(made: Stack, where: str) -> tuple[dict[str, Any], Any, Any]:
    """A point whose pre-activations in one layer lie around ±1e4, in numbers that float32 has."""
    rng = np.random.default_rng(3)
    shapes = shapes_of(made.derivation)
    sizes = {**made.numbers, "N": 3}
    params = {
        name: np.round(rng.standard_normal([d.size(sizes) for d in shapes[name]]) * 64) / 64
        for name in made.parameters
    }
    params[where] = np.round(params[where] * 6000)
    x = np.round(rng.standard_normal((3, made.sizes[0])) * 64) / 64
    sign = made.loss.target == "sign"
    y = np.eye(made.sizes[-1])[rng.integers(0, made.sizes[-1], 3)]
    return params, x, 2 * y - 1 if sign else y


def exact_point(made: Stack, params: dict[str, Any], x: Any, y: Any) -> Point:
    """The forward pass at that point with 50 digits."""
    arrays = {**params, "x": x, "y": y}
    values = {
        name: {place: mpmath.mpf(float(array[place])) for place in np.ndindex(array.shape)}
        for name, array in arrays.items()
    }
    sizes = {**made.numbers, "N": len(x)}
    shapes = shapes_of(made.derivation)
    return Point(sizes, forward(made.derivation, shapes, values, sizes))


@pytest.mark.parametrize("where", ["W1", "W2"])
@pytest.mark.parametrize(("activations", "loss"), LARGE)
def test_finite_and_right_at_logits_of_ten_thousand(
    activations: str, loss: str, where: str
) -> None:
    """Warnings are errors here: nothing may overflow on the way either."""
    made = stack("2,3,2", activations=activations, loss=loss, define=[MISH, SWISH])
    module = codegen.load(emit(made))
    params, x, y = large(made, where)
    plain = stack("2,3,2", **EQUAL[loss]) if loss in EQUAL else made
    exact = exact_point(plain, params, x, y)
    truth = {name: true_gradient(plain.derivation, exact, name) for name in params}
    for dtype in (np.float64, np.float32):
        cast = {name: value.astype(dtype) for name, value in params.items()}
        given = (cast, x.astype(dtype), y.astype(dtype))
        space = module.Workspace(3, dtype)
        for step in (module.loss_and_gradients, space.loss_and_gradients):
            value, found = step(*given)
            check_number(value, exact.values["L"][()], dtype)
            for name, array in found.items():
                check_array(array, truth[name], dtype)


def roundings(dtype: Any) -> float:
    """Logits of 1e4 are themselves rounded: what is left of a result is that much less."""
    return 3e5 * float(np.finfo(dtype).eps)


def check_number(value: Any, true: Any, dtype: Any) -> None:
    assert abs(value - true) <= roundings(dtype) * (1 + abs(true))


def check_array(array: Any, true: Any, dtype: Any) -> None:
    """Each entry, by the largest one."""
    largest = max(abs(value) for value in true.values())
    assert np.isfinite(array).all()
    for place, value in true.items():
        error = abs(float(array[place]) - value)
        assert error <= roundings(dtype) * largest + mpmath.mpf(10) ** -30, (place, value)


def test_softmax_and_cross_entropy_at_exact_logits() -> None:
    """Logits (1000, 0, -1000) with y on the last: loss 2000, error (1, 0, -1)."""
    module = module_of("1,3", bias="none", reduction="sum")
    params = {"W1": np.array([[1000.0, 0.0, -1000.0]])}
    x, y = np.ones((1, 1)), np.array([[0.0, 0.0, 1.0]])
    value, gradients = module.loss_and_gradients(params, x, y)
    assert value == 2000
    np.testing.assert_array_equal(gradients["W1"], [[1.0, 0.0, -1.0]])


def test_a_loss_near_zero_keeps_its_digits() -> None:
    """The logits (40, 0): a sure and right answer costs log(1 + exp(-40)), not 0."""
    module = module_of("1,2", bias="none")
    params = {"W1": np.array([[40.0, 0.0]])}
    value = module.loss(params, np.ones((1, 1)), np.array([[1.0, 0.0]]))
    with mpmath.workdps(DIGITS):
        assert value == pytest.approx(float(mpmath.log1p(mpmath.exp(-40))), rel=1e-15)
