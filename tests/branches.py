"""Emitted modules that take the branch for many samples, whatever the batch."""

from __future__ import annotations

import re

LIMIT = re.compile(r"few = batch if batch <= \d+ else 0")


def for_many(text: str) -> str:
    """The text with the limit of few samples at 0."""
    return LIMIT.sub("few = batch if batch <= 0 else 0", text)


def both(text: str) -> tuple[str, str]:
    """The text, and the same with the other branch."""
    return text, for_many(text)
