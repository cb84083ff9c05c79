"""A formula with the names of steps in it written out, each by those before it."""

from __future__ import annotations

from collections.abc import Mapping

from derive.diagnostic import refuse
from derive.term import Term, Var, substitute, variables, walk

FLAT = 4_000
"""Nodes up to which steps are put into each other."""


def unfolded(term: Term, steps: Mapping[str, Term]) -> Term:
    """The term without names of `steps`, which stand in order. Raises DeriveError beyond `FLAT`.

    >>> from derive.term import apply
    >>> unfolded(Var("b"), {"a": Var("x"), "b": apply("neg", Var("a"))})
    Apply(op='neg', args=(Var(name='x', span=None),), attrs=(), span=None)
    """
    flat: dict[str, Term] = {}
    sizes: dict[str, int] = {}
    for name in _needed(term, steps):
        sizes[name] = _size_with(steps[name], sizes)
        flat[name] = substitute(steps[name], flat)
    _size_with(term, sizes)
    return substitute(term, flat)


def _needed(term: Term, steps: Mapping[str, Term]) -> list[str]:
    """The steps that a term speaks of, itself or by others: each after those in it."""
    needed: set[str] = set()
    todo = list(steps.keys() & set(variables(term)))
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo.extend(steps.keys() & set(variables(steps[name])))
    return [name for name in steps if name in needed]


def _size_with(term: Term, sizes: Mapping[str, int]) -> int:
    """The nodes of a term with names written out. Raises DeriveError beyond `FLAT`."""
    total = sum(sizes.get(n.name, 1) if isinstance(n, Var) else 1 for n in walk(term))
    if total > FLAT:
        raise refuse("D901", "the formula is too long with its adjoints put in")
    return total
