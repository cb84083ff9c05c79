"""Term -> Term for floating point: the same value for all sizes, computed safely and cheaply.

`[1 H] W` becomes `H W[1:] + W[0]` (nothing is copied), its gradient becomes two blocks, and a log
of a softmax or sigmoid becomes one safe function. Every rule is an equality that a test proves.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.recognise import recognised
from derive.term import Apply, Term, apply, const, rebuild, substitute, variables

SAFE_LOGS = frozenset({"softmax", "sigmoid"})


def stable(term: Term, definitions: Mapping[str, Term]) -> Term:
    """The term in its safe form; `definitions` tells what a name inside a log stands for."""

    def node(old: Term) -> Term:
        for rule in RULES:
            found = rule(old)
            if found is not None:
                return found
        return _safe_log(old, definitions)

    return rebuild(recognised(term), node)


def _safe_log(term: Term, definitions: Mapping[str, Term]) -> Term:
    """log(yhat) by the definition of yhat, where that is safe: log_softmax(z3)."""
    if not isinstance(term, Apply) or term.op != "log":
        return term
    known = {name: definitions[name] for name in variables(term) if name in definitions}
    logs = {n: t for n, t in known.items() if isinstance(t, Apply) and t.op in SAFE_LOGS}
    safe = recognised(substitute(term, logs))
    return term if isinstance(safe, Apply) and safe.op == "log" else safe


def _augmented(term: Term, axis: int) -> Term | None:
    """A, where the term is [1 A] with the ones along `axis`."""
    if isinstance(term, Apply) and term.op == "concat" and term.attrs == (axis,):
        one, *rest = term.args
        if one == const(1) and len(rest) == 1:
            return rest[0]
    return None


def _transposed(term: Term) -> Term | None:
    return term.args[0] if isinstance(term, Apply) and term.op == "transpose" else None


def _split_rows(term: Term) -> Term | None:
    """[1 A] W = A W[1:] + W[0]"""
    if isinstance(term, Apply) and term.op == "matmul":
        left, right = term.args
        inner = _augmented(left, 1)
        if inner is not None:
            rest = apply("slice", right, attrs=(0, 1, None))
            first = apply("slice", right, attrs=(0, 0, 1))
            return apply("add", apply("matmul", inner, rest), first)
    return None


def _split_columns(term: Term) -> Term | None:
    """W [1; A] = W[:,1:] A + W[:,0]"""
    if isinstance(term, Apply) and term.op == "matmul":
        left, right = term.args
        inner = _augmented(right, 0)
        if inner is not None:
            rest = apply("slice", left, attrs=(1, 1, None))
            first = apply("slice", left, attrs=(1, 0, 1))
            return apply("add", apply("matmul", rest, inner), first)
    return None


def _outer_rows(term: Term) -> Term | None:
    """[1 A]^T D = [sum of the rows of D; A^T D]"""
    if isinstance(term, Apply) and term.op == "matmul":
        inner = _transposed(term.args[0])
        block = None if inner is None else _augmented(inner, 1)
        if block is not None:
            total = apply("sum", term.args[1], attrs=(0, True))
            rest = apply("matmul", apply("transpose", block), term.args[1])
            return apply("concat", total, rest, attrs=(0,))
    return None


def _outer_columns(term: Term) -> Term | None:
    """D [1; A]^T = [sum of the columns of D, D A^T]"""
    if isinstance(term, Apply) and term.op == "matmul":
        inner = _transposed(term.args[1])
        block = None if inner is None else _augmented(inner, 0)
        if block is not None:
            total = apply("sum", term.args[0], attrs=(1, True))
            rest = apply("matmul", term.args[0], apply("transpose", block))
            return apply("concat", total, rest, attrs=(1,))
    return None


RULES = (_split_rows, _split_columns, _outer_rows, _outer_columns)
