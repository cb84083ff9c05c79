r"""Formulas as people write them, to terms and back: one table read in both directions.

`read` takes plain text, Unicode and LaTeX, and `read_claim` whole claims in them; `read_numpy` one
expression and `read_program` several assignments in NumPy notation; `write` gives all three.
Whatever is refused is a `DeriveError` with the place of the fault.

    text -> scanner (tokens) -> words (names) -> reader -> Term -> writer (by styles, table) -> text
    text -> claim_scanner -> layout (equations) -> marks -> resolve -> claim_reader -> ClaimText
    text -> python (syntax tree) -> numpylike, program -> Term, Equations
    code of a claim -> tongues (to Python's signs) -> python -> statements, codelike -> ClaimText

The names below are loaded when they are first used: a stack of layers needs no reader of claims.

>>> term = read(r"W_2^\top(\hat{y} - y)", ["W2", "yhat", "y"])
>>> write(term, "plain"), write(term, "numpy")
('W2^T (yhat - y)', 'W2.T @ (yhat - y)')
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.notation.claims import read_claim
    from derive.notation.names import latex_name, name_key
    from derive.notation.numpylike import read_numpy
    from derive.notation.program import read_program
    from derive.notation.python import looks_like_numpy
    from derive.notation.reader import read
    from derive.notation.table import NOTATIONS, Notation
    from derive.notation.writer import write

PUBLIC = {
    "NOTATIONS": "derive.notation.table",
    "Notation": "derive.notation.table",
    "latex_name": "derive.notation.names",
    "looks_like_numpy": "derive.notation.python",
    "name_key": "derive.notation.names",
    "read": "derive.notation.reader",
    "read_claim": "derive.notation.claims",
    "read_numpy": "derive.notation.numpylike",
    "read_program": "derive.notation.program",
    "write": "derive.notation.writer",
}
"""Each public name, and the module that has it."""

__all__ = [
    "NOTATIONS",
    "Notation",
    "latex_name",
    "looks_like_numpy",
    "name_key",
    "read",
    "read_claim",
    "read_numpy",
    "read_program",
    "write",
]


def __getattr__(name: str) -> Any:
    """Loads a public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'derive.notation' has no attribute {name!r}")
    value = getattr(importlib.import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value
