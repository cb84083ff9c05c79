"""A person's own forward function and loss as a problem: values are all that is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codegen import blackbox
from codegen.finite import Estimates
from codegen.network import Array
from derive.asserting.calling import Arguments, Finding, called, random_state_kept, watched
from derive.asserting.containers import leaves
from derive.asserting.place import Loss, Place
from derive.diagnostic import refuse
from derive.term import Derivation

NEARBY = (0.1, 0.01, 0.001)
"""How far the second point lies from the first, by the size of the parameters: the first of these
at which the loss has a value."""


@dataclass(frozen=True)
class FunctionProblem:
    """A function of parameters and data; `complexes` keeps whether it takes complex numbers."""

    function: Callable[..., Any]
    tree: Any
    own: Mapping[str, Array]
    data: Mapping[str, Array]
    aliases: Mapping[str, str] = field(default_factory=dict)
    complexes: dict[str, bool] = field(default_factory=dict, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order."""
        return tuple(self.own)

    @property
    def known(self) -> tuple[str, ...]:
        """Parameters and data."""
        return (*self.own, *self.data)

    @property
    def against(self) -> str:
        """The loss in words."""
        return "your own loss (whether that is right, no gradient tells)"

    @property
    def derivation(self) -> Derivation | None:
        """Nothing is known."""
        return None

    @property
    def derived(self) -> None:
        """Nothing is known."""
        return None

    def inner(self, name: str) -> str:
        """The same."""
        return name

    def forward(self, place: Place) -> None:
        """Nothing is known."""
        return

    def places(self, seed: int) -> Iterator[Place]:
        """The person's own point, and one near it, where zeros and symmetries are gone."""
        own = {name: value.astype(np.float64) for name, value in self.own.items()}
        data = {name: _real(value) for name, value in self.data.items()}
        yield Place("given params", own, data, given=True)
        rng = np.random.default_rng(seed)
        steps = {name: _step(value, rng) for name, value in own.items()}
        for share in NEARBY:
            moved = {name: value + share * steps[name] for name, value in own.items()}
            place = Place(f"a point near it (seed {seed})", moved, data)
            if self._has_value(place):
                yield place
                return

    def _has_value(self, place: Place) -> bool:
        """Whether the loss is finite at a point that the person did not choose."""
        with random_state_kept():
            return bool(np.isfinite(_value_of(self.function, self._arguments(place).fresh())))

    def more(self, place: Place) -> Mapping[str, Array]:
        """Nothing is known by name."""
        return {}

    def _arguments(self, place: Place) -> Arguments:
        return Arguments(self.tree, place.params, place.data, {})

    def findings(self, place: Place) -> tuple[Finding, ...]:
        """What the loss does beside its value, and values that are none."""
        seen = watched(self.function, self._arguments(place), "the loss")
        found = tuple(one._replace(text=f"the loss: {one.text}") for one in seen.findings)
        value = np.asarray(seen.value)
        if value.size != 1:
            text = f"the loss returns an array {value.shape}, and no number"
            return (*found, Finding("loss", text))
        if not np.isfinite(value).all():
            return (*found, Finding("loss", f"the loss is {value.item()} at these parameters"))
        return found

    def loss(self, place: Place, wrt: tuple[str, ...]) -> tuple[Loss, bool]:
        """The function of some parameters; whether it takes complex numbers is tried out."""

        def of(moved: Mapping[str, Array]) -> complex:
            both = {**place.params, **place.data, **moved}
            own = {name: both[name] for name in place.params}
            data = {name: both[name] for name in place.data}
            return _value_of(self.function, Arguments(self.tree, own, data, {}))

        if place.name not in self.complexes:
            at = {name: {**place.params, **place.data}[name] for name in wrt}
            self.complexes[place.name] = blackbox.takes_complex(of, at)
        return of, self.complexes[place.name]

    def oracles(self, place: Place, wrt: tuple[str, ...]) -> Mapping[str, Estimates]:
        """Full forward passes: in complex numbers, where they are taken, else differences."""
        loss, takes = self.loss(place, wrt)
        known = {**place.params, **place.data}
        for name in wrt:
            if name not in known:
                raise refuse("D101", f"`{name}` is neither a parameter nor data")
        at = {name: known[name] for name in wrt}
        return blackbox.oracles(loss, at, takes)

    def meaning(self, name: str, index: tuple[int, ...]) -> str:
        """Nothing is known of an entry."""
        return ""


def _value_of(function: Callable[..., Any], given: Arguments) -> complex:
    """The loss, which may be an array of one number; NaN where it has no value.

    A stencil may reach where it has none, although it has one at the point itself.
    """
    try:
        with np.errstate(all="ignore"):
            made: complex = np.asarray(called(function, given)).item()
            return made
    except (ValueError, ArithmeticError):
        return math.nan


def _real(value: Any) -> Array:
    """Data as it is, but for its floats: labels stay whole numbers."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _step(value: Array, rng: np.random.Generator) -> Array:
    size = float(np.abs(value).mean()) if value.size else 0.0
    return np.asarray((size or 1.0) * rng.standard_normal(value.shape))


def open_function(
    loss: Callable[..., Any] | None,
    forward: Callable[..., Any] | None,
    params: Any,
    data: Mapping[str, Any],
) -> FunctionProblem:
    """The problem of a loss(params, *data), or of a loss(forward(params, x), y)."""
    if params is None:
        raise refuse("D404", "a loss of your own needs params=: the point at which it is checked")
    if loss is None:
        raise refuse("D404", "forward= needs loss= too: what is differentiated is a number")
    function = loss if forward is None else _composed(forward, loss)
    given = {name: np.asarray(value) for name, value in data.items()}
    return FunctionProblem(function, params, leaves(params), given)


def _composed(forward: Callable[..., Any], loss: Callable[..., Any]) -> Callable[..., Any]:
    """loss(forward(params, x), y); without y, loss(forward(params, x))."""

    def composed(params: Any, *data: Any) -> Any:
        return loss(forward(params, *data[:1]), *data[1:])

    return composed
