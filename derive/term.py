"""The one language that the layer spec, the differentiator and the user all write.

A formula is a tree of three kinds of node; a derivation is a list of named formulas, each
name assigned once, over declared symbols. So proving is comparing, and emitting does not
care who wrote the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from derive.deadline import check_time
from derive.diagnostic import Span
from derive.shape import Dim, Shape

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Var:
    """A declared name: `W2`, `yhat`, or a dimension such as `N` used as a number."""

    name: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Const:
    """An exact number; it broadcasts to any shape."""

    value: Fraction
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """An op of the table `derive.ops.OPS`, or an elementwise function, on arguments."""

    op: str
    args: tuple[Term, ...]
    attrs: tuple[Attr, ...] = ()
    span: Span | None = field(default=None, compare=False)


Term = Var | Const | Apply


@dataclass(frozen=True, slots=True)
class Binding:
    """A formula of entries: what the op `each` computes.

    `indices` are the axes of the result, each a name such as `#i` and its size. In `body`, a scalar
    term, `#i` is an index and `@0` the first operand; `entry` reads an operand at indices, and
    `total` sums over an index of its own.
    """

    indices: tuple[tuple[str, Dim], ...]
    body: Term


Attr = int | str | bool | Dim | Binding | None


@dataclass(frozen=True, slots=True)
class Equation:
    """`name = term`; a name is given once in a derivation."""

    name: str
    term: Term


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declared tensor. Kinds: param, input, target, const. Facts: see `derive.facts`."""

    name: str
    shape: Shape
    kind: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """A forward program: symbols, equations in order, and the name of the scalar loss."""

    symbols: tuple[Symbol, ...]
    equations: tuple[Equation, ...]
    loss: str
    sizes: Mapping[str, int] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Every declared or defined name, in order."""
        declared = [symbol.name for symbol in self.symbols]
        return (*declared, *(equation.name for equation in self.equations))

    def definition(self, name: str) -> Term | None:
        """The right side of the equation for `name`, if it has one."""
        return next((e.term for e in self.equations if e.name == name), None)


def const(value: int | Fraction) -> Const:
    """The exact number as a term."""
    return Const(Fraction(value))


def apply(op: str, *args: Term, attrs: tuple[Attr, ...] = ()) -> Apply:
    """`op` applied to terms."""
    return Apply(op, args, attrs)


def walk(term: Term) -> Iterator[Term]:
    """Every node, a parent before its arguments, left to right."""
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Apply):
            stack.extend(reversed(node.args))


def variables(term: Term) -> tuple[str, ...]:
    """The names in a term, each once, in the order of reading."""
    return tuple(dict.fromkeys(node.name for node in walk(term) if isinstance(node, Var)))


def size(term: Term) -> int:
    """How many nodes a term has."""
    return sum(1 for _ in walk(term))


DEEPEST = 120
"""Nodes within each other of a term that recursion may walk through: some passes take six calls
for each, and Python has a thousand."""


def depth(term: Term) -> int:
    """How many nodes lie within each other in a term.

    >>> depth(apply("neg", Var("x")))
    2
    """
    return fold(term, lambda _, depths: 1 + max(depths, default=0))


def fold(term: Term, combine: Callable[[Term, tuple[R, ...]], R]) -> R:
    """`combine(node, results of its arguments)` from the leaves up, at any depth."""
    check_time()
    done: list[R] = []
    todo: list[tuple[Term, bool]] = [(term, False)]
    while todo:
        node, ready = todo.pop()
        args = node.args if isinstance(node, Apply) else ()
        if args and not ready:
            todo.append((node, True))
            todo.extend([(arg, False) for arg in reversed(args)])
            continue
        if not args:
            done.append(combine(node, ()))
            continue
        results = tuple(done[-len(args) :])
        del done[-len(args) :]
        done.append(combine(node, results))
    return done[0]


def rebuild(term: Term, change: Callable[[Term], Term]) -> Term:
    """The term with `change` applied to every node, arguments first."""

    def node(old: Term, args: tuple[Term, ...]) -> Term:
        if isinstance(old, Apply) and not same_objects(args, old.args):
            return change(Apply(old.op, args, old.attrs, old.span))
        return change(old)

    return fold(term, node)


def same_objects(a: tuple[Term, ...], b: tuple[Term, ...]) -> bool:
    """Whether nothing was changed; `==` would compare the whole of both trees, at every node."""
    return all(one is other for one, other in zip(a, b, strict=True))


def substitute(term: Term, values: Mapping[str, Term]) -> Term:
    """The term with names replaced by terms."""
    if not any(isinstance(node, Var) and node.name in values for node in walk(term)):
        return term
    return rebuild(term, lambda n: values.get(n.name, n) if isinstance(n, Var) else n)


def turned(term: Term) -> Term:
    """The transposed formula; twice is not at all, and a number is its own."""
    if isinstance(term, Const):
        return term
    if isinstance(term, Apply) and term.op == "transpose":
        return term.args[0]
    return apply("transpose", term)
