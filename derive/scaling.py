"""A formula times a number or a size, written as people do."""

from __future__ import annotations

from dataclasses import replace

from derive.edits import Edit, Edited
from derive.term import Apply, Const, Term, apply, const


def scaled(made: Edited, factor: Term) -> Edited:
    """The formula times a factor, written as people do."""
    if factor == const(1):
        return made
    edits = (*made.edits, Edit("sign" if factor == const(-1) else "scale", made.term, factor))
    return Edited(_times(made.term, factor), edits)


def _negative(term: Term) -> Term:
    """The formula with its sign turned: b - a of a - b."""
    if isinstance(term, Apply) and term.op == "neg":
        return term.args[0]
    if isinstance(term, Apply) and term.op == "sub":
        return apply("sub", *reversed(term.args))
    return apply("neg", term)


def _cancelled(term: Term, factor: Term) -> Term | None:
    """The formula without its own factor that this one undoes, if it has that."""
    if not isinstance(term, Apply) or term.op not in ("matmul", "mul", "div"):
        return None
    left, right = term.args
    if term.op == "div" and factor in (right, apply("mul", const(1), right)):
        return left
    undone = isinstance(left, Const) and left.value and factor == const(1 / left.value)
    if term.op != "div" and (undone or factor == apply("div", const(1), left)):
        return right
    inner = _cancelled(left, factor)
    return None if inner is None else replace(term, args=(inner, right))


def _times(term: Term, factor: Term) -> Term:
    if (whole := _cancelled(term, factor)) is not None:
        return whole
    if factor == const(-1):
        return _negative(term)
    if isinstance(factor, Apply) and factor.op == "div" and isinstance(factor.args[0], Const):
        over = factor.args[0].value
        inner = _times(term, const(over)) if over != 1 else term
        return apply("div", inner, factor.args[1])
    if isinstance(factor, Apply) and factor.op == "div":
        return apply("div", _times(term, factor.args[0]), factor.args[1])
    if isinstance(factor, Apply) and factor.op == "mul" and factor.args[0] == const(1):
        return apply("mul", factor.args[1], term)
    return apply("mul", factor, term)
