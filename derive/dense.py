"""A network of dense layers: its description, and its forward equations.

The names are those of the page where the question was asked: x, W1, b1, z1, H1, ..., yhat, y, L.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derive.infer import check
from derive.losses import Loss, entry_form, formula
from derive.ops import ALONG
from derive.shape import ONE, Dim, Shape, dim
from derive.shown import shown
from derive.term import (
    Apply,
    Derivation,
    Equation,
    Symbol,
    Term,
    Var,
    apply,
    const,
    rebuild,
    substitute,
)


@shown
@dataclass(frozen=True)
class Stack:
    """A network of dense layers with a loss; its forward equations are `derivation`.

    `stated`: the reduction was given and not only assumed. `assumed`: the targets have the facts
    that the loss is meant for (rows that sum to 1). `staged`: log(yhat) is an equation `l` of its
    own.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: Loss
    bias: str = "augmented"
    reduction: str = "mean"
    layout: str = "row"
    single: bool = False
    defines: Mapping[str, Term] | None = None
    stated: bool = True
    assumed: bool = True
    staged: bool = False

    @property
    def depth(self) -> int:
        """How many layers have weights."""
        return len(self.sizes) - 1

    @property
    def columns(self) -> bool:
        """Whether a sample is a column."""
        return self.layout == "column"

    @property
    def axis(self) -> int:
        """The axis along which the entries of one sample lie."""
        return 0 if self.columns else 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of weights and separate biases, in order."""
        return tuple(s.name for s in self.derivation.symbols if s.kind == "param")

    @property
    def numbers(self) -> dict[str, int]:
        """The size that each name of a dimension has (N, the batch, has none)."""
        return {f"n{place}": size for place, size in enumerate(self.sizes)}

    @property
    def classes(self) -> dict[str, Term]:
        """K, the number of outputs, by the name of its dimension."""
        return {"K": Var(f"n{self.depth}")}

    @cached_property
    def derivation(self) -> Derivation:
        """The typed forward program."""
        return check(_derivation(self))

    @cached_property
    def entry_loss(self) -> Term:
        """What one entry of `yhat` adds to the loss, before the reduction."""
        return substitute(entry_form(_loss_term(self)), self.classes)

    def describe(self) -> str:
        """One line for people: sizes, activations, loss, conventions."""
        layers = " -> ".join(
            [str(self.sizes[0])]
            + [f"{n} {a}" for n, a in zip(self.sizes[1:], self.activations, strict=True)]
        )
        loss = self.loss.formula if self.loss.name == "custom" else self.loss.name
        samples = "one sample" if self.single else f"{self.reduction} over the batch"
        bias = {"augmented": "bias in [1 H]", "separate": "separate bias", "none": "no bias"}
        return f"{layers}; {loss}, {samples}; {bias[self.bias]}; samples are {self.layout}s"


def _derivation(made: Stack) -> Derivation:
    equations: list[Equation] = []
    before: Term = Var("x")
    for layer in range(1, made.depth + 1):
        last = layer == made.depth
        equations.append(Equation(f"z{layer}", _affine(made, before, layer)))
        name = "yhat" if last else f"H{layer}"
        activation = made.activations[layer - 1]
        equations.append(Equation(name, _activated(made, activation, Var(f"z{layer}"))))
        before = Var(name)
    equations += _loss_equations(made)
    return Derivation(_symbols(made), tuple(equations), "L", made.numbers)


def _loss_equations(made: Stack) -> list[Equation]:
    """The loss, after an equation for the log of the prediction where that is asked for."""
    total, log = _total(made), apply("log", Var("yhat"))
    staged = rebuild(total, lambda node: Var("l") if node == log else node)
    if not made.staged or staged == total:
        return [Equation("L", total)]
    return [Equation("l", log), Equation("L", staged)]


def _affine(made: Stack, before: Term, layer: int) -> Term:
    weight = Var(f"W{layer}")
    if made.bias == "augmented":
        before = apply("concat", const(1), before, attrs=(made.axis,))
    product = (weight, before) if made.columns else (before, weight)
    result = apply("matmul", *product)
    return apply("add", result, Var(f"b{layer}")) if made.bias == "separate" else result


def _activated(made: Stack, name: str, z: Term) -> Term:
    if name == "identity":
        return z
    if name in ALONG:
        return apply(name, z, attrs=(made.axis,))
    own = (made.defines or {}).get(name)
    return apply(name, z) if own is None else substitute(own, {"z": z})


def _loss_term(made: Stack) -> Term:
    return formula(made.loss, ("yhat", "y", "K"))


def _total(made: Stack) -> Term:
    term = substitute(_loss_term(made), made.classes)
    if made.reduction == "sum" or made.single:
        return term
    if isinstance(term, Apply) and term.op == "neg":
        return apply("neg", apply("div", term.args[0], Var("N")))
    return apply("div", term, Var("N"))


def _symbols(made: Stack) -> tuple[Symbol, ...]:
    count = ONE if made.single else dim("N")
    simplex = made.assumed and made.loss.target == "distribution"
    fact = (f"distribution axis={made.axis}",) if simplex else ()
    symbols = [Symbol("x", _samples(made, dim("n0"), count), "input")]
    for layer in range(1, made.depth + 1):
        symbols += _layer_symbols(made, layer)
    shape = _samples(made, dim(f"n{made.depth}"), count)
    return (*symbols, Symbol("y", shape, "target", fact))


def _samples(made: Stack, features: Dim, count: Dim) -> Shape:
    return (features, count) if made.columns else (count, features)


def _layer_symbols(made: Stack, layer: int) -> list[Symbol]:
    fan_in = dim(1, f"n{layer - 1}") if made.bias == "augmented" else dim(f"n{layer - 1}")
    own = dim(f"n{layer}")
    weight = Symbol(f"W{layer}", (own, fan_in) if made.columns else (fan_in, own), "param")
    if made.bias != "separate":
        return [weight]
    return [weight, Symbol(f"b{layer}", (own, ONE) if made.columns else (ONE, own), "param")]


def with_sizes(made: Stack, sizes: Sequence[int]) -> Stack:
    """The same network at other widths."""
    return replace(made, sizes=tuple(sizes))


def without_facts(derivation: Derivation) -> Derivation:
    """The derivation with no declared facts: what holds for any target."""
    symbols = tuple(replace(symbol, facts=()) for symbol in derivation.symbols)
    return replace(derivation, symbols=symbols)
