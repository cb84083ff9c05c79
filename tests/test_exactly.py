"""At tiny sizes every entry of every gradient is SymPy's own derivative, exactly: in fractions.

The net is written out weight by weight, each weight a symbol, and differentiated by `sympy.diff`.
`e` stands for exp: its own derivative and nothing else known of it. So both sides are rational in
the weights and the values of `e`, and are compared as fractions at random ones: no rounding.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
import sympy

from derive.dense import Stack, without_facts
from derive.exact import Operand, Table
from derive.formulas import gradients
from derive.infer import shapes_of
from derive.layers import stack
from derive.ops import op_row
from derive.shape import Dim, Part, Shape
from derive.term import Const, Derivation, Symbol, Term, Var

Expr = Any
Symbols = Mapping[str, Mapping[tuple[int, ...], Expr]]
SAMPLES = 2


class e(sympy.Function):
    """Its own derivative."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return self


class on(sympy.Function):
    """[z > 0], which has no slope."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.Integer(0)


# ---------------------------------------------------------------------- the net, written out

ACTIVATIONS: Mapping[str, Callable[[list[Expr]], list[Expr]]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: [1 / (1 + e(-t)) for t in z],
    "tanh": lambda z: [1 - 2 / (1 + e(2 * t)) for t in z],
    "relu": lambda z: [t * on(t) for t in z],
    "leaky_relu": lambda z: [t * on(t) + t * (1 - on(t)) / 100 for t in z],
    "softmax": lambda z: [e(t) / sum(map(e, z)) for t in z],
}
LOSSES: Mapping[str, Callable[[Expr, Expr], Expr]] = {
    "cross-entropy": lambda h, y: -y * sympy.log(h),
    "binary-cross-entropy": lambda h, y: -y * sympy.log(h) - (1 - y) * sympy.log(1 - h),
    "squared-error": lambda h, y: (h - y) ** 2,
    "half-squared-error": lambda h, y: (h - y) ** 2 / 2,
    "mae": lambda h, y: (h - y) * (on(h - y) - on(y - h)),
    "hinge": lambda h, y: (1 - y * h) * on(1 - y * h),
}


def entries(symbol: Symbol, sizes: Mapping[str, int]) -> dict[tuple[int, ...], Expr]:
    rows, columns = (dim.size(sizes) for dim in symbol.shape)
    return {
        (i, j): sympy.Symbol(f"{symbol.name}_{i}_{j}") for i in range(rows) for j in range(columns)
    }


def written_out(made: Stack, symbols: Symbols) -> Expr:
    """The loss as one expression, by loops over samples and units."""

    def entry(name: str, row: int, column: int) -> Expr:
        return symbols[name][(column, row) if made.columns else (row, column)]

    loss, samples = 0, 1 if made.single else SAMPLES
    for n in range(samples):
        h = [entry("x", n, k) for k in range(made.sizes[0])]
        for layer in range(1, made.depth + 1):
            before = [1, *h] if made.bias == "augmented" else h
            z = [
                sum(a * entry(f"W{layer}", k, j) for k, a in enumerate(before))
                + (entry(f"b{layer}", 0, j) if made.bias == "separate" else 0)
                for j in range(made.sizes[layer])
            ]
            h = ACTIVATIONS[made.activations[layer - 1]](z)
        loss += sum(LOSSES[made.loss.name](p, entry("y", n, j)) for j, p in enumerate(h))
    return loss / samples if made.reduction == "mean" else loss


# ------------------------------------------------------------------------------- in fractions


class Values:
    """A fraction for each value of `e`, drawn when it is first asked for."""

    def __init__(self, seed: int) -> None:
        self.rng, self.known = random.Random(seed), dict[Fraction, Fraction]()

    def e(self, arg: Fraction) -> Fraction:
        if arg not in self.known:
            self.known[arg] = Fraction(self.rng.randint(1, 60), self.rng.randint(1, 60))
        return self.known[arg]

    def of(self, expr: Expr, point: Mapping[Expr, Fraction]) -> Fraction:
        """The number that a SymPy expression is."""
        if expr.is_Rational:
            return Fraction(int(expr.p), int(expr.q))
        if expr.is_Symbol:
            return point[expr]
        args = [self.of(arg, point) for arg in expr.args]
        if expr.is_Add:
            return sum(args, Fraction(0))
        if expr.is_Mul:
            product = Fraction(1)
            for arg in args:
                product *= arg
            return product
        if expr.is_Pow:
            assert args[1].denominator == 1
            return args[0] ** int(args[1])
        return self.e(args[0]) if isinstance(expr, e) else Fraction(args[0] > 0)


class Fractions:
    """The calculus of `derive.ops` over fractions."""

    zero = 0

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes

    def number(self, value: Fraction | int) -> Fraction:
        return Fraction(value)

    def sum(self, dim: Dim, body: Callable[[int], Fraction]) -> Fraction:
        return sum((body(k) for k in range(dim.size(self.sizes))), Fraction(0))

    def delta(self, a: int, b: int) -> int:
        return int(a == b)

    def shift(self, place: int, parts: tuple[Part, ...]) -> int:
        return place + (Dim(parts).size(self.sizes) if parts else 0)

    def power(self, base: Fraction, exponent: Fraction) -> Fraction:
        assert exponent.denominator == 1
        return base ** int(exponent)

    def fn(self, name: str, arg: Fraction) -> Fraction:
        signs = {"step": Fraction(arg > 0), "sign": Fraction((arg > 0) - (arg < 0))}
        return signs[name]


def operand(
    term: Term, shapes: Mapping[str, Shape], values: Mapping[str, Table], s: Fractions
) -> Operand:
    """A formula whose entries can be asked for."""
    if isinstance(term, Const):
        return Operand((), lambda: term.value)
    if isinstance(term, Var):
        if term.name in s.sizes:
            return Operand((), lambda: Fraction(s.sizes[term.name]))
        return Operand(shapes[term.name], lambda *place: values[term.name][place])
    row = op_row(term.op)
    args = [operand(arg, shapes, values, s) for arg in term.args]
    shape = row.shape([arg.shape for arg in args], term.attrs)
    return Operand(shape, lambda *place: row.index(s, place, args, term.attrs))


def forward(made: Stack, values: dict[str, Table], e_of: Values, s: Fractions) -> None:
    """The forward pass; activations over whole samples are taken from the table above."""
    shapes = shapes_of(made.derivation)
    for equation in made.derivation.equations:
        name, shape = equation.name, shapes[equation.name]
        if name == made.derivation.loss:
            return
        if name.startswith("z") or isinstance(equation.term, Var):
            source = operand(equation.term, shapes, values, s)
            ranges = [range(dim.size(s.sizes)) for dim in shape]
            values[name] = {(i, j): source(i, j) for i in ranges[0] for j in ranges[1]}
            continue
        layer = made.depth if name == "yhat" else int(name[1:])
        values[name] = activated(made, values[f"z{layer}"], layer, e_of)


def activated(made: Stack, z: Table, layer: int, e_of: Values) -> Table:
    """Sample by sample, through SymPy's own expression of the activation."""
    found: Table = {}
    width, along = made.sizes[layer], 0 if made.columns else 1
    for n in sorted({place[1 - along] for place in z}):
        places = [(j, n) if made.columns else (n, j) for j in range(width)]
        letters = [sympy.Symbol(f"t{j}") for j in range(width)]
        point = dict(zip(letters, (z[place] for place in places), strict=True))
        results = ACTIVATIONS[made.activations[layer - 1]](list(letters))
        found |= {p: e_of.of(r, point) for p, r in zip(places, results, strict=True)}
    return found


