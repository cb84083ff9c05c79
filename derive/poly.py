"""Sums of products of indexed factors, with bound indices: the language of proofs.

A term is a rational number times factors with exponents, summed over its bound indices; an index
may stand in any number of factors. A factor is a tensor entry `W3[1+j, q]`, a size `N`, a Kronecker
delta, a function of a sum of products, or such a sum itself under an exponent (head "sum").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from derive.deadline import check_time
from derive.diagnostic import refuse
from derive.slots import Slot, fresh, is_index, range_of, replace, slot

DELTA = "δ"
SUM = "sum"

TERMS = 8_000
"""Terms of a product, or on the way to a normal form, beyond which it is given up as too large."""


class Atom(NamedTuple):
    """One factor without its exponent; `arg` is what a function or a sum is taken of."""

    head: str
    slots: tuple[Slot, ...] = ()
    arg: Poly | None = None


Factor = tuple[Atom, Fraction]


class Mono(NamedTuple):
    """One term: coefficient, factors, bound indices."""

    coef: Fraction
    factors: tuple[Factor, ...]
    bound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Poly:
    """A sum of terms. Equal normal forms are equal objects; see `derive.normal.normal`."""

    terms: tuple[Mono, ...]

    def __add__(self, other: Poly | Fraction | int) -> Poly:
        return Poly(self.terms + lift(other).terms)

    __radd__ = __add__

    def __neg__(self) -> Poly:
        return Poly(tuple(Mono(-t.coef, t.factors, t.bound) for t in self.terms))

    def __sub__(self, other: Poly | Fraction | int) -> Poly:
        return self + -lift(other)

    def __rsub__(self, other: Poly | Fraction | int) -> Poly:
        return -self + other

    def __mul__(self, other: Poly | Fraction | int) -> Poly:
        """The product. A sum on the left reaches over the right, where its index stands free.

        Raises DeriveError for a product of more than `TERMS` terms.
        """
        check_time()
        right = lift(other)
        if len(self.terms) * len(right.terms) > TERMS:
            raise refuse("D901", f"the formula expands to more than {TERMS} terms")
        return Poly(tuple(_times(a, freshened(b)) for a in self.terms for b in right.terms))

    __rmul__ = __mul__


ZERO = Poly(())
UNIT = Fraction(1)
"""One object for the commonest coefficient and exponent: what is the same object is equal."""


def number(value: Fraction | int) -> Poly:
    """The constant polynomial."""
    return Poly((Mono(UNIT if value == 1 else Fraction(value), ()),)) if value else ZERO


ONE = number(1)


def lift(value: Poly | Fraction | int) -> Poly:
    """A number as a polynomial; a polynomial as itself."""
    return value if isinstance(value, Poly) else number(value)


def factor(head: str, *slots: Slot, arg: Poly | None = None, power: int | Fraction = 1) -> Poly:
    """One factor as a polynomial."""
    raised = UNIT if power == 1 else Fraction(power)
    return Poly((Mono(UNIT, ((Atom(head, slots, arg), raised),)),))


def _times(a: Mono, b: Mono) -> Mono:
    coef = b.coef if a.coef is UNIT else a.coef if b.coef is UNIT else a.coef * b.coef
    return Mono(coef, a.factors + b.factors, a.bound + b.bound)


def freshened(term: Mono) -> Mono:
    """The term with new names for its bound indices."""
    if not term.bound:
        return term
    names = {old: fresh(range_of(old)) for old in term.bound}
    values = {old: slot(new) for old, new in names.items()}
    return Mono(term.coef, rename_factors(term.factors, values), tuple(names.values()))


def rename_factors(factors: Iterable[Factor], values: Mapping[str, Slot]) -> tuple[Factor, ...]:
    """Factors with indices replaced by slots."""
    return tuple((rename_atom(atom, values), power) for atom, power in factors)


def rename_atom(atom: Atom, values: Mapping[str, Slot]) -> Atom:
    """One factor with indices replaced by slots, in its argument too."""
    slots = tuple(replace(place, values) for place in atom.slots)
    arg = None if atom.arg is None else rename(atom.arg, values)
    return Atom(atom.head, slots, arg)


def rename(poly: Poly, values: Mapping[str, Slot]) -> Poly:
    """A polynomial with free indices replaced by slots; bound ones keep out of their way."""
    incoming = {symbol for place in values.values() for symbol, _ in place}
    terms = []
    for term in poly.terms:
        if not incoming.isdisjoint(term.bound):
            term = freshened(term)
        outer = {name: place for name, place in values.items() if name not in term.bound}
        terms.append(Mono(term.coef, rename_factors(term.factors, outer), term.bound))
    return Poly(tuple(terms))


def atom_indices(atom: Atom) -> Iterator[str]:
    """The indices in a factor, those bound inside its argument left out."""
    for place in atom.slots:
        yield from (symbol for symbol, _ in place if is_index(symbol))
    if atom.arg is not None:
        yield from free_indices(atom.arg)


def free_indices(poly: Poly) -> Iterator[str]:
    """The indices of a polynomial that no sum of its own binds, with repeats."""
    for term in poly.terms:
        for atom, _ in term.factors:
            yield from (name for name in atom_indices(atom) if name not in term.bound)


def replace_atoms(poly: Poly, change: Callable[[Atom], Poly | None]) -> Poly:
    """The polynomial with factors (of exponent one or another whole number) replaced.

    `change` gives a polynomial for an atom, or None to keep it; arguments of functions are visited
    first. A replaced factor with a negative exponent must have been given as one factor.
    """
    total = ZERO
    for term in poly.terms:
        total = total + Poly((term._replace(factors=()),)) * _product(term.factors, change)
    return total


def _product(factors: Iterable[Factor], change: Callable[[Atom], Poly | None]) -> Poly:
    product = ONE
    for atom, power in factors:
        inner = atom if atom.arg is None else atom._replace(arg=replace_atoms(atom.arg, change))
        product = product * _replaced(inner, power, change(inner))
    return product


def _replaced(atom: Atom, power: Fraction, new: Poly | None) -> Poly:
    if new is None:
        return Poly((Mono(UNIT, ((atom, power),)),))
    if power.denominator == 1 and power > 0:
        result = ONE
        for _ in range(int(power)):
            result = result * new
        return result
    if power.denominator == 1 and len(new.terms) == 1 and not new.terms[0].bound:
        (only,) = new.terms
        factors = tuple((inner, exponent * power) for inner, exponent in only.factors)
        return Poly((Mono(only.coef ** int(power), factors),))
    return factor(SUM, arg=new, power=power)
