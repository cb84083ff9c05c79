"""What a misspelt word may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 40
"""Letters of a word that are shown."""


def shown(word: str) -> str:
    """A word as a message shows it: not too long, and printable."""
    text = "".join(letter if letter.isprintable() else f"U+{ord(letter):04X}" for letter in word)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word, as help.

    >>> suggestion("yhta", ["x", "yhat"])
    'did you mean `yhat`?'
    """
    words = sorted(set(known)) if len(word) <= LONGEST else []
    near = difflib.get_close_matches(word, words, 1)
    near = near or [one for one in words if one.lower() == word.lower()][:1]
    return f"did you mean `{near[0]}`?" if near else None


def listing(names: Iterable[str]) -> str | None:
    """The declared names, as help."""
    shown = list(names)
    if not shown:
        return None
    more = ", …" if len(shown) > 12 else ""
    return f"declared names are {', '.join(shown[:12])}{more}"
