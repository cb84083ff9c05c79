r"""A vector of ones whose length is not said, `\mathbf{1}`: what is around it says what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.term import Apply, Const, Term, const, rebuild, walk

_ELEMENTWISE = frozenset(("add", "sub", "mul", "div", "neg"))


def settle_ones(term: Term, text: str) -> Term:
    """The term without ones of unknown length.

    Beside `+`, `-` and `∘` they are the number 1; a matrix times ones is the sum of its rows.
    Raises DeriveError where the length would matter.
    """
    if _is_ones(term):
        return const(1)
    made = rebuild(term, _settled)
    for node in walk(made):
        if _is_ones(node):
            raise _refused(node.span, text)
    return made


def _is_ones(term: Term) -> bool:
    return isinstance(term, Apply) and term.op == "ones" and not term.attrs


def _settled(node: Term) -> Term:
    if not isinstance(node, Apply):
        return node
    if node.op in _ELEMENTWISE:
        args = tuple(Const(const(1).value, arg.span) if _is_ones(arg) else arg for arg in node.args)
        return Apply(node.op, args, node.attrs, node.span)
    if node.op == "matmul":
        left, right = node.args
        if _is_ones(right) and not _is_ones(left):
            return Apply("sum", (left,), (1, True), node.span)
        if _is_turned(right) and _sums_rows(left):
            return left
        if (before := _before_row(left)) is not None and not _is_ones(right):
            return before(Apply("sum", (right,), (0, True), node.span))
    return node


def _before_row(term: Term) -> Callable[[Term], Term] | None:
    """What stands before a row of ones, put before something else: the 2/N of `2/N 1^T`."""
    if _is_turned(term):
        return lambda new: new
    if not isinstance(term, Apply):
        return None
    scales = term.op == "mul" and isinstance(term.args[0], Const)
    inner = _before_row(term.args[-1]) if scales or term.op in ("neg", "matmul") else None
    if inner is None:
        return None
    put = inner
    return lambda new: replace(term, args=(*term.args[:-1], put(new)))


def _is_turned(term: Term) -> bool:
    return isinstance(term, Apply) and term.op == "transpose" and _is_ones(term.args[0])


def _sums_rows(term: Term) -> bool:
    """Whether this is a matrix times ones: times their transpose, each sum is repeated."""
    return isinstance(term, Apply) and term.op == "sum" and term.attrs == (1, True)


def _refused(span: Span | None, text: str) -> DeriveError:
    help = r"write it below: \mathbf{1}_{m}"
    return refuse("D131", "the length of this vector of ones is not known", text, span, help=help)
