r"""`\begin{cases} a & z > 0 \\ b & \text{otherwise} \end{cases}`: a where z > 0, else b."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.diagnostic import Span
from derive.notation.claim_calls import make
from derive.notation.piece import Maker, Piece
from derive.term import Apply, Const, Term

ELSE = ("otherwise", "else", "elsewhere", "if not", "other")
"""How the words of a last case begin."""

_ONE = Const(Fraction(1))
_ZERO = Const(Fraction(0))


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its value, and its condition if it has one."""

    value: Piece
    condition: Piece | None


def choose(maker: Maker, rows: list[Case], span: Span) -> Piece:
    """The term of all rows; the last one holds where no other does."""
    *firsts, last = rows
    if last.condition and not (
        len(firsts) == 1 and _completes(firsts[0].condition, last.condition)
    ):
        message = "it is not clear what holds where none of these conditions does"
        help = r"end the cases with \text{otherwise}"
        raise maker.refusal("D134", message, last.condition.span, help)
    piece = last.value
    for row in reversed(firsts):
        if row.condition is None:
            message = "only the last case may be without a condition"
            raise maker.refusal("D134", message, row.value.span)
        piece = _where(maker, row.condition, row.value, piece, span)
    return Piece(piece.term, span, piece.depth, piece.scalar)


def _where(maker: Maker, condition: Piece, yes: Piece, no: Piece, span: Span) -> Piece:
    if yes.term == _ONE and no.term == _ZERO:
        return condition
    if yes.term == _ZERO and no.term == _ONE:
        one = Piece(_ONE, span, scalar=True)
        return maker.apply("sub", [one, condition], span)
    scalar = condition.scalar and yes.scalar and no.scalar
    return make(maker, "where", [condition, yes, no], span, scalar=scalar)


def _completes(first: Piece | None, second: Piece) -> bool:
    """Whether two conditions are opposites, up to the corner between them."""
    if first is None:
        return False
    a, b = first.term, second.term
    return _opposite(a, b) or _opposite(b, a) or _across(a, b)


def _opposite(a: Term, b: Term) -> bool:
    return isinstance(b, Apply) and b.op == "sub" and b.args == (_ONE, a)


def _across(a: Term, b: Term) -> bool:
    """`z > 0` and `z < 0`: step(z) and step(-z)."""
    return _side(a) is not None and _side(a) == _negated(_side(b))


def _side(term: Term) -> Term | None:
    return term.args[0] if isinstance(term, Apply) and term.op == "step" else None


def _negated(term: Term | None) -> Term | None:
    if isinstance(term, Apply) and term.op == "neg":
        return term.args[0]
    if isinstance(term, Apply) and term.op == "sub":
        return Apply("sub", (term.args[1], term.args[0]))
    return Apply("neg", (term,)) if term is not None else None
