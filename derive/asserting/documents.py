"""A derivation document as a problem: the forward equations that its lines set out, as numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from codegen import blackbox
from codegen.finite import Estimates
from codegen.network import Array
from derive import statement as said
from derive.asserting.asked import by_name
from derive.asserting.calling import Finding
from derive.asserting.containers import leaves
from derive.asserting.place import Loss, Place, alike
from derive.asserting.stacks import StackProblem, open_stack
from derive.asserting.terms import Forward
from derive.case import Case
from derive.deadline import Allowance
from derive.diagnostic import refuse
from derive.documents import document
from derive.formulas import Gradients
from derive.points import choices, constant, draw, plain_sizes, size_names, with_sums
from derive.setting import Setting, setting_of
from derive.shape import Shape
from derive.term import Derivation, Symbol
from derive.truth import Truth, inner_names

FORWARD = (said.Dims, said.Stack, said.Orientation, said.Declare, said.Let, said.Loss)
"""The lines that set out the network; claims, and names for derivatives, are left aside."""

SECONDS = 20.0
"""How long a document is read."""

ATTEMPTS = 32
"""Points drawn, at most, until the loss has a value."""

SMALL = 2
"""Choices of small sizes that are tried: what is equal in one differs in the other."""

LARGEST = 2_000
"""Entries of a document's arrays, at its own sizes, up to which these are tried too."""


def setting_from(text: str) -> Setting:
    """What a document sets out. Raises DeriveError where it has no loss, or a line is wrong."""
    with Allowance(SECONDS).of(0):
        made = setting_of(line for line in document(text) if isinstance(line, FORWARD))
    for found in made.failures.values():
        raise refuse(found.code, found.message, found.text, found.span, help=found.help)
    made.loss = made.loss or _last_number(made)
    if not made.loss:
        raise refuse("D206", "the document has no line `loss L = ...`, and ends in no number")
    return made


def _last_number(made: Setting) -> str:
    """The last equation, where it is a number: then that is the loss."""
    last = made.equations[-1].name if made.equations else ""
    return last if last and not made.shapes[last] else ""


def declared(setting: Setting) -> tuple[str, ...]:
    """The names of the parameters; where there is none, of the inputs."""
    kinds = [s.kind for s in setting.symbols]
    kind = "param" if "param" in kinds else "input"
    return tuple(s.name for s in setting.symbols if s.kind == kind)


