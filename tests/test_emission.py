"""Emitted modules: what their text is, that it is right by autograd, and safe at large logits."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import codegen
import derive
from codegen.readback import read_back
from derive.proof import Prover


def logsumexp(z: Any) -> Any:
    """log of the sum of exp over each row, for logits of ordinary size."""
    return anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": anp.tanh,
    "relu": lambda z: anp.maximum(z, 0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.minimum(z, 0)) - 1),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "silu": lambda z: z / (1 + anp.exp(-z)),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3))),
    "sin": anp.sin,
    "softmax": lambda z: anp.exp(z - logsumexp(z)),
    "log_softmax": lambda z: z - logsumexp(z),
}
"""Forward formulas, written by hand for autograd."""

LOSSES = {
    ("cross-entropy", "softmax"): lambda h, y: -anp.sum(y * anp.log(h)),
    ("nll", "log_softmax"): lambda h, y: -anp.sum(y * h),
    ("binary-cross-entropy", "sigmoid"): lambda h, y: (
        -anp.sum(y * anp.log(h) + (1 - y) * anp.log(1 - h))
    ),
    ("mse", "identity"): lambda h, y: anp.sum((h - y) ** 2) / 3,
    ("squared-error", "tanh"): lambda h, y: anp.sum((h - y) ** 2),
    ("half-squared-error", "sigmoid"): lambda h, y: anp.sum((h - y) ** 2) / 2,
    ("mae", "identity"): lambda h, y: anp.sum(anp.abs(h - y)),
    ("hinge", "identity"): lambda h, y: anp.sum(anp.maximum(0, 1 - y * h)),
}


def by_hand(hidden: str, output: str, loss: Any, bias: str, mean: bool) -> Any:
    """The loss of 5-4-3 as a function of the parameters, rows as samples."""

    def affine(params: Any, layer: int, h: Any) -> Any:
        weight = params[f"W{layer}"]
        if bias == "augmented":
            return anp.hstack([anp.ones((len(h), 1)), h]) @ weight
        return h @ weight + (params[f"b{layer}"] if bias == "separate" else 0)

    def total(params: Any, x: Any, y: Any) -> Any:
        h = ACTIVATIONS[hidden](affine(params, 1, x))
        out = ACTIVATIONS[output](affine(params, 2, h))
        return loss(out, y) / (len(x) if mean else 1)

    return total


def module_of(**options: Any) -> ModuleType:
    return codegen.load(codegen.emit(derive.stack("5,4,3", **options)))


def point(module: ModuleType, rng: np.random.Generator, n: int = 7) -> tuple[Any, Any, Any]:
    params = {k: rng.standard_normal(shape) for k, shape in module.PARAMETERS.items()}
    return params, rng.standard_normal((n, 5)), rng.dirichlet(np.ones(3), n)


@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_autograd_agrees_on_every_activation(
    hidden: str, bias: str, rng: np.random.Generator
) -> None:
    module = module_of(activations=f"{hidden},softmax", bias=bias)
    params, x, y = point(module, rng)
    loss = LOSSES["cross-entropy", "softmax"]
    truth = grad(by_hand(hidden, "softmax", loss, bias, mean=True))(params, x, y)
    for name, value in module.gradients(params, x, y).items():
        np.testing.assert_allclose(value, truth[name], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("loss", "output"), LOSSES)
def test_autograd_agrees_on_every_loss(
    loss: str, output: str, reduction: str, rng: np.random.Generator
) -> None:
    module = module_of(activations=f"tanh,{output}", loss=loss, reduction=reduction)
    params, x, y = point(module, rng)
    function = by_hand("tanh", output, LOSSES[loss, output], "augmented", reduction == "mean")
    value, gradients = module.loss_and_gradients(params, x, y)
    assert value == pytest.approx(function(params, x, y), rel=1e-12)
    truth = grad(function)(params, x, y)
    for name in gradients:
        np.testing.assert_allclose(gradients[name], truth[name], rtol=1e-9, atol=1e-13)


def test_columns_are_the_transposed_rows(rng: np.random.Generator) -> None:
    rows, columns = module_of(), module_of(layout="column")
    params, x, y = point(rows, rng)
    turned = {name: value.T for name, value in params.items()}
    found = columns.gradients(turned, x.T, y.T)
    for name, value in rows.gradients(params, x, y).items():
        np.testing.assert_allclose(found[name].T, value, rtol=1e-12)


SAFE = [
    ("sigmoid,softmax", "cross-entropy"),
    ("relu,log_softmax", "nll"),
    ("tanh,sigmoid", "binary-cross-entropy"),
    ("silu,softmax", "cross-entropy"),
    ("gelu,softmax", "cross-entropy"),
    ("elu,sigmoid", "cross-entropy"),
    ("mish,softmax", "cross-entropy"),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("activations", "loss"), SAFE)
def test_finite_and_right_at_logits_of_ten_thousand(
    activations: str, loss: str, dtype: type, rng: np.random.Generator
) -> None:
    """Warnings are errors here: nothing may overflow on the way either."""
    module = module_of(
        activations=activations, loss=loss, define=["mish(z) = z*tanh(log(1+exp(z)))"]
    )
    params, x, y = point(module, rng)
    params["W2"] = params["W2"] * 1e4
    y = np.eye(3)[rng.integers(0, 3, 7)]
    cast = {name: value.astype(dtype) for name, value in params.items()}
    value, gradients = module.loss_and_gradients(cast, x.astype(dtype), y.astype(dtype))
    assert np.isfinite(value)
    truth = module.gradients(params, x, y)
    for name, one in gradients.items():
        assert one.dtype == dtype
        assert np.isfinite(one).all()
        scale = np.abs(truth[name]).max() + 1e-30
        assert np.abs(one - truth[name]).max() <= 2e-2 * scale


def test_softmax_and_cross_entropy_at_exact_logits() -> None:
    """Logits (1000, 0, -1000) with y on the last: loss 2000, error (1, 0, -1)."""
    module = codegen.load(codegen.emit(derive.stack("1,3", bias="none", reduction="sum")))
    params = {"W1": np.array([[1000.0, 0.0, -1000.0]])}
    x, y = np.ones((1, 1)), np.array([[0.0, 0.0, 1.0]])
    value, gradients = module.loss_and_gradients(params, x, y)
    assert value == 2000
    np.testing.assert_array_equal(gradients["W1"], [[1.0, 0.0, -1.0]])


def test_the_text_is_the_same_byte_for_byte() -> None:
    assert codegen.emit(derive.stack("9,5,3")) == codegen.emit(derive.stack("9,5,3"))


def test_the_text_says_what_it_is() -> None:
    text = codegen.emit(derive.stack("784,100,10,10"))
    doc = ast.get_docstring(ast.parse(text)) or ""
    assert "784 -> 100 sigmoid -> 10 sigmoid -> 10 softmax" in doc
    assert "dL/dW2 = [1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N" in doc
    assert "y rows sum to 1" in doc
    assert "# dL/dz2 = dH2 ∘ H2 ∘ (1 - H2)" in text
    assert "1 / yhat" not in text
    assert "/ yhat" not in text


def test_each_line_is_read_back_and_proved() -> None:
    stack = derive.stack("784,100,10,10")
    readings = read_back(codegen.emit(stack), Prover(derive.gradients(stack)))
    assert len(readings) > 30
    assert all(reading.proved for reading in readings)


def test_a_traceback_shows_the_emitted_line(rng: np.random.Generator) -> None:
    module = module_of()
    params, x, y = point(module, rng)
    with pytest.raises(ValueError, match="matmul") as caught:
        module.gradients(params, x[:, :2], y)
    assert "z1 = x @ W1[1:] + W1[:1]" in str(caught.traceback[-1].statement)


def test_training_by_hand_lowers_the_loss(rng: np.random.Generator) -> None:
    module = module_of(activations="tanh,softmax")
    params, (_, x, y) = module.init_params(rng), point(module, rng)
    before = module.loss(params, x, y)
    for _ in range(50):
        for name, one in module.gradients(params, x, y).items():
            params[name] -= 0.5 * one
    assert module.loss(params, x, y) < before


GOLDEN = {
    "two_hidden_layers": ("784,100,10,10", {}),
    "columns_squared_error": (
        "3,4,1",
        {"activations": "sigmoid,sigmoid", "loss": "half-squared-error", "layout": "column"},
    ),
    "separate_bias_one_sample": ("5,4,3", {"bias": "separate", "single": True}),
    "own_activation": ("6,5:mish,4", {"define": ["mish(z) = z*tanh(log(1+exp(z)))"]}),
}
"""Modules that are kept as files, so that a change of the emitter shows as a difference."""


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_of_the_golden_modules(name: str, update: bool) -> None:
    layers, options = GOLDEN[name]
    text = codegen.emit(derive.stack(layers, **options))
    path = Path(__file__).parent / "golden" / f"{name}.py"
    if update:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "python -m pytest --update writes it anew"
