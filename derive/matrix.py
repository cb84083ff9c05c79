"""Normal form -> matrix formula, factored the way a person writes it.

Each term falls apart into connected products (see `derive.contract`) and plain factors; what all
terms share stands in front: `dH2 ∘ H2 - dH2 ∘ H2^2` is written `dH2 ∘ H2 ∘ (1 - H2)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from derive.canonical import canonical
from derive.contract import Piece, aligned, contract, entry, unsupported
from derive.functions import is_function
from derive.poly import SUM, Atom, Mono, Poly, atom_indices
from derive.shape import Shape
from derive.slots import index
from derive.term import Const, Term, apply, const, size

AXES = "ij"

Key = Atom | Mono
"""What is counted as one factor: an atom without bound indices, or a connected product."""


class Product(NamedTuple):
    """A coefficient and factors with exponents."""

    coef: Fraction
    powers: Mapping[Key, Fraction]


def matrix_form(value: Poly, shape: Shape, shapes: Callable[[str], Shape]) -> Term:
    """The matrix formula whose general entry is `value`.

    Raises DeriveError where the entry has no matrix form.
    """
    if len(shape) > len(AXES):
        raise unsupported("an array of more than two axes")
    names = [None if dim.is_one else index(AXES[a], dim) for a, dim in enumerate(shape)]
    row, col = [*names, None, None][:2]
    return Raiser(shapes, row, col).poly(value)


class Raiser:
    """Raises sums of products over two free indices, the rows and the columns."""

    def __init__(self, shapes: Callable[[str], Shape], row: str | None, col: str | None) -> None:
        self.shapes, self.row, self.col = shapes, row, col
        self.pieces: dict[Key, Piece] = {}

    def poly(self, value: Poly) -> Term:
        """The formula of a sum."""
        return self._sum([self._split(term) for term in value.terms])

    def _split(self, term: Mono) -> Product:
        """A term as a product of plain factors and connected products over bound indices."""
        powers: dict[Key, Fraction] = {}
        groups: list[tuple[set[str], list[tuple[Atom, Fraction]]]] = []
        for atom, power in term.factors:
            names = set(atom_indices(atom)) & set(term.bound)
            if not names:
                powers[atom] = power
                self.pieces.setdefault(atom, self._atom(atom, self.row, self.col))
                continue
            joined = [group for group in groups if group[0] & names]
            groups = [group for group in groups if not group[0] & names]
            items = [item for group in joined for item in group[1]]
            groups.append((names.union(*(g[0] for g in joined)), [*items, (atom, power)]))
        for names, items in groups:
            whole = canonical(tuple(items), tuple(sorted(names)))
            powers[whole] = powers.get(whole, Fraction(0)) + 1
            self.pieces.setdefault(whole, self._connected(whole))
        return Product(term.coef, powers)

    def _connected(self, whole: Mono) -> Piece:
        made = []
        for atom, power in whole.factors:
            piece = self._atom(atom, self.row, self.col)
            made.append(Piece(powered(piece.term, power), piece.row, piece.col))
        return contract(made, whole.bound, self.row or "", self.col or "")

    def _atom(self, atom: Atom, row: str | None, col: str | None) -> Piece:
        """A factor without its exponent."""
        if atom.arg is None:
            return entry(atom, self.shapes)
        free = list(dict.fromkeys(atom_indices(atom)))
        rows, cols = self._sides(free, row, col)
        inner = Raiser(self.shapes, rows, cols).poly(atom.arg)
        term = inner if atom.head == SUM else apply(atom.head, inner)
        if atom.head != SUM and not is_function(atom.head):
            raise unsupported(f"the function {atom.head}")
        return Piece(term, rows, cols)

    def _sides(
        self, free: Sequence[str], row: str | None, col: str | None
    ) -> tuple[str | None, str | None]:
        """Which of the free indices of a function's argument are its rows and its columns."""
        if len(free) > 2:
            raise unsupported("a function of more than two indices")
        rows = row if row in free else None
        cols = col if col in free else None
        for name in free:
            if name in (rows, cols):
                continue
            if rows is None:
                rows = name
            else:
                cols = name
        return rows, cols

    def _sum(self, products: list[Product]) -> Term:
        if not products:
            return const(0)
        common = _common(products)
        rest = [_divided(product, common) for product in products]
        return self._product(common, rest)

    def _terms(self, products: Sequence[Product]) -> Term:
        """A sum of products that share nothing, positive ones first, grouped by a shared factor."""
        groups = _grouped(products)
        parts = sorted((self._signed(group) for group in groups), key=lambda p: (p[0], size(p[1])))
        negative, total = parts[0]
        total = apply("neg", total) if negative else total
        for negative, term in parts[1:]:
            total = apply("sub" if negative else "add", total, term)
        return total

    def _signed(self, group: list[Product]) -> tuple[bool, Term]:
        negative = all(product.coef < 0 for product in group)
        flipped = [Product(-p.coef, p.powers) if negative else p for p in group]
        return negative, self._sum(flipped)

    def _product(self, common: Product, rest: Sequence[Product]) -> Term:
        """Coefficient, numerator factors, the sum that is left, over the denominator factors."""
        above = [(k, p) for k, p in common.powers.items() if p > 0]
        below = [(k, -p) for k, p in common.powers.items() if p < 0]
        terms = [
            (self.pieces[key].indices(), self._factor(key, power))
            for key, power in sorted(above, key=self._order)
        ]
        if len(rest) > 1:
            terms.append((self._indices(rest), self._terms(rest)))
        result = self._joined(terms)
        coef = abs(common.coef)
        if result is None:
            result = Const(coef)
        elif coef != 1:
            result = apply("mul", Const(coef), result)
        for key, power in sorted(below, key=self._order):
            result = apply("div", result, self._factor(key, power))
        return apply("neg", result) if common.coef < 0 else result

    def _indices(self, products: Sequence[Product]) -> frozenset[str]:
        keys = (key for product in products for key in product.powers)
        return frozenset(name for key in keys for name in self.pieces[key].indices())

    def _joined(self, terms: Sequence[tuple[frozenset[str], Term]]) -> Term | None:
        """The product of factors; a column times a row is a matrix product (the outer one)."""
        rows = [term for names, term in terms if self.row and names == {self.row}]
        cols = [term for names, term in terms if self.col and names == {self.col}]
        full = any(len(names) == 2 for names, _ in terms)
        if full or not rows or not cols:
            return _chain([term for _, term in terms])
        return _chain([*(term for names, term in terms if not names), _outer(rows, cols)])

    def _factor(self, key: Key, power: Fraction) -> Term:
        return powered(aligned(self.pieces[key], self.row, self.col).term, power)

    def _order(self, item: tuple[Key, Fraction]) -> tuple[object, ...]:
        """Adjoints and matrix products first, sizes last, functions after plain names."""
        key = item[0]
        if isinstance(key, Atom):
            plain = key.arg is None
            adjoint = plain and key.head.startswith("d") and bool(key.slots)
            return (not adjoint, not plain, bool(not key.slots and plain), key.head)
        return (False, False, False, key.factors[0][0].head)


