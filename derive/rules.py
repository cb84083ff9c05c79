"""What a normal form may use of a derivation: its definitions, its facts, and which were used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.poly import Factor, Poly
from derive.shape import Dim


@dataclass(frozen=True, slots=True)
class Definition:
    """A name for a product: `pattern` (factors with free indices) equals `value`."""

    pattern: tuple[Factor, ...]
    value: Poly


@dataclass
class Rules:
    """What is known of the names in a derivation, and which declared facts were used.

    `simplex`: name -> (axis, its size, text of the fact; empty where it follows from a definition).
    """

    simplex: Mapping[str, tuple[int, Dim, str]] = field(default_factory=dict)
    binary: Mapping[str, str] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    definitions: tuple[Definition, ...] = ()
    unfold: Mapping[str, tuple[tuple[str, ...], Poly]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


NO_RULES = Rules()
"""Knowing nothing: only what holds for all tensors."""
