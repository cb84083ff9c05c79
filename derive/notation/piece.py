"""The makers of terms that both readers share: places, limits, exact numbers, scaling."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from derive.diagnostic import DeriveError, Span, refuse
from derive.functions import is_function
from derive.notation import limits
from derive.notation.limits import MAX_DEPTH
from derive.notation.table import COMPARE, Infix
from derive.term import Apply, Attr, Const, Term, Var

ONE = Fraction(1)
BOLD = (r"\mathbf", r"\boldsymbol", r"\bm")
_ELEMENTWISE = frozenset(("add", "sub", "neg", "mul", "div", "pow"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A term that was read, how deep it is, and whether it is known to be one number.

    `ones` is the axis that a product with it sums, where it is written as a vector of ones: 0 for
    `1^T` on the left of a matrix, also with a factor before it, and 1 for a bold 1 on the right.
    """

    term: Term
    span: Span
    depth: int = 1
    scalar: bool = False
    ones: int | None = None


def is_scalar(op: str, attrs: Sequence[Attr], operands: Sequence[bool]) -> bool:
    """Whether an op gives one number, knowing which of its operands are one."""
    if op == "sum":
        return attrs[0] is None
    return (op in _ELEMENTWISE or is_function(op)) and all(operands)


class Maker(NamedTuple):
    """Makes terms out of one text."""

    text: str
    scalars: frozenset[str] = frozenset()

    def refusal(self, code: str, message: str, span: Span, help: str | None = None) -> DeriveError:
        """The error for a place in this text."""
        return refuse(code, message, self.text, span, help=help)

    def name(self, name: str, span: Span) -> Piece:
        """A declared name."""
        return Piece(Var(name, span), span, scalar=name in self.scalars)

    def number(self, literal: str, span: Span) -> Piece:
        """A number as it is written."""
        value = limits.number(literal, self.text, span)
        bold = self.text[: span.start].rstrip().endswith(BOLD)
        return Piece(Const(value, span), span, scalar=True, ones=1 if bold and value == 1 else None)

    def transpose(self, operand: Piece, span: Span) -> Piece:
        """`A^T`; of a lone 1 it is a row of ones."""
        row = isinstance(operand.term, Const) and operand.term.value == 1
        return replace(self.apply("transpose", [operand], span), ones=0 if row else None)

    def apply(
        self, op: str, operands: Sequence[Piece], span: Span, attrs: tuple[Attr, ...] = ()
    ) -> Piece:
        """An op on operands."""
        depth = 1 + max((operand.depth for operand in operands), default=0)
        if depth > MAX_DEPTH:
            message = f"the formula is more than {MAX_DEPTH} operations deep"
            raise self.refusal("D106", message, span, "give parts of it a name")
        term = Apply(op, tuple(operand.term for operand in operands), attrs, span)
        scalar = is_scalar(op, attrs, [operand.scalar for operand in operands])
        return Piece(term, span, depth, scalar)

    def negate(self, operand: Piece, span: Span) -> Piece:
        """`-a`; the negative of a number is a number."""
        if isinstance(operand.term, Const):
            return Piece(Const(-operand.term.value, span), span, scalar=True)
        return self.apply("neg", [operand], span)

    def divide(self, over: Piece, under: Piece, span: Span) -> Piece:
        """`a / b`; the quotient of two numbers is a number."""
        if not (isinstance(over.term, Const) and isinstance(under.term, Const)):
            return self.apply("div", [over, under], span)
        if under.term.value == 0:
            raise self.refusal("D108", "this divides by zero", span)
        value = limits.check_size(over.term.value / under.term.value, self.text, span)
        return Piece(Const(value, span), span, scalar=True)

    def join(self, sign: Infix, op: str, left: Piece, right: Piece) -> Piece:
        """Two operands with a sign between them, which means `op` here.

        A product of matrices with one number is scaling, unless it is written `@`.
        """
        span = left.span.join(right.span)
        if sign.level == COMPARE:
            return self.compare(sign.op, left, right, span)
        if op == "div":
            return self.divide(left, right, span)
        if not sign.sign and left.ones == 0:
            return self._summed(left, right, span)
        if not sign.sign and right.ones == 1 and not left.scalar:
            return self.apply("sum", [left], span, (1, True))
        scaling = op == "matmul" and sign.sign != "@" and (left.scalar or right.scalar)
        product = self.apply("mul" if scaling else op, [left, right], span)
        return replace(product, ones=0 if not sign.sign and right.ones == 0 else None)

    def _summed(self, ones: Piece, matrix: Piece, span: Span) -> Piece:
        """`1^T A` adds the rows of A, and `B 1^T A` is the product of B with that."""
        total = self.apply("sum", [matrix], span, (0, True))
        if not (isinstance(ones.term, Apply) and len(ones.term.args) == 2):
            return total
        return self.apply(ones.term.op, [replace(ones, term=ones.term.args[0]), total], span)

    def power(self, base: Piece, exponent: Piece, span: Span) -> Piece:
        """The elementwise power; the exponent is a number."""
        exponent = replace(exponent, term=_counted(exponent.term))
        if not isinstance(exponent.term, Const):
            message = "a power has to be a number"
            raise self.refusal("D109", message, exponent.span)
        value = limits.power(exponent.term.value, self.text, exponent.span)
        return self.apply("pow", [base], span, (str(value),))

    def compare(self, sign: str, left: Piece, right: Piece, span: Span) -> Piece:
        """`a > b` as 1 where it holds and 0 elsewhere: step(a - b), exactly, for all four signs."""
        strict = sign in ("greater", "less")
        over, under = (left, right) if sign in ("greater", "at most") else (right, left)
        step = self.apply("step", [self._difference(over, under, span)], span)
        if strict:
            return step
        one = Piece(Const(ONE, span), span, scalar=True)
        return self.apply("sub", [one, step], span)

    def _difference(self, over: Piece, under: Piece, span: Span) -> Piece:
        if isinstance(under.term, Const) and under.term.value == 0:
            return over
        if isinstance(over.term, Const) and over.term.value == 0:
            return self.negate(under, span)
        return self.apply("sub", [over, under], span)


def widen(piece: Piece, span: Span) -> Piece:
    """The same term, said to stand at a wider place: with its brackets."""
    return replace(piece, term=replace(piece.term, span=span), span=span, ones=None)


_COUNTING: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
}


def _counted(term: Term) -> Term:
    """Arithmetic of numbers done: `n - 1` where n stands for 3."""
    match term:
        case Apply(op, (Const(left), Const(right))) if op in _COUNTING:
            return Const(_COUNTING[op](left, right), term.span)
    return term
