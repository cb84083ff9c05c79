"""A step of the backward pass, what stands around it, and a wrong one in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from derive.term import Derivation, Term, variables

UNKNOWN = "t"
"""The name of a number that is fitted to what was found: a learning rate, a factor."""


class Mutation(NamedTuple):
    """A wrong step: the page on its kind, what is wrong in words, and the formula."""

    code: str
    text: str
    term: Term

    @property
    def fitted(self) -> bool:
        """Whether it has an unknown number in it."""
        return UNKNOWN in variables(self.term)


@dataclass(frozen=True)
class Step:
    """A step of the backward pass, and what stands around it.

    `axes` has the number of axes of every name that has a value; `sizes` are names of sizes.
    `weights` are the parameters with the names of their gradients, `divided` the sizes that stand
    in the loss.
    """

    name: str
    term: Term
    derivation: Derivation
    axes: Mapping[str, int]
    sizes: tuple[str, ...]
    weights: Mapping[str, str]
    divided: frozenset[str]

    @property
    def of(self) -> str:
        """What the loss is differentiated by in this step."""
        return self.name[1:]


Row = Callable[[Step], Iterator[Mutation]]