def powered(term: Term, power: Fraction) -> Term:
    """The term to a power, entry by entry."""
    return term if power == 1 else apply("pow", term, attrs=(str(power),))


def _chain(terms: Sequence[Term]) -> Term | None:
    result: Term | None = None
    for term in terms:
        result = term if result is None else apply("mul", result, term)
    return result


def _outer(rows: Sequence[Term], cols: Sequence[Term]) -> Term:
    """A column, given by its factors, times a row."""
    left, right = _chain(rows), _chain(cols)
    assert left is not None
    assert right is not None
    return apply("matmul", left, right)


def _common(products: list[Product]) -> Product:
    """The factors that every product has, with the sign if all have one."""
    powers: dict[Key, Fraction] = {}
    for key, first in products[0].powers.items():
        all_powers = [product.powers.get(key, Fraction(0)) for product in products]
        if first > 0 and min(all_powers) > 0:
            powers[key] = min(all_powers)
        elif first < 0 and max(all_powers) < 0:
            powers[key] = max(all_powers)
    coefs = [product.coef for product in products]
    scale = coefs[0] if len(set(map(abs, coefs))) == 1 else Fraction(1)
    negative = all(coef < 0 for coef in coefs)
    return Product(-abs(scale) if negative else abs(scale), powers)


def _divided(product: Product, common: Product) -> Product:
    powers = dict(product.powers)
    for key, power in common.powers.items():
        powers[key] -= power
    left = {key: power for key, power in powers.items() if power}
    return Product(product.coef / common.coef, left)


def _grouped(products: Sequence[Product]) -> list[list[Product]]:
    """Products that share a factor stand together; the commonest factor first."""
    counts: dict[Key, int] = {}
    for product in products:
        for key, power in product.powers.items():
            counts[key] = counts.get(key, 0) + (power > 0)
    best = max(counts, key=lambda k: counts[k], default=None)
    if best is None or counts[best] < 2 or counts[best] == len(products):
        return [[product] for product in products]
    mine = [p for p in products if p.powers.get(best, 0) > 0]
    others = [p for p in products if p.powers.get(best, 0) <= 0]
    return [mine, *_grouped(others)]
