"""A stack of layers as code may have it: samples along either axis, biases with one axis or two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.dense import Stack
from derive.elaborate import Elaborator
from derive.setting import Setting
from derive.tensors import solid
from derive.term import Equation


@dataclass(frozen=True)
class Variant:
    """One way in which code may hold a network.

    `flat`: biases have one axis. `option`: what a stack that leaves its reduction open is taken
    for. `swapped`: z is behind the activation function and a before it.
    """

    stack: Stack
    flat: bool = False
    option: str | None = None
    swapped: bool = False

    @property
    def biases(self) -> bool:
        """Whether biases are apart from weights."""
        return self.stack.bias == "separate"

    def setting(self) -> Setting:
        """The names, shapes and equations."""
        made = Setting(option=self.option)
        made.stacked(self.stack)
        return _flattened(made) if self.flat and self.biases else made

    def notes(self, given: Stack) -> Iterator[str]:
        """How this differs from the network as it was described."""
        if self.stack.layout != given.layout:
            yield f"samples are {self.stack.layout}s in this code"
        if self.stack.bias != given.bias:
            yield {"separate": "biases are apart", "none": "there are no biases"}.get(
                self.stack.bias, "biases are inside the weights"
            )


def _flattened(made: Setting) -> Setting:
    """The setting whose biases have one axis, laid along the rows by broadcasting."""
    biases = {s.name for s in made.symbols if s.kind == "param" and s.name.startswith("b")}
    for name in biases:
        made.shapes[name] = tuple(d for d in made.shapes[name] if not d.is_one) or made.shapes[name]
    made.symbols = [replace(s, shape=made.shapes[s.name]) for s in made.symbols]
    elaborator = Elaborator(made.shapes)
    made.equations = [Equation(e.name, solid(elaborator.value(e.term))) for e in made.equations]
    return made


def variants(given: Stack, *, biases: bool, augmented: bool) -> Iterator[Variant]:
    """The ways in which code may hold a network, the likeliest first.

    `biases`: the code has names for biases; `augmented`: it puts a one before its arrays.
    """
    likely = "separate" if biases else "augmented" if augmented else "none"
    kinds = sorted(("separate", "augmented", "none"), key=lambda kind: kind != likely)
    layouts = (given.layout, "column" if given.layout == "row" else "row")
    for bias in kinds if not biases else kinds[:1]:
        for layout in layouts:
            stack = replace(given, layout=layout, bias=bias)
            flats = (True, False) if bias == "separate" and layout == "row" else (False,)
            yield from (Variant(stack, flat) for flat in flats)


def options(stack: Stack) -> tuple[str | None, ...]:
    """What a reduction that was not stated may be."""
    return (None,) if stack.stated or stack.single else (None, "sum", "single")
