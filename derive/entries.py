"""Formulas of entries, `Sum_k w[k,j] d[k]`: what the op `each` means, in any calculus.

The body of a `Binding` is read with indices bound to the places of the result. So a formula in
index notation and one in matrices are compared in one language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from derive.shape import Dim, Shape
from derive.term import Apply, Attr, Binding, Const, Term, Var, rebuild, walk

Expr = Any
OPERAND = "@"
INDEX = "#"
MADE = "'"
"""Stands after INDEX in letters that were made while formulas were calculated with."""

DIFFERENTIAL = "d·"
"""Begins the names of differentials: in a claim `dL = tr(G^T dX)`, dX is no derivative."""

Meaning = Callable[[Any, tuple[Any, ...], Sequence[Any], tuple[Attr, ...]], Expr]


def is_index_name(name: str) -> bool:
    """Whether a name is that of an index letter."""
    return name.startswith(INDEX)


class _Single(NamedTuple):
    """One value as an operand without axes."""

    value: Expr
    shape: Shape = ()

    def __call__(self) -> Expr:
        return self.value

    def at(self, out: tuple[Any, ...]) -> Expr:
        """The value, wherever broadcasting reads it."""
        return self.value


class Body(NamedTuple):
    """Reads the body of a binding: the calculus, the operands, the meanings of the other ops."""

    calculus: Any
    operands: Sequence[Any]
    meaning: Callable[[str], Meaning]

    def value(self, term: Term, places: Mapping[str, Any]) -> Expr:
        """The value of a scalar term, its indices at `places`."""
        if isinstance(term, Const):
            return self.calculus.number(term.value)
        if isinstance(term, Var):
            return self.operands[int(term.name.removeprefix(OPERAND))]()
        if term.op == "entry":
            return self._entry(term, places)
        if term.op == "total":
            return self._total(term, places)
        if term.op == "delta":
            return self.calculus.delta(*(self.place(arg, places) for arg in term.args))
        parts = [_Single(self.value(arg, places)) for arg in term.args]
        return self.meaning(term.op)(self.calculus, (), parts, term.attrs)

    def _entry(self, term: Apply, places: Mapping[str, Any]) -> Expr:
        operand = term.args[0]
        assert isinstance(operand, Var)
        at = (self.place(arg, places) for arg in term.args[1:])
        return self.operands[int(operand.name.removeprefix(OPERAND))](*at)

    def _total(self, term: Apply, places: Mapping[str, Any]) -> Expr:
        name, dim = term.attrs
        assert isinstance(name, str)
        assert isinstance(dim, Dim)
        return self.calculus.sum(dim, lambda k: self.value(term.args[0], {**places, name: k}))

    def place(self, term: Term, places: Mapping[str, Any]) -> Any:
        """The place that an index formula such as `i + m` or `i - 1` means."""
        if isinstance(term, Const):
            return self.calculus.shift(self.calculus.zero, (int(term.value),))
        if isinstance(term, Var) and not is_index_name(term.name):
            return self.calculus.shift(self.calculus.zero, (term.name,))
        if isinstance(term, Var):
            return places[term.name]
        left, right = (self.place(arg, places) for arg in term.args)
        return self.calculus.plus(left, right, -1 if term.op == "sub" else 1)


def dims_of(attrs: tuple[Attr, ...]) -> Iterator[Dim]:
    """The dimensions that the attributes of an op speak of."""
    for attr in attrs:
        if isinstance(attr, Dim):
            yield attr
        elif isinstance(attr, Binding):
            yield from (dim for _, dim in attr.indices)
            for node in walk(attr.body):
                yield from dims_of(node.attrs if isinstance(node, Apply) else ())


def with_dims(attrs: tuple[Attr, ...], change: Callable[[Dim], Dim]) -> tuple[Attr, ...]:
    """The attributes with their dimensions changed."""
    return tuple(_with_dims(attr, change) for attr in attrs)


def _with_dims(attr: Attr, change: Callable[[Dim], Dim]) -> Attr:
    if isinstance(attr, Dim):
        return change(attr)
    if not isinstance(attr, Binding):
        return attr

    def node(old: Term) -> Term:
        return replace(old, attrs=with_dims(old.attrs, change)) if isinstance(old, Apply) else old

    indices = tuple((name, change(dim)) for name, dim in attr.indices)
    return Binding(indices, rebuild(attr.body, node))


def each_shape(shapes: Sequence[Shape], attrs: tuple[Attr, ...]) -> Shape:
    """The axes of a binding."""
    assert isinstance(attrs[0], Binding)
    return tuple(dim for _, dim in attrs[0].indices)


def each_entry(
    meaning: Callable[[str], Meaning],
    calculus: Any,
    out: tuple[Any, ...],
    operands: Sequence[Any],
    attrs: tuple[Attr, ...],
) -> Expr:
    """The entry `out` of a binding."""
    binding = attrs[0]
    assert isinstance(binding, Binding)
    places = {name: place for (name, _), place in zip(binding.indices, out, strict=True)}
    return Body(calculus, operands, meaning).value(binding.body, places)
