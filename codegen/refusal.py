"""What all refusals of this half have in common: a command prints them, and stops."""

from __future__ import annotations


class Refusal(ValueError):
    """Something that cannot be done; `str` of it is one clear sentence."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return str(self).split("\n")
