"""A stack of layers as a problem: the fast oracles, and points at which no mistake can hide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codegen import blackbox
from codegen.blackbox import COMPLEX, DIFFERENCES
from codegen.entries import meaning
from codegen.finite import Estimates, complex_step, romberg
from codegen.gradient_shapes import shape_words
from codegen.network import Array, Network
from codegen.points import Point, generic_point
from codegen.probe import probe
from codegen.verification import TARGETS, own_samples, samples, shadow_stack, shapes_of
from derive.asserting.asked import by_name
from derive.asserting.calling import Finding
from derive.asserting.containers import leaves
from derive.asserting.place import Loss, Place, alike
from derive.asserting.terms import Forward
from derive.dense import Stack, with_sizes
from derive.diagnostic import refuse
from derive.layers import stack
from derive.term import Derivation

THREADS = 2


@dataclass(frozen=True)
class StackProblem:
    """A stack; `own` are the parameters as a person has them, by the stack's names, if given."""

    stack: Stack
    own: Mapping[str, Array] | None = None
    tree: Any = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    x: Array | None = None
    y: Array | None = None
    networks: dict[tuple[int, ...], Network] = field(default_factory=dict, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order."""
        return self.stack.parameters if self.own is None else tuple(self.own)

    @property
    def known(self) -> tuple[str, ...]:
        """Parameters, x, y, z1, H1, ..., yhat, L."""
        return self.derivation.names()

    @property
    def against(self) -> str:
        """The loss in words."""
        return "the loss of the stack"

    @property
    def derivation(self) -> Derivation:
        """The forward equations."""
        return self.stack.derivation

    @property
    def derived(self) -> None:
        """Not yet: a stack that is right needs no formula."""
        return None

    def inner(self, name: str) -> str:
        """The same."""
        return name

    def network(self, place: Place) -> Network:
        """The forward code at the sizes of a place."""
        return self._probed(tuple(place.sizes[f"n{k}"] for k in range(len(self.stack.sizes))))

    def _probed(self, widths: tuple[int, ...]) -> Network:
        if widths not in self.networks:
            self.networks[widths] = probe(with_sizes(self.stack, widths))
        return self.networks[widths]

    def places(self, seed: int) -> Iterator[Place]:
        """The person's own point, the stack's own sizes, small sizes that all differ."""
        if self.own is not None:
            yield self._given(self.own, seed)
        yield self._generic(self.stack, "own sizes", own_samples(self.stack), seed)
        shadow = shadow_stack(self.stack)
        yield self._generic(shadow, "other sizes", samples(shadow), seed)

    def _generic(self, stack: Stack, name: str, n: int, seed: int) -> Place:
        target = TARGETS[stack.loss.target]
        point = generic_point(
            self._probed(stack.sizes), shapes_of(stack), n, seed, target, name=name
        )
        widths = "-".join(map(str, stack.sizes))
        note = f"{widths}, {n} sample{'s' if n > 1 else ''}, seed {seed}"
        return self._place(stack, point, f"{name} ({note})")

    def _place(self, stack: Stack, point: Point, name: str) -> Place:
        data = {"x": point.x, "y": point.y}
        n = point.x.shape[1 if stack.columns else 0]
        params = {name: self._shaped(name, point.params[name]) for name in self.names}
        sizes = {**stack.numbers, "N": n}
        return Place(name, params, data, strict=True, sizes=sizes)

    def _shaped(self, name: str, value: Array) -> Array:
        """A parameter with as many axes as the person's own: a bias may be `(n,)`."""
        if self.own is None or self.own[name].ndim == value.ndim:
            return value
        return value.reshape([k for k in value.shape if k != 1] or [1])

    def _given(self, own: Mapping[str, Array], seed: int) -> Place:
        """The person's parameters, with their data or, where there are none, with generic ones."""
        made = self._generic(self.stack, "", own_samples(self.stack), seed)
        x = made.data["x"] if self.x is None else np.asarray(self.x, np.float64)
        y = made.data["y"] if self.y is None else np.asarray(self.y, np.float64)
        data = {"x": x, "y": y}
        if (self.x is None) != (self.y is None):
            raise refuse("D404", "x and y are given together, or neither is")
        self._fits(x, y)
        n = x.shape[1 if self.stack.columns else 0]
        words = "given params, x and y" if self.x is not None else "given params, generic x and y"
        params = {name: value.astype(np.float64) for name, value in own.items()}
        sizes = {**self.stack.numbers, "N": n}
        return Place(f"{words} ({n} samples)", params, data, given=True, sizes=sizes)

    def _fits(self, x: Array, y: Array) -> None:
        """Refuses data that is not that of the stack."""
        last, rows = self.stack.sizes[-1], not self.stack.columns
        for name, value, size in (("x", x, self.stack.sizes[0]), ("y", y, last)):
            n = x.shape[0 if rows else 1] if x.ndim == 2 else "N"
            want = f"{n}×{size}" if rows else f"{size}×{n}"
            if value.ndim != 2 or shape_words(value.shape) != want:
                raise refuse("D404", f"{name} is {shape_words(value.shape)}, and must be {want}")

    def _core(self, place: Place) -> dict[str, Array]:
        """The parameters in the shapes of the stack."""
        symbols = (one for one in self.derivation.symbols if one.kind == "param")
        shapes = {s.name: tuple(d.size(place.sizes) for d in s.shape) for s in symbols}
        return {name: place.params[name].reshape(shape) for name, shape in shapes.items()}

    def forward(self, place: Place) -> Forward:
        """The equations at a place."""
        return Forward(self.derivation, place.sizes, {**self._core(place), **place.data})

    def more(self, place: Place) -> Mapping[str, Array]:
        """z1, H1, ..., yhat."""
        found = self.forward(place).values()
        return {e.name: found[e.name] for e in self.derivation.equations}

    def oracles(self, place: Place, wrt: tuple[str, ...]) -> Mapping[str, Estimates]:
        """The fast oracles for parameters, full forward passes for other names."""
        own = tuple(name for name in wrt if name in self.names)
        network, at = self.network(place), (self._core(place), place.data["x"], place.data["y"])
        fast = {
            COMPLEX: complex_step(network, *at, threads=THREADS),
            DIFFERENCES: romberg(network, *at, own, threads=THREADS),
        }
        found = {key: {name: one[name] for name in own} for key, one in fast.items()}
        loss = self.forward(place).loss()
        for name in (name for name in wrt if name not in own):
            alone = {name: self._value(place, name)}
            found[COMPLEX] |= blackbox.complex_steps(loss, alone)
            found[DIFFERENCES] |= blackbox.differences(loss, alone)
        shapes = {name: self._value(place, name).shape for name in wrt}
        return {
            key: {name: alike(one[name], shapes[name]) for name in wrt}
            for key, one in found.items()
        }

    def _value(self, place: Place, name: str) -> Array:
        for table in (place.params, place.data):
            if name in table:
                return table[name]
        return self.more(place)[name]

    def loss(self, place: Place, wrt: tuple[str, ...]) -> tuple[Loss, bool]:
        """The loss by the fast forward code, or by the equations."""
        if set(wrt) <= set(self.names):
            core, network = self._core(place), self.network(place)

            def of(moved: Mapping[str, Array]) -> complex:
                own = {n: moved[n].reshape(v.shape) if n in moved else v for n, v in core.items()}
                found: complex = network.loss(own, place.data["x"], place.data["y"])
                return found

            return of, True
        return self.forward(place).loss(), True

    def meaning(self, name: str, index: tuple[int, ...]) -> str:
        """`x_391 -> h1_50`"""
        network = self._probed(self.stack.sizes)
        return meaning(network, name, index) if name in self.names else ""

    def findings(self, place: Place) -> tuple[Finding, ...]:
        """The forward code is ours."""
        return ()


def open_stack(source: Stack | str, params: Any, data: Mapping[str, Any]) -> StackProblem:
    """The problem of a stack, with a person's own parameters and data where they are given."""
    made = stack(source) if isinstance(source, str) else source
    unknown = sorted(set(data) - {"x", "y"})
    if unknown:
        raise refuse("D404", f"a stack has the data x and y, and no {', '.join(unknown)}")
    x, y = (data.get(name) for name in ("x", "y"))
    names = made.parameters
    if params is None:
        if x is not None or y is not None:
            raise refuse("D404", "x and y are given without params: a point needs all of them")
        return StackProblem(made, tree=dict.fromkeys(names, 0.0))
    found = leaves(params)
    aliases = by_name(found, names, "the stack")
    own = {name: found[place] for place, name in aliases.items()}
    for name, shape in shapes_of(made).items():
        if math.prod(own[name].shape) != math.prod(shape) or not own[name].size:
            have, want = shape_words(own[name].shape), shape_words(shape)
            raise refuse("D404", f"{name} is {have} in params, and {want} in the stack")
    return StackProblem(made, own, params, aliases, x, y)
