"""`verify` and `assert_gradient` as people use them: stacks, documents, losses of their own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derive
from codegen.loading import load
from derive import DeriveError, GradientMismatch, assert_gradient, verify
from tests.backward_passes import AUGMENTED, DOCUMENT, OWN, REGULARISED, SEPARATE

RNG = np.random.default_rng(0)
LAYERS = "6,5,4,3"


def augmented(params: Any, x: Any, y: Any) -> Any:
    return load(AUGMENTED).backward(params, x, y)


def point(layers: str = LAYERS, n: int = 7, dtype: str = "float64") -> tuple[Any, Any, Any]:
    """Parameters of the augmented network, samples and one-hot targets."""
    sizes = [int(size) for size in layers.split(",")]
    pairs = enumerate(pairwise(sizes), 1)
    params = {f"W{k}": RNG.standard_normal((a + 1, b)).astype(dtype) for k, (a, b) in pairs}
    x = RNG.standard_normal((n, sizes[0])).astype(dtype)
    return params, x, np.eye(sizes[-1], dtype=dtype)[RNG.integers(0, sizes[-1], n)]


# ---------------------------------------------------------------------------------------- a stack


def test_a_right_backward_pass_passes_and_returns_nothing() -> None:
    assert assert_gradient(augmented, stack=LAYERS) is None


def test_every_entry_is_counted_at_sizes_that_all_differ() -> None:
    report = verify(augmented, stack=LAYERS)
    assert report.status == "PASS"
    assert str(report) == (
        "PASS: against the loss of the stack, by complex step and differences\n"
        "  own sizes (6-5-4-3, 9 samples, seed 0), float64: 74 of 74 entries resolved\n"
        "  other sizes (13-7-5-3, 11 samples, seed 0), float64: 156 of 156 entries resolved"
    )


@dataclass
class Layer:
    W: Any


def in_layers(params: Any, x: Any, y: Any) -> Any:
    """The backward pass over a list of dataclasses."""
    found = augmented({f"W{k}": one.W for k, one in enumerate(params, 1)}, x, y)
    return [Layer(value) for value in found.values()]


def in_tuples(params: Any, x: Any, y: Any) -> Any:
    found = augmented({f"W{k}": one for k, one in enumerate(params, 1)}, x, y)
    return tuple(found.values())


def in_own_names(params: Any, x: Any, y: Any) -> Any:
    found = augmented({f"W{k}": params[name] for k, name in enumerate("uvw", 1)}, x, y)
    return dict(zip("uvw", found.values(), strict=True))


CONTAINERS = {
    "a dict": (augmented, lambda p: p),
    "a dict in another order": (augmented, lambda p: dict(reversed(p.items()))),
    "a list of dataclasses": (in_layers, lambda p: [Layer(w) for w in p.values()]),
    "a tuple": (in_tuples, lambda p: tuple(p.values())),
    "a list": (in_tuples, lambda p: list(p.values())),
    "a dict of other names": (in_own_names, lambda p: dict(zip("uvw", p.values(), strict=True))),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_parameters_are_handed_over_as_they_are_held(kind: str) -> None:
    function, held = CONTAINERS[kind]
    params, x, y = point()
    report = verify(function, stack=LAYERS, params=held(params), x=x, y=y)
    assert report.ok, str(report)
    assert [run.place.partition(" (")[0] for run in report.runs] == [
        "given params, x and y",
        "own sizes",
        "other sizes",
    ]


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_mistake_is_named_in_every_container(kind: str) -> None:
    function, held = CONTAINERS[kind]
    params, x, y = point()

    def doubled(params: Any, x: Any, y: Any) -> Any:
        return function(params, x, 2 * y)

    report = verify(doubled, stack=LAYERS, params=held(params), x=x, y=y)
    assert report.status == "FAIL"


def test_gradients_as_arrays_are_judged_at_the_point_that_is_given() -> None:
    params, x, y = point()
    found = augmented(params, x, y)
    assert verify(found, stack=LAYERS, params=params, x=x, y=y).ok
    assert verify(found["W2"], stack=LAYERS, wrt="W2", params=params, x=x, y=y).ok
    found["W2"][1, 2] += 1e-6
    report = verify(found["W2"], stack=LAYERS, wrt="W2", params=params, x=x, y=y)
    assert [p.failed for p in report.runs[0].parameters] == [1]
    assert report.runs[0].parameters[0].worst[0].index == (1, 2)
    assert report.mistakes[0].text == "the gradient of W2: only W2[1, 2] is wrong"


@pytest.mark.parametrize("wrt", ["z2", "H1", "x", "yhat"])
def test_derivatives_by_other_names_are_judged_too(wrt: str) -> None:
    text = AUGMENTED.replace('return {"W1"', "dx = d1 @ W1[1:].T; dyhat = -y / p / N; return {")
    text = text[: text.index("return {")] + (
        'return {"z2": d2, "H1": dh1, "x": d1 @ W1[1:].T, "yhat": -y / p / N}[wrt]'
    )
    text = text.replace("def backward(params, x, y)", f"def backward(params, x, y, wrt={wrt!r})")
    report = verify(load(text).backward, stack=LAYERS, wrt=wrt)
    assert report.ok, str(report)


def test_biases_may_have_one_axis() -> None:
    def backward(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> Any:
        assert b1.ndim == b2.ndim == 1
        h = np.tanh(x @ W1 + b1)
        d2 = (h @ W2 + b2 - y) / len(x)
        d1 = d2 @ W2.T * (1 - h**2)
        return {"W1": x.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.sum(0)}

    stack = derive.stack("5,4:tanh,3", loss="half-squared-error", bias="separate")
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}
    params = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    report = verify(backward, stack=stack, params=params)
    assert report.ok, str(report)


def test_code_for_one_size_is_judged_at_that_size() -> None:
    def rigid(params: Any, x: Any, y: Any) -> Any:
        if x.shape[1] != 6:
            raise ValueError("six inputs, please")
        return augmented(params, x, y)

    report = verify(rigid, stack=LAYERS)
    assert report.ok
    assert report.notes == (
        "not checked at other sizes (13-7-5-3, 11 samples, seed 0): "
        "there it raises 'six inputs, please'",
    )


def test_what_raises_at_the_first_point_raises() -> None:
    def broken(params: Any, x: Any, y: Any) -> Any:
        raise ValueError("operands could not be broadcast")

    with pytest.raises(ValueError, match="operands could not be broadcast"):
        verify(broken, stack=LAYERS)


# ----------------------------------------------------------------------------------- kinds of float


def test_parameters_in_float32_are_judged_by_the_floor_of_float32() -> None:
    params, x, y = point(dtype="float32")
    report = verify(augmented, stack=LAYERS, params=params, x=x, y=y)
    assert report.ok, str(report)
    assert {run.dtype for run in report.runs} == {"float32", "float64"}


def test_code_that_calculates_in_float32_is_judged_as_such() -> None:
    def single(params: Any, x: Any, y: Any) -> Any:
        less = {name: value.astype(np.float32) for name, value in params.items()}
        found = augmented(less, x.astype(np.float32), y.astype(np.float32))
        return {name: value.astype(np.float32) for name, value in found.items()}

    report = verify(single, stack=LAYERS, dtype="float32")
    assert report.ok, str(report)
    assert {run.dtype for run in report.runs} == {"float32"}
    report = verify(single, stack=LAYERS)
    assert report.status == "FAIL"
    assert report.runs[0].findings[0].text == (
        "the gradient of W1 is float32, and W1 is float64: digits are lost"
    )
    assert all(p.failed == 0 for run in report.runs for p in run.parameters)


def test_an_error_above_the_floor_of_float32_is_found_in_float32() -> None:
    def off(params: Any, x: Any, y: Any) -> Any:
        found = augmented(params, x, y)
        largest = max(np.abs(value).max() for value in found.values())
        found["W2"][1, 2] += 1e-3 * largest
        return {name: value.astype(np.float32) for name, value in found.items()}

    report = verify(off, stack=LAYERS, dtype="float32")
    assert [p.failed for p in report.runs[0].parameters] == [0, 1, 0]


def test_tolerances_are_those_of_numpy_on_top_of_the_floor() -> None:
    def off(params: Any, x: Any, y: Any) -> Any:
        return {name: 1.001 * value for name, value in augmented(params, x, y).items()}

    assert verify(off, stack=LAYERS).status == "FAIL"
    assert verify(off, stack=LAYERS, rtol=1e-2).ok
    assert verify(off, stack=LAYERS, atol=1.0).ok
    assert verify(off, stack=LAYERS, rtol=1e-4).status == "FAIL"


# ---------------------------------------------------------------------------------------- the modes


def test_directions_are_quick_and_fall_back_on_entries() -> None:
    report = verify(augmented, stack="784,100,10,10", mode="directions")
    assert report.ok
    assert [run.projections for run in report.runs] == [8, 8]
    assert not any(run.parameters for run in report.runs)

    def wrong(params: Any, x: Any, y: Any) -> Any:
        found = augmented(params, x, y)
        found["W2"][0] /= len(x)
        return found

    report = verify(wrong, stack=LAYERS, mode="directions")
    assert report.status == "FAIL"
    assert report.runs[0].missed == 8
    assert report.mistakes[0].text.startswith("in dL/dW2, the bias is divided by N")


# -------------------------------------------------------------------------------------- a document


def test_a_document_is_a_loss() -> None:
    report = verify(load(REGULARISED).backward, document=DOCUMENT)
    assert report.ok, str(report)
    assert str(report).startswith(
        "PASS: against the loss of the document, by complex step and differences\n"
    )


def test_a_document_may_be_a_file(tmp_path: Path) -> None:
    page = tmp_path / "net.derive"
    page.write_text(DOCUMENT, encoding="utf-8")
    assert verify(load(REGULARISED).backward, document=page).ok
    assert verify(load(REGULARISED).backward, document=str(page)).ok


def test_a_document_is_checked_at_given_numbers() -> None:
    shapes = {"W1": (5, 4), "b1": (4,), "W2": (4, 3)}
    params = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    data = {"x": RNG.standard_normal((6, 5)), "y": RNG.standard_normal((6, 3))}
    report = verify(load(REGULARISED).backward, document=DOCUMENT, params=params, data=data)
    assert report.ok, str(report)
    assert report.runs[0].place == "given values"


def test_the_last_number_of_a_document_is_its_loss() -> None:
    text = DOCUMENT.replace("loss    L", "let     J") + "claim dJ/dW2 = h^T (yhat - y)\n"
    assert verify(load(REGULARISED).backward, document=text).ok


def test_a_document_of_a_stack_is_that_stack() -> None:
    report = verify(augmented, document=f"stack {LAYERS}\nclaim dL/dW1 = x^T dz1\n")
    assert report.ok
    assert report.against == "the loss of the stack"


ATTENTION = """
input   X  : T × D
param   Q  : D × D
param   K  : D × D
let     S  = (X @ Q) @ (X @ K).T
let     A  = softmax(S)
loss    L  = np.sum(A @ X * X)
"""


def attention(X: Any, Q: Any, K: Any, A: Any) -> Any:
    dA = X @ X.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True))
    return {"Q": X.T @ dS @ (X @ K), "K": X.T @ dS.T @ (X @ Q)}


def test_what_is_no_dense_network_is_judged_and_named_too() -> None:
    assert verify(attention, document=ATTENTION).ok

    def wrong(X: Any, Q: Any, K: Any, A: Any) -> Any:
        dA = X @ X.T
        dS = dA * A * (1 - A)
        return {"Q": X.T @ dS @ (X @ K), "K": X.T @ dS.T @ (X @ Q)}

    (told,) = verify(wrong, document=ATTENTION).mistakes
    assert (told.code, told.where) == ("D323", "dL/dS")


# ----------------------------------------------------------------------------- a loss of one's own


def own() -> dict[str, Any]:
    shapes = {"W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    params = {name: RNG.standard_normal(shape) for name, shape in shapes.items()}
    x, y = RNG.standard_normal((7, 4)), RNG.standard_normal((7, 3))
    return {"loss": load(OWN).loss, "params": params, "x": x, "y": y}


def test_a_loss_of_ones_own_is_checked_by_its_values() -> None:
    report = verify(load(OWN).backward, **own())
    assert report.ok
    assert str(report).startswith(
        "PASS: against your own loss (whether that is right, no gradient tells), "
        "by complex step and differences\n"
    )


def test_a_loss_that_takes_no_complex_numbers_is_checked_by_differences() -> None:
    given = own()
    loss = given.pop("loss")
    for real in (
        lambda p, x, y: float(loss(p, x, y)),
        lambda p, x, y: np.abs(loss(p, x, y)),
        lambda p, x, y: loss({k: np.real(v) for k, v in p.items()}, x, y),
    ):
        report = verify(load(OWN).backward, loss=real, **given)
        assert report.ok, str(report)
        assert report.runs[0].oracles == ("differences",)


def test_a_forward_function_and_a_loss() -> None:
    def forward(params: Any, x: Any) -> Any:
        return x @ params["W"]

    def squares(yhat: Any, y: Any) -> Any:
        return ((yhat - y) ** 2).sum() / 2

    params = {"W": RNG.standard_normal((4, 2))}
    x, y = RNG.standard_normal((5, 4)), RNG.standard_normal((5, 2))
    known = {"forward": forward, "loss": squares, "params": params, "x": x, "y": y}
    assert_gradient(lambda params, x, y: {"W": x.T @ (x @ params["W"] - y)}, **known)
    with pytest.raises(GradientMismatch):
        assert_gradient(lambda params, x, y: {"W": x.T @ (x @ params["W"] + y)}, **known)


def test_a_loss_of_parameters_alone() -> None:
    def loss(w: Any) -> Any:
        return (w**2).sum() + np.exp(w[0])

    w = np.array([0.5, -1.0])
    assert_gradient(2 * w + [np.exp(0.5), 0], loss=loss, params=w)
    assert_gradient(lambda w: 2 * w + np.array([np.exp(w[0]), 0]), loss=loss, params=w)


def test_relus_do_not_disturb_differences() -> None:
    def loss(params: Any, x: Any, y: Any) -> Any:
        return float(((np.maximum(x @ params["W"], 0) - y) ** 2).sum())

    def backward(params: Any, x: Any, y: Any) -> Any:
        h = np.maximum(x @ params["W"], 0)
        return {"W": x.T @ (2 * (h - y) * (h > 0))}

    for _ in range(10):
        params = {"W": RNG.standard_normal((4, 3))}
        x, y = RNG.standard_normal((6, 4)), RNG.standard_normal((6, 3))
        report = verify(backward, loss=loss, params=params, x=x, y=y)
        assert report.status != "FAIL", str(report)


def test_a_loss_with_side_effects_is_named_and_nothing_is_compared() -> None:
    given = own()
    loss = given.pop("loss")

    def dropout(params: Any, x: Any, y: Any) -> Any:
        return loss(params, x * (np.random.rand(*x.shape) > 0.5), y)

    def update(params: Any, x: Any, y: Any) -> Any:
        params["W1"] *= 0.9
        return loss(params, x, y)

    count = iter(range(100))

    def another(params: Any, x: Any, y: Any) -> Any:
        return loss(params, x, y) + next(count)

    kinds = {dropout: "random-state", update: "in-place", another: "not-deterministic"}
    for function, kind in kinds.items():
        report = verify(load(OWN).backward, loss=function, **given)
        assert report.status == "FAIL"
        assert kind in {one.kind for one in report.findings}
        assert all(one.text.startswith("the loss: ") for one in report.findings)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.ones(3), "the loss returns an array (3,), and no number"),
        (np.nan, "the loss is nan at these parameters"),
    ],
)
def test_a_loss_that_is_no_number_is_named(value: Any, text: str) -> None:
    report = verify(lambda w: w, loss=lambda w: value + 0 * w.sum(), params=np.ones(2))
    assert [one.text for one in report.findings] == [text]


# ---------------------------------------------------------------------------------------- refusals

REFUSALS = {
    "no loss": (
        {},
        "say what the gradient is of: stack=, document= or loss=; here is none of them",
    ),
    "two": (
        {"stack": "4,3", "document": DOCUMENT},
        "say what the gradient is of: stack=, document= or loss=; here is stack and document",
    ),
    "unknown name": (
        {"stack": "4,3", "wrt": "W4"},
        "unknown name `W4`; there is x, W1, y, z1, yhat, L",
    ),
    "nothing": ({"stack": "4,3", "wrt": ()}, "wrt is empty: nothing would be checked"),
    "mode": ({"stack": "4,3", "mode": "all"}, "mode is one of every, directions, not `all`"),
    "dtype": ({"stack": "4,3", "dtype": int}, "dtype is one of float32, float64, not int64"),
    "x without params": (
        {"stack": "4,3", "x": np.ones((2, 4))},
        "x and y are given without params: a point needs all of them",
    ),
    "x without y": (
        {"stack": "4,3", "params": {"W1": np.ones((5, 3))}, "x": np.ones((2, 4))},
        "x and y are given together, or neither is",
    ),
    "x of another width": (
        {
            "stack": "4,3",
            "params": {"W1": np.ones((5, 3))},
            "x": np.ones((2, 5)),
            "y": np.ones((2, 3)),
        },
        "x is 2×5, and must be 2×4",
    ),
    "labels for y": (
        {
            "stack": "4,3",
            "params": {"W1": np.ones((5, 3))},
            "x": np.ones((2, 4)),
            "y": np.array([0, 2]),
        },
        "y is (2,), and must be 2×3",
    ),
    "wrong shape": (
        {"stack": "4,3", "params": {"W1": np.ones((4, 3))}},
        "W1 is 4×3 in params, and 5×3 in the stack",
    ),
    "other parameters": (
        {"stack": "4,3,2", "params": {"W1": np.ones((5, 3)), "b": np.ones(3), "c": np.ones(3)}},
        "params has W1, b, c, and the stack has W1, W2",
    ),
    "other data": (
        {"stack": "4,3", "params": {"W1": np.ones((5, 3))}, "data": {"labels": np.ones(3)}},
        "a stack has the data x and y, and no labels",
    ),
    "no params": (
        {"loss": lambda w: w},
        "a loss of your own needs params=: the point at which it is checked",
    ),
    "no loss of a forward": (
        {"forward": lambda w: w, "params": np.ones(2)},
        "forward= needs loss= too: what is differentiated is a number",
    ),
    "no line loss": (
        {"document": "input x : N × D\n"},
        "the document has no line `loss L = ...`, and ends in no number",
    ),
    "a line that is wrong": (
        {"document": "input x : N × D\nparam W : D × K\nloss L = np.sum(x @ V)\n"},
        "line 3: unknown name `V`; did you mean `W`?",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_misuse_is_refused_in_one_sentence(name: str) -> None:
    known, message = REFUSALS[name]
    with pytest.raises(DeriveError) as refused:
        verify(lambda params, x, y: params, **known)
    assert (
        str(refused.value).split("; did you mean `W`")[0] == message.split("; did you mean `W`")[0]
    )


def test_an_array_without_a_point_is_refused() -> None:
    for known in ({}, {"params": {"W1": np.ones((5, 3))}}):
        with pytest.raises(DeriveError) as refused:
            verify(np.ones((5, 3)), stack="4,3", wrt="W1", **known)
        assert str(refused.value) == (
            "an array is the gradient at one point: give params= and the data, too"
        )


def test_a_loss_without_a_value_nearby_is_checked_where_it_has_one() -> None:
    w = np.array([1.0, 1e-6])
    report = verify(lambda w: 1 / w, loss=lambda w: np.log(w).sum(), params=w)
    assert report.ok, str(report)

    def only_close_by(w: Any) -> Any:
        if np.abs(w - 1).max() > 1e-4:
            raise ValueError("no value")
        return (w**2).sum()

    known = {"loss": only_close_by, "params": np.ones(2)}
    report = verify(lambda w: 2 * w, **known)
    assert [run.place for run in report.runs] == ["given params"]


def test_points_of_a_document_are_drawn_where_it_has_a_loss() -> None:
    text = "param w : (D,){}\nloss L = np.sum(np.log(w))\n"
    assert verify(lambda w: 1 / w, document=text.format(" positive")).ok
    with pytest.raises(DeriveError, match="the loss has no value at 32 random points"):
        verify(lambda w: 1 / w, document="param w : (D,)\nloss L = np.sum(np.log(-w * w))\n")


# ----------------------------------------------------------------------------------- the assertion


def test_the_assertion_carries_the_report_and_hides_its_own_frame() -> None:
    text = SEPARATE.replace("d3 = 2 *", "d3 =")
    stack = derive.stack("6,5:tanh,4:relu,3:identity", loss="mse", bias="separate", layout="column")
    with pytest.raises(GradientMismatch) as caught:
        assert_gradient(load(text).backward, stack=stack, err_msg="layer three")
    assert isinstance(caught.value, AssertionError)
    assert caught.value.report.mistakes[0].text == "in dL/dz3, a factor 2 is missing"
    assert str(caught.value).startswith(
        "\nNot equal to tolerance rtol=1e-09, atol=0\nlayer three\nmistake  in dL/dz3, a factor 2"
    )
    frames = [entry.frame.f_locals for entry in caught.traceback]
    assert any(frame.get("__tracebackhide__") for frame in frames)


def test_pytest_shows_the_report_and_not_the_inside(tmp_path: Path) -> None:
    test = tmp_path / "test_net.py"
    test.write_text(
        "import derive\n\n"
        "def test_backward():\n"
        "    derive.assert_gradient(lambda params, x, y: {'W1': 0 * params['W1']}, stack='4,3')\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 1
    assert "E       W1: mismatched elements: 15 / 15 (100%)" in done.stdout
    assert "verifying.py" not in done.stdout.partition("short test summary")[0].replace(
        "derive/asserting/verifying.py", "", 1
    )


def test_a_loss_of_ones_own_and_a_right_stack_cost_no_sympy() -> None:
    script = (
        "import sys, numpy as np, derive\n"
        "def loss(w): return (w**2).sum()\n"
        "derive.assert_gradient(lambda w: 2 * w, loss=loss, params=np.ones(3))\n"
        "assert derive.verify(lambda w: 3 * w, loss=loss, params=np.ones(3)).mistakes\n"
        "half = derive.stack('4,3', loss='half-squared-error', bias='none', reduction='sum')\n"
        "derive.assert_gradient(lambda p, x, y: {'W1': x.T @ (x @ p['W1'] - y)}, stack=half)\n"
        "assert 'sympy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1])
    assert done.returncode == 0