@dataclass(frozen=True)
class DocumentProblem:
    """A document; names are as it declares them, shapes are those that NumPy code has."""

    setting: Setting
    own: Mapping[str, Array] | None = None
    tree: Any = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Array] | None = None

    @cached_property
    def truth(self) -> Truth:
        """The derivatives of the loss."""
        return Case(self.setting).truth(self.setting.loss)

    @property
    def derivation(self) -> Derivation:
        """The forward equations, arrays with one axis being columns."""
        return self.truth.derivation

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order; where none is declared, the inputs."""
        return declared(self.setting) if self.own is None else tuple(self.own)

    @property
    def known(self) -> tuple[str, ...]:
        """What the document declares, and the left sides of its equations."""
        symbols, equations = self.setting.symbols, self.setting.equations
        return (*(s.name for s in symbols), *(e.name for e in equations))

    @property
    def against(self) -> str:
        """The loss in words."""
        return "the loss of the document"

    @property
    def given(self) -> tuple[Symbol, ...]:
        """What is declared and no parameter."""
        return tuple(s for s in self.setting.symbols if s.name not in self.names)

    def places(self, seed: int) -> Iterator[Place]:
        """The person's own point; small sizes, all different; the document's own sizes."""
        if self.own is not None and self.data is not None:
            yield self._given(self.own, self.data)
        fixed = bool(self.setting.constants)
        names = size_names(s.shape for s in self.setting.symbols)
        loose = tuple(self.setting.loose_sizes())
        every = tuple(dict.fromkeys((*names, *loose)))
        found = choices(every, self.setting.sizes, fixed)
        for sizes in found[:SMALL]:
            yield self._drawn(sizes, seed, "small sizes")
        stated = self._stated(every)
        if stated is not None and stated not in found[:SMALL]:
            yield self._drawn(stated, seed, "own sizes")

    def _stated(self, names: tuple[str, ...]) -> dict[str, int] | None:
        """The sizes that the document gives, where they are few enough for full passes."""
        own = self.setting.sizes
        if not all(name in own for name in plain_sizes(names)):
            return None
        sizes = with_sums(names, own)
        total = sum(int(np.prod(_numbers(s.shape, sizes))) for s in self.setting.symbols)
        return sizes if total <= LARGEST else None

    def _drawn(self, sizes: Mapping[str, int], seed: int, name: str) -> Place:
        rng = random.Random(seed)
        words = ", ".join(f"{k}={v}" for k, v in sizes.items() if k.isidentifier())
        for _ in range(ATTEMPTS):
            arrays = {s.name: self._array(s, sizes, rng) for s in self.setting.symbols}
            place = self._place(arrays, sizes, f"{name} ({words}, seed {seed})", given=False)
            with np.errstate(all="ignore"):
                if np.isfinite(self.forward(place).loss()({})):
                    return place
        message = f"the loss has no value at {ATTEMPTS} random points"
        raise refuse("D404", message, help="say what is positive, or give params= and data=")

    def _array(self, symbol: Symbol, sizes: Mapping[str, int], rng: random.Random) -> Array:
        if symbol.name in self.setting.constants:
            table = constant(self.setting.constants[symbol.name], symbol.shape)
        else:
            table = draw(symbol, sizes, rng)
        values = np.array([float(v) for v in table.values()])
        return values.reshape(_numbers(symbol.shape, sizes))

    def _place(
        self, arrays: Mapping[str, Array], sizes: Mapping[str, int], name: str, given: bool
    ) -> Place:
        params = {n: arrays[n] for n in self.names}
        data = {s.name: arrays[s.name] for s in self.given}
        return Place(name, params, data, given=given, strict=not given, sizes=sizes)

    def _given(self, own: Mapping[str, Array], data: Mapping[str, Array]) -> Place:
        """The person's own numbers; sizes are those of their arrays."""
        arrays = {**data, **own}
        missing = [s.name for s in self.setting.symbols if s.name not in arrays]
        if missing:
            raise refuse("D404", f"there is no value for {', '.join(missing)}")
        sizes = dict(self.setting.sizes)
        for symbol in self.setting.symbols:
            for dim, size in zip(symbol.shape, arrays[symbol.name].shape, strict=False):
                if len(dim.parts) == 1 and isinstance(dim.parts[0], str):
                    sizes[dim.parts[0]] = size
        sizes = with_sums(size_names(s.shape for s in self.setting.symbols), sizes)
        floats = {n: np.asarray(v, np.float64) for n, v in arrays.items()}
        return self._place(floats, sizes, "given values", given=True)

    @property
    def derived(self) -> Gradients:
        """The gradients of the document's loss."""
        return self.truth.gradients

    def inner(self, name: str) -> str:
        """The name that is calculated with, where it is not the declared one."""
        return inner_names(self.setting.shapes).get(name, name)

    def _core(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Arrays with one axis as columns, by the names that are calculated with."""
        return {self.inner(n): v.reshape(-1, 1) if v.ndim == 1 else v for n, v in values.items()}

    def forward(self, place: Place) -> Forward:
        """The equations at a place."""
        core = self._core({**place.params, **place.data})
        missing = [s for s in self.derivation.symbols if s.name not in core and s.shape]
        for symbol in missing:
            core[symbol.name] = self._array(symbol, place.sizes, random.Random(0))
        return Forward(self.derivation, place.sizes, core)

    def more(self, place: Place) -> Mapping[str, Array]:
        """The values of the equations, in the shapes that the document gives them."""
        found = self.forward(place).values()
        made = {}
        for equation in self.setting.equations:
            shape = _numbers(self.setting.shapes[equation.name], place.sizes)
            value = found[self.inner(equation.name)]
            core = shape if len(shape) != 1 else (*shape, 1)
            made[equation.name] = np.array(np.broadcast_to(value, core)).reshape(shape)
        return made

    def oracles(self, place: Place, wrt: tuple[str, ...]) -> Mapping[str, Estimates]:
        """Full forward passes, in complex and in real numbers."""
        at = self._values(place, wrt)
        loss, takes = self.loss(place, wrt)
        found = blackbox.oracles(loss, at, takes)
        return {
            key: {name: alike(one[name], at[name].shape) for name in wrt}
            for key, one in found.items()
        }

    def _values(self, place: Place, wrt: tuple[str, ...]) -> dict[str, Array]:
        known = {**place.params, **place.data}
        if not set(wrt) <= known.keys():
            known = {**self.more(place), **known}
        return {name: known[name] for name in wrt}

    def loss(self, place: Place, wrt: tuple[str, ...]) -> tuple[Loss, bool]:
        """The loss of the document; whether the complex step sees it is tried out."""
        inner = self.forward(place).loss()

        def of(moved: Mapping[str, Array]) -> complex:
            return inner(self._core(moved))

        return of, blackbox.takes_complex(of, self._values(place, wrt))

    def meaning(self, name: str, index: tuple[int, ...]) -> str:
        """A document says nothing of its entries."""
        return ""

    def findings(self, place: Place) -> tuple[Finding, ...]:
        """The forward equations are the document's."""
        return ()


def _numbers(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of the axes."""
    known = with_sums(size_names([shape]), sizes)
    return tuple(dim.size(known) for dim in shape)


def open_document(
    source: str | Path, params: Any, data: Mapping[str, Any]
) -> DocumentProblem | StackProblem:
    """The problem of a document, given as its text or as the path of a file.

    One whose network is a stack, and nothing more, is that stack.
    """
    setting = setting_from(_text(source))
    network = setting.network
    if network is not None and tuple(setting.equations) == network.derivation.equations:
        return open_stack(network, params, data)
    names = declared(setting)
    given = {name: np.asarray(value, np.float64) for name, value in data.items()}
    if params is None:
        if given:
            raise refuse("D404", "data is given without params: a point needs all of it")
        return DocumentProblem(setting, tree=dict.fromkeys(names, 0.0))
    found = leaves(params)
    aliases = by_name(found, names, "the document")
    own = {name: found[place] for place, name in aliases.items()}
    return DocumentProblem(setting, own, params, aliases, given)


def _text(source: str | Path) -> str:
    """The text of a document; one line that ends in a known suffix is the path of a file."""
    line = isinstance(source, str) and "\n" not in source
    if isinstance(source, Path) or (line and source.endswith((".derive", ".md", ".tex", ".txt"))):
        return Path(source).read_text(encoding="utf-8")
    return str(source)
