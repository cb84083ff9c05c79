"""What a text means as formulas over matrices: ranks, axes, products, index letters settled.

A reader knows what is written; here shapes decide what it means. `x @ w` of two arrays with one
axis is a number in NumPy; in mathematics a declared vector is a column (or a row), and `x^T w` is.
A misfit is refused with both sub-formulas, both shapes and the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from derive.arrays import RULES
from derive.deadline import check_time
from derive.diagnostic import refuse
from derive.entries import is_index_name
from derive.indexing import closed, letters_of
from derive.infer import CODES, misfit
from derive.ops import ShapeMismatch, op_row
from derive.shape import ONE, Dim, Shape, agree
from derive.sizes import Linear, dim_of, linear, plus
from derive.tensors import Value, column_shape
from derive.term import Apply, Const, Term, Var, apply, turned


def _shorter(a: Dim, b: Dim) -> Dim | None:
    """The shorter of two ranges of which one goes on where the other ends, as code may index."""
    for one, other in ((a, b), (b, a)):
        if one != other and other.parts[: len(one.parts)] == one.parts:
            return one
    return None


def _placed(value: Value, written: Term) -> Value:
    """The value, its formula said to stand where it was written."""
    return replace(value, term=replace(value.term, span=written.span))


@dataclass
class Elaborator:
    """Turns formulas as written into values. One for each text and each way of reading it.

    `shapes`: of the names of the derivation, as declared. `derivative` gives the value of a name
    such as `dL/dz2`. `vectors`: what a declared array with one axis is: "numpy" (itself), "column"
    or "row". `columns`: samples are said to be columns, along which a softmax goes then. The other
    hooks know indices that pick rows, and gradients of formulas.
    """

    shapes: Mapping[str, Shape]
    derivative: Callable[[str], Value | None] = lambda name: None
    vectors: str = "numpy"
    text: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    columns: bool = False
    chosen: Callable[[str, Dim], str] | None = None
    once: Callable[[str], bool] | None = None
    leaves: Callable[[], Mapping[str, Shape]] = dict
    differentiated: Callable[[Value, str], Value] | None = None
    windows: list[tuple[Linear, frozenset[str]]] = field(default_factory=list)
    memo: dict[int, tuple[Term, Value]] = field(default_factory=dict)
    ranges: dict[str, tuple[Dim, Term]] = field(default_factory=dict)

    @property
    def core(self) -> dict[str, Shape]:
        """The shapes of names as they are kept."""
        own = {name: column_shape(shape) for name, shape in self.shapes.items()}
        return own | dict(self.leaves())

    def value(self, term: Term) -> Value:
        """The value of a formula. Raises DeriveError where shapes do not fit."""
        found = self.memo.get(id(term))
        if found is None or found[0] is not term:
            self.memo[id(term)] = found = (term, _placed(self._value(term), term))
        return found[1]

    def _value(self, term: Term) -> Value:
        check_time()
        if isinstance(term, Const):
            return Value(Const(term.value), ())
        if isinstance(term, Var):
            return self._name(term)
        rule = RULES.get(term.op)
        try:
            return rule(self, term) if rule else self.plain(term)
        except ShapeMismatch as error:
            shapes = tuple(self.value(arg).shape for arg in term.args)
            raise misfit(error, term, shapes, self.text, self.sizes) from None

    def _name(self, term: Var) -> Value:
        name = term.name
        if is_index_name(name):
            return Value(Var(name), ())
        value = self.derivative(name)
        if value is None and name in self.shapes:
            value = Value(Var(name), self.shapes[name])
        if value is None:
            raise refuse("D101", f"unknown name `{name}`", self.text, term.span)
        return self.oriented(value)

    def oriented(self, value: Value) -> Value:
        """An array with one axis as this text means it."""
        if not value.flat or self.vectors == "numpy":
            return value
        if self.vectors == "row":
            return Value(turned(value.term), (ONE, *value.shape))
        return Value(value.term, (*value.shape, ONE))

    def plain(self, term: Apply) -> Value:
        """An op of the table on values as they are kept: elementwise functions above all."""
        parts = [self.value(arg) for arg in term.args]
        row = op_row(term.op)
        row.shape([part.core for part in parts], term.attrs)
        result = apply(term.op, *(part.term for part in parts), attrs=term.attrs)
        return Value(result, parts[0].shape, parts[0].spread)

    def closed(self, value: Value) -> Value:
        """The value, its entries written as an array, once no letter in it is free."""
        if letters_of(value.term):
            return value
        return Value(closed(value.term, (), self.core), value.shape)

    def along(self, letter: str, dim: Dim, place: Term) -> None:
        """Learn that a letter runs over a dimension. Raises where it runs over another one too."""
        before = self.ranges.setdefault(letter, (dim, place))
        if self.vectors == "numpy" and (shorter := _shorter(before[0], dim)):
            self.ranges[letter] = (shorter, before[1])
        elif not agree(before[0], dim):
            name = letter.removeprefix("#")
            first, second = self.quoted(before[1]), self.quoted(place)
            message = (
                f"the index {name} runs over {before[0]} in {first} and over {dim} in {second}"
            )
            raise refuse(CODES["index"], message, self.text, place.span)

    def window(self, letters: frozenset[str], dim: Dim) -> None:
        """Learn that a sum of letters runs over a dimension: `i + m` in `x[i + m]`."""
        self.windows.append((linear(dim), letters))

    def reach(self, letter: str) -> Dim | None:
        """Over what a free letter runs, as far as it is known."""
        found = self.ranges.get(letter)
        return found[0] if found else self._windowed(letter)

    def bound(self, letter: str, upper: Dim | None = None) -> Dim | None:
        """The range of a letter that is bound here, which it is then free to change."""
        found = self.ranges.pop(letter, None)
        dim = found[0] if found else self._windowed(letter) or upper
        if dim is not None:
            last = plus(linear(dim), {"": 1}, -1)
            self.windows = [
                (plus(size, last, -1), letters - {letter}) if letter in letters else (size, letters)
                for size, letters in self.windows
            ]
        return dim

    def _windowed(self, letter: str) -> Dim | None:
        sizes = (size for size, letters in self.windows if letters == {letter})
        size = next(sizes, None)
        return None if size is None else dim_of(size)

    def quoted(self, term: Term) -> str:
        """A part of the text, in quotes."""
        if term.span is None or not self.text:
            return "one formula"
        return f"`{self.text[term.span.start : term.span.end]}`"
