"""Sums of products -> SymPy, to be shown or differentiated again."""

from __future__ import annotations

from collections.abc import Mapping
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
        sympy.Integer(0) if dim.is_one else sympy.Symbol(letter, integer=True, nonnegative=True)
        for letter, dim in zip("ijkl", shape_of(term, shapes), strict=False)
    )
    return index_expression(term, shapes, out)


def sympy_form(value: Poly, names: Mapping[str, str]) -> Expr:
    """The sum of products as a SymPy index expression; `i`, `j` are the row and the column.

    `names` says how a hidden name is shown.
    """
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
        inner = sympy_form(atom.arg, names)
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
    """A symbol for people: the index `%0.1|n3` of a sum is shown as k with its place."""
    if not is_index(name):
        return sympy.Symbol(name, integer=True, positive=True)
    label = name[1:].partition("|")[0]
    shown = label if label.isalpha() else "k" + label.replace(".", "_")
    return sympy.Symbol(shown, integer=True, nonnegative=True)
