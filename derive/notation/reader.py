r"""The reader: plain text, Unicode and LaTeX to terms, by precedence, with exact places.

>>> print(read(r"[1\ H_1]^T (\hat{y} - y)", ["H1", "yhat", "y"]).op)
matmul
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from derive.diagnostic import Span
from derive.functions import PRIME, is_function
from derive.notation.brackets import CELL, ROW, is_slice, read_slice, splits_at_room
from derive.notation.calls import Call, build
from derive.notation.cursor import Context, Cursor
from derive.notation.names import Names
from derive.notation.piece import Maker, Piece, widen
from derive.notation.scanner import Token, scan
from derive.notation.table import (
    ADD,
    CHOICES,
    COMPARE,
    INFIX,
    JUXTAPOSED,
    SPELLINGS,
    TIMES,
    Infix,
)
from derive.notation.words import TRANSPOSE, name_tokens
from derive.term import Attr, Const, Term

_OPERANDS = frozenset(("number", "name", "call", "open", "command"))
_LITERALS: Mapping[str, Attr] = {"True": True, "False": False, "None": None}


def read(
    text: str,
    names: Collection[str],
    *,
    signs: Mapping[str, str] | None = None,
    scalars: Collection[str] = (),
) -> Term:
    r"""The term that a formula in plain text, Unicode or LaTeX means.

    `signs` says what `*` and `\cdot` mean here ("matmul" or "mul"); `scalars` are the names that
    stand for one number each, so that a product with them is scaling.
    """
    chosen = {SPELLINGS.get(sign, sign): CHOICES[op] for sign, op in (signs or {}).items()}
    maker = Maker(text, frozenset(scalars))
    try:
        tokens = name_tokens(scan(text), Names(names), text)
        return Reader(tokens, maker, chosen).formula()
    except RecursionError:
        raise maker.refusal("D106", "the formula is nested too deep", Span(0, 0)) from None


class Reader(Cursor):
    """Reads by precedence; every method takes the tokens of what it reads."""

    operands = _OPERANDS

    def __init__(self, tokens: Sequence[Token], maker: Maker, signs: Mapping[str, str]) -> None:
        super().__init__(tokens, maker)
        self.signs = signs

    # ------------------------------------------------------------------------------ expressions

    def formula(self) -> Term:
        """All of the text."""
        if self.next.kind == "end":
            raise self.make.refusal("D114", "the formula is empty", self.next.span)
        piece = self.expression(COMPARE)
        if self.next.kind != "end":
            raise self.stray(self.next)
        return piece.term

    def expression(self, least: int) -> Piece:
        """Operands and the signs between them that bind at `least` so tightly."""
        left = self.operand(least)
        while (sign := self.infix()) and sign.level >= least:
            left = self.join(left, sign)
        return left

    def infix(self) -> Infix | None:
        """The sign between the last operand and the next, if there is a next one."""
        token = self.next
        if token.kind == "sign" and token.text in INFIX:
            return INFIX[token.text]
        bar = token.is_sign("|") and not self.context.bar
        if token.kind not in self.operands and not bar:
            return None
        return None if self.context.room and token.spaced else JUXTAPOSED

    def join(self, left: Piece, sign: Infix) -> Piece:
        """The operand and what stands to the right of the sign."""
        if sign.sign:
            self.take()
        else:
            self.check_numbers()
        start = self.place
        right = self.expression(ADD if sign.level == COMPARE else sign.level + 1)
        if sign.sign == "/":
            self.check_quotient(start)
        return self.make.join(sign, self.signs.get(sign.sign, sign.op), left, right)

    def operand(self, least: int) -> Piece:
        """What stands before or after a sign; a leading minus takes all of a product."""
        token = self.next
        if not token.is_sign("-", "+"):
            return self.factor()
        self.take()
        with self.inside(self.context):
            operand = self.expression(max(least, TIMES))
        span = token.span.join(operand.span)
        return self.make.negate(operand, span) if token.text == "-" else widen(operand, span)

    def factor(self) -> Piece:
        """A name, a number, a call or brackets, with what is raised after it."""
        piece = self.atom()
        while True:
            token = self.next
            if token.is_sign(TRANSPOSE, "'"):
                piece = self.make.transpose(piece, piece.span.join(self.take().span))
            elif token.is_sign("^"):
                exponent = self.exponent()
                piece = self.make.power(piece, exponent, piece.span.join(exponent.span))
            elif is_slice(self.tokens, self.place):
                piece = self.sliced(piece)
            else:
                return piece

    def exponent(self) -> Piece:
        """What stands in the braces after `^`."""
        self.take()
        return self.group(self.take())

    # ------------------------------------------------------------------------------------ atoms

    def atom(self) -> Piece:
        """The smallest operand."""
        token = self.take()
        if token.kind == "number":
            return self.make.number(token.text, token.span)
        if token.kind == "name":
            return self.make.name(token.text, token.span)
        if token.kind == "call":
            return self.call(token)
        if token.kind == "command":
            return self.command(token)
        if token.is_sign("|"):
            return self.bars(token)
        if token.kind == "open":
            return self.matrix(token) if token.text == "[" else self.group(token)
        raise self.stray(token)

    def group(self, opened: Token) -> Piece:
        """What stands in brackets; the place of it includes them."""
        with self.inside():
            piece = self.expression(COMPARE)
        span = self.close(opened)
        return self.absolute(piece, span) if opened.text == "|" else widen(piece, span)

    def absolute(self, piece: Piece, span: Span) -> Piece:
        """What stands between single bars."""
        return self.make.apply("abs", [piece], span)

    def bars(self, opened: Token) -> Piece:
        """`|z|`"""
        if self.next.is_sign("|"):
            message = "a norm is not supported"
            raise self.make.refusal("D102", message, opened.span.join(self.next.span))
        with self.inside(Context(bar=True)):
            piece = self.expression(ADD)
        if not self.next.is_sign("|"):
            raise self.make.refusal("D105", "the bar `|` is never closed", opened.span)
        return self.absolute(piece, opened.span.join(self.take().span))

    def matrix(self, opened: Token) -> Piece:
        """Cells laid side by side, and rows of them on top of each other."""
        room = splits_at_room(self.tokens, self.place)
        rows: list[list[Piece]] = [[]]
        with self.inside(Context(room=room, bar=True)):
            while True:
                rows[-1].append(self.expression(COMPARE))
                if self.next.is_sign(*CELL):
                    self.take()
                elif self.next.is_sign(*ROW):
                    self.take()
                    rows.append([])
                elif not (room and self.next.kind in self.operands):
                    break
        span = self.close(opened)
        return widen(self.stacked([self.stacked(row, 1) for row in rows], 0), span)

    def stacked(self, pieces: Sequence[Piece], axis: int) -> Piece:
        """Pieces joined along an axis, if there are several."""
        if len(pieces) == 1:
            return pieces[0]
        span = pieces[0].span.join(pieces[-1].span)
        return self.make.apply("concat", pieces, span, (axis,))

    def sliced(self, piece: Piece) -> Piece:
        """`W[1:]`"""
        items = read_slice(self.tokens, self.place, self.make)
        while self.next.kind != "close":
            self.take()
        span = piece.span.join(self.take().span)
        for attrs in items:
            piece = self.make.apply("slice", [piece], span, attrs)
        return widen(piece, span)

    def command(self, token: Token) -> Piece:
        r"""`\frac{a}{b}` and `\sqrt{a}`."""
        first = self.argument()
        if token.text == "sqrt":
            return self.make.apply("pow", [first], token.span.join(first.span), ("1/2",))
        second = self.argument()
        return self.make.divide(first, second, token.span.join(second.span))

    def argument(self) -> Piece:
        """An argument of a command: braces, or one token."""
        if self.next.kind in ("number", "name") or self.next.text == "{":
            return self.atom()
        raise self.stray(self.next)

    # ------------------------------------------------------------------------------------ calls

    def call(self, token: Token) -> Piece:
        """A function on its argument, perhaps primed or with a power between: `tanh^2 z`."""
        function, axis = self.primed(token), None
        if self.next.kind == "axis":
            axis = int(self.take().text)
        power = self.exponent() if self.next.is_sign("^") else None
        if power and isinstance(power.term, Const) and power.term.value < 0:
            message = f"`{token.text}` with a negative power can be its inverse or its reciprocal"
            raise self.make.refusal("D104", message, power.span, "write 1/f(z) for the reciprocal")
        arguments, keywords, end = self.arguments(token)
        if axis is not None:
            keywords["axis"] = axis
        span = Span(token.span.start, end)
        piece = self.built(Call(function, span, tuple(arguments), keywords))
        return self.make.power(piece, power, span) if power else piece

    def built(self, call: Call) -> Piece:
        """The term that a call is."""
        return build(self.make, call)

    def primed(self, token: Token) -> str:
        """The function, or its derivative if a prime follows."""
        primes = 0
        while self.next.is_sign("'", "′"):
            primes += 1
            last = self.take()
        if primes > 1 or (primes and not is_function(token.text + PRIME)):
            message = f"`{token.text}` has no derivative of this kind here"
            raise self.make.refusal("D110", message, token.span.join(last.span))
        return token.text + PRIME * primes

    def arguments(self, token: Token) -> tuple[list[Piece], dict[str, Attr], int]:
        """The arguments in brackets, or the one factor after the function, and where they end."""
        if self.next.text == "(" and self.next.kind == "open":
            return self.listed(self.take())
        if self.next.kind not in self.operands and not self.next.is_sign("|"):
            message = f"`{token.text}` needs an argument"
            raise self.make.refusal("D110", message, token.span)
        braced = self.next.kind == "open" and self.next.text in ("{", "[")
        with self.inside(self.context):
            piece = self.atom() if braced else self.factor()
        if not braced and self.infix() is JUXTAPOSED:
            span = token.span.join(self.next.span)
            message = f"it is not clear where the argument of `{token.text}` ends"
            raise self.make.refusal("D104", message, span, "put brackets around the argument")
        return [piece], {}, piece.span.end

    def listed(self, opened: Token) -> tuple[list[Piece], dict[str, Attr], int]:
        """Arguments and keywords up to the closing bracket."""
        pieces: list[Piece] = []
        keywords: dict[str, Attr] = {}
        with self.inside():
            while True:
                if self.next.kind == "keyword":
                    word = self.take().text
                    keywords[word] = self.value()
                else:
                    pieces.append(self.expression(COMPARE))
                if not self.next.is_sign(","):
                    break
                self.take()
        return pieces, keywords, self.close(opened).end

    def value(self) -> Attr:
        """The value of a keyword."""
        if self.next.kind == "literal":
            return _LITERALS[self.take().text]
        piece = self.operand(ADD)
        if isinstance(piece.term, Const) and piece.term.value.denominator == 1:
            return int(piece.term.value)
        raise self.make.refusal("D110", "a keyword takes a whole number or True", piece.span)
