"""Normal form -> an array of entries, for what has no matrix form: windows, deltas, many axes."""

from __future__ import annotations

from collections.abc import Mapping

from derive.contract import unsupported
from derive.diagnostic import DeriveError
from derive.indexing import closed, filled, fresh_letter, total
from derive.local import free_entry
from derive.matrix import matrix_form
from derive.poly import DELTA, SUM, Atom, Mono, Poly, rename
from derive.shape import ONE, Shape
from derive.slots import Slot, range_of
from derive.term import Term, Var, apply, const


def formula_of(value: Poly, shape: Shape, shapes: Mapping[str, Shape]) -> Term:
    """The matrix formula of a general entry, or else the array of its entries."""
    try:
        return matrix_form(value, shape, lambda name: _known(name, shapes))
    except DeriveError:
        return entries_form(value, shape, shapes)


def _known(name: str, shapes: Mapping[str, Shape]) -> Shape:
    if name == DELTA:
        raise unsupported("a sum over a window")
    return shapes[name]


def with_diagonal(value: Poly, shape: Shape, shapes: Mapping[str, Shape]) -> Term:
    """The matrix formula of a general entry, its terms on the diagonal as `diag(v)`.

    Raises DeriveError where it has no such form.
    """
    slots = free_entry(shape)
    here = {slots, tuple(reversed(slots))}
    on = [t for t in value.terms if any(a.head == DELTA and a.slots in here for a, _ in t.factors)]
    if not on or not all(slots):
        return matrix_form(value, shape, lambda name: _known(name, shapes))
    off = Poly(tuple(term for term in value.terms if term not in on))
    bare = Poly(tuple(_without_delta(term, slots) for term in on))
    row, col = (place[0][0] for place in slots)
    line = rename(bare, {col: ((row, 1),)})
    column = matrix_form(line, (shape[0], ONE), lambda name: _known(name, shapes))
    if not _mentions(line, row):
        column = apply("mul", filled(1, (shape[0], ONE)), column)
    diagonal = apply("diag", column)
    if not off.terms:
        return diagonal
    return apply("add", diagonal, matrix_form(off, shape, lambda name: _known(name, shapes)))


def _mentions(value: Poly, letter: str) -> bool:
    """Whether a letter plainly stands in every term: what is one number for all of it has none."""
    return all(
        any(name == letter for atom, _ in term.factors for slot in atom.slots for name, _ in slot)
        for term in value.terms
    )


def _without_delta(term: Mono, slots: tuple[Slot, ...]) -> Mono:
    """The term without its delta of the row and the column."""
    here = {slots, tuple(reversed(slots))}
    kept = (f for f in term.factors if not (f[0].head == DELTA and f[0].slots in here))
    return Mono(term.coef, tuple(kept), term.bound)


def entries_form(value: Poly, shape: Shape, shapes: Mapping[str, Shape]) -> Term:
    """The array whose general entry is `value`."""
    letters = [(fresh_letter(), dim) for dim in shape]
    slots = zip(free_entry(shape), letters, strict=True)
    names = {place[0][0]: letter for place, (letter, _) in slots if place}
    return closed(_sum(value, names, shapes), letters, shapes)


def _sum(value: Poly, names: Mapping[str, str], shapes: Mapping[str, Shape]) -> Term:
    result: Term = const(0)
    for term in value.terms:
        product = _product(term, names, shapes)
        result = product if result == const(0) else apply("add", result, product)
    return result


def _product(term: Mono, names: Mapping[str, str], shapes: Mapping[str, Shape]) -> Term:
    inner = {**names, **{bound: fresh_letter() for bound in term.bound}}
    result: Term = const(term.coef)
    for atom, power in term.factors:
        base = _atom(atom, inner, shapes)
        raised = base if power == 1 else apply("pow", base, attrs=(str(power),))
        result = raised if result == const(1) else apply("mul", result, raised)
    for bound in reversed(term.bound):
        result = total(result, inner[bound], range_of(bound))
    return result


def _atom(atom: Atom, names: Mapping[str, str], shapes: Mapping[str, Shape]) -> Term:
    if atom.arg is not None:
        inner = _sum(atom.arg, names, shapes)
        return inner if atom.head == SUM else apply(atom.head, inner)
    if not atom.slots:
        return Var(atom.head)
    places = (_place(slot, names) for slot in atom.slots)
    if atom.head == DELTA:
        return apply("delta", *places)
    return apply("entry", Var(atom.head), *places)


def _place(slot: Slot, names: Mapping[str, str]) -> Term:
    """The place that a linear form is, as a sum and difference of letters, sizes and a number."""
    result: Term | None = None
    for symbol, times in sorted(slot, key=lambda pair: pair[1] < 0):
        one: Term = const(abs(times)) if not symbol else Var(names.get(symbol, symbol))
        for _ in range(abs(times) if symbol else 1):
            if result is None:
                result = one if times > 0 else apply("sub", const(0), one)
            else:
                result = apply("add" if times > 0 else "sub", result, one)
    return const(0) if result is None else result
