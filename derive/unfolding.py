"""Formulas that are made of named steps: the steps that one needs, and it with them written out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeVar

from derive.diagnostic import refuse
from derive.term import Term, Var, substitute, variables, walk

V = TypeVar("V")

FLAT = 4_000
"""Nodes up to which steps are put into each other."""


class OnDemand(Mapping[str, V]):
    """Values by name, each made when it is first asked for; the names are those of a collection.

    >>> lengths = OnDemand(["ab", "c"], len)
    >>> lengths["ab"], lengths.made
    (2, {'ab': 2})
    """

    def __init__(self, names: Collection[str], make: Callable[[str], V]) -> None:
        self.names, self.make = names, make
        self.made: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        if name not in self.made:
            if name not in self.names:
                raise KeyError(name)
            self.made[name] = self.make(name)
        return self.made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.made or name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Both(Collection[str]):
    """The names of two collections, which have none in common, one after the other."""

    def __init__(self, one: Collection[str], other: Collection[str]) -> None:
        self.one, self.other = one, other

    def __contains__(self, name: object) -> bool:
        return name in self.other or name in self.one

    def __iter__(self) -> Iterator[str]:
        return chain(self.one, self.other)

    def __len__(self) -> int:
        return len(self.one) + len(self.other)


def needed(
    names: Iterable[str], steps: Mapping[str, Term], known: Collection[str] = ()
) -> tuple[str, ...]:
    """The steps among names, and those that they are made of, each after those in it.

    What is `known` is left out, and what is in it is not looked for.
    """
    found: dict[str, None] = {}
    todo = [(name, False) for name in names]
    while todo:
        name, ready = todo.pop()
        if ready:
            found[name] = None
        elif name not in found and name not in known and name in steps:
            todo.append((name, True))
            todo += [(inner, False) for inner in variables(steps[name])]
    return tuple(found)


def unfolded(term: Term, steps: Mapping[str, Term]) -> Term:
    """The term without names of `steps`. Raises DeriveError beyond `FLAT`.

    >>> from derive.term import apply
    >>> unfolded(Var("b"), {"a": Var("x"), "b": apply("neg", Var("a"))})
    Apply(op='neg', args=(Var(name='x', span=None),), attrs=(), span=None)
    """
    flat: dict[str, Term] = {}
    sizes: dict[str, int] = {}
    for name in needed(variables(term), steps):
        sizes[name] = _size_with(steps[name], sizes)
        flat[name] = substitute(steps[name], flat)
    _size_with(term, sizes)
    return substitute(term, flat)


def _size_with(term: Term, sizes: Mapping[str, int]) -> int:
    """The nodes of a term with names written out. Raises DeriveError beyond `FLAT`."""
    total = sum(sizes.get(n.name, 1) if isinstance(n, Var) else 1 for n in walk(term))
    if total > FLAT:
        raise refuse("D901", "the formula is too long with its adjoints put in")
    return total
