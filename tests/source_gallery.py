"""Backward passes as people write them, in `tests/sources`: how each is run, and how it goes wrong.

Each stands beside the network that it is for. A change of one line makes it wrong; the numbers of
both are compared with differences of a loss that is written out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "sources"
Arrays = dict[str, np.ndarray]
Run = Callable[[Mapping[str, Any], Arrays, np.ndarray, np.ndarray], Arrays]


@dataclass(frozen=True)
class Wrong:
    """A change that makes a source wrong: the text before and after, the line to be blamed.

    `claim` is what the blamed line ought to be. `fixed`: whether a repaired line is expected.
    """

    old: str
    new: str
    claim: str
    verdict: str = "refuted"
    fixed: bool = True
    blamed: str | None = None

    @property
    def line(self) -> str:
        """A part of the line that is to be blamed."""
        return self.blamed or self.new


@dataclass(frozen=True)
class Case:
    """One source: the function, its network, how it is run, and what makes it wrong."""

    file: str
    function: str
    layers: str
    run: Run
    options: Mapping[str, Any] = field(default_factory=dict)
    samples: int = 5
    reduction: str = "mean"
    factor: float = 1.0
    augmented: bool = False
    wrong: tuple[Wrong, ...] = ()
    judged: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The source."""
        return (FOLDER / f"{self.file}.py").read_text(encoding="utf-8")


# ----------------------------------------------------------------------------------- the oracle


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": softmax,
    "identity": lambda z: z,
}


def activations(case: Case) -> list[str]:
    depth = case.layers.count(",")
    loss = case.options.get("loss", "cross-entropy")
    output = {"cross-entropy": "softmax", "bce": "sigmoid"}.get(loss, "identity")
    given = str(case.options.get("activations", "sigmoid")).split(",")
    if len(given) == depth and "activations" in case.options:
        return given
    return [*given * (depth - 1), output]


def loss_of(case: Case, params: Arrays, x: np.ndarray, y: np.ndarray) -> float:
    """The loss, written out."""
    a = x
    for layer, name in enumerate(activations(case), 1):
        before = np.hstack([np.ones((len(a), 1)), a]) if case.augmented else a
        a = ACTIVATIONS[name](before @ params[f"W{layer}"] + params.get(f"b{layer}", 0))
    total = {
        "cross-entropy": lambda: -np.sum(y * np.log(a)),
        "bce": lambda: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)),
        "half-squared-error": lambda: np.sum((a - y) ** 2) / 2,
        "squared-error": lambda: np.sum((a - y) ** 2),
        "mse": lambda: np.sum((a - y) ** 2) / a.shape[1],
    }[case.options.get("loss", "cross-entropy")]()
    return float(total / (len(x) if case.reduction == "mean" else 1))


def differences(case: Case, params: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    """The gradients, by central differences."""
    step, found = 1e-6, dict[str, np.ndarray]()
    for name, array in params.items():
        found[name] = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            old = array[place]
            array[place] = old + step
            above = loss_of(case, params, x, y)
            array[place] = old - step
            found[name][place] = (above - loss_of(case, params, x, y)) / (2 * step)
            array[place] = old
    return found


def point(case: Case, seed: int = 3) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """Parameters, samples and targets."""
    rng = np.random.default_rng(seed)
    sizes = [int(one) for one in case.layers.split(",")]
    params: Arrays = {}
    has_biases = any(name.startswith("b") for name in case.judged) or not case.judged
    for layer, (a, b) in enumerate(pairwise(sizes), 1):
        params[f"W{layer}"] = rng.normal(size=(a + case.augmented, b))
        if has_biases and not case.augmented:
            params[f"b{layer}"] = rng.normal(size=b)
    x = rng.normal(size=(case.samples, sizes[0]))
    y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=case.samples)]
    if case.options.get("loss", "cross-entropy") != "cross-entropy":
        y = rng.uniform(0.1, 0.9, size=(case.samples, sizes[-1]))
    return params, x, y


