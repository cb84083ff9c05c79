"""Formulas with index letters -> one closed array: `closed` makes the op `each` of them.

While a formula is read it may be open: `w[k,j] d[k]` says nothing until k and j are bound. Here an
entry is pushed through whatever ops stand around it (by their meanings, so no op has a rule of its
own), until only entries of closed arrays are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

from derive.deadline import check_time
from derive.entries import INDEX, MADE, OPERAND, is_index_name
from derive.ops import op_row
from derive.shape import Dim, Part, Shape
from derive.term import Apply, Attr, Binding, Const, Term, Var, apply, const, fold, substitute, walk

Places = tuple[Term, ...]
_fresh = count()


def letters_of(term: Term) -> frozenset[str]:
    """The index letters that are free in a formula."""

    def node(old: Term, args: tuple[frozenset[str], ...]) -> frozenset[str]:
        if isinstance(old, Var) and is_index_name(old.name):
            return frozenset([old.name])
        return frozenset[str]().union(*args) - frozenset(bound_by(old))

    return fold(term, node)


OPEN = frozenset(("entry", "total", "array", "delta"))
"""Ops that only stand in formulas that are not closed yet."""


def is_open(term: Term) -> bool:
    """Whether a formula speaks of letters, or of entries that no array holds yet."""
    return any(
        is_index_name(node.name) if isinstance(node, Var) else node.op in OPEN
        for node in walk(term)
        if not isinstance(node, Const)
    )


def bound_by(term: Term) -> tuple[str, ...]:
    """The index letters that a node binds."""
    if not isinstance(term, Apply) or term.op not in ("total", "array"):
        return ()
    return tuple(a for a in term.attrs if isinstance(a, str) and is_index_name(a))


def fresh_letter() -> str:
    """An index letter that no text uses, and no reader makes for one: theirs are `#1`, `#2`."""
    return f"{INDEX}{MADE}{next(_fresh)}"


def array(body: Term, letters: Sequence[tuple[str, Dim]]) -> Apply:
    """The array, perhaps open in other letters, whose axes are these letters."""
    names: tuple[Attr, ...] = tuple(name for name, _ in letters)
    attrs = (*names, *(dim for _, dim in letters))
    return Apply("array", (body,), attrs)


def total(body: Term, letter: str, dim: Dim) -> Apply:
    """The sum over a letter."""
    return Apply("total", (body,), (letter, dim))


class _Entry(NamedTuple):
    """A scalar formula that the meanings of ops can calculate with."""

    term: Term

    def _joined(self, op: str, other: Any, *, turned: bool = False) -> _Entry:
        mine, theirs = self.term, _lifted(other).term
        return _Entry(apply(op, theirs, mine) if turned else apply(op, mine, theirs))

    def __add__(self, other: Any) -> _Entry:
        return (
            self
            if _is(other, 0)
            else _lifted(other)
            if _is(self, 0)
            else self._joined("add", other)
        )

    def __radd__(self, other: Any) -> _Entry:
        return _lifted(other) + self

    def __sub__(self, other: Any) -> _Entry:
        return self._joined("sub", other)

    def __rsub__(self, other: Any) -> _Entry:
        return self._joined("sub", other, turned=True)

    def __neg__(self) -> _Entry:
        return _Entry(apply("neg", self.term))

    def __mul__(self, other: Any) -> _Entry:
        if _is(self, 1) or _is(other, 0):
            return _lifted(other)
        return self if _is(other, 1) or _is(self, 0) else self._joined("mul", other)

    def __rmul__(self, other: Any) -> _Entry:
        return _lifted(other) * self


def _lifted(value: Any) -> _Entry:
    return value if isinstance(value, _Entry) else _Entry(const(value))


def _is(value: Any, number: int) -> bool:
    return bool(_lifted(value).term == const(number))


class EntryCalculus:
    """The calculus of `derive.ops` that writes formulas of entries."""

    zero = Const(Fraction(0))
    pi = _Entry(Var("π"))

    def number(self, value: Fraction | int) -> _Entry:
        """The constant."""
        return _Entry(const(value))

    def sum(self, dim: Dim, body: Callable[[Term], _Entry]) -> _Entry:
        """The sum over a new letter."""
        if dim.is_one:
            return body(self.zero)
        letter = fresh_letter()
        return _Entry(total(body(Var(letter)).term, letter, dim))

    def delta(self, a: Term, b: Term) -> _Entry:
        """1 where two places are equal, 0 elsewhere."""
        if isinstance(a, Const) and isinstance(b, Const):
            return self.number(int(a == b))
        return self.number(1) if a == b else _Entry(apply("delta", a, b))

    def shift(self, place: Term, parts: tuple[Part, ...]) -> Term:
        """The place moved by the sizes of `parts`."""
        for part in parts:
            step = const(part) if isinstance(part, int) else Var(part)
            place = step if place == self.zero else self.plus(place, step, 1)
        return place

    def plus(self, a: Term, b: Term, sign: int) -> Term:
        """The sum or the difference of two places."""
        if isinstance(a, Const) and isinstance(b, Const):
            return const(a.value + sign * b.value)
        return apply("sub" if sign < 0 else "add", a, b)

    def power(self, base: _Entry, exponent: Fraction) -> _Entry:
        """A rational power."""
        return _Entry(apply("pow", base.term, attrs=(str(exponent),)))

    def fn(self, name: str, arg: _Entry) -> _Entry:
        """An elementwise function."""
        return _Entry(apply(name, arg.term))


class _Operand(NamedTuple):
    """A formula, open or closed, that can be asked for an entry."""

    shape: Shape
    entry: Callable[[Places], _Entry]

    def __call__(self, *places: Term) -> _Entry:
        return self.entry(places)

    def at(self, out: Places) -> _Entry:
        """The entry that broadcasting puts at `out`."""
        mine = out[len(out) - len(self.shape) :]
        pairs = zip(self.shape, mine, strict=True)
        return self.entry(tuple(const(0) if dim.is_one else place for dim, place in pairs))


class Pusher:
    """Pushes entries through formulas, over arrays of known shapes."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes

    def operand(self, term: Term) -> _Operand:
        """A formula as something that can be asked for an entry."""
        check_time()
        if isinstance(term, Const):
            return _Operand((), lambda _: _Entry(term))
        if isinstance(term, Var) or not is_open(term):
            return self._closed(term)
        if term.op == "entry":
            inner = self.operand(term.args[0])
            return _Operand(inner.shape[len(term.args) - 1 :], lambda p: inner(*term.args[1:], *p))
        if term.op == "delta":
            return _Operand((), lambda _: EntryCalculus().delta(*term.args))
        if term.op == "total":
            return self._total(term)
        if term.op == "array":
            return self._array(term)
        args = [self.operand(arg) for arg in term.args]
        row = op_row(term.op)
        shape = row.shape([arg.shape for arg in args], term.attrs)
        return _Operand(shape, lambda p: row.index(EntryCalculus(), p, args, term.attrs))

    def _closed(self, term: Term) -> _Operand:
        shape = self.shape(term)
        if not shape:
            return _Operand((), lambda _: _Entry(term))
        return _Operand(shape, lambda places: _Entry(apply("entry", term, *places)))

    def shape(self, term: Term) -> Shape:
        """The shape of a closed formula."""

        def node(old: Term, args: tuple[Shape, ...]) -> Shape:
            if isinstance(old, Var):
                return self.shapes.get(old.name, ())
            if isinstance(old, Const) or old.op == "delta":
                return ()
            if old.op == "entry":
                return args[0][len(args) - 1 :]
            if old.op == "total":
                return args[0]
            if old.op == "array":
                return tuple(dim for dim in old.attrs if isinstance(dim, Dim))
            return op_row(old.op).shape(args, old.attrs)

        return fold(term, node)

    def _total(self, term: Apply) -> _Operand:
        letter, dim = term.attrs
        assert isinstance(letter, str)
        assert isinstance(dim, Dim)
        new = fresh_letter()
        inner = self.operand(renamed(term.args[0], {letter: Var(new)}))
        return _Operand(inner.shape, lambda p: _Entry(total(inner(*p).term, new, dim)))

    def _array(self, term: Apply) -> _Operand:
        letters = bound_by(term)
        dims = tuple(dim for dim in term.attrs if isinstance(dim, Dim))

        def entry(places: Places) -> _Entry:
            body = renamed(term.args[0], dict(zip(letters, places, strict=True)))
            return self.operand(body)()

        return _Operand(dims, entry)


