"""Term -> Term for floating point: the same value for all sizes, computed safely and cheaply.

`[1 H] W` becomes `H W[1:] + W[0]` (nothing is copied), its gradient becomes two blocks, and a log
of a softmax or sigmoid becomes one safe function. Every rule is an equality that a test proves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from codegen.views import sliced
from derive.recognise import recognised
from derive.term import Apply, Term, Var, apply, const, rebuild, substitute, turned, variables

SAFE_LOGS = frozenset({"softmax", "sigmoid"})


def stable(term: Term, definitions: Mapping[str, Term], joined: Collection[str] = ()) -> Term:
    """The term in its safe form; `definitions` tells what a name inside a log stands for.

    Products with `[1; A]` stay as they are for the A in `joined`: their array has the row of ones.
    """

    def node(old: Term) -> Term:
        parts = _parted(old, joined)
        return _safe_log(old, definitions) if parts is None else parts

    return rebuild(recognised(term), node)


def _safe_log(term: Term, definitions: Mapping[str, Term]) -> Term:
    """log(yhat) by the definition of yhat, where that is safe: log_softmax(z3)."""
    if not isinstance(term, Apply) or term.op != "log":
        return term
    known = {name: definitions[name] for name in variables(term) if name in definitions}
    logs = {n: t for n, t in known.items() if isinstance(t, Apply) and t.op in SAFE_LOGS}
    safe = recognised(substitute(term, logs))
    return term if isinstance(safe, Apply) and safe.op == "log" else safe


def _parted(term: Term, joined: Collection[str]) -> Term | None:
    """A product with ones beside a block, by the block alone."""
    if isinstance(term, Apply) and term.op == "matmul":
        found = (rule(term.args, place, joined) for rule in RULES for place in (0, 1))
        return next((one for one in found if one is not None), None)
    return None


def _biased(args: tuple[Term, ...], place: int, joined: Collection[str]) -> Term | None:
    """[1 A] W = A W[1:] + W[:1], and W [1; A] = W[:, 1:] A + W[:, :1]"""
    block, other = _beside_ones(args[place], 1 - place, joined), args[1 - place]
    if block is None:
        return None
    rest, first = sliced(other, (place, 1, None)), sliced(other, (place, 0, 1))
    return apply("add", _product(block, rest, place), first)


def _summed(args: tuple[Term, ...], place: int, joined: Collection[str]) -> Term | None:
    """[1; A] D = [sum of the rows of D; A D], and D [1 A] = [sum of the columns of D, D A]"""
    block, other = _beside_ones(args[place], place, joined), args[1 - place]
    if block is None:
        return None
    total = apply("sum", other, attrs=(place, True))
    return apply("concat", total, _product(block, other, place), attrs=(place,))


RULES = (_biased, _summed)


def _product(block: Term, other: Term, place: int) -> Term:
    return apply("matmul", *((block, other) if place == 0 else (other, block)))


def _beside_ones(term: Term, axis: int, joined: Collection[str]) -> Term | None:
    """A, where the term is [1 A] with the ones along `axis`, or the transpose of such a one."""
    match term:
        case Apply("concat", (one, Var(name)), (0,)) if one == const(1) and name in joined:
            return None
        case Apply("concat", (one, block), (along,)) if one == const(1) and along == axis:
            return block
        case Apply("transpose", (inner,)):
            found = _beside_ones(inner, 1 - axis, joined)
            return None if found is None else turned(found)
    return None