def targets(made: Stack, table: Mapping[tuple[int, ...], Expr], rng: random.Random) -> Any:
    """Fractions for y, those of each sample adding up to 1."""
    drawn = {symbol: Fraction(rng.randint(1, 9), 10) for symbol in table.values()}
    sums: dict[int, Fraction] = {}
    for place, symbol in table.items():
        n = place[1 - made.axis]
        sums[n] = sums.get(n, Fraction(0)) + drawn[symbol]
    return {symbol: drawn[symbol] / sums[place[1 - made.axis]] for place, symbol in table.items()}


def assert_exactly_right(made: Stack, derivation: Derivation, seed: int) -> None:
    sizes = {**made.numbers, "N": SAMPLES}
    symbols = {s.name: entries(s, sizes) for s in derivation.symbols}
    loss, rng, e_of, s = (
        written_out(made, symbols),
        random.Random(seed),
        Values(seed),
        Fractions(sizes),
    )
    point: dict[Expr, Fraction] = {
        symbol: Fraction(rng.choice((-1, 1)) * rng.randint(1, 30), rng.randint(7, 20))
        for table in symbols.values()
        for symbol in table.values()
    }
    if any(symbol.facts for symbol in derivation.symbols):
        point |= targets(made, symbols["y"], rng)
    values: dict[str, Table] = {
        name: {place: point[symbol] for place, symbol in table.items()}
        for name, table in symbols.items()
    }
    forward(made, values, e_of, s)
    found, shapes = gradients(derivation), shapes_of(derivation)
    for name in (*made.parameters, "x"):
        ours = operand(found[name].term, shapes, values, s)
        for place, symbol in symbols[name].items():
            assert ours(*place) == e_of.of(sympy.diff(loss, symbol), point), (name, place)


NETS = {
    "the seed's kind of net": stack("3,2,2"),
    "4-3-2, separate biases": stack("4,3,2", bias="separate", activations="tanh,softmax"),
    "columns": stack("3,2,2", layout="column"),
    "columns, separate biases": stack("3,2,2", layout="column", bias="separate"),
    "no bias, the sum": stack("3,2,2", bias="none", reduction="sum"),
    "one sample": stack("3,2,2", single=True, activations="relu"),
    "two sigmoids": stack("3,2,2", activations="sigmoid,sigmoid", loss="bce"),
    "cross-entropy of sigmoids": stack("3,2,2", activations="tanh,sigmoid"),
    "relu and squares": stack("4,3,2", activations="relu,identity", loss="sse"),
    "leaky, half squares": stack("3,2,2", activations="leaky_relu,tanh", loss="half-squared-error"),
    "softmax and squares": stack("3,2,2", activations="sigmoid,softmax", loss="sse"),
    "a hidden softmax": stack("3,2,2", activations="softmax,identity", loss="sse"),
    "absolute values": stack("3,2,2", activations="tanh,tanh", loss="mae"),
    "hinge in columns": stack("3,2,2", activations="relu,tanh", loss="hinge", layout="column"),
    "one layer": stack("3,2"),
    "three layers": stack("2,2,2,2", activations="tanh,relu,softmax"),
}


LONG = ("three layers", "4-3-2, separate biases")


@pytest.mark.parametrize(
    "net", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in NETS]
)
def test_every_entry_in_fractions(net: str) -> None:
    assert_exactly_right(NETS[net], NETS[net].derivation, seed=3)


@pytest.mark.parametrize("net", ["the seed's kind of net", "columns", "one sample"])
def test_every_entry_for_targets_that_do_not_sum_to_one(net: str) -> None:
    """Without the fact the derivation is `yhat ∘ sum(y) - y`, and that is SymPy's derivative."""
    assert_exactly_right(NETS[net], without_facts(NETS[net].derivation), seed=4)
