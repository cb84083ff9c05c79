"""What a document says that a spelling stands for: a formula, or a function."""

from __future__ import annotations

import re

from derive.functions import function_name
from derive.notation.quantities import read_quantity
from derive.scope import Alias, Scope


def alias_of(written: str, text: str, scope: Scope) -> Alias:
    """An alias, read. Raises DeriveError where its right side cannot be."""
    if function := function_name(text):
        return Alias(written, function=function)
    term = read_quantity(text, scope)
    return Alias(written, term, letters=letters(written, text, scope))


_SUBSCRIPTS = re.compile(r"\[([^\[\]]*)\]")


def letters(written: str, text: str, scope: Scope) -> tuple[str, ...]:
    """The index letters of an alias: single letters in a subscript of what it stands for."""
    inside = " ".join(_SUBSCRIPTS.findall(text))
    found = re.findall(r"\b[a-zA-Z]\b", inside)
    return tuple(dict.fromkeys(name for name in found if name not in scope.shapes))
