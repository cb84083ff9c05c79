"""Oracles that know nothing but values: right to within their bars, and not fooled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen import blackbox
from tests.dense_nets import net
from tests.test_signature import point_for


def problem(activation: str, seed: int) -> tuple[Any, Any, Any]:
    """A loss of parameters, a point, the gradients by the textbook."""
    one = net((activation,))
    point, truth = point_for(one, (5, 4, 3), 7, seed)
    return (lambda params: one.network.loss(params, point.x, point.y)), point.params, truth


@settings(max_examples=30)
@given(st.sampled_from(["sigmoid", "tanh", "relu", "elu", "sin"]), st.integers(0, 10**6))
def test_the_truth_lies_within_the_bars(activation: str, seed: int) -> None:
    loss, params, truth = problem(activation, seed)
    for found in (blackbox.complex_steps(loss, params), blackbox.differences(loss, params)):
        for name, estimate in found.items():
            gap = np.abs(estimate.value - truth[name])
            assert (gap <= estimate.bar + 1e-9 * np.abs(truth[name])).all(), name
    exact = blackbox.complex_steps(loss, params)
    assert max(one.bar.max() for one in exact.values()) < 1e-12


def test_parameters_are_left_as_they_were() -> None:
    loss, params, _ = problem("tanh", 0)
    before = {name: value.copy() for name, value in params.items()}
    blackbox.differences(loss, params)
    blackbox.complex_steps(loss, params)
    for name, value in params.items():
        np.testing.assert_array_equal(value, before[name])


W = {"w": np.array([0.5, -1.5, 2.0])}

COMPLEX: dict[str, Any] = {
    "a polynomial": lambda p: (p["w"] ** 3).sum(),
    "a relu by comparisons": lambda p: sum(max(0.0, one) for one in p["w"]),
    "a relu by the real part": lambda p: (p["w"] * (p["w"].real > 0)).sum(),
}
REAL: dict[str, Any] = {
    "abs": lambda p: np.abs(p["w"]).sum(),
    "conj": lambda p: (p["w"] * p["w"].conj()).sum(),
    "real": lambda p: (np.real(p["w"]) ** 2).sum(),
    "float": lambda p: float((p["w"] ** 2).sum()),
    "a real buffer": lambda p: _buffered(p["w"]),
    "a part": lambda p: p["w"][0] ** 2 + np.real(p["w"][1]) ** 2,
    "norm": lambda p: np.linalg.norm(p["w"]),
}


def _buffered(w: np.ndarray) -> Any:
    buffer = np.empty(3)
    buffer[:] = w**2
    return buffer.sum()


@pytest.mark.parametrize("name", COMPLEX)
def test_code_that_takes_complex_numbers_is_known(name: str) -> None:
    assert blackbox.takes_complex(COMPLEX[name], W)


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("name", REAL)
def test_code_that_drops_the_imaginary_part_is_found_out(name: str) -> None:
    assert not blackbox.takes_complex(REAL[name], W)


def test_a_kink_within_the_stencil_is_stepped_around() -> None:
    at = {"w": np.array([2.0**-9])}  # the first stencil reaches over 0, the finer one does not
    found = blackbox.differences(lambda p: float(np.maximum(p["w"], 0).sum()), at)["w"]
    assert abs(found.value[0] - 1) <= found.bar[0] < 1e-6


def test_on_a_kink_nothing_is_claimed() -> None:
    found = blackbox.differences(lambda p: float(np.abs(p["w"]).sum()), {"w": np.zeros(1)})["w"]
    assert found.bar[0] > 0.1 or np.isinf(found.bar[0])


def test_what_does_not_move_the_loss_is_still() -> None:
    at = {"w": np.ones(2), "v": np.ones(2)}
    for found in (
        blackbox.differences(lambda p: float((p["w"] ** 2).sum()), at),
        blackbox.complex_steps(lambda p: (p["w"] ** 2).sum(), at),
    ):
        assert found["v"].still.all()
        assert not found["w"].still.any()


def test_a_loss_without_a_value_nearby_is_not_judged() -> None:
    with np.errstate(all="ignore"):
        found = blackbox.differences(lambda p: float(np.log(p["w"]).sum()), {"w": np.array([1e-3])})
    assert np.isinf(found["w"].bar[0]) or abs(found["w"].value[0] - 1e3) <= found["w"].bar[0]
