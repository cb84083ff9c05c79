"""Documents as tests: what the pytest plugin loads once it meets one.

The names below are loaded when they are first used: in a project without documents the plugin costs
next to nothing, and collecting loads no SymPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.testing.items import DocumentFile
    from derive.testing.judging import judged
    from derive.testing.properties import word

PUBLIC = {
    "DocumentFile": "derive.testing.items",
    "judged": "derive.testing.judging",
    "word": "derive.testing.properties",
}
"""Each public name, and the module that has it."""

__all__ = ["DocumentFile", "judged", "word"]


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'derive.testing' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value
