"""Sums of products -> SymPy, to be shown or differentiated again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import sympy

from derive.functions import FUNCTIONS, PRIME
from derive.infer import shape_of
from derive.meaning import PRIMITIVES, index_expression, rational, size
from derive.poly import DELTA, SUM, Atom, Mono, Poly
from derive.shape import Shape
from derive.slots import Slot, is_index, range_of
from derive.term import Term

Expr = Any


def forward_form(term: Term, shapes: Mapping[str, Shape]) -> Expr:
    """The entry `i, j` of a forward formula, by the meanings of its ops."""
    out = tuple(
        sympy.Integer(0) if dim.is_one else _index(letter)
        for letter, dim in zip("ijkl", shape_of(term, shapes), strict=False)
    )
    return _readable(index_expression(term, shapes, out))


def sympy_form(value: Poly, names: Mapping[str, str]) -> Expr:
    """The sum of products as a SymPy index expression; `i`, `j` are the row and the column.

    `names` says how a hidden name is shown.
    """
    return _readable(_sum(value, names))


def _readable(expression: Expr) -> Expr:
    """The expression with the indices of its sums called k1, k2, ..., the outer ones first."""
    symbols = expression.atoms(sympy.Symbol)
    taken = {symbol.name for symbol in symbols}
    letters = (name for n in count(1) if (name := f"k{n}") not in taken)
    indices = sorted((s for s in symbols if is_index(s.name)), key=lambda s: _depth(s.name))
    return expression.xreplace({s: _index(name) for s, name in zip(indices, letters, strict=False)})


def _depth(name: str) -> tuple[int, int, str]:
    """Where an index comes: `%1.0|N` is outside of `%0.0|n2`, and `%7|N` is older than `%8|n2`."""
    level, _, place = name[1:].partition("|")[0].rpartition(".")
    return (-int(level or 0), int(place), name)


def _index(name: str) -> Expr:
    return sympy.Symbol(name, integer=True, nonnegative=True)


def _sum(value: Poly, names: Mapping[str, str]) -> Expr:
    return sympy.Add(*(_term(term, names) for term in value.terms))


def _term(term: Mono, names: Mapping[str, str]) -> Expr:
    factors = [_factor(atom, names) ** rational(power) for atom, power in term.factors]
    inner = sympy.Mul(rational(term.coef), *factors)
    limits = [(_symbol(name), 0, size(range_of(name)) - 1) for name in term.bound]
    return sympy.Sum(inner, *limits) if limits else inner


def _factor(atom: Atom, names: Mapping[str, str]) -> Expr:
    if atom.head == DELTA:
        return sympy.KroneckerDelta(*(_slot(place) for place in atom.slots))
    if atom.arg is not None:
        inner = _sum(atom.arg, names)
        return inner if atom.head == SUM else _function(atom.head, inner)
    if atom.slots:
        base = sympy.IndexedBase(names.get(atom.head, atom.head))
        return base[tuple(_slot(place) for place in atom.slots)]
    return sympy.pi if atom.head == "π" else sympy.Symbol(atom.head, positive=True)


def _function(name: str, arg: Expr) -> Expr:
    if name in FUNCTIONS and FUNCTIONS[name].definition is None:
        return PRIMITIVES[name](arg)
    shown = name.replace(PRIME, "_prime")
    return sympy.Function(shown)(arg)


def _slot(place: Slot) -> Expr:
    terms = (c * (_symbol(s) if s else sympy.Integer(1)) for s, c in place)
    return sympy.Add(*terms)


def _symbol(name: str) -> Expr:
    if not is_index(name):
        return sympy.Symbol(name, integer=True, positive=True)
    label = name[1:].partition("|")[0]
    return _index(label if label.isalpha() else name)
