"""Formulas evaluated at concrete sizes with exact or many-digit numbers: the slow, certain oracle.

The meanings of `derive.ops` are read entry by entry with mpmath numbers, so nothing is shared with
the NumPy code that a module contains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from operator import add, mul, sub
from typing import Any

import mpmath

from derive.arithmetic import EXACTLY, Arithmetic, Number, NumberCalculus
from derive.deadline import check_time
from derive.functions import is_function
from derive.ops import Op, op_row, put
from derive.shape import Shape
from derive.term import Apply, Attr, Const, Derivation, Term, Var

DIGITS = 50

Table = dict[tuple[int, ...], Number]
"""The entries of a tensor by their place; a scalar has the place ()."""


@dataclass(frozen=True)
class Operand:
    """A tensor that can be asked for an entry."""

    shape: Shape
    entry: Callable[..., Number]

    def __call__(self, *places: int) -> Number:
        return self.entry(*places)

    def at(self, out: tuple[int, ...]) -> Number:
        """The entry that broadcasting puts at `out`."""
        mine = out[len(out) - len(self.shape) :]
        pairs = zip(self.shape, mine, strict=True)
        return self.entry(*(0 if dim.is_one else place for dim, place in pairs))


def evaluate(
    term: Term, shapes: Mapping[str, Shape], values: Mapping[str, Table], sizes: Mapping[str, int]
) -> Table:
    """Every entry of a term. `values` holds the entries of its names, `sizes` the dimensions."""
    return Evaluator(shapes, dict(values), sizes).table(term)


class Evaluator:
    """Evaluates terms at one point; what terms share (as objects) is evaluated once."""

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        values: MutableMapping[str, Table],
        sizes: Mapping[str, int],
        arithmetic: Arithmetic = EXACTLY,
    ) -> None:
        self.shapes, self.values, self.sizes = shapes, values, sizes
        self.calculus = NumberCalculus(sizes, arithmetic)
        self.done: dict[int, tuple[Term, Shape, Table]] = {}

    def table(self, term: Term) -> Table:
        """Every entry of a term."""
        return self._found(term)[1]

    def give(self, name: str, term: Term) -> None:
        """Gives a name the entries of a term."""
        table, kept = self.table(term), self.calculus.arithmetic.kept
        self.values[name] = table if kept is None else {p: kept(v) for p, v in table.items()}

    def _found(self, term: Term) -> tuple[Shape, Table]:
        if isinstance(term, Const):
            return (), {(): self.calculus.number(term.value)}
        if isinstance(term, Var):
            return self._named(term.name)
        known = self.done.get(id(term))
        if known is None or known[0] is not term:
            known = self.done[id(term)] = (term, *self._applied(term))
        return known[1], known[2]

    def _named(self, name: str) -> tuple[Shape, Table]:
        if name in self.sizes:
            return (), {(): self.calculus.number(self.sizes[name])}
        return self.shapes[name], self.values[name]

    def _applied(self, term: Apply) -> tuple[Shape, Table]:
        row = op_row(term.op)
        found = [self._found(arg) for arg in term.args]
        shape = row.shape([own for own, _ in found], term.attrs)
        quick = self._at_once(term, shape, found)
        if quick is not None:
            return shape, quick
        outside = 0 if term.op == "each" else None
        args = [Operand(own, _keyed(table, outside)) for own, table in found]
        return shape, {p: self._entry(row, p, args, term.attrs) for p in self._places(shape)}

    def _places(self, shape: Shape) -> Iterator[tuple[int, ...]]:
        return product(*(range(dim.size(self.sizes)) for dim in shape))

    def _entry(self, row: Op, place: tuple[int, ...], args: list[Operand], attrs: Any) -> Number:
        check_time()
        return row.index(self.calculus, place, args, attrs)

    def _at_once(self, term: Apply, shape: Shape, found: list[tuple[Shape, Table]]) -> Table | None:
        """The entries of the commonest ops, found without asking for each; None for others."""
        op, tables = term.op, [table for _, table in found]
        if op == "matmul":
            return _matrix_product(tables[0], tables[1], self.calculus.arithmetic.total)
        if op == "transpose" and shape:
            return {(j, i): value for (i, j), value in tables[0].items()}
        if op in TERMWISE:
            return self._termwise(TERMWISE[op], shape, found)
        if op == "div":
            below = {p: self.calculus.power(v, Fraction(-1)) for p, v in tables[1].items()}
            return self._termwise(mul, shape, [found[0], (found[1][0], below)])
        if op == "neg":
            return {place: -value for place, value in tables[0].items()}
        if op == "concat":
            return self._beside(term.attrs[0], shape, found)
        if op == "softmax":
            return self._softmax(term.attrs[0], tables[0])
        if is_function(op):
            return {place: self._value(op, value) for place, value in tables[0].items()}
        return None

    def _termwise(self, here: Termwise, shape: Shape, found: list[tuple[Shape, Table]]) -> Table:
        """An op on two entries, each where broadcasting puts it."""
        check_time()
        (_, left), (_, right) = found
        if left.keys() != right.keys():
            places = list(self._places(shape))
            left, right = (_broadcast(*one, places) for one in found)
        return {place: here(value, right[place]) for place, value in left.items()}

    def _beside(self, axis: Attr, shape: Shape, found: list[tuple[Shape, Table]]) -> Table:
        """Blocks along an axis; a number is a block of one entry, the same for every line."""
        assert isinstance(axis, int)
        lines = [
            (table, k if own else None)
            for own, table in found
            for k in range(own[axis].size(self.sizes) if own else 1)
        ]
        made: Table = {}
        for place in self._places(shape):
            table, k = lines[place[axis]]
            made[place] = table[()] if k is None else table[put(place, axis, k)]
        return made

    def _softmax(self, axis: Attr, table: Table) -> Table:
        """Softmax along an axis, the sum of a line found once for all of it."""
        assert isinstance(axis, int)
        powers = {place: self._value("exp", value) for place, value in table.items()}
        lines: dict[tuple[int, ...], list[Number]] = {}
        for place, value in powers.items():
            lines.setdefault(put(place, axis, 0), []).append(value)
        total = self.calculus.arithmetic.total
        below = {p: self.calculus.power(total(line), Fraction(-1)) for p, line in lines.items()}
        return {place: value * below[put(place, axis, 0)] for place, value in powers.items()}

    def _value(self, function: str, value: Number) -> Number:
        check_time()
        return self.calculus.fn(function, value)


Termwise = Callable[[Number, Number], Number]
TERMWISE: Mapping[str, Termwise] = {"add": add, "sub": sub, "mul": mul}


def _broadcast(own: Shape, table: Table, places: list[tuple[int, ...]]) -> Table:
    """The entries that broadcasting puts at these places."""
    if not own:
        return dict.fromkeys(places, table[()])
    if len(places) == len(table) and len(places[0]) == len(own):
        return table
    ones = [dim.is_one for dim in own]
    mine = ((place, zip(ones, place[-len(own) :], strict=True)) for place in places)
    return {place: table[tuple(0 if one else k for one, k in pairs)] for place, pairs in mine}


def _matrix_product(a: Table, b: Table, total: Callable[[Iterable[Number]], Number]) -> Table:
    rows, columns = _lines(a, 0), _lines(b, 1)
    made: Table = {}
    for i, row in enumerate(rows):
        check_time()
        for j, column in enumerate(columns):
            made[i, j] = total(map(mul, row, column))
    return made


def _lines(table: Table, axis: int) -> list[list[Number]]:
    """The rows of a matrix, or its columns; entries stand in the order of their places."""
    count = 1 + next(reversed(table))[axis]
    lines: list[list[Number]] = [[] for _ in range(count)]
    for place, value in table.items():
        lines[place[axis]].append(value)
    return lines


def _keyed(table: Table, outside: int | None) -> Callable[..., Number]:
    """The lookup of an entry; a formula of entries may ask for places outside, which are 0."""
    if outside is not None:
        return lambda *place: table.get(place, outside)
    return lambda *place: table[place]


def forward(
    derivation: Derivation,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Table],
    sizes: Mapping[str, int],
) -> dict[str, Table]:
    """The entries of every name of a derivation, at `DIGITS` digits."""
    known = dict(values)
    with mpmath.workdps(DIGITS):
        for equation in derivation.equations:
            known[equation.name] = evaluate(equation.term, shapes, known, sizes)
    return known


def table(rows: Sequence[Sequence[float]]) -> Table:
    """A matrix of floats as exact entries."""
    return {(i, j): mpmath.mpf(v) for i, row in enumerate(rows) for j, v in enumerate(row)}


def loss_difference(
    derivation: Derivation,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Table],
    sizes: Mapping[str, int],
    name: str,
    place: tuple[int, ...],
) -> float:
    """dL/d(one entry) by a central difference at `DIGITS` digits; right to about 30 of them."""
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -(DIGITS // 3)
        ends = [
            forward(derivation, shapes, _moved(values, name, place, move), sizes)
            for move in (step, -step)
        ]
        up, down = (found[derivation.loss][()] for found in ends)
        return float((up - down) / (2 * step))


def _moved(
    values: Mapping[str, Table], name: str, place: tuple[int, ...], step: Number
) -> dict[str, Table]:
    return {**values, name: {**values[name], place: values[name][place] + step}}
