"""At tiny sizes the index derivation is SymPy's own differentiation, weight by weight."""

from __future__ import annotations

import random
from typing import Any

import mpmath
import pytest
import sympy

from derive.dense import Stack
from derive.exact import DIGITS, Table, evaluate, forward
from derive.formulas import gradients
from derive.infer import shapes_of
from derive.layers import stack

SCALAR = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + sympy.exp(-z)),
    "tanh": sympy.tanh,
    "softplus": lambda z: sympy.log(1 + sympy.exp(z)),
    "silu": lambda z: z / (1 + sympy.exp(-z)),
    "gelu": lambda z: z * (1 + sympy.erf(z / sympy.sqrt(2))) / 2,
    "sin": sympy.sin,
}


def activated(name: str, row: list[Any]) -> list[Any]:
    """An activation of one sample, written out in scalars."""
    total = sum(sympy.exp(z) for z in row)
    if name == "softmax":
        return [sympy.exp(z) / total for z in row]
    if name == "log_softmax":
        return [z - sympy.log(total) for z in row]
    return [SCALAR[name](z) for z in row]


LOSS = {
    "cross-entropy": lambda h, y: -sum(t * sympy.log(p) for p, t in zip(h, y, strict=True)),
    "nll": lambda h, y: -sum(t * p for p, t in zip(h, y, strict=True)),
    "squared-error": lambda h, y: sum((p - t) ** 2 for p, t in zip(h, y, strict=True)),
    "binary-cross-entropy": lambda h, y: (
        -sum(t * sympy.log(p) + (1 - t) * sympy.log(1 - p) for p, t in zip(h, y, strict=True))
    ),
}


def written_out(made: Stack, samples: int) -> tuple[Any, dict[str, dict[tuple[int, ...], Any]]]:
    """The loss as one SymPy expression of a symbol for every entry, rows as samples."""
    sizes = {**made.numbers, "N": samples}
    symbols = {
        s.name: {
            (i, j): sympy.Symbol(f"{s.name}_{i}_{j}")
            for i in range(s.shape[0].size(sizes))
            for j in range(s.shape[1].size(sizes))
        }
        for s in made.derivation.symbols
    }
    total = 0
    for n in range(samples):
        h: list[Any] = [symbols["x"][n, k] for k in range(made.sizes[0])]
        for layer in range(1, made.depth + 1):
            weights = symbols[f"W{layer}"]
            augmented = [1, *h] if made.bias == "augmented" else h
            bias = symbols.get(f"b{layer}")
            z = [
                sum(a * weights[k, j] for k, a in enumerate(augmented))
                + (bias[0, j] if bias else 0)
                for j in range(made.sizes[layer])
            ]
            h = activated(made.activations[layer - 1], z)
        y = [symbols["y"][n, j] for j in range(made.sizes[-1])]
        total += LOSS[made.loss.name](h, y)
    return total / samples, symbols


NETS = {
    "two sigmoid layers": stack("1,1,2,2"),
    "tanh, separate bias": stack("3,2,2", activations="tanh,softmax", bias="separate"),
    "softplus and squared error": stack("2,3,2:sin", activations="softplus", loss="squared-error"),
    "silu and log-softmax": stack("2,2:silu,2", loss="nll"),
    "gelu, no bias": stack("2,2:gelu,2", loss="bce", bias="none"),
    "a hidden softmax": stack("2,3:softmax,2", loss="squared-error"),
}


@pytest.mark.parametrize("name", NETS)
def test_every_weight_by_itself(name: str) -> None:
    """Compared at 50 digits at a rational point; y's rows sum to 1 exactly."""
    made, samples, rng = NETS[name], 2, random.Random(3)
    loss, symbols = written_out(made, samples)
    sizes = {**made.numbers, "N": samples}
    point = {
        place: sympy.Rational(rng.randint(-30, 30) or 7, 20)
        for table in symbols.values()
        for place in table.values()
    }
    classes = made.sizes[-1]
    for n in range(samples):
        parts = [rng.randint(1, 9) for _ in range(classes)]
        for j, part in enumerate(parts):
            point[symbols["y"][n, j]] = sympy.Rational(part, sum(parts))
    found, shapes = gradients(made), shapes_of(made.derivation)
    with mpmath.workdps(DIGITS):
        values: dict[str, Table] = {
            key: {p: mpmath.mpf(point[s].p) / point[s].q for p, s in table.items()}
            for key, table in symbols.items()
        }
        known = forward(made.derivation, shapes, values, sizes)
        for parameter in made.parameters:
            ours = evaluate(found[parameter].term, shapes, known, sizes)
            for place, symbol in symbols[parameter].items():
                truth = sympy.diff(loss, symbol).evalf(DIGITS, subs=point)
                gap = abs(ours[place] - mpmath.mpf(str(truth)))
                assert gap < mpmath.mpf(10) ** -45
