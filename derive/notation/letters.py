"""One letter in any alphabet or font, by its name in ASCII."""

from __future__ import annotations

import unicodedata

from derive.notation.signs import GREEK, MARKS


def letter_name(cluster: str) -> tuple[str, str]:
    """The kind and the ASCII name of one letter with its combining marks.

    >>> letter_name("ŷ")
    ('letter', 'yhat')
    """
    decomposed = unicodedata.normalize("NFD", cluster)
    base, marks = decomposed[:1], decomposed[1:]
    if "\U0001d400" <= base <= "\U0001d7ff" or "\u2100" <= base <= "\u214f":
        base = unicodedata.normalize("NFKC", base)
    if not all(mark in MARKS for mark in marks):
        return "letter", unicodedata.normalize("NFC", cluster)
    kind = "greek" if base in GREEK else "letter"
    return kind, GREEK.get(base, base) + "".join(MARKS[mark] for mark in marks)
