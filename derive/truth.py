"""The true derivative of one name by another, arranged as a claim is.

Of a tensor y, the Jacobian is had from the gradient of v·y, v being new: its entry i, j is the
entry j of that gradient where v is 1 at i and 0 elsewhere. So one sweep serves every arrangement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from derive.diagnostic import refuse
from derive.formulas import Gradients, spread_gradients
from derive.gradient import adjoint_name
from derive.indexing import closed, filled, fresh_letter
from derive.proof import Prover
from derive.shape import ONE, Dim, Shape, shape_text
from derive.tensors import column_shape, same_shape
from derive.term import Apply, Derivation, Equation, Symbol, Term, Var, apply, const, substitute

SEED, PROBE = "seed·", "probe·"
INNER = "ˆ"
"""Ends the inner name of a declared one that would clash with the name of a derivative: `dz2`."""


ACTING = ("entrywise", "after", "before")
"""A derivative of a tensor as the factor by which it acts in the chain rule: dL/dx = dL/dy ∘ F,
dL/dy F, or F dL/dy, for every dL/dy. So `dz/dH = W^T` has a meaning without a four-way tensor."""


@dataclass(frozen=True)
class Target:
    """Which derivative: of what, by what, and how it is arranged."""

    of: str
    wrt: str
    layout: str = "gradient"


def inner_names(names: Mapping[str, Shape]) -> dict[str, str]:
    """Declared names -> the names that are calculated with, which no derivative has."""
    return {n: n + INNER if n[:1] == "d" and n[1:] in names else n for n in names}


class Truth:
    """The derivatives of one name over a derivation; names are those that are calculated with."""

    def __init__(self, derivation: Derivation, shapes: Mapping[str, Shape], of: str) -> None:
        self.shapes, self.of = shapes, of
        self.seeded = bool(shapes[of])
        self.gradients: Gradients = spread_gradients(_seeded(derivation, shapes, of))
        self.prover = Prover(self.gradients)

    @cached_property
    def derivation(self) -> Derivation:
        """The program, with the seed where there is one."""
        return self.gradients.derivation

    def depends(self, wrt: str) -> bool:
        """Whether the derivative by a name is known."""
        return wrt in self.gradients

    def adjoint(self, wrt: str) -> Term:
        """The gradient by a name (of v·y where y is a tensor), by its own name; 0 without one."""
        if wrt not in self.gradients:
            return filled(0, column_shape(self.shapes[wrt]))
        if wrt == self.of and not self.seeded:
            return const(1)
        return Var(adjoint_name(self.gradients[wrt].name))

    def written(self, wrt: str) -> Term:
        """That gradient in forward names alone."""
        return self.prover.flat(self.adjoint(wrt))

    def shape(self, target: Target) -> Shape:
        """The shape of a derivative in its arrangement."""
        if target.layout == "gradient" and not self.seeded:
            return self.shapes[target.wrt]
        if target.layout in ("gradient", "elementwise", *ACTING):
            return self.shapes[target.wrt]
        ends = (self.length(target.of), self.length(target.wrt))
        return ends if target.layout == "jacobian" else (ends[1], ends[0])

    def seen(self, target: Target) -> dict[str, Shape]:
        """How names are seen where values are shown; by the empty name how the derivative is."""
        return {**self.shapes, PROBE: self.shapes[target.of], "": self.shape(target)}

    def length(self, name: str) -> Dim:
        """The number of entries of a row or a column. Raises DeriveError for a matrix."""
        long = [dim for dim in self.shapes[name] if not dim.is_one]
        if len(long) > 1:
            raise refuse("D309", f"`{name}` is a matrix: its Jacobian has more than two axes")
        return long[0] if long else ONE

    def alike(self, target: Target) -> bool:
        """Whether both names have an entry at every place of the other."""
        of, wrt = (column_shape(self.shapes[name]) for name in (target.of, target.wrt))
        return same_shape(of, wrt)

    def formula(self, target: Target) -> Term:
        """The derivative in its arrangement, as a formula in adjoints and forward names."""
        if not self.seeded or target.layout in ACTING:
            return self.adjoint(target.wrt)
        if target.layout == "elementwise":
            return self._diagonal(target)
        if target.layout == "gradient":
            whole = self.written(target.wrt)
            return substitute(whole, {PROBE: filled(1, column_shape(self.shapes[self.of]))})
        return self._jacobian(target)

    def _jacobian(self, target: Target) -> Term:
        row, col = fresh_letter(), fresh_letter()
        axes = [(row, self.length(target.of)), (col, self.length(target.wrt))]
        body = self._entry(target, Var(row), Var(col))
        if target.layout == "jacobian_T":
            axes.reverse()
        return closed(body, axes, self._core())

    def _diagonal(self, target: Target) -> Term:
        """The derivative of each entry by the entry of the other name at its own place."""
        if not self.alike(target):
            of, wrt = (shape_text(self.shapes[name]) for name in (target.of, target.wrt))
            message = (
                f"`{target.of}` is {of} and `{target.wrt}` is {wrt}: no entry has one of its own"
            )
            raise refuse("D309", message)
        axes = [(fresh_letter(), dim) for dim in column_shape(self.shapes[target.wrt])]
        places = tuple(const(0) if dim.is_one else Var(name) for name, dim in axes)
        return closed(self._probed(target, places, places), axes, self._core())

    def _entry(self, target: Target, row: Term, col: Term) -> Term:
        return self._probed(
            target, _places(self.shapes[target.of], row), _places(self.shapes[target.wrt], col)
        )

    def _probed(self, target: Target, at: tuple[Term, ...], by: tuple[Term, ...]) -> Term:
        """An entry of the gradient where v is 1 at one place and 0 elsewhere."""
        core = column_shape(self.shapes[target.of])
        letters = [fresh_letter() for _ in core]
        body: Term = const(1)
        for letter, place, dim in zip(letters, at, core, strict=True):
            if not dim.is_one:
                here = apply("delta", Var(letter), place)
                body = here if body == const(1) else apply("mul", body, here)
        probe = Apply("array", (body,), (*letters, *core))
        whole = substitute(self.written(target.wrt), {PROBE: probe})
        return apply("entry", whole, *by)

    def _core(self) -> dict[str, Shape]:
        return {name: column_shape(shape) for name, shape in self.shapes.items()}


def _places(shape: Shape, place: Term) -> tuple[Term, ...]:
    return tuple(const(0) if dim.is_one else place for dim in column_shape(shape))


def _seeded(derivation: Derivation, shapes: Mapping[str, Shape], of: str) -> Derivation:
    """The part of the program that leads to `of`, and v·y after it where y is a tensor."""
    shape = column_shape(shapes[of])
    core = replace(
        derivation,
        symbols=tuple(replace(s, shape=column_shape(s.shape)) for s in derivation.symbols),
        loss=of,
    )
    if not shape:
        return core
    seed = apply("sum", apply("mul", Var(PROBE), Var(of)), attrs=(None, False))
    return replace(
        core,
        symbols=(*core.symbols, Symbol(PROBE, shape, "const")),
        equations=(*core.equations, Equation(SEED, seed)),
        loss=SEED,
    )
