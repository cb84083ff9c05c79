"""Term -> SymPy: the meanings of `derive.ops`, read as SymPy index expressions.

`IndexedBase` entries, `Sum` over symbolic ranges, `KroneckerDelta`. Every index is a new symbol:
SymPy's `diff` is silently wrong where a bound index is used twice. Nothing here calls `doit` or
`simplify`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import sympy

from derive.deadline import check_time
from derive.functions import FUNCTIONS, PRIME
from derive.ops import op_row
from derive.shape import Dim, Part, Shape
from derive.slots import fresh
from derive.term import Const, Term, Var

Expr = Any


def size(dim: Dim) -> Expr:
    """A dimension as a SymPy expression of its names."""
    return sympy.Add(*(sympy.Integer(p) if isinstance(p, int) else _name(p) for p in dim.parts))


def _name(part: str) -> Expr:
    return sympy.Symbol(part, integer=True, positive=True)


def new_index(dim: Dim) -> Expr:
    """A new index symbol over `dim`; its name carries the range."""
    return sympy.Symbol(fresh(dim), integer=True, nonnegative=True)


def rational(value: Fraction | int) -> Expr:
    """An exact number as SymPy has it."""
    return sympy.Rational(value.numerator, value.denominator)


@dataclass(frozen=True)
class SymCalculus:
    """The calculus of `derive.ops` over SymPy expressions."""

    zero: Expr = field(default_factory=lambda: sympy.Integer(0))
    pi: Expr = sympy.pi

    def number(self, value: Fraction | int) -> Expr:
        """The constant."""
        return rational(value)

    def sum(self, dim: Dim, body: Callable[[Expr], Expr]) -> Expr:
        """`Sum` over a new index."""
        check_time()
        if dim.is_one:
            return body(self.zero)
        k = new_index(dim)
        term = body(k)
        return sympy.Sum(term, (k, 0, size(dim) - 1)) if term != 0 else term

    def delta(self, a: Expr, b: Expr) -> Expr:
        """1 where two slots are equal, 0 elsewhere."""
        return sympy.KroneckerDelta(a, b)

    def shift(self, place: Expr, parts: tuple[Part, ...]) -> Expr:
        """The slot moved by the sizes of `parts`."""
        return place + size(Dim(parts)) if parts else place

    def plus(self, a: Expr, b: Expr, sign: int) -> Expr:
        """The sum or the difference of two slots."""
        return a + sign * b

    def power(self, base: Expr, exponent: Fraction) -> Expr:
        """A rational power."""
        return sympy.Pow(base, rational(exponent))

    def symbol(self, name: str, arg: Expr) -> Expr:
        """A function kept by its name."""
        return sympy.Function(name)(arg)

    def fn(self, name: str, arg: Expr) -> Expr:
        """An elementwise function, by its definition; `f'` is SymPy's derivative of it."""
        if name.endswith(PRIME):
            return derivative(name.removesuffix(PRIME), arg)
        definition = FUNCTIONS[name].definition
        return PRIMITIVES[name](arg) if definition is None else definition(self, arg)


step = type(
    "step",
    (sympy.Function,),
    {
        "__doc__": "[z > 0]; its derivative is 0 wherever there is one.",
        "nargs": 1,
        "fdiff": lambda self, argindex=1: sympy.Integer(0),
    },
)

PRIMITIVES: Mapping[str, Callable[[Expr], Expr]] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "erf": sympy.erf,
    "step": step,
}


def derivative(name: str, arg: Expr) -> Expr:
    """SymPy's derivative of an elementwise function, at `arg`.

    >>> derivative("sin", sympy.Symbol("z"))
    cos(z)
    """
    z = sympy.Symbol("z", real=True)
    return sympy.diff(SymCalculus().fn(name, z), z).subs(z, arg)


class Operand(NamedTuple):
    """A sub-formula that can be asked for an entry."""

    shape: Shape
    entry: Callable[..., Expr]

    def __call__(self, *slots: Expr) -> Expr:
        return self.entry(*slots)

    def at(self, out: tuple[Expr, ...]) -> Expr:
        """The entry that broadcasting puts at `out`."""
        mine = out[len(out) - len(self.shape) :]
        pairs = zip(self.shape, mine, strict=True)
        return self.entry(*(sympy.Integer(0) if dim.is_one else slot for dim, slot in pairs))


def tensor(name: str, shape: Shape) -> Operand:
    """A declared tensor: entries of an IndexedBase; a scalar is a symbol."""
    if not shape:
        return Operand((), lambda: _name(name))
    base = sympy.IndexedBase(name)
    return Operand(shape, lambda *slots: base[slots])


def operand(term: Term, shapes: Mapping[str, Shape], calculus: SymCalculus) -> Operand:
    """The term as something that can be asked for an entry."""
    if isinstance(term, Const):
        return Operand((), lambda: rational(term.value))
    if isinstance(term, Var):
        return tensor(term.name, shapes[term.name])
    row = op_row(term.op)
    args = [operand(arg, shapes, calculus) for arg in term.args]
    shape = row.shape([arg.shape for arg in args], term.attrs)
    return Operand(shape, lambda *slots: row.index(calculus, slots, args, term.attrs))


def index_expression(term: Term, shapes: Mapping[str, Shape], out: tuple[Expr, ...]) -> Expr:
    """The SymPy expression of the entry `out` of a term."""
    return operand(term, shapes, SymCalculus())(*out)
