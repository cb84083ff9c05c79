"""The right sides of `let`, `given` and `alias`: NumPy text with derivatives in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from derive.notation.draft import Draft, draft
from derive.notation.limits import check_length
from derive.notation.lookup import SLASH, Lookup, lookup
from derive.notation.python import parse_expression
from derive.notation.surface import SurfaceReader
from derive.scope import Scope
from derive.term import Term

LAMBDA = re.compile(r"\blambda\b(?!\s*[\w*]*\s*(?:[,=][^:\n]*)?:)")
"""The name lambda, where it is no function: Python keeps the word for itself."""

_NAME = r"[^\W\d]\w*"
_QUOTIENT = re.compile(
    rf"\b(?:(?P<word>jacobian(?:_T)?)\s+)?d(?P<of>{_NAME})\s*/\s*d(?P<by>{_NAME})\b"
)


def read_quantity(text: str, scope: Scope) -> Term:
    """The term of an expression, in which `dL/dz` is the derivative of L by z.

    >>> from derive.shape import dim
    >>> read_quantity("m * dJ/dz", Scope({"m": (), "J": (), "z": (dim("m"),)})).args[1]
    Var(name='dJ/dz', span=Span(start=4, end=9))
    """
    check_length(text)
    words = lookup(scope, claims=False)
    named = draft(text).rewrite(LAMBDA, "lambda_")
    tree, source = parse_expression(with_quotients(named, words))
    return SurfaceReader(source, words).term(tree)


def with_quotients(text: Draft, words: Lookup) -> Draft:
    """The text with every derivative as one name."""
    return text.rewrite(_QUOTIENT, _joiner(words))


def _joiner(words: Lookup) -> Callable[[re.Match[str]], str]:
    def join(found: re.Match[str]) -> str:
        word, of, by = found["word"], found["of"], found["by"]
        plain = word is None and words.known(f"d{of}")
        if plain or words.quotient(of, by) is None:
            return found.group()
        name = f"d{of}{SLASH}d{by}"
        return f"{name}.T" if word == "jacobian_T" else name

    return join
