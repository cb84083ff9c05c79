"""What is judged against what: places where gradients are compared, problems that have some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from codegen.finite import Estimate, Estimates
from codegen.network import Array
from derive.term import Derivation

Loss = Callable[[Mapping[str, Array]], complex]


@dataclass(frozen=True)
class Place:
    """A point: parameters and data in the shapes that the person's function sees.

    `given`: the person chose it. `strict`: it was chosen so that every entry can be seen. `sizes`
    are those of a derivation.
    """

    name: str
    params: Mapping[str, Array]
    data: Mapping[str, Array]
    given: bool = False
    strict: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)


def alike(one: Estimate, shape: tuple[int, ...]) -> Estimate:
    """An estimate for the entries of an array with other axes of length 1."""
    return Estimate(*(part.reshape(shape) for part in one))


class Problem(Protocol):
    """A loss, and what is known of it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order."""

    @property
    def known(self) -> tuple[str, ...]:
        """Every name that there may be a derivative by."""

    @property
    def tree(self) -> Any:
        """A container in which the parameters are handed to a function."""

    @property
    def aliases(self) -> Mapping[str, str]:
        """The name of each place of a person's own container, where it has names of its own."""

    @property
    def against(self) -> str:
        """The loss, in words."""

    @property
    def derivation(self) -> Derivation | None:
        """The forward equations, where they are known."""

    @property
    def derived(self) -> Any:
        """The true gradients in formulas, where they are derived already."""

    def inner(self, name: str) -> str:
        """The name that formulas have for a name."""

    def forward(self, place: Place) -> Any:
        """The forward equations at a place, where they are known."""

    def places(self, seed: int) -> Iterator[Place]:
        """The points, the most telling first; a given one goes before all."""

    def more(self, place: Place) -> Mapping[str, Array]:
        """Forward values that a function may ask for by name."""

    def oracles(self, place: Place, wrt: tuple[str, ...]) -> Mapping[str, Estimates]:
        """The derivatives by some names, by each oracle."""

    def loss(self, place: Place, wrt: tuple[str, ...]) -> tuple[Loss, bool]:
        """The loss as a function of some names, and whether it takes complex numbers."""

    def meaning(self, name: str, index: tuple[int, ...]) -> str:
        """An entry in words, or nothing."""

    def findings(self, place: Place) -> tuple[Any, ...]:
        """What is wrong with the loss itself."""
