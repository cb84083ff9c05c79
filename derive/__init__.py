"""derive checks backpropagation derivations.

    text --notation--> terms --> derivation --infer--> typed derivation           (formulas)
    --layers --layers--> typed derivation                                         (a stack)
    typed derivation --meaning, local, gradient--> adjoints --matrix--> formulas  (gradients)
    formulas + adjoints --proof--> equal for all sizes, or not
    formulas --codegen.emit--> NumPy module --codegen.verify--> checked --codegen.train--> MNIST

The names below are loaded when they are first used, so that `import derive` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.checker import check, check_document
    from derive.dense import Stack
    from derive.diagnostic import DeriveError, Diagnostic
    from derive.formulas import Gradient, Gradients, gradients
    from derive.layers import stack
    from derive.reasons import explain
    from derive.source import check_source
    from derive.verdict import Report

PUBLIC = {
    "DeriveError": "derive.diagnostic",
    "Diagnostic": "derive.diagnostic",
    "Gradient": "derive.formulas",
    "Gradients": "derive.formulas",
    "Report": "derive.verdict",
    "Stack": "derive.dense",
    "check": "derive.checker",
    "check_document": "derive.checker",
    "check_source": "derive.source",
    "explain": "derive.reasons",
    "gradients": "derive.formulas",
    "stack": "derive.layers",
}
"""Each public name, and the module that has it."""

__all__ = [
    "DeriveError",
    "Diagnostic",
    "Gradient",
    "Gradients",
    "Report",
    "Stack",
    "check",
    "check_document",
    "check_source",
    "explain",
    "gradients",
    "stack",
]


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
