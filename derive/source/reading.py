"""The reading of a function under which most of it is right, and what it rests on."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from derive.checker import OPEN, SECONDS
from derive.deadline import Allowance
from derive.dense import Stack
from derive.setting import Setting
from derive.source.code import Code
from derive.source.judging import Function
from derive.source.listing import Listing
from derive.source.network import Variant, options, variants
from derive.source.scene import Scene
from derive.source.words import Naming, naming, of_gradient, role

AUGMENTED = ("hstack", "column_stack", "c_", "concatenate", "insert", "append", "ones")
"""Words of code that puts a column of ones before its arrays."""


@dataclass(frozen=True)
class Best:
    """A function under its best reading, what is told of that reading, and which it is."""

    function: Function
    notes: tuple[str, ...] = ()
    way: tuple[Variant, Naming] | None = None


@dataclass
class Readings:
    """The readings of one function, for a stack or for what a document sets out."""

    listing: Listing
    code: Code
    limit: float = SECONDS
    allowance: Allowance = field(init=False)

    def __post_init__(self) -> None:
        self.allowance = Allowance(self.limit)

    def of_setting(self, setting: Setting) -> Best:
        """The reading in the names of a document."""
        made = Function(Scene(self.listing, self.code, setting, None, {}), self.allowance)
        made.weigh()
        made.judge()
        made.trace_wrong()
        return Best(made)

    def of_way(self, way: tuple[Variant, Naming]) -> Best:
        """The reading that is told, its gradients judged."""
        made = self.made(*way)
        made.weigh()
        made.judge()
        return Best(made, (), way)

    def of_stack(self, given: Stack) -> Best:
        """The best reading for a network: first how arrays lie, then how samples are reduced."""
        words = self.code.words
        variant, named = self.lying(given, words)
        found = [self.made(replace(variant, option=one), named) for one in self.reductions(variant)]
        best = found[0]
        most = (-1, -1, -1)
        for one in found:
            one.weigh()
            right = one.judge()
            if right > most:
                best, most = one, right
            if right[0] == len(one.finals):
                break
        best.trace_wrong()
        option = best.scene.setting.option
        notes = [*variant.notes(given), *(text for name, text in OPEN if name == option)]
        return Best(best, tuple(notes), (replace(variant, option=option), named))

    def reductions(self, variant: Variant) -> tuple[str | None, ...]:
        """What the reduction may be where it was not stated."""
        if variant.option is not None:
            return (variant.option,)
        return tuple(one for one in options(variant.stack) if one != "single")

    def lying(self, given: Stack, words: set[str]) -> tuple[Variant, Naming]:
        """How the arrays lie: the way in which most has a shape and is known."""
        best: tuple[tuple[int, int], Variant, Naming] | None = None
        end = time.monotonic() + self.limit
        for variant, named in self.ways(given, words):
            if best is not None and time.monotonic() > end:
                break
            made = self.made(variant, named)
            made.meanings.proving = False
            weight = made.weigh(None if best is None else best[0][0])
            if best is None or weight > best[0]:
                best = weight, variant, named
            if not weight[0] and (made.is_whole or made.has_forward):
                break
        assert best is not None
        return best[1:]

    def ways(self, given: Stack, words: set[str]) -> Iterator[tuple[Variant, Naming]]:
        """The ways in which arrays may lie, and words be meant, the likeliest first."""
        said = {*words, *(base for word in words for base in of_gradient(word))}
        biases = any(found.kind == "bias" for word in said if (found := role(word)))
        augmented = bool(words & {*AUGMENTED})
        single = "single" in options(given) and not self.is_batched()
        for option in (None, "single") if single else (None,):
            for swapped in (False, True):
                named = naming(words, given.depth, biases, swapped)
                for one in variants(given, biases=biases, augmented=augmented):
                    yield replace(one, option=option, swapped=swapped), named

    def is_batched(self) -> bool:
        """Whether the code itself speaks of several samples: counts them, or goes along an axis."""
        for node in (part for one in self.code.statements for part in ast.walk(one)):
            match node:
                case ast.keyword("axis") | ast.Subscript(ast.Attribute(attr="shape")):
                    return True
                case ast.Call(ast.Name("len"), [ast.Name(word)]):
                    found = role(word)
                    if found is not None and found.kind in ("input", "target"):
                        return True
        return False

    def made(self, variant: Variant, named: Naming) -> Function:
        """The function under one reading."""
        scene = Scene(self.listing, self.code, variant.setting(), named, {})
        return Function(scene, self.allowance)
