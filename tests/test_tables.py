"""Values of whole tables, found at once, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derive.arithmetic import QUICKLY
from derive.exact import Evaluator
from derive.shape import Shape, dim
from derive.term import Attr, Var, apply, const

N, K = dim("N"), dim("K")
SIZES = {"N": 3, "K": 4}
SHAPES: dict[str, Shape] = {
    "A": (N, K),
    "B": (N, K),
    "row": (dim(1), K),
    "column": (N, dim(1)),
    "one": (dim(1), dim(1)),
    "line": (K,),
    "s": (),
}


def arrays(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    sizes = {name: tuple(one.size(SIZES) for one in shape) for name, shape in SHAPES.items()}
    return {name: rng.uniform(0.5, 2, size) for name, size in sizes.items()}


def value(op: str, *args: Any, attrs: tuple[Attr, ...] = ()) -> tuple[Any, list[tuple[int, ...]]]:
    """What the evaluator has for an op, as an array, and its places in their order."""
    tables = {n: {p: float(v) for p, v in np.ndenumerate(a)} for n, a in arrays(1).items()}
    term = apply(op, *(Var(a) if isinstance(a, str) else const(a) for a in args), attrs=attrs)
    table = Evaluator(SHAPES, tables, SIZES, QUICKLY).table(term)
    made = np.zeros(tuple(np.max(list(table), axis=0) + 1) if () not in table else ())
    for place, entry in table.items():
        made[place] = entry
    return made, list(table)


PAIRS = [(a, b) for a in SHAPES for b in SHAPES]


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
def test_ops_on_entries_broadcast_as_numpy_does(op: str, a: str, b: str) -> None:
    call = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}[op]
    want = call(arrays(1)[a], arrays(1)[b])
    have, places = value(op, a, b)
    np.testing.assert_allclose(have, want, rtol=1e-14)
    assert have.shape == want.shape
    assert places == sorted(places)


@pytest.mark.parametrize("axis", [0, 1])
def test_blocks_stand_beside_each_other(axis: int) -> None:
    given = arrays(1)
    have, places = value("concat", "A", "B", attrs=(axis,))
    np.testing.assert_array_equal(have, np.concatenate([given["A"], given["B"]], axis))
    assert places == sorted(places)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_number_is_a_block_of_one_entry(axis: int) -> None:
    widths = [(0, 0), (0, 0)]
    widths[axis] = (1, 0)
    have, places = value("concat", 1, "A", attrs=(axis,))
    np.testing.assert_array_equal(have, np.pad(arrays(1)["A"], widths, constant_values=1))
    assert places == sorted(places)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_softmax_sums_to_one_along_its_axis(axis: int) -> None:
    powers = np.exp(arrays(1)["A"])
    have, _ = value("softmax", "A", attrs=(axis,))
    np.testing.assert_allclose(have, powers / powers.sum(axis, keepdims=True), rtol=1e-14)


def test_the_negative() -> None:
    np.testing.assert_array_equal(value("neg", "A")[0], -arrays(1)["A"])
