r"""What a page calls the quantities of a given network: `h` for `H1`, `\dot{y}_n` for `y`.

A stack has the names x, W1, z1, H1, ..., yhat, y, L. A page that says `h = sigmoid(z_1)` means H1.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

from derive.definitions import LOSSES, TARGETS, Definition, words_of
from derive.dense import Stack
from derive.equation import name_of, unadorned
from derive.functions import FUNCTIONS
from derive.notation.names import name_key
from derive.statement import Alias, ClaimLine

CALL = re.compile(r"[\\{]?(?P<function>[A-Za-z_]+)\}?\s*[({]+(?P<argument>[^(){}]+)[)}]+")
NAMES = {"σ": "sigmoid", "sigma": "sigmoid", "logistic": "sigmoid", "ReLU": "relu", "ln": "log"}
SUMMED = re.compile(r"(?:sum|Σ|∑)_\{?([a-zA-Z])(?![a-zA-Z])")
"""A letter that a sum runs over."""

ACCENTED = re.compile(r"([A-Za-z]+?)(hat|dot|tilde|bar)(.*)")


def renamed(
    stack: Stack, definitions: Iterable[Definition], claims: Iterable[ClaimLine]
) -> Iterator[Alias]:
    """The aliases under which the claims of a page speak of a stack."""
    known: dict[str, str] = {}
    for one in definitions:
        name = known.get(one.name) or _meant(stack, one, known)
        if name and name != one.name and one.name not in known:
            known[one.name] = name
            yield Alias(written(one.name), name, line=one.line, span=one.span)
    own = {*stack.derivation.names(), *known}
    keys = set(map(name_key, own))
    texts = [one.text for one in claims]
    letters = {letter for text in texts for letter in SUMMED.findall(text)}
    words = (word for text in texts for word in words_of(text, keys))
    for name in dict.fromkeys(_of_all(word, letters) for word in words):
        if name not in own and (meant := usual(stack, name)):
            yield Alias(written(name), meant, note=f"`{name}` is taken to be {meant}")


def _of_all(name: str, letters: Container[str]) -> str:
    """What is summed over the letter below it is called for all samples: `t` for `t_n`."""
    base, _, letter = name.rpartition("_")
    return base if letter in letters and TARGETS.fullmatch(base) else name


def usual(stack: Stack, name: str) -> str | None:
    """What a name means by custom: C is the loss, t the target, a1 what layer 1 gives."""
    if name in LOSSES:
        return "L"
    if TARGETS.fullmatch(name):
        return "y"
    layer = re.fullmatch(r"[ahAo]([0-9]*)", name)
    if layer and (layer[1] or stack.depth == 2):
        place = int(layer[1] or 1)
        return "yhat" if place == stack.depth else f"H{place}" if place < stack.depth else None
    return None


def _meant(stack: Stack, one: Definition, known: dict[str, str]) -> str | None:
    """The name that a stack has for what an equation defines."""
    if one.name in LOSSES:
        return "L"
    if other := name_of(one.text):
        return known.get(other.text)
    call = CALL.fullmatch(unadorned(one.text).strip())
    argument = name_of(call["argument"]) if call else None
    if call is None or argument is None:
        return None
    function = NAMES.get(call["function"], call["function"])
    layer = re.fullmatch(r"z_?(\d+)", known.get(argument.text, argument.text))
    if layer and (function in FUNCTIONS or function == "softmax"):
        return "yhat" if int(layer[1]) == stack.depth else f"H{layer[1]}"
    ends = known.get(argument.text, argument.text) == "yhat"
    return "l" if function == "log" and ends and stack.staged else None


def written(name: str) -> str:
    r"""A name in ASCII as LaTeX writes it.

    >>> written("ydot_n"), written("a1")
    ('\\dot{y}_n', 'a_1')
    """
    accent = ACCENTED.fullmatch(name)
    base = rf"\{accent[2]}{{{accent[1]}}}{accent[3]}" if accent else name
    return re.sub(r"(?<=[A-Za-z}])(\d+)$", r"_\1", base)
