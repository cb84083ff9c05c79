"""A person's own backward pass, judged by numbers: `verify` and `assert_gradient`.

    stack, document, or own loss --problem--> points, oracles
    function --calling--> what it returned, what it did besides
    both --judging--> entries that are wrong --naming--> the mistake that makes these very numbers

What knows the symbolic half is loaded when it is needed: who checks a loss of their own, or a stack
that is right, pays for NumPy alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

ROOMS = {
    "assert_gradient": "derive.asserting.verifying",
    "GradientMismatch": "derive.asserting.verifying",
    "GradientReport": "derive.asserting.report",
    "verify": "derive.asserting.verifying",
    "open_stack": "derive.asserting.stacks",
    "open_document": "derive.asserting.documents",
    "open_function": "derive.asserting.functions",
    "explained": "derive.asserting.naming",
    "patterns": "derive.asserting.patterns",
}
"""What is found in which module; each is loaded when it is first asked for."""


def room(name: str) -> Callable[..., Any]:
    """A function of one of the modules."""
    found: Callable[..., Any] = getattr(importlib.import_module(ROOMS[name]), name)
    return found


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in ROOMS:
        raise AttributeError(f"module 'derive.asserting' has no attribute {name!r}")
    return room(name)
