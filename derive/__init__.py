"""derive checks backpropagation derivations.

    text --notation--> terms --> derivation --infer--> typed derivation           (formulas)
    --layers --layers--> typed derivation                                         (a stack)
    typed derivation --meaning, local, gradient--> adjoints --matrix--> formulas  (gradients)
    formulas + adjoints --proof--> equal for all sizes, or not
    formulas --codegen.emit--> NumPy module --codegen.verify--> checked --codegen.train--> MNIST
    a person's own backward pass --asserting--> right in every entry, or the mistake that it makes

The names below are loaded when they are first used, so that `import derive` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.asserting.report import GradientReport
    from derive.asserting.verifying import GradientMismatch, assert_gradient, verify
    from derive.checker import check, check_document
    from derive.dense import Stack
    from derive.diagnostic import DeriveError, Diagnostic
    from derive.formulas import Gradient, Gradients, gradients
    from derive.layers import stack
    from derive.notebook import load_ipython_extension
    from derive.reasons import explain
    from derive.source import check_source
    from derive.verdict import Report

PUBLIC = {
    "DeriveError": "derive.diagnostic",
    "Diagnostic": "derive.diagnostic",
    "Gradient": "derive.formulas",
    "GradientMismatch": "derive.asserting.verifying",
    "GradientReport": "derive.asserting.report",
    "Gradients": "derive.formulas",
    "Report": "derive.verdict",
    "Stack": "derive.dense",
    "assert_gradient": "derive.asserting.verifying",
    "check": "derive.checker",
    "check_document": "derive.checker",
    "check_source": "derive.source",
    "explain": "derive.reasons",
    "gradients": "derive.formulas",
    "load_ipython_extension": "derive.notebook",
    "stack": "derive.layers",
    "verify": "derive.asserting.verifying",
}
"""Each public name, and the module that has it."""

__all__ = [
    "DeriveError",
    "Diagnostic",
    "Gradient",
    "GradientMismatch",
    "GradientReport",
    "Gradients",
    "Report",
    "Stack",
    "assert_gradient",
    "check",
    "check_document",
    "check_source",
    "explain",
    "gradients",
    "load_ipython_extension",
    "stack",
    "verify",
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
