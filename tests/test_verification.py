"""Verification of whole stacks: right gradients pass, and no planted fault does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import ModuleType

import numpy as np
import pytest

import derive
from codegen.emission import emit, text_of
from codegen.loading import load
from codegen.readback import read_back
from codegen.verification import attempts, own_samples, shadow_stack, verify
from derive.proof import Prover

LAYERS = "6,5,4,3"


@cache
def emitted() -> str:
    return emit(derive.stack(LAYERS))


FAULTS = {
    # the error of the output layer
    "sign of everything": (r"dz3 = \(yhat - y\)", "dz3 = (y - yhat)"),
    "sum of yhat and y": (r"dz3 = \(yhat - y\)", "dz3 = (yhat + y)"),
    "the target is forgotten": (r"dz3 = \(yhat - y\)", "dz3 = yhat"),
    "1/N is missing": (r"dz3 = \(yhat - y\) / N", "dz3 = (yhat - y)"),
    "1/N twice": (r"dz3 = (.*) / N ", r"dz3 = \1 / N / N "),
    "1/N and 1/C": (r"dz3 = (.*) / N ", r"dz3 = \1 / N / 3 "),
    "a factor 2": (r"dz3 = \(", "dz3 = 2 * ("),
    "the delta of squared error": (r"dz3 = (.*) / N ", r"dz3 = \1 * yhat * (1 - yhat) / N "),
    "squared error before the softmax": (
        r"dz3 = (.*) / N ",
        r"dz3 = \1 * yhat / N ",
    ),
    "the largest target taken for one-hot": (
        r"dz3 = \(yhat - y\)",
        "dz3 = (yhat - (y == y.max(axis=1, keepdims=True)))",
    ),
    # the derivative of the activation
    "no activation derivative in layer 2": (r"dz2 = dH2 \* H2 \* \(1 - H2\)", "dz2 = dH2"),
    "no activation derivative in layer 1": (r"dz1 = dH1 \* H1 \* \(1 - H1\)", "dz1 = dH1"),
    "tanh' for sigmoid'": (r"dH2 \* H2 \* \(1 - H2\)", "dH2 * (1 - H2**2)"),
    "sigmoid'(H)": (r"dH2 \* H2 \* \(1 - H2\)", "dH2 * sigmoid(H2) * (1 - sigmoid(H2))"),
    "z for H": (r"dH2 \* H2 \* \(1 - H2\)", "dH2 * z2 * (1 - z2)"),
    "H (1 + H)": (r"dH2 \* H2 \* \(1 - H2\)", "dH2 * H2 * (1 + H2)"),
    "H alone": (r"dH1 \* H1 \* \(1 - H1\)", "dH1 * H1"),
    "H squared": (r"dH1 \* H1 \* \(1 - H1\)", "dH1 * H1 * H1"),
    # the way back
    "the activation derivative is not handed on": (r"dH1 = dz2 @", "dH1 = dH2 @"),
    "the bias row is not dropped": (r"dH2 = dz3 @ W3\[1:\]\.T", "dH2 = dz3 @ W3[:-1].T"),
    "the weights were updated before": (r"W3\[1:\]\.T", "(1.01 * W3[1:]).T"),
    "the error of the layer below, negated": (r"dH1 = dz2", "dH1 = -dz2"),
    # the outer products
    "the input is forgotten": (r"weight_gradient\(x,", "weight_gradient(np.ones_like(x),"),
    "the input before the activation": (r"weight_gradient\(H1,", "weight_gradient(z1,"),
    "one sample only": (r"weight_gradient\(H1, dz2\)", "weight_gradient(H1[:1], dz2[:1])"),
    "the outer product of means": (
        r"weight_gradient\(H1, dz2\)",
        "N * weight_gradient(H1.mean(axis=0)[None], dz2.mean(axis=0)[None])",
    ),
    "the inputs in reverse": (r"weight_gradient\(x,", "weight_gradient(x[:, ::-1],"),
    "the activation is not differentiated": (
        r"weight_gradient\(x, dz1\)",
        "weight_gradient(x, dH1)",
    ),
    # the bias row
    "no gradient of the bias": (
        r"= weight_gradient\(H1, dz2\)",
        "= np.vstack([0 * dz2[:1], H1.T @ dz2])",
    ),
    "the mean for the bias": (
        r"= weight_gradient\(H1, dz2\)",
        "= np.vstack([np.mean(dz2, axis=0, keepdims=True), H1.T @ dz2])",
    ),
    "the sign of one bias row": (
        r"= weight_gradient\(x, dz1\)",
        "= np.vstack([-np.sum(dz1, axis=0, keepdims=True), x.T @ dz1])",
    ),
    "the bias in the last row": (
        r"= weight_gradient\(H2, dz3\)",
        "= np.vstack([H2.T @ dz3, np.sum(dz3, axis=0, keepdims=True)])",
    ),
    # single entries and the result
    "one entry off by 1e-6 of itself": (
        r"return \{",
        "dW2[1, 1] *= 1 + 1e-6\n    return {",
    ),
    "one entry off by 1e-9": (r"return \{", "dW1[2, 1] += 1e-9\n    return {"),
    "not a number": (r"return \{", "dW3[0, 0] = np.nan\n    return {"),
    "a transposed gradient": (r'"W2": dW2', '"W2": dW2.T'),
    "a missing gradient": (r'"W1": dW1, ', ""),
    "half precision": (r'"W3": dW3', '"W3": dW3.astype(np.float32)'),
}
"""Errors that people make, as changes of the emitted text: pattern -> replacement."""

VISIBLE = re.compile("one entry|not a number|a transposed|a missing|half precision")
"""Faults outside the lines that read-back proves: they are in what happens to the results."""


def planted(name: str) -> str:
    text, place = emitted(), emitted().index("def gradients(")
    pattern, new = FAULTS[name]
    end = text.index("class Workspace")
    body, count = re.subn(pattern, new, text[place:end])
    assert count, f"the fault {name!r} is not planted"
    return text[:place] + body + text[end:]


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_its_numbers(name: str) -> None:
    result = verify(load(planted(name)).gradients, derive.stack(LAYERS))
    assert result.status == "FAIL"


@pytest.mark.parametrize("name", [name for name in FAULTS if not VISIBLE.search(name)])
def test_a_planted_fault_is_found_by_reading_it_back(name: str) -> None:
    stack = derive.stack(LAYERS)
    readings = read_back(planted(name), Prover(derive.gradients(stack)))
    assert any(not reading.proved for reading in readings)


def test_the_emitted_gradients_pass() -> None:
    stack = derive.stack(LAYERS)
    result = verify(load(emitted()).gradients, stack)
    assert result.status == "PASS"
    assert str(result.runs[0].verdict) == "74 of 74 entries resolved"
    assert result.forward.ok


def test_what_a_fault_looks_like_is_said() -> None:
    result = verify(load(planted("1/N is missing")).gradients, derive.stack(LAYERS))
    assert "1/N is missing" in " ".join(result.runs[1].signs)


def test_the_assumption_on_the_targets_is_named() -> None:
    stack = derive.stack(LAYERS)
    result = verify(load(emitted()).gradients, stack)
    assert "exact only where y's rows sum to 1" in result.runs[-1].assumption


def test_without_the_assumption_the_gradient_is_right_for_any_target() -> None:
    stack = derive.stack(LAYERS)
    found = derive.gradients(derive.stack(LAYERS))
    free = replace(stack, assumed=False)
    general = load(text_of(free, derive.gradients(free))).gradients
    result = verify(load(text_of(stack, found)).gradients, stack, general=general)
    assert result.ok
    assert not result.runs[-1].assumption
    assert result.runs[-1].verdict.passed == result.runs[-1].verdict.entries


def test_code_for_one_size_is_judged_at_that_size() -> None:
    module = load(emitted())

    def rigid(params: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> object:
        if x.shape[1] != 6:
            raise ValueError("six inputs, please")
        return module.gradients(params, x, y)

    result = verify(rigid, derive.stack(LAYERS))
    assert result.ok
    assert "own sizes only" in result.notes[0]


def test_a_function_that_returns_no_mapping_is_refused() -> None:
    with pytest.raises(TypeError, match="returns a mapping"):
        verify(lambda params, x, y: 1.0, derive.stack(LAYERS))


SEEDS = {
    "two sigmoid layers, [1 H]": ("8,7,5,3", {}),
    "one row sample": ("5,4,3", {"bias": "separate", "single": True}),
    "staged log": ("2,9,2", {"activations": "tanh,softmax", "bias": "separate", "staged": True}),
    "column vectors": (
        "3,4,1",
        {
            "activations": "sigmoid,sigmoid",
            "loss": "half-squared-error",
            "bias": "none",
            "layout": "column",
            "single": True,
        },
    ),
}


@pytest.mark.parametrize("name", SEEDS)
def test_the_networks_that_people_asked_about(name: str) -> None:
    layers, options = SEEDS[name]
    stack = derive.stack(layers, **options)
    module: ModuleType = load(emit(stack))
    assert verify(module.gradients, stack).ok


def test_shadow_widths_are_distinct() -> None:
    stack = derive.stack("784,100,10,10")
    assert shadow_stack(stack).sizes == (13, 7, 5, 3)
    assert own_samples(stack) == 3


def test_what_is_too_small_to_tell_from_0_is_open_and_no_failure() -> None:
    """Sigmoids on sigmoids: the gradient of the first layers is below what differences see.

    That the gradient needs targets that sum to 1 is no failure either, nor is it then.
    """
    stack = derive.stack("3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,2")
    found = verify(load(emit(stack)).gradients, stack)
    assert found.status == "UNRESOLVED"
    own, shadow, free = found.runs
    assert free.assumption
    assert free.verdict.failed > 0
    assert own.verdict.failed == shadow.verdict.failed == 0
    assert 0 < own.verdict.unresolved < 10 < shadow.verdict.unresolved


@pytest.mark.parametrize(
    ("layers", "n", "points"), [("784,100,10,10", 3, 8), (",".join(["16"] * 129), 3, 2)]
)
def test_a_deep_network_is_drawn_less_often(layers: str, n: int, points: int) -> None:
    assert attempts(derive.stack(layers), n) == points
