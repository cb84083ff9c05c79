"""`--layers 784,100,10,10` and its options -> the forward equations of a network.

The names are those of the page where the question was asked: x, W1, b1, z1, H1, ..., yhat, y, L.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derive.diagnostic import DeriveError, refuse
from derive.functions import FUNCTIONS
from derive.infer import check
from derive.losses import ALIASES, LOSSES, Loss, custom, entry_form, formula
from derive.notation import read
from derive.recognise import recognised
from derive.shape import ONE, Dim, Shape, dim
from derive.term import Apply, Derivation, Equation, Symbol, Term, Var, apply, const, substitute

BIASES = ("augmented", "separate", "none")
REDUCTIONS = ("mean", "sum")
LAYOUTS = ("row", "column")
ALONG = ("softmax", "log_softmax")
HIDDEN_FUNCTIONS = (
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
    "gelu_tanh",
    "sin",
    *ALONG,
)
LARGEST = 10**7
DEEPEST = 512


@dataclass(frozen=True)
class Stack:
    """A network of dense layers with a loss; its forward equations are `derivation`.

    `stated`: the reduction was given and not only assumed. `assumed`: the targets have the facts
    that the loss is meant for (rows that sum to 1).
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

    @cached_property
    def derivation(self) -> Derivation:
        """The typed forward program."""
        return check(_derivation(self))

    @cached_property
    def entry_loss(self) -> Term:
        """What one entry of `yhat` adds to the loss, before the reduction."""
        return entry_form(_loss_term(self))

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


def stack(
    layers: str,
    *,
    activations: str | None = None,
    loss: str = "cross-entropy",
    bias: str = "augmented",
    reduction: str | None = None,
    layout: str = "row",
    single: bool = False,
    define: Sequence[str] = (),
) -> Stack:
    """The network that `layers` ("784,100,10,10" or "784,100:relu,10:softmax") describes.

    Without activations, hidden layers are sigmoid and the output fits the loss. `loss` is a name of
    `derive.losses.LOSSES` or a formula of yhat and y. `define`: functions such as
    "mish(z) = z*tanh(log(1+exp(z)))".

    Raises DeriveError with one sentence for what is wrong.

    >>> stack("784,100,10,10").activations
    ('sigmoid', 'sigmoid', 'softmax')
    """
    defines = dict(map(_definition, define))
    sizes, named = _sizes(layers)
    the_loss = _loss(loss)
    made = Stack(
        sizes,
        _activations(named, activations, len(sizes) - 1, the_loss, defines),
        the_loss,
        _one_of("bias", bias, BIASES),
        _one_of("reduction", reduction or "mean", REDUCTIONS),
        _one_of("layout", layout, LAYOUTS),
        single,
        defines,
        stated=reduction is not None,
    )
    _fits(made)
    return made


# ------------------------------------------------------------------------------------- reading


def _sizes(layers: str) -> tuple[tuple[int, ...], list[str]]:
    """The sizes, and the activation written after each (empty where there is none)."""
    sizes, named, at = [], [], 0
    for item in layers.split(","):
        number, _, name = item.partition(":")
        sizes.append(_size(number.strip(), layers, at))
        named.append(name.strip())
        at += len(item) + 1
    if len(sizes) < 2:
        raise refuse("D302", "a network has at least an input and an output: --layers 784,10")
    if len(sizes) > DEEPEST + 1:
        raise refuse("D302", f"{len(sizes) - 1} layers are more than the limit of {DEEPEST}")
    if named[0]:
        raise refuse("D303", f"the input layer has no activation: `{layers.split(',')[0]}`")
    return tuple(sizes), named[1:]


def _size(text: str, layers: str, at: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 0 < int(text) <= LARGEST:
        shown = text or "nothing"
        raise refuse(
            "D302", f"a layer size is a positive whole number, not `{shown}` in `{layers}`"
        )
    return int(text)


def _one_of(what: str, value: str, choices: Sequence[str]) -> str:
    if value in choices:
        return value
    hint = suggestion(value, choices)
    raise refuse("D304", f"unknown {what} `{value}`; {hint or 'choose ' + ', '.join(choices)}")


def suggestion(value: str, choices: Sequence[str]) -> str:
    """A "did you mean" for a mistyped word, or nothing."""
    close = difflib.get_close_matches(value, choices, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def _loss(text: str) -> Loss:
    name = ALIASES.get(text, text)
    if name in LOSSES:
        return LOSSES[name]
    if re.fullmatch(r"[A-Za-z_-]+", text):
        _one_of("loss", text, tuple(LOSSES))
    return custom(text)


def _activations(
    named: list[str],
    listed: str | None,
    depth: int,
    loss: Loss,
    defines: Mapping[str, Term],
) -> tuple[str, ...]:
    given = [name.strip() for name in listed.split(",")] if listed is not None else []
    if listed is not None and len(given) not in (1, depth):
        message = f"{len(given)} activations for {depth} layers; give one for each"
        raise refuse("D303", message)
    output = loss.fits[0] if loss.fits else "identity"
    defaults = ["sigmoid"] * (depth - 1) + [output]
    if len(given) == 1 and depth > 1:
        defaults = given * (depth - 1) + [output]
    elif given:
        defaults = given
    chosen = [own or default for own, default in zip(named, defaults, strict=True)]
    known = (*HIDDEN_FUNCTIONS, *defines)
    return tuple(_one_of("activation", name.replace("-", "_"), known) for name in chosen)


def _definition(text: str) -> tuple[str, Term]:
    """A function given as `name(z) = formula`."""
    found = re.fullmatch(r"\s*([A-Za-z]\w{0,30})\(\s*([A-Za-z]\w{0,30})\s*\)\s*=(.+)", text, re.S)
    if not found:
        raise refuse("D305", f"a function is defined as `name(z) = formula`, not `{text}`")
    name, variable, body = found.groups()
    if name in FUNCTIONS or name in HIDDEN_FUNCTIONS:
        raise refuse("D305", f"`{name}` is a function already")
    term = recognised(substitute(read(body.strip(), (variable,)), {variable: Var("z")}))
    return name, term


def _fits(made: Stack) -> None:
    """Refuses a loss that does not fit what the output layer gives."""
    output, loss = made.activations[-1], made.loss
    if loss.fits and output not in loss.fits:
        wanted = " or ".join(loss.fits)
        raise _unfit(f"{loss.name} needs an output of {wanted}, not {output}", output)
    if output in loss.unfit:
        raise _unfit(f"{loss.name} does not fit a {output} output", output)
    if made.sizes[-1] == 1 and output in ALONG:
        raise _unfit(f"{output} over a single output is constant: use sigmoid", output)


def _unfit(message: str, output: str) -> DeriveError:
    fitting = [row.name for row in LOSSES.values() if output in row.fits]
    advice = f"{output} goes with {', '.join(fitting)}" if fitting else None
    return refuse("D306", message + (f"; {advice}" if advice else ""), help=advice)


# ------------------------------------------------------------------------------------- building


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
    equations.append(Equation("L", _total(made)))
    return Derivation(_symbols(made), tuple(equations), "L", made.numbers)


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
    term = formula(made.loss, ("yhat", "y", "K"))
    return substitute(term, {"K": Var(f"n{made.depth}")})


def _total(made: Stack) -> Term:
    term = _loss_term(made)
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
