"""Text that others wrote, such that all of it is seen: what controls the reader stands as its code.

A control character can break a file, and one that turns the direction of writing can make a text
look like another. White space, accents and letters of all scripts stay as they are.
"""

from __future__ import annotations

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
"""Categories of Unicode of which nothing is seen: controls, formats, halves, what is no letter."""


def visible(text: str) -> str:
    r"""The text with every character that is not seen as its code.

    >>> visible("a\u202eb\x1b[0m"), visible("ŷ − y\n")
    ('a⟨202E⟩b⟨1B⟩[0m', 'ŷ − y\n')
    """
    return "".join(map(_visible, text.replace("\r\n", "\n").replace("\t", "    ")))


def _visible(letter: str) -> str:
    if letter == "\n" or unicodedata.category(letter) not in HIDDEN:
        return letter
    return f"⟨{ord(letter):02X}⟩"
