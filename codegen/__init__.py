"""codegen writes NumPy modules for derived gradients, checks every entry, and trains with them.

    stack --emit--> text --load--> module --verify--> every entry checked --train--> MNIST

The names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegen.emission import emit
    from codegen.loading import load
    from codegen.plot import check_picture, draw
    from codegen.progress import drawing
    from codegen.training import train
    from codegen.verification import Verification, verify

PUBLIC = {
    "Verification": "codegen.verification",
    "check_picture": "codegen.plot",
    "draw": "codegen.plot",
    "drawing": "codegen.progress",
    "emit": "codegen.emission",
    "load": "codegen.loading",
    "train": "codegen.training",
    "verify": "codegen.verification",
}
"""Each public name, and the module that has it."""

__all__ = [
    "Verification",
    "check_picture",
    "draw",
    "drawing",
    "emit",
    "load",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'codegen' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
