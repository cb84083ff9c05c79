"""Submissions with known marks: the answers of an exercise, written and mistaken in many ways.

Formulas are trees of tuples, evaluated by NumPy and written by the writers below; `derive` has no
part in it. The truth is found by finite differences. What a mistake makes of an answer is known by
construction, and that it is wrong at all by its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

KEY = """\
dims    N, D, H, C
row
input   x  : N × D
param   W1 : D × H
param   b1 : 1 × H
param   W2 : H × C
param   b2 : 1 × C
target  y  : N × C  distribution
let     z1 = x @ W1 + b1
let     h  = np.tanh(z1)
let     z2 = h @ W2 + b2
let     p  = softmax(z2)
loss    L  = -np.sum(y * np.log(p)) / N
claim   dL/dz2 = (p - y) / N
claim   dL/dW2 = h^T (p - y) / N
claim   dL/db2 = 1^T (p - y) / N
claim   dL/dW1 = x^T (((p - y) W2^T) ∘ (1 - h^2)) / N
claim   dL/db1 = 1^T (((p - y) W2^T) ∘ (1 - h^2)) / N
points  each = 2
points  dL/dW1 = 4
credit  layout = 75%, repair = 50%, step = 25%
"""
POINTS = {"z2": 2.0, "W2": 2.0, "b2": 2.0, "W1": 4.0, "b1": 2.0}
CREDIT = {"right": 1.0, "layout": 0.75, "repair": 0.5, "step": 0.25}

Tree = tuple[Any, ...]
Array = np.ndarray


def name(text: str) -> Tree:
    return ("name", text)


NAMED = ("x", "W1", "W2", "b1", "b2", "y", "z1", "h", "z2", "p")
X, W1, W2, B1, B2, Y, Z1, H, Z2, P = map(name, NAMED)


# ------------------------------------------------------------------------------------ numbers


def forward(values: Mapping[str, Array]) -> dict[str, Array]:
    """The network, as anybody would write it."""
    v = dict(values)
    v["z1"] = v["x"] @ v["W1"] + v["b1"]
    v["h"] = np.tanh(v["z1"])
    v["z2"] = v["h"] @ v["W2"] + v["b2"]
    e = np.exp(v["z2"] - v["z2"].max(axis=1, keepdims=True))
    v["p"] = e / e.sum(axis=1, keepdims=True)
    return v


def loss_after(v: Mapping[str, Array]) -> float:
    """The loss by z1 or z2 and what comes after, whichever is there."""
    z2 = v["z2"] if "z2" in v else np.tanh(v["z1"]) @ v["W2"] + v["b2"]
    log = z2 - np.log(np.exp(z2).sum(axis=1, keepdims=True))
    return float(-(v["y"] * log).sum() / len(v["y"]))


def drawn(sizes: tuple[int, int, int, int], seed: int) -> dict[str, Array]:
    n, d, h, c = sizes
    rng = np.random.default_rng(seed)
    y = rng.random((n, c)) + 0.1
    shapes = {"x": (n, d), "W1": (d, h), "b1": (1, h), "W2": (h, c), "b2": (1, c)}
    made = {key: rng.normal(size=shape) for key, shape in shapes.items()}
    return {**made, "y": y / y.sum(axis=1, keepdims=True)}


def differences(values: Mapping[str, Array], wrt: str) -> Array:
    """The gradient by central differences: of x, W, b through everything, of z from z on."""
    kept = {k: v.copy() for k, v in forward(values).items()}
    if wrt in values:
        kept = {k: v.copy() for k, v in values.items()}

    def loss() -> float:
        return loss_after(kept if wrt not in values else {**values, "z2": forward(kept)["z2"]})

    if wrt == "z1":
        del kept["z2"]
    out, step = np.zeros_like(kept[wrt]), 1e-5
    for place in np.ndindex(out.shape):
        old = kept[wrt][place]
        kept[wrt][place] = old + step
        up = loss()
        kept[wrt][place] = old - step
        out[place] = (up - loss()) / (2 * step)
        kept[wrt][place] = old
    return out


SIZES = ((3, 4, 5, 2), (5, 2, 3, 4))
WORLDS = [drawn(sizes, seed) for seed, sizes in enumerate(SIZES)]
NAMES = [forward(world) for world in WORLDS]
TRUTH = [
    {w: differences(world, w) for w in ("z1", "z2", "W1", "W2", "b1", "b2")} for world in WORLDS
]


def value(tree: Tree, v: Mapping[str, Array]) -> Array:
    """What a formula is worth. Shapes that do not fit raise ValueError; nothing is broadcast."""
    op, *args = tree
    if op == "name":
        return v[args[0]]
    if op == "ones":
        return np.ones((1, len(v["x"])) if args[0] == 0 else (len(v["x"]), 1))
    if op == "delta":
        return v["d" + args[0]]
    if op == "over":
        return value(args[0], v) / v["count"]
    if op == "times":
        return args[0] * value(args[1], v)
    if op == "T":
        return value(args[0], v).T
    if op == "less":
        return 1 - value(args[0], v)
    if op == "sq":
        return value(args[0], v) ** 2
    if op == "sum":
        return value(args[1], v).sum(axis=args[0], keepdims=True)
    a, b = (value(arg, v) for arg in args)
    if op == "mm":
        return a @ b
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return a * b if op == "had" else a - b


def known(world: int, column: bool) -> dict[str, Any]:
    """The values of all names; those of columns are transposed."""
    v = {**NAMES[world], **{f"d{w}": g for w, g in TRUTH[world].items()}}
    if column:
        v = {key: array.T for key, array in v.items()}
    return {**v, "count": len(WORLDS[world]["x"])}


def holds(tree: Tree, wrt: str, column: bool) -> str:
    """`right`, `layout` (right when transposed) or `wrong`, by numbers at all sizes."""
    told = set()
    for world in range(len(WORLDS)):
        truth = TRUTH[world][wrt].T if column else TRUTH[world][wrt]
        try:
            found = value(tree, known(world, column))
        except ValueError:
            return "wrong"
        if found.shape == truth.shape and np.allclose(found, truth, rtol=1e-5, atol=1e-8):
            told.add("right")
        elif found.shape == truth.T.shape and np.allclose(found, truth.T, rtol=1e-5, atol=1e-8):
            told.add("layout")
        else:
            told.add("wrong")
    return told.pop() if len(told) == 1 else "wrong"


# ------------------------------------------------------------------------------------ answers

ERROR: Tree = ("sub", P, Y)
SLOPE: Tree = ("less", ("sq", H))


def delta(wrt: str) -> Tree:
    """The derivative of the loss by a name, by that name."""
    return ("delta", wrt)


def upstream(wrt: str, by_name: bool, late: bool) -> Tree:
    """dL/dz2 or dL/dz1, by name or written out; `late` leaves the 1/N for the end."""
    if by_name:
        return delta(wrt)
    if wrt == "z2":
        return ERROR if late else ("over", ERROR)
    return ("had", ("mm", upstream("z2", by_name, late), ("T", W2)), SLOPE)


def answer(wrt: str, by_name: bool, late: bool) -> Tree:
    """A right answer, of rows."""
    if wrt == "z2":
        return ("over", ERROR)
    if wrt == "z1":
        return ("had", ("mm", delta("z2"), ("T", W2)), SLOPE)
    behind = {"W2": ("z2", H), "b2": ("z2", None), "W1": ("z1", X), "b1": ("z1", None)}
    inner, before = behind[wrt]
    up = upstream(inner, by_name, late)
    made = ("sum", 0, up) if before is None else ("mm", ("T", before), up)
    return made if by_name or not late else ("over", made)


def in_columns(tree: Tree) -> Tree:
    """The transposed formula, in names that are transposed."""
    op, *args = tree
    if op == "T":
        return ("T", in_columns(args[0]))
    if op == "mm":
        return ("mm", in_columns(args[1]), in_columns(args[0]))
    if op == "sum":
        return ("sum", 1 - args[0], in_columns(args[1]))
    return (op, *(in_columns(arg) if isinstance(arg, tuple) else arg for arg in args))


# ----------------------------------------------------------------------------------- mistakes

Place = Callable[[Tree], Tree]


def places(tree: Tree) -> Iterator[tuple[Tree, Place]]:
    """Every part of a formula, with what puts another in its place."""
    yield tree, lambda new: new
    for at, arg in enumerate(tree):
        if isinstance(arg, tuple):
            for part, put in places(arg):
                yield part, _inside(tree, at, put)


def _inside(tree: Tree, at: int, put: Place) -> Place:
    return lambda new: (*tree[:at], put(new), *tree[at + 1 :])


def mistakes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The formula with one mistake, of every kind and at every place where it can be made."""
    yield "sign", ("times", -1, tree)
    yield "twice", ("times", 2, tree)
    for part, put in places(tree):
        for kind, new in _here(part):
            yield kind, put(new)


def _here(part: Tree) -> Iterator[tuple[str, Tree]]:
    op, *args = part
    if op == "over":
        yield "no 1/N", args[0]
    elif op == "sub":
        yield "turned round", ("sub", args[1], args[0])
    elif op == "T":
        yield "no transpose", args[0]
    elif op == "mm":
        yield "order", ("mm", args[1], args[0])
        yield "elementwise", ("had", *args)
    elif op == "had":
        yield "matrix product", ("mm", *args)
    elif op == "less":
        yield "1 - h", ("less", args[0][1])
        yield "1 - z^2", ("less", ("sq", Z1))
    elif part in (W2, H, P):
        yield "another name", {W2: W1, H: Z1, P: Z2}[part]


def nonsense(wrt: str) -> Tree:
    """A formula of the right shape that has little to do with the derivative."""
    one = {"z2": Z2, "W2": W2, "b2": B2, "W1": W1, "b1": B1}[wrt]
    return ("had", one, ("less", ("sq", one)))
