"""Term -> sums of products: the meanings of `derive.ops`, read with polynomials.

A dimension of several parts (`1+n1`) is split wherever it is summed or free, so `[1 H] W` becomes
`W[0,j] + Sum_k H[n,k] W[1+k,j]`: a block of W is an atom of its own, and blocks compare one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from derive.diagnostic import refuse
from derive.functions import FUNCTIONS, PRIME
from derive.infer import shape_of
from derive.normal import normal
from derive.ops import op_row
from derive.poly import DELTA, ZERO, Mono, Poly, factor, number
from derive.powers import exponential, logarithm, power, stepped
from derive.rules import Rules
from derive.shape import Dim, Part, Shape
from derive.slots import ZERO as ZERO_SLOT
from derive.slots import Slot, fresh, index, minus, plus, shift, slot
from derive.term import DEEPEST, Apply, Const, Term, Var, depth

Block = tuple[int, ...]
Blocks = dict[Block, Poly]
"""The normal form of each block of a matrix; a matrix of undivided dimensions has one."""


@dataclass(frozen=True)
class PolyCalculus:
    """The calculus of `derive.ops` over polynomials. `primes` gives f' for a function's name.

    The functions in `expand`, and their derivatives, are replaced by their definitions.
    """

    rules: Rules
    expand: Collection[str] = ()
    primes: Callable[[str, Poly], Poly] | None = None

    zero = ZERO_SLOT
    pi = factor("π")

    def number(self, value: Fraction | int) -> Poly:
        """The constant."""
        return number(value)

    def sum(self, dim: Dim, body: Callable[[Slot], Poly]) -> Poly:
        """The sum of `body` over a dimension, part by part."""
        total = ZERO
        for place, name in pieces(dim):
            terms = body(place).terms
            total = total + Poly(
                tuple(Mono(t.coef, t.factors, (*t.bound, name)) for t in terms) if name else terms
            )
        return total

    def delta(self, a: Slot, b: Slot) -> Poly:
        """1 where two slots are equal, 0 elsewhere."""
        return factor(DELTA, a, b)

    def shift(self, place: Slot, parts: tuple[Part, ...]) -> Slot:
        """The slot moved by the sizes of `parts`."""
        return shift(place, parts)

    def plus(self, a: Slot, b: Slot, sign: int) -> Slot:
        """The sum or the difference of two slots."""
        return minus(a, b) if sign < 0 else plus(a, b)

    def power(self, base: Poly, exponent: Fraction) -> Poly:
        """A rational power."""
        return power(base, exponent, self.rules)

    def symbol(self, name: str, arg: Poly) -> Poly:
        """A function kept by its name."""
        return factor(name, arg=normal(arg, self.rules))

    def fn(self, name: str, arg: Poly) -> Poly:
        """An elementwise function of a polynomial."""
        if name == "exp":
            return exponential(arg, self.rules)
        if name == "log":
            return logarithm(arg, self.rules)
        if name == "step":
            return stepped(arg, self.rules)
        base = name.removesuffix(PRIME)
        if base not in self.expand:
            return self.symbol(name, arg)
        if base != name and self.primes is not None:
            return self.primes(base, arg)
        definition = FUNCTIONS[base].definition
        if base == name and definition is not None:
            result: Poly = definition(self, arg)
            return result
        return self.symbol(name, arg)


def pieces(dim: Dim) -> Iterator[tuple[Slot, str]]:
    """For each part of a dimension: the slot of its entries, and a new index (empty for size 1)."""
    before: tuple[Part, ...] = ()
    for part in dim.parts:
        name = "" if part == 1 else fresh(Dim((part,)))
        yield shift(slot(name) if name else ZERO_SLOT, before), name
        before += (part,)


class Operand(NamedTuple):
    """A sub-formula that can be asked for an entry."""

    shape: Shape
    entry: Callable[..., Poly]

    def __call__(self, *slots: Slot) -> Poly:
        return self.entry(*slots)

    def at(self, out: tuple[Slot, ...]) -> Poly:
        """The entry that broadcasting puts at `out`."""
        mine = out[len(out) - len(self.shape) :]
        pairs = zip(self.shape, mine, strict=True)
        return self.entry(*(ZERO_SLOT if dim.is_one else place for dim, place in pairs))


def operand(term: Term, shapes: Mapping[str, Shape], calculus: PolyCalculus) -> Operand:
    """The term as something that can be asked for an entry."""
    if isinstance(term, Const):
        return Operand((), lambda: number(term.value))
    if isinstance(term, Var):
        return Operand(shapes[term.name], lambda *slots: factor(term.name, *slots))
    return _applied(term, shapes, calculus)


def _applied(term: Apply, shapes: Mapping[str, Shape], calculus: PolyCalculus) -> Operand:
    row = op_row(term.op)
    args = [operand(arg, shapes, calculus) for arg in term.args]
    shape = row.shape([arg.shape for arg in args], term.attrs)

    def entry(*slots: Slot) -> Poly:
        result: Poly = row.index(calculus, slots, args, term.attrs)
        return result

    return Operand(shape, entry)


def free_slots(shape: Shape) -> Iterator[tuple[Block, tuple[Slot, ...]]]:
    """For each block of a shape: its place, and the slots of its general entry.

    The free indices are named by axis, so that two formulas of one shape have the same ones.
    """
    for block in product(*(range(len(dim.parts)) for dim in shape)):
        pairs = zip(shape, block, strict=True)
        yield block, tuple(_free(axis, dim, part) for axis, (dim, part) in enumerate(pairs))


def _free(axis: int, dim: Dim, part: int) -> Slot:
    own = dim.parts[part]
    start = ZERO_SLOT if own == 1 else slot(index("ijklmnop"[axis], Dim((own,))))
    return shift(start, dim.parts[:part])


def lower(
    term: Term,
    shapes: Mapping[str, Shape],
    rules: Rules,
    *,
    expand: Collection[str] = (),
    primes: Callable[[str, Poly], Poly] | None = None,
    shape: Shape | None = None,
) -> Blocks:
    """The normal form of every block of a term, read with `shape` (its own unless given).

    Raises DeriveError for a term that is too deep to be walked through by recursion.
    """
    if depth(term) > DEEPEST:
        raise refuse("D901", f"the formula has more than {DEEPEST} parts within each other")
    calculus = PolyCalculus(rules, expand, primes)
    source = operand(term, shapes, calculus)
    full = shape or source.shape or shape_of(term, shapes)
    blocks = free_slots(full)
    return {block: normal(source.at(slots), rules) for block, slots in blocks}
