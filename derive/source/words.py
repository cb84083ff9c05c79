"""What the names of from-scratch networks are by custom: `w_hidden`, `syn0`, `dZ2`, `grad_b1`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from derive.source.attributes import MARK

KINDS: Mapping[str, frozenset[str]] = {
    "weight": frozenset(
        ("w", "weight", "weights", "wt", "wts", "theta", "thetas", "syn", "synapse", "kernel")
    ),
    "bias": frozenset(("b", "bias", "biases", "bs")),
    "pre": frozenset(("z", "zs", "net", "logits", "logit", "scores", "score", "linear")),
    "act": frozenset(
        ("a", "h", "l", "act", "acts", "activation", "activations", "hidden", "layer")
    ),
    "input": frozenset(("x", "xs", "input", "inputs", "data", "features", "images")),
    "target": frozenset(("y", "t", "target", "targets", "label", "labels", "truth", "expected")),
    "guess": frozenset(
        (
            *("yhat", "p", "prob", "probs", "probabilities", "pred", "preds", "prediction"),
            *("predictions", "ypred", "al", "output", "outputs", "out", "o"),
        )
    ),
    "count": frozenset(
        ("n", "m", "numexamples", "numsamples", "numtrain", "batchsize", "nsamples")
    ),
    "rate": frozenset(("lr", "alpha", "eta", "learningrate", "rate", "stepsize", "learnrate")),
    "penalty": frozenset(
        (
            "reg",
            "lambda",
            "lambd",
            "lam",
            "lmbda",
            "regularization",
            "weightdecay",
            "l2",
            "reglambda",
        )
    ),
    "depth": frozenset(("numlayers", "nlayers")),
}
"""The words for each kind of quantity, without signs and in small letters."""

GRADIENT = (
    re.compile(
        r"^(?:d(?:loss|cost|l|j|c|e)_?d|delta|del|d|gradients?|grads?|nabla|g)_?(.+)$", re.I
    ),
    re.compile(r"^(.+?)_?(?:grads?|gradients?|delta|deltas|updates?)$", re.I),
)
"""How a name says that it is a gradient, and of what."""

PLACES = ("hidden", "output")
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|\^")


@dataclass(frozen=True)
class Role:
    """A kind of quantity and a number in its name, or a word for the layer; both may be missing."""

    kind: str
    number: int | None = None
    place: str | None = None


def plain(word: str) -> str:
    """The word without the mark of an attribute."""
    return word.removeprefix(MARK)


def role(word: str) -> Role | None:
    """What a word is by custom, or None.

    >>> role("w_hidden"), role("A2")
    (Role(kind='weight', number=None, place='hidden'), Role(kind='act', number=2, place=None))
    """
    tokens = [one.lower() for one in _TOKEN.findall(plain(word))]
    numbers = [int(one) for one in tokens if one.isdigit()]
    words = [one for one in tokens if not one.isdigit()]
    if not words or len(numbers) > 1:
        return None
    number = numbers[0] if numbers else None
    inner = bool(numbers) and not tokens[-1].isdigit()
    return _whole(words, number) or (None if inner else _placed(words, number))


def _whole(words: list[str], number: int | None) -> Role | None:
    """A word of the table, however it is put together."""
    joined = "".join(words)
    for trimmed in (joined, joined.removesuffix("batch"), joined.removesuffix("train")):
        for kind, known in KINDS.items():
            if trimmed in known:
                return Role(kind, number)
    return None


def _placed(words: list[str], number: int | None) -> Role | None:
    """`weights_input_hidden`, `hidden_layer_output`, `wh`: a kind, and the layer in words."""
    joined = "".join(words)
    if joined in _SHORT:
        return replace(_SHORT[joined], number=number)
    places = [_PLACE[one] for one in words if one in _PLACE]
    rest = [
        one
        for one in words
        if one not in (*_PLACE, "layer", "to", "input", "activation", "activations")
    ]
    if not places:
        return None
    for kind in ("weight", "bias", "pre"):
        if any(one in KINDS[kind] for one in rest):
            return Role(kind, number, places[-1])
    if not rest and words[0] in _PLACE:
        return Role("act", number, places[0] if "layer" in words or len(places) > 1 else places[-1])
    return None


_PLACE: Mapping[str, str] = {
    "hidden": "hidden",
    "hid": "hidden",
    "h": "hidden",
    "output": "output",
    "out": "output",
    "o": "output",
}
_SHORT: Mapping[str, Role] = {
    **{word: Role("weight", None, "hidden") for word in ("wh", "wih", "wxh")},
    **{word: Role("weight", None, "output") for word in ("wo", "who", "why", "wout")},
    **{word: Role("bias", None, "hidden") for word in ("bh", "bih")},
    **{word: Role("bias", None, "output") for word in ("bo", "by", "bout")},
    **{word: Role("pre", None, "hidden") for word in ("zh",)},
    **{word: Role("pre", None, "output") for word in ("zo", "zout")},
    **{word: Role("act", None, "hidden") for word in ("ah",)},
    **{word: Role("act", None, "output") for word in ("ao", "aout")},
}


def of_gradient(word: str) -> Iterable[str]:
    """The words of which a word says that it is the gradient: `dW1` says W1.

    >>> list(of_gradient("grad_w1"))
    ['w1']
    """
    for pattern in GRADIENT:
        if found := pattern.match(plain(word)):
            yield found[1]


@dataclass(frozen=True)
class Naming:
    """How the words of a text count layers: from 0 or 1; and whether z or a is behind sigma."""

    depth: int
    biases: bool
    weights_from: int = 1
    acts_from: int = 0
    swapped: bool = False

    def meant(self, word: str) -> str | None:
        """The name that a stack has for what a word is by custom."""
        found = role(word)
        return None if found is None else self.of_role(found)

    def of_role(self, found: Role) -> str | None:
        """The name that a stack has for a role; None where it is not certain."""
        kind = found.kind
        if kind == "input":
            return "x" if found.number in (None, 0) else None
        if kind == "target":
            return "y" if found.number is None else None
        if kind == "count":
            return "N" if found.number is None else None
        if kind == "guess":
            return "yhat" if found.number in (None, self.depth) else None
        if kind in ("weight", "bias"):
            return self._parameter(found)
        if kind in ("pre", "act"):
            return self._layer(found)
        return None

    def _parameter(self, found: Role) -> str | None:
        place = self._place(found, self.weights_from)
        if place is None and found.number is None and found.place is None and self.depth == 1:
            place = 1
        if place is None or not 1 <= place <= self.depth:
            return None
        if found.kind == "bias" and not self.biases:
            return None
        return f"{'W' if found.kind == 'weight' else 'b'}{place}"

    def _layer(self, found: Role) -> str | None:
        before = (found.kind == "pre") is not self.swapped
        place = self._place(found, self.acts_from if not before else self.weights_from)
        if place is None and found.number is None and found.place is None:
            place = self._lone(before)
        if place is None or not 0 <= place <= self.depth:
            return None
        if before:
            return f"z{place}" if place else None
        return "x" if place == 0 else "yhat" if place == self.depth else f"H{place}"

    def _lone(self, before: bool) -> int | None:
        """The layer that `z`, `a` or `h` can only mean."""
        if before:
            return 1 if self.depth == 1 else None
        return 1 if self.depth <= 2 else None

    def _place(self, found: Role, first: int) -> int | None:
        if found.number is not None:
            return (
                found.number - first + 1
                if first != 0 or found.kind in ("weight", "bias", "pre")
                else found.number
            )
        if found.place == "output":
            return self.depth
        return 1 if found.place == "hidden" and self.depth == 2 else None


def naming(words: Collection[str], depth: int, biases: bool, swapped: bool = False) -> Naming:
    """How the words of a text count: weights from 0 where there is one of number 0."""
    roles = [found for word in words if (found := role(word))]
    numbers = {one.number for one in roles if one.kind in ("weight", "bias")}
    return Naming(depth, biases, 0 if 0 in numbers else 1, 0, swapped)
