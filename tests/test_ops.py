"""The table of ops: the shape rule fits the meaning, and each fold follows from the meaning."""

from __future__ import annotations

import random
from typing import Any

import mpmath
import numpy as np
import pytest

from derive.exact import evaluate
from derive.local import HERE, OUT, free_entry, vjp
from derive.ops import OPS, ShapeMismatch, op_row, sliced
from derive.shape import ONE, Shape, dim, shape_text
from derive.term import Attr, Binding, Term, Var, apply, const
from tests.oracle import close, poly_value, random_table

N, A, B, WIDE = dim("N"), dim("a"), dim("b"), dim(1, "a")
SIZES = {"N": 3, "a": 2, "b": 4}
SHAPES: dict[str, Shape] = {"X": (N, A), "Y": (N, A), "W": (A, B), "V": (WIDE, B), "r": (ONE, A)}


def _entry(*names: str) -> Term:
    return apply("entry", *map(Var, names))


ROW_TIMES_COLUMN = Binding(
    (("#n", N), ("#j", B)),
    apply(
        "total",
        apply("mul", _entry("@0", "#n", "#k"), _entry("@1", "#k", "#j")),
        attrs=("#k", A),
    ),
)
"""Sum_k X[n, k] W[k, j]."""

MEANINGS: dict[str, tuple[Term, Any]] = {
    "add": (apply("add", Var("X"), Var("r")), lambda v: v["X"] + v["r"]),
    "sub": (apply("sub", Var("X"), Var("Y")), lambda v: v["X"] - v["Y"]),
    "neg": (apply("neg", Var("X")), lambda v: -v["X"]),
    "mul": (apply("mul", Var("r"), Var("X")), lambda v: v["r"] * v["X"]),
    "div": (apply("div", Var("X"), Var("Y")), lambda v: v["X"] / v["Y"]),
    "pow": (apply("pow", Var("X"), attrs=("3/2",)), lambda v: v["X"] ** 1.5),
    "matmul": (apply("matmul", Var("X"), Var("W")), lambda v: v["X"] @ v["W"]),
    "transpose": (apply("transpose", Var("X")), lambda v: v["X"].T),
    "concat": (
        apply("concat", const(1), Var("X"), Var("Y"), attrs=(1,)),
        lambda v: np.hstack([np.ones((3, 1)), v["X"], v["Y"]]),
    ),
    "slice": (apply("slice", Var("V"), attrs=(0, 1, None)), lambda v: v["V"][1:]),
    "sum": (apply("sum", Var("X"), attrs=(0, True)), lambda v: v["X"].sum(0, keepdims=True)),
    "softmax": (
        apply("softmax", Var("X"), attrs=(1,)),
        lambda v: np.exp(v["X"]) / np.exp(v["X"]).sum(1, keepdims=True),
    ),
    "log_softmax": (
        apply("log_softmax", Var("X"), attrs=(0,)),
        lambda v: v["X"] - np.log(np.exp(v["X"]).sum(0)),
    ),
    "each": (
        apply("each", Var("X"), Var("W"), attrs=(ROW_TIMES_COLUMN,)),
        lambda v: np.einsum("nk,kj->nj", v["X"], v["W"]),
    ),
}
"""Each op once, as a formula and in NumPy."""


def test_every_op_is_tested() -> None:
    assert MEANINGS.keys() == OPS.keys()


@pytest.mark.parametrize("op", MEANINGS)
def test_an_entry_means_what_numpy_computes(op: str) -> None:
    term, numpy = MEANINGS[op]
    rng = random.Random(2)
    values = {name: random_table(rng, shape, SIZES) for name, shape in SHAPES.items()}
    arrays = {
        name: np.array([[float(table[i, j]) for j in range(size[1])] for i in range(size[0])])
        for name, table in values.items()
        for size in [[d.size(SIZES) for d in SHAPES[name]]]
    }
    truth = numpy(arrays)
    found = evaluate(term, SHAPES, values, SIZES)
    assert {place: pytest.approx(float(value)) for place, value in found.items()} == {
        (i, j): truth[i, j] for i in range(truth.shape[0]) for j in range(truth.shape[1])
    }


# ------------------------------------------------------------------------------------------ shapes


