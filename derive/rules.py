"""What a normal form may use of a derivation: its definitions, its facts, and which were used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from derive.deadline import check_time
from derive.diagnostic import refuse
from derive.poly import Atom, Factor, Poly
from derive.shape import Dim


class Definition(NamedTuple):
    """A name for a product: `pattern` (factors with free indices) equals `value`."""

    pattern: tuple[Factor, ...]
    value: Poly


Outline = tuple[str, tuple["Outline", ...]]
"""The names in a factor, without its indices: factors that can match have the same."""


def outline(atom: Atom) -> Outline:
    """The outline of a factor."""
    if atom.arg is None:
        return atom.head, ()
    inner = (outline(item) for term in atom.arg.terms for item, _ in term.factors)
    return atom.head, tuple(sorted(inner))


def by_outline(definitions: Iterable[Definition]) -> dict[Outline, list[Definition]]:
    """Definitions by the outline of the factor that a match starts with."""
    table: dict[Outline, list[Definition]] = {}
    for definition in definitions:
        table.setdefault(outline(definition.pattern[0][0]), []).append(definition)
    return table


@dataclass
class Effort:
    """How many more terms a search for a proof may go through (None: as many as it takes)."""

    left: int | None = None

    def spend(self) -> None:
        """One term less. Raises DeriveError where none was left, TimeUp where no time is."""
        check_time()
        if self.left is None:
            return
        if not self.left:
            raise refuse("D901", "the search for a proof takes too long")
        self.left -= 1


@dataclass
class Rules:
    """What is known of the names in a derivation, and which declared facts were used.

    `simplex`: name -> (axis, its size, text of the fact; empty where it follows from a definition).
    `effort` is an object of its own, and `used` too, so that rules made from these share them.
    """

    simplex: Mapping[str, tuple[int, Dim, str]] = field(default_factory=dict)
    binary: Mapping[str, str] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    definitions: dict[Outline, list[Definition]] = field(default_factory=dict)
    unfold: dict[str, tuple[tuple[str, ...], Poly]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    effort: Effort = field(default_factory=Effort)


NO_RULES = Rules()
"""Knowing nothing: only what holds for all tensors."""
