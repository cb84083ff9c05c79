"""`--layers 784,100,10,10` and its options, read: one clear sentence for whatever is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from derive.dense import Stack
from derive.diagnostic import DeriveError, refuse
from derive.functions import FUNCTIONS
from derive.losses import ALIASES, LOSSES, Loss, custom
from derive.notation import read
from derive.ops import ALONG
from derive.recognise import recognised
from derive.term import Term, Var, substitute

BIASES = ("augmented", "separate", "none")
REDUCTIONS = ("mean", "sum")
LAYOUTS = ("row", "column")
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


def stack(
    layers: str,
    *,
    activations: str | None = None,
    loss: str = "cross-entropy",
    bias: str = "augmented",
    reduction: str | None = None,
    layout: str = "row",
    single: bool = False,
    staged: bool = False,
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
        staged=staged,
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