@pytest.mark.parametrize(
    ("op", "attrs", "shapes", "result"),
    [
        ("matmul", (), [(N, A), (A, B)], "N×b"),
        ("matmul", (), [(N, WIDE), (dim("a", 1), B)], "N×b"),
        ("add", (), [(N, A), (ONE, A)], "N×a"),
        ("mul", (), [(), (N, A)], "N×a"),
        ("transpose", (), [(N, A)], "a×N"),
        ("concat", (1,), [(), (N, A)], "N×(1+a)"),
        ("concat", (0,), [(A, N), (B, N)], "(a+b)×N"),
        ("slice", (0, 1, None), [(WIDE, B)], "a×b"),
        ("slice", (0, 0, 1), [(WIDE, B)], "1×b"),
        ("slice", (1, 2, 4), [(N, dim(5))], "N×2"),
        ("sum", (None, False), [(N, A)], "scalar"),
        ("sum", (0, True), [(N, A)], "1×a"),
        ("sum", (0, False), [(N, A)], "(a,)"),
        ("softmax", (1,), [(N, A)], "N×a"),
        ("sigmoid", (), [(N, A)], "N×a"),
    ],
)
def test_shapes(op: str, attrs: tuple[Attr, ...], shapes: list[Shape], result: str) -> None:
    assert shape_text(op_row(op).shape(shapes, attrs)) == result


@pytest.mark.parametrize(
    ("op", "attrs", "shapes", "kind", "message"),
    [
        ("matmul", (), [(N, A), (N, A)], "chain", "N×a times N×a: inner sizes a and N differ"),
        ("matmul", (), [(N, A), (A,)], "rank", "a matrix product needs two matrices"),
        ("add", (), [(N, A), (A, N)], "elementwise", "shapes N×a and a×N do not fit"),
        ("sum", (2, True), [(N, A)], "axis", "shape N×a has no axis 2"),
        ("concat", (1,), [(N, A), (A, A)], "blocks", "do not fit side by side"),
        ("concat", (1,), [(), ()], "rank", "nothing here has a shape"),
        ("slice", (0, 1, None), [(A, B)], "axis", "[1:] does not fit a"),
        ("slice", (0, 0, 2), [(WIDE, B)], "axis", "[0:2] does not fit 1+a"),
        ("slice", (0, 1, 1), [(WIDE, B)], "axis", "the slice is empty"),
    ],
)
def test_misfits(
    op: str, attrs: tuple[Attr, ...], shapes: list[Shape], kind: str, message: str
) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        op_row(op).shape(shapes, attrs)
    assert caught.value.kind == kind
    assert message in str(caught.value)


def test_a_slice_knows_only_what_holds_for_all_sizes() -> None:
    """[1:] of 1+a is a; of a, which may be 1, it is nothing that has a size here."""
    assert sliced(WIDE, (0, 1, None)) == A
    assert sliced(dim(3, "a"), (0, 1, None)) == dim(2, "a")
    with pytest.raises(ShapeMismatch):
        sliced(A, (0, 1, None))


def test_no_op_of_that_name() -> None:
    with pytest.raises(KeyError):
        op_row("einsum")


# ------------------------------------------------------------------------------------------- folds


@pytest.mark.parametrize("op", [name for name, row in OPS.items() if row.fold is not None])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_adjoint_by_the_output_is_the_derivative(op: str, axis: int) -> None:
    """softmax: h (d - sum(d h)); log-softmax: d - exp(h) sum(d). Against a difference quotient."""
    shape = (N, A)
    adjoint = vjp(op, (axis,), (shape,), 0)
    assert "@0" not in {atom.head for term in adjoint.terms for atom, _ in term.factors}
    rng = random.Random(4)
    with mpmath.workdps(40):
        x, d = (random_table(rng, shape, SIZES) for _ in range(2))
        term = apply(op, Var("X"), attrs=(axis,))
        h = evaluate(term, SHAPES, {"X": x}, SIZES)
        step = mpmath.mpf(10) ** -13
        i, j = free_entry(shape)
        for place in x:
            ends = [
                evaluate(term, SHAPES, {"X": {**x, place: x[place] + move}}, SIZES)
                for move in (step, -step)
            ]
            truth = sum(d[p] * (ends[0][p] - ends[1][p]) / (2 * step) for p in x)
            free = {i[0][0]: place[0], j[0][0]: place[1]}
            found = poly_value(adjoint, {OUT: d, HERE: h}, SIZES, free)
            assert close(found, truth, 20)
