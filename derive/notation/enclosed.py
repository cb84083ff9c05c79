r"""What stands between brackets or bars in a claim: vectors of numbers, norms, inner products."""

from __future__ import annotations

from derive.diagnostic import Span
from derive.notation.claim_calls import make
from derive.notation.claim_signs import NORM
from derive.notation.cursor import Context
from derive.notation.piece import ONE, Piece, widen
from derive.notation.reader import Reader
from derive.notation.scanner import Token
from derive.notation.table import ADD
from derive.term import Apply, Const


class Enclosed(Reader):
    """Reads what is enclosed."""

    def group(self, opened: Token) -> Piece:
        """Brackets; numbers in them with commas between are a vector."""
        if opened.text == "(" and (literal := self.literal(opened)):
            return literal
        return super().group(opened)

    def matrix(self, opened: Token) -> Piece:
        """Square brackets: a vector of numbers, a matrix of blocks, or only brackets."""
        piece = super().matrix(opened)
        term = piece.term
        if isinstance(term, Apply) and term.op == "concat" and _all_numbers(term):
            kind = "row" if term.attrs[0] == 1 else "column"
            return Piece(Apply("literal", term.args, (kind,), term.span), piece.span, 2)
        return piece

    def literal(self, opened: Token) -> Piece | None:
        """`(1, 1, 1)`; None if these brackets hold something else."""
        numbers: list[Const] = []
        place = self.place
        while True:
            sign = 1
            while self.tokens[place].is_sign("-"):
                sign, place = -sign, place + 1
            token = self.tokens[place]
            if token.kind != "number":
                return None
            value = self.make.number(token.text, token.span).term
            assert isinstance(value, Const)
            numbers.append(Const(sign * value.value, token.span))
            place += 1
            if not self.tokens[place].is_sign(","):
                break
            place += 1
        if self.tokens[place].kind != "close" or len(numbers) < 2:
            return None
        self.place = place
        span = self.close(opened)
        return Piece(Apply("literal", tuple(numbers), ("row",), span), span, 2)

    def norm(self, opened: Token) -> Piece:
        r"""`\|x\|^2` is the sum of squares; `\|x\|` its root."""
        with self.inside(Context(bar=True)):
            inner = self.expression(ADD)
        if not self.next.is_sign(NORM):
            raise self.make.refusal("D105", "this norm is never closed", opened.span)
        return self.length(inner, opened.span.join(self.take().span))

    def absolute(self, piece: Piece, span: Span) -> Piece:
        """Single bars are a norm in some texts: of a vector, or not at all."""
        return (
            self.length(piece, span)
            if self.signs.get("|") == "norm"
            else super().absolute(piece, span)
        )

    def length(self, inner: Piece, span: Span) -> Piece:
        """The root of the sum of squares, or a power of it that is written behind."""
        square = self.make.apply("pow", [inner], span, ("2",))
        total = self.make.apply("sum", [square], span, (None, False))
        if self.next.is_sign("^"):
            exponent = self.exponent()
            if exponent.term == Const(2 * ONE):
                return widen(total, span.join(exponent.span))
            root = self.make.apply("pow", [total], span, ("1/2",))
            return self.make.power(root, exponent, span.join(exponent.span))
        return self.make.apply("pow", [total], span, ("1/2",))

    def inner(self, opened: Token) -> Piece:
        r"""`\langle a, b \rangle`"""
        pieces, _, _ = self.listed(opened)
        span = opened.span.join(self.tokens[self.place - 1].span)
        if len(pieces) != 2:
            message = "an inner product has two operands"
            raise self.make.refusal("D103", message, span)
        return make(self.make, "inner", pieces, span, scalar=True)


def _all_numbers(term: Apply) -> bool:
    return all(isinstance(arg, Const) for arg in term.args)
