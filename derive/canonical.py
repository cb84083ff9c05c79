"""Canonical names for bound indices: equal terms become equal objects.

Colour refinement of the incidence of indices and factors, then branching on what is still tied.
A bound index is named by the height of its sum, so that a sum inside a function's argument never
takes a name of the sum around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice, permutations, product
from typing import Any

from derive.deadline import check_time
from derive.poly import UNIT, Atom, Factor, Mono, Poly, rename_atom
from derive.slots import Slot, is_index, range_of, slot

BRANCHES = 720
"""Orders tried for indices that refinement cannot tell apart; beyond it, the first one is taken.

Too few branches can only make equal terms look different, never different ones equal.
"""


def sorted_factors(factors: Iterable[Factor]) -> tuple[Factor, ...]:
    """Factors in canonical order."""
    found = tuple(factors)
    return found if len(found) < 2 else tuple(sorted(found, key=factor_key))


def factor_key(item: Factor) -> tuple[Any, ...]:
    """A key by which factors are sorted."""
    atom, power = item
    return (atom_key(atom), power)


def atom_key(atom: Atom) -> tuple[Any, ...]:
    """A key by which atoms are sorted: head, slots, argument."""
    return (atom.head, atom.slots, () if atom.arg is None else poly_key(atom.arg))


def poly_key(poly: Poly) -> tuple[Any, ...]:
    """A key by which polynomials are sorted."""
    return tuple((mono_key(term), term.coef) for term in poly.terms)


def mono_key(term: Mono) -> tuple[Any, ...]:
    """A key by which terms are sorted: everything but the coefficient."""
    return (term.bound, tuple(factor_key(item) for item in term.factors))


def height(factors: Iterable[Factor]) -> int:
    """How deep sums are nested in the arguments of factors."""
    heights = (_arg_height(atom.arg) for atom, _ in factors if atom.arg is not None)
    return max(heights, default=0)


def _arg_height(arg: Poly) -> int:
    return 1 + max((height(term.factors) for term in arg.terms), default=0)


def canonical(factors: tuple[Factor, ...], bound: tuple[str, ...]) -> Mono:
    """The term (with coefficient 1) under canonical names of its bound indices."""
    if not bound:
        return Mono(UNIT, sorted_factors(factors))
    level = height(factors)
    found = [_named(factors, order, level) for order in _orders(factors, bound)]
    return found[0] if len(found) == 1 else min(found, key=mono_key)


def _named(factors: tuple[Factor, ...], order: tuple[str, ...], level: int) -> Mono:
    check_time()
    names = {old: f"%{level}.{i}|{range_of(old)}" for i, old in enumerate(order)}
    values = {old: slot(new) for old, new in names.items()}
    renamed = ((rename_atom(atom, values), power) for atom, power in factors)
    return Mono(UNIT, sorted_factors(renamed), tuple(names.values()))


def _orders(factors: tuple[Factor, ...], bound: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    if len(bound) == 1:
        return [bound]
    colours = _refine(factors, bound)
    classes: dict[int, list[str]] = {}
    for name in sorted(bound, key=lambda n: colours[n]):
        classes.setdefault(colours[name], []).append(name)
    # `product` keeps all of what it is given: of each class no more than can be taken up
    pools = (islice(permutations(names), BRANCHES) for names in classes.values())
    choices = product(*pools)
    return (tuple(n for names in pick for n in names) for pick in islice(choices, BRANCHES))


def _refine(factors: tuple[Factor, ...], bound: tuple[str, ...]) -> dict[str, int]:
    colours = _ranked({name: (str(range_of(name)),) for name in bound})
    while True:
        check_time()
        signatures = {name: (colours[name], _signature(factors, name, colours)) for name in bound}
        finer = _ranked(signatures)
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer


def _ranked(keys: Mapping[str, Any]) -> dict[str, int]:
    order = {key: rank for rank, key in enumerate(sorted(set(keys.values()), key=repr))}
    return {name: order[key] for name, key in keys.items()}


def _signature(factors: tuple[Factor, ...], name: str, colours: Mapping[str, int]) -> Any:
    seen = ((*_render(atom, name, colours), power) for atom, power in factors)
    return tuple(sorted((item for item in seen if _mentions(item)), key=repr))


def _mentions(item: Any) -> bool:
    return item == "*" or (isinstance(item, tuple) and any(map(_mentions, item)))


def _render(atom: Atom, name: str, colours: Mapping[str, int]) -> tuple[Any, ...]:
    slots = tuple(_render_slot(place, name, colours) for place in atom.slots)
    if atom.arg is None:
        return (atom.head, slots)
    terms = (
        (t.coef, tuple((*_render(a, name, colours), p) for a, p in t.factors))
        for t in atom.arg.terms
    )
    return (atom.head, slots, tuple(sorted(terms, key=repr)))


def _render_slot(place: Slot, name: str, colours: Mapping[str, int]) -> tuple[Any, ...]:
    def mark(symbol: str) -> Any:
        if symbol == name:
            return "*"
        return colours.get(symbol, symbol) if is_index(symbol) else symbol

    return tuple(sorted(((mark(s), c) for s, c in place), key=repr))
