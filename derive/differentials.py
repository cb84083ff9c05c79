"""Differentials: in `dL = tr(G^T dX)` the gradient is what multiplies dX."""

from __future__ import annotations

import re

from derive.diagnostic import Span, refuse
from derive.entries import DIFFERENTIAL
from derive.notation.choices import GRADIENT
from derive.term import Apply, Term, Var, variables

_FONT = re.compile(r"\\[A-Za-z]+|[^A-Za-z]")
_SUMS = frozenset(("add", "sub", "neg", "transpose", "trace", "sum", "mean", "diag", "total"))
_PRODUCTS = frozenset(("matmul", "mul", "inner", "outer"))


def speaks(text: str, loss: str) -> bool:
    """Whether a claim begins with the differential of the loss, `dL = ...`."""
    left, sign, _ = text.partition("=")
    return bool(sign) and _FONT.sub("", left) == "d" + _FONT.sub("", loss)


def differential_of(term: Term, text: str, span: Span) -> str:
    """The name whose differential a formula is linear in. Raises DeriveError without such a one."""
    found = {name for name in variables(term) if name.startswith(DIFFERENTIAL)}
    if len(found) != 1 or not _linear(term):
        message = "a differential of the loss is read where it is linear in one other, as tr(A dX)"
        raise refuse("D133", message, text, span)
    return found.pop().removeprefix(DIFFERENTIAL)


def gradient_of(term: Term, name: str) -> Term:
    """The gradient by a name that a differential is for."""
    return Apply(GRADIENT, (term, Var(DIFFERENTIAL + name)), (), term.span)


def is_differential(term: Term) -> bool:
    """Whether a formula is the gradient that a differential says."""
    return isinstance(term, Apply) and term.op == GRADIENT and _has(term.args[1])


def _has(term: Term) -> bool:
    return any(name.startswith(DIFFERENTIAL) for name in variables(term))


def _linear(term: Term) -> bool:
    """Whether a formula is linear in differentials, by the way it is made: not a number more."""
    if isinstance(term, Var):
        return _has(term)
    if not isinstance(term, Apply):
        return False
    if term.op in _SUMS:
        return all(_linear(arg) for arg in term.args)
    if term.op in _PRODUCTS:
        held = [arg for arg in term.args if _has(arg)]
        return len(held) == 1 and _linear(held[0])
    if term.op in ("div", "entry"):
        return _linear(term.args[0]) and not any(_has(arg) for arg in term.args[1:])
    return False