def gradients(case: Case, text: str, params: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    """What the source gives, arranged as the parameters are."""
    namespace: dict[str, Any] = {"__name__": "source"}
    exec(compile(text, case.file, "exec"), namespace)  # noqa: S102
    copies = {name: array.copy() for name, array in params.items()}
    found = case.run(namespace, copies, x.copy(), y.copy())
    return {name: np.asarray(array).reshape(params[name].shape) for name, array in found.items()}


# ----------------------------------------------------------------------------------- how each runs


def _named(found: Mapping[str, Any], start: str = "") -> Arrays:
    return {name.removeprefix(start): np.asarray(value) for name, value in found.items()}


def _rows(params: Arrays) -> Arrays:
    return {n: a if n[0] == "W" else a.reshape(1, -1) for n, a in params.items()}


def _columns(params: Arrays) -> Arrays:
    return {n: a.T if n[0] == "W" else a.reshape(-1, 1) for n, a in params.items()}


def _turned(found: Mapping[str, Any]) -> Arrays:
    return {name: np.asarray(value).T for name, value in found.items()}


def _bare(ns: Mapping[str, Any], name: str, **attributes: Any) -> Any:
    """An object of a class that was not initialised."""
    made = object.__new__(ns[name])
    made.__dict__.update(attributes)
    return made


def _two_layer_params(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    return _named(_bare(ns, "TwoLayerNet", params=p).gradient(x, y))


def _nabla(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    depth = len(p) // 2
    c = _columns(p)
    net = _bare(
        ns,
        "Network",
        num_layers=depth + 1,
        weights=[c[f"W{k + 1}"] for k in range(depth)],
        biases=[c[f"b{k + 1}"] for k in range(depth)],
    )
    found_b, found_w = net.backprop(x.T, y.T)
    made = {f"W{k + 1}": w.T for k, w in enumerate(found_w)}
    return made | {f"b{k + 1}": b.T for k, b in enumerate(found_b)}


def _labels(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    net = _bare(ns, "TwoLayerNet", params=p)
    return _named(net.loss(x, y.argmax(axis=1), reg=0.0)[1])


def _columns_and_cache(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    c = _columns(p)
    _, cache = ns["forward_propagation"](x.T, c)
    return _turned(_named(ns["backward_propagation"](c, cache, x.T, y.T), "d"))


def _synapses(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    ns["range"] = lambda count: [1]
    before = {name: array.copy() for name, array in p.items()}
    ns["train"](x, y, p["W1"], p["W2"])
    return {name: before[name] - p[name] for name in p}


def _build_model(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    ns["reg_lambda"] = 0.0
    p = {name: array.copy() for name, array in _rows(p).items()}
    before = {name: array.copy() for name, array in p.items()}
    after = ns["build_model"](x, y.argmax(axis=1), p, len(x), num_passes=1)
    return {name: (before[name] - after[name]) / ns["epsilon"] for name in before}


def _stored(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    net = _bare(ns, "MLP", **_rows(p))
    net.forward(x)
    net.backward(y)
    return {name: getattr(net, f"d{name}") for name in p}


def _loop(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    depth = len(p) // 2
    layers = range(1, depth + 1)
    net = _bare(ns, "DeepNet", W=[p[f"W{k}"] for k in layers], b=[p[f"b{k}"] for k in layers])
    w, b = net.backward(x, y)
    return {f"W{k}": w[k - 1] for k in layers} | {f"b{k}": b[k - 1] for k in layers}


def _numbered(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    c, cache, a = _columns(p), dict[str, np.ndarray](), x.T
    for layer, name in enumerate(("tanh", "tanh", "softmax"), 1):
        z = c[f"W{layer}"] @ a + c[f"b{layer}"]
        cache[f"A{layer}"] = a = softmax(z.T).T if name == "softmax" else np.tanh(z)
    return _turned(_named(ns["L_model_backward"](c, cache, x.T, y.T), "d"))


def _ones(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    return dict(zip(("W1", "W2", "W3"), ns["gradients"](*p.values(), x, y), strict=True))


def _cache_tuple(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    params = (p["W1"], p["b1"], p["W2"], p["b2"])
    _, cache = ns["forward"](params, x)
    return _named(ns["backward"](params, cache, y)._asdict())


def _query(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    net = _bare(ns, "neuralNetwork", wih=p["W1"].T.copy(), who=p["W2"].T.copy(), lr=0.5)
    net.train(x.T, y.T)
    return {"W1": (p["W1"] - net.wih.T) / 0.5, "W2": (p["W2"] - net.who.T) / 0.5}


def _regression(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    w, b = ns["gradient_step"](x, y, p["W1"], p["b1"], learning_rate=0.25)
    return {"W1": (p["W1"] - w) / 0.25, "b1": (p["b1"] - b) / 0.25}


def _linear(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    return dict(zip(("W1", "b1"), ns["gradients"](x, y, p["W1"], p["b1"]), strict=True))


def _in_order(name: str, *order: str) -> Run:
    def run(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
        return dict(zip(order, ns[name](x, y, *(p[one] for one in order)), strict=True))

    return run


def _words(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    names = {
        "W1": "weights_input_hidden",
        "b1": "bias_hidden",
        "W2": "weights_hidden_output",
        "b2": "bias_output",
    }
    rows = _rows(p)
    net = _bare(ns, "NeuralNetwork", **{names[n]: a.copy() for n, a in rows.items()})
    net.feedforward(x)
    net.backward(x, y, 0.5)
    return {name: (rows[name] - getattr(net, names[name])) / 0.5 for name in p}


def _masks(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    return _named(ns["backward"](p, x, y))


def _cached_only(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    z1 = x @ p["W1"] + p["b1"]
    a1 = sigmoid(z1)
    z2 = a1 @ p["W2"] + p["b2"]
    found = ns["backward"]((x, z1, a1, z2, softmax(z2)), p, y)
    return dict(zip(("W1", "b1", "W2", "b2"), found, strict=True))


def _plain(ns: Any, p: Arrays, x: np.ndarray, y: np.ndarray) -> Arrays:
    return _named(ns["grads"](SimpleNamespace(**p), x, y))


SIGMOIDS = {"activations": "sigmoid,sigmoid", "loss": "half-squared-error"}
BINARY = {"activations": "sigmoid,sigmoid", "loss": "bce"}

CASES = (
    Case(
        "two_layer_params",
        "TwoLayerNet.gradient",
        "3,4,2",
        _two_layer_params,
        wrong=(
            Wrong("np.dot(x.T, da1)", "np.dot(da1, x.T)", "dL/dW1", "ill-shaped"),
            Wrong("np.dot(dy, W2.T)", "np.dot(dy, W2)", "dL/dH1", "ill-shaped"),
            Wrong("sigmoid_grad(a1) * dz1", "sigmoid_grad(z1) * dz1", "dL/dz1"),
            Wrong("dy = (y - t)", "dy = (t - y)", "dL/dz2"),
            Wrong("= sigmoid_grad(a1) * dz1", "= dz1 * 1", "dL/dz1", blamed="dz1 = np.dot(dy"),
            Wrong("np.sum(dy, axis=0)", "np.sum(dy, axis=1)", "dL/db2", "ill-shaped"),
        ),
    ),
    Case(
        "nabla_lists",
        "backprop",
        "3,4,2",
        _nabla,
        SIGMOIDS,
        samples=1,
        wrong=(
            Wrong(
                "nabla_b[-1] = delta\n        nabla_w[-1] = np.dot(delta, activations[-2]",
                "nabla_b[-1] = delta\n        nabla_w[-1] = np.dot(delta, activations[-1]",
                "dL/dW2",
                "ill-shaped",
                blamed="nabla_w[-1] =",
            ),
            Wrong("delta) * sp", "delta)", "dL/dz1"),
            Wrong(
                "(output_activations-y)",
                "(y-output_activations)",
                "dL/dz2",
                blamed="delta = self.cost",
            ),
        ),
    ),
    Case(
        "labels_and_penalty",
        "loss",
        "3,4,2",
        _labels,
        {"activations": "relu"},
        wrong=(
            Wrong("        dscores /= N\n", "", "dL/dz2", fixed=False, blamed="dscores[range"),
            Wrong("dhidden[hidden <= 0] = 0", "dhidden[hidden > 0] = 0", "dL/dz1", fixed=False),
            Wrong("X.T.dot(dhidden)", "X.T.dot(dhidden) / N", "dL/dW1"),
        ),
    ),
    Case(
        "columns_and_cache",
        "backward_propagation",
        "3,4,1",
        _columns_and_cache,
        {"activations": "tanh,sigmoid", "loss": "bce"},
        wrong=(
            Wrong("1 - np.power(A1, 2)", "1 - A1", "dL/dz1"),
            Wrong("dW1 = 1/m * np.dot(dZ1, X.T)", "dW1 = np.dot(dZ1, X.T)", "dL/dW1"),
            Wrong("np.dot(W2.T, dZ2)", "np.dot(W2, dZ2)", "dL/dz1", "ill-shaped"),
            Wrong("np.sum(dZ1, axis=1", "np.sum(dZ1, axis=0", "dL/db1", "ill-shaped"),
        ),
    ),
    Case(
        "synapses",
        "train",
        "3,4,1",
        _synapses,
        SIGMOIDS,
        reduction="sum",
        judged=("W1", "W2"),
        wrong=(
            Wrong("nonlin(l1,deriv=True)", "nonlin(l1)", "dL/dz1"),
            Wrong("l2_delta.dot(syn1.T)", "l2_error.dot(syn1.T)", "dL/dH1"),
            Wrong("syn1 += l1.T.dot(l2_delta)", "syn1 += l2_delta.T.dot(l1)", "dL/dW2", "proved"),
        )[:2],
    ),
    Case(
        "build_model",
        "build_model",
        "3,4,2",
        _build_model,
        {"activations": "tanh"},
        reduction="sum",
        wrong=(
            Wrong("(1 - np.power(a1, 2))", "(1 - np.power(z1, 2))", "dL/dz1"),
            Wrong("np.dot(X.T, delta2)", "np.dot(X.T, delta3)", "dL/dW1", "ill-shaped"),
        ),
    ),
    Case(
        "stored_attributes",
        "MLP.backward",
        "3,4,5,2",
        _stored,
        {"activations": "relu"},
        wrong=(
            Wrong("relu_derivative(self.z2)", "relu_derivative(self.z1)", "dL/dz2", "ill-shaped"),
            Wrong(
                "dz2 = (dz3 @ self.W3.T) * relu_derivative(self.z2)",
                "dz2 = (dz3 @ self.W3.T)",
                "dL/dz2",
            ),
            Wrong("self.dW1 = self.X.T @ dz1", "self.dW1 = dz1.T @ self.X", "dL/dW1", "ill-shaped"),
            Wrong(
                "self.db1 = dz1.sum(axis=0, keepdims=True)",
                "self.db1 = dz1.mean(axis=0, keepdims=True)",
                "dL/db1",
            ),
        ),
    ),
    Case(
        "loop_over_layers",
        "backward",
        "3,4,5,2",
        _loop,
        {"activations": "sigmoid,sigmoid,sigmoid", "loss": "bce"},
        wrong=(
            Wrong("acts[l] * (1 - acts[l])", "acts[l] * (1 + acts[l])", "dL/dz2"),
            Wrong("acts[l].T @ delta", "delta.T @ acts[l]", "dL/dW1", "ill-shaped"),
        ),
    ),
    Case(
        "numbered_dict",
        "L_model_backward",
        "3,4,5,2",
        _numbered,
        {"activations": "tanh,tanh,softmax"},
        wrong=(
            Wrong("(1 - np.square(cache", "(np.square(cache", "dL/dz2"),
            Wrong("- Y\n", "+ Y\n", "dL/dz3", blamed='dZ = cache["A"'),
        ),
    ),
    Case(
        "ones_in_front",
        "gradients",
        "3,4,5,2",
        _ones,
        augmented=True,
        wrong=(
            Wrong("W3[1:].T", "W3.T", "dL/dz2", "ill-shaped"),
            Wrong("dW2 = H1b.T @ d2", "dW2 = H1.T @ d2", "dL/dW2", "ill-shaped"),
            Wrong("H1 * (1 - H1)", "H1 * (H1 - 1)", "dL/dz1"),
        ),
    ),
    Case(
        "cache_tuple",
        "backward",
        "3,4,2",
        _cache_tuple,
        {"activations": "tanh", "loss": "mse"},
        wrong=(
            Wrong("(1 - np.tanh(z1) ** 2)", "(1 - np.tanh(h) ** 2)", "dL/dz1"),
            Wrong("dh = dout @ W2.T", "dh = W2 @ dout", "dL/dH1", "ill-shaped"),
        ),
    ),
    Case(
        "query_and_train",
        "train",
        "3,4,2",
        _query,
        SIGMOIDS,
        reduction="sum",
        judged=("W1", "W2"),
        wrong=(
            Wrong(
                "output_errors * final_outputs * (1.0 - final_outputs)",
                "output_errors * final_outputs",
                "dL/dz2",
            ),
            Wrong(
                "numpy.dot(self.who.T, output_delta)",
                "numpy.dot(self.who.T, output_errors)",
                "dL/dH1",
            ),
        ),
    ),
    Case(
        "softmax_regression",
        "gradient_step",
        "3,2",
        _regression,
        wrong=(
            Wrong("probabilities - Y", "Y - probabilities", "dL/dz1"),
            Wrong("np.mean(error, axis=0)", "np.mean(error, axis=1)", "dL/db1", "ill-shaped"),
        ),
    ),
    Case(
        "linear_regression",
        "gradients",
        "3,1",
        _linear,
        {"loss": "squared-error"},
        wrong=(
            Wrong("dw = (-2 / n)", "dw = (2 / n)", "dL/dW1"),
            Wrong("db = (-2 / n)", "db = -2", "dL/db1"),
        ),
    ),
    Case(
        "sample_by_sample",
        "batch_gradients",
        "3,4,2",
        _in_order("batch_gradients", "W1", "b1", "W2", "b2"),
        BINARY,
        wrong=(
            Wrong("D2 @ W2.T * A1 * (1 - A1)", "D2 @ W2.T * A1", "dL/dz1"),
            Wrong("db1 / N", "db1", "dL/db1", blamed="return"),
        ),
    ),
    Case(
        "words_for_layers",
        "backward",
        "3,4,2",
        _words,
        SIGMOIDS,
        reduction="sum",
        wrong=(
            Wrong("self.sigmoid_derivative(self.hidden_output)", "self.hidden_output", "dL/dz1"),
            Wrong(
                "output_error * self.sigmoid_derivative",
                "output_error / self.sigmoid_derivative",
                "dL/dz2",
            ),
        ),
    ),
    Case(
        "masks_and_helpers",
        "backward",
        "3,4,2",
        _masks,
        {"activations": "relu"},
        wrong=(
            Wrong("dz[z <= 0] = 0", "dz[dout <= 0] = 0", "dL/dz1", fixed=False),
            Wrong("dw = x.T.dot(dout)", "dw = dout.T.dot(x)", "dL/dW1", "ill-shaped", fixed=False),
        ),
    ),
    Case(
        "cached_only",
        "backward",
        "3,4,2",
        _cached_only,
        wrong=(
            Wrong("a1 * (1 - a1)", "z1 * (1 - z1)", "dL/dz1"),
            Wrong("dW1 = x.T @ dz1 / N", "dW1 = x.T @ dz1", "dL/dW1"),
        ),
    ),
)
