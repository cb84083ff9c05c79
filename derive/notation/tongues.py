"""Code of other languages, rewritten to Python's: MATLAB, C, Java, Rust."""

from __future__ import annotations

from derive.notation.draft import Draft


def to_python(text: Draft) -> Draft:
    """The text with every sign as Python has it."""
    return text
