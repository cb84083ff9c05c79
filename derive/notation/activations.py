"""Names in code for the derivative of an activation: `sigmoid_prime`, `dtanh`, `relu_grad`."""

from __future__ import annotations

import re

from derive.functions import FUNCTIONS, PRIME
from derive.notation.calls import function_of
from derive.notation.names import name_key

_BEFORE = re.compile(r"(?:d|der|deriv|derivative|grad|gradient)_?(?:of_|_)?(?=[A-Za-z])")
_BEHIND = re.compile(r"_?(?:prime|derivative|deriv|der|gradient|grad|dash|d)$", re.IGNORECASE)

FLAGS = frozenset(("derivative", "deriv", "der", "prime", "grad", "backward", "derive"))
"""Keywords that ask for the derivative: `sigmoid(z, derivative=True)`."""


def derivative_name(word: str) -> str | None:
    """The function `f'` that a word names, by what stands before or behind a known name.

    >>> derivative_name("sigmoidPrime"), derivative_name("dReLU"), derivative_name("d_tanh")
    ("sigmoid'", "relu'", "tanh'")
    >>> derivative_name("sigmoid"), derivative_name("dense")
    (None, None)
    """
    for pattern in (_BEHIND, _BEFORE):
        found = pattern.search(word) if pattern is _BEHIND else pattern.match(word)
        if found:
            rest = word[: found.start()] if pattern is _BEHIND else word[found.end() :]
            name = function_of(name_key(rest)) if rest else None
            if name in FUNCTIONS:
                return f"{name}{PRIME}"
    return None


def flagged(word: str) -> str | None:
    """The derivative of a function that is called with a flag for it."""
    name = function_of(name_key(word))
    return f"{name}{PRIME}" if name in FUNCTIONS else None
