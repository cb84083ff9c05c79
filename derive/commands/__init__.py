"""The commands: the modules that know both halves.

The names below are loaded when they are first used: a job that does not train loads no training.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.commands.teaching import find_data, train, why_not

PUBLIC = {
    "find_data": "derive.commands.teaching",
    "train": "derive.commands.teaching",
    "why_not": "derive.commands.teaching",
}
"""Each public name, and the module that has it."""

__all__ = ["find_data", "train", "why_not"]


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'derive.commands' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value
