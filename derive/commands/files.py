"""Files with derivations: their text, within limits, or one sentence on why there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from derive.diagnostic import DeriveError, refuse

LARGEST = 10_000_000
"""Bytes of a file at most."""

WHERE = "a claim is an equation for a derivative in $…$, a code block or a `claim` line"


def shown_name(name: str) -> str:
    """The name of a file as a message has it."""
    return "standard input" if name == "-" else name


def text_of(name: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises DeriveError, in one sentence, for what cannot be read.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise refuse("D129", f"{shown_name(name)} cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise refuse("D127", f"{shown_name(name)} has more than {LARGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("D129", f"{shown_name(name)} is not text in UTF-8") from None


def without_claim(name: str) -> DeriveError:
    """The refusal of a file in which there is nothing to judge."""
    return refuse("D129", f"no claim was found in {shown_name(name)}; {WHERE}")