def renamed(term: Term, places: Mapping[str, Term]) -> Term:
    """The formula with index letters replaced; letters bound inside are never among them."""
    return substitute(term, places)


def closed(term: Term, letters: Sequence[tuple[str, Dim]], shapes: Mapping[str, Shape]) -> Apply:
    """The array `each`: its axes are the letters and then the axes of the formula itself."""
    operand = Pusher(shapes).operand(term)
    rest = [(fresh_letter(), dim) for dim in operand.shape]
    body = operand(*(Var(name) for name, _ in rest)).term
    arrays: dict[Term, str] = {}
    bound = _abstracted(body, arrays)
    axes = [(name, dim) for name, dim in (*letters, *rest)]
    return Apply("each", tuple(arrays), (Binding(tuple(axes), bound),))


def _abstracted(body: Term, arrays: dict[Term, str]) -> Term:
    """The body with `@0`, `@1`, ... in place of the arrays, which are collected."""
    if isinstance(body, Var):
        if is_index_name(body.name):
            return body
        return Var(arrays.setdefault(body, f"{OPERAND}{len(arrays)}"))
    if isinstance(body, Const):
        return body
    if body.op == "entry":
        name = arrays.setdefault(body.args[0], f"{OPERAND}{len(arrays)}")
        return apply("entry", Var(name), *body.args[1:])
    if body.op == "delta":
        return body
    if not is_open(body):
        return Var(arrays.setdefault(body, f"{OPERAND}{len(arrays)}"))
    return Apply(body.op, tuple(_abstracted(arg, arrays) for arg in body.args), body.attrs)


def filled(value: int | Fraction, shape: Shape) -> Term:
    """An array of one number."""
    axes = tuple((fresh_letter(), dim) for dim in shape)
    return Apply("each", (), (Binding(axes, const(value)),)) if shape else const(value)
