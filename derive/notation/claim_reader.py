r"""The reader of one formula of a claim: the reader of formulas, with entries, sums and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.diagnostic import Span
from derive.functions import PRIME, is_function
from derive.notation.calls import Call
from derive.notation.cases import ELSE, Case, choose
from derive.notation.choices import GRADIENT
from derive.notation.claim_calls import build_claim, make, over_letter
from derive.notation.claim_signs import NORM
from derive.notation.emitting import Resolved
from derive.notation.enclosed import Enclosed
from derive.notation.indices import entry, shape_of
from derive.notation.lexicon import INDEX
from derive.notation.piece import ONE, Maker, Piece
from derive.notation.scanner import Token
from derive.notation.table import ADD, COMPARE, JUXTAPOSED, TIMES, Infix
from derive.notation.words import TRANSPOSE
from derive.scope import Scope
from derive.term import Apply, Const, Term, Var, size, walk

CLAIM_INFIX: Mapping[str, Infix] = {
    "×": Infix("×", "matmul", TIMES),
    "⊗": Infix("⊗", "outer", TIMES),
    "⊘": Infix("⊘", "div", TIMES),
    "=": Infix("=", "equal", COMPARE),
    "==": Infix("==", "equal", COMPARE),
    "≠": Infix("≠", "unequal", COMPARE),
}
"""Infix signs that only claims have."""

_OPERANDS = frozenset(
    ("number", "name", "call", "open", "command", "piece", "sum", "operator", "ones")
)


class ClaimReader(Enclosed):
    """Reads the tokens of one formula of a claim."""

    operands = _OPERANDS

    def __init__(
        self, resolved: Resolved, maker: Maker, signs: Mapping[str, str], scope: Scope
    ) -> None:
        super().__init__(resolved.tokens, maker, signs)
        self.resolved = resolved
        self.scope = scope

    # ------------------------------------------------------------------------------ expressions

    def infix(self) -> Infix | None:
        """The sign between the last operand and the next."""
        token = self.next
        if token.kind == "sign" and token.text in CLAIM_INFIX:
            sign = CLAIM_INFIX[token.text]
            if token.text == "⊗" and "⊗" not in self.signs:
                message = "the sign `⊗` can be the outer or the elementwise product"
                help = "write u v^T or u ∘ v"
                raise self.make.refusal("D104", message, token.span, help)
            return None if sign.level == COMPARE and not self.depth else sign
        if token.is_sign(NORM) and not self.context.bar:
            return _juxtaposed(self.context.room and token.spaced)
        return super().infix()

    def join(self, left: Piece, sign: Infix) -> Piece:
        """The operand and what stands to the right of the sign."""
        if sign.op not in ("equal", "unequal"):
            return super().join(left, sign)
        self.take()
        left, right = self.as_place(left), self.as_place(self.expression(ADD))
        span = left.span.join(right.span)
        if not (self.is_place(left) and self.is_place(right)):
            message = "only index letters can be compared by this sign"
            raise self.make.refusal("D131", message, span)
        equal = make(self.make, "delta", [left, right], span, scalar=True)
        if sign.op == "equal":
            return equal
        one = Piece(Const(ONE, span), span, scalar=True)
        return self.make.apply("sub", [one, equal], span)

    def as_place(self, piece: Piece) -> Piece:
        """A letter that is an index in this text, although a size has its name."""
        term = piece.term
        name = f"{INDEX}{term.name}" if isinstance(term, Var) else ""
        used = (node for one in self.resolved.pieces for node in walk(one))
        if not any(isinstance(node, Var) and node.name == name for node in used):
            return piece
        return replace(piece, term=Var(name, piece.span), scalar=True)

    def is_place(self, piece: Piece) -> bool:
        """Whether a term is an index letter or a number."""
        term = piece.term
        return isinstance(term, Const) or (isinstance(term, Var) and term.name.startswith(INDEX))

    def factor(self) -> Piece:
        """An operand with powers, transposes and indices after it."""
        piece = super().factor()
        while self.next.kind == "places":
            piece = self.indexed(piece, self.take())
            piece = self.more(piece)
        return piece

    def more(self, piece: Piece) -> Piece:
        """What is raised after an index."""
        while True:
            token = self.next
            if token.is_sign(TRANSPOSE):
                piece = self.make.apply("transpose", [piece], piece.span.join(self.take().span))
            elif token.is_sign("^"):
                exponent = self.exponent()
                piece = self.make.power(piece, exponent, piece.span.join(exponent.span))
            else:
                return piece

    def indexed(self, piece: Piece, token: Token) -> Piece:
        """The entry of a group or a call."""
        places = self.resolved.places[int(token.text)]
        span = piece.span.join(token.span)
        return Piece(entry(piece.term, places, span), span, piece.depth + 1)

    # ------------------------------------------------------------------------------------ atoms

    def atom(self) -> Piece:
        """The smallest operand."""
        token = self.next
        if token.kind == "piece":
            return self.known(self.take())
        if token.kind == "sum":
            return self.sum(self.take())
        if token.kind == "operator":
            return self.operator(self.take())
        if token.kind == "open" and token.text == "cases":
            return self.cases(self.take())
        if token.is_sign(NORM):
            return self.norm(self.take())
        if token.kind == "open" and token.text == "⟨":
            return self.inner(self.take())
        return super().atom()

    def known(self, token: Token) -> Piece:
        """A name, an entry or a derivative."""
        term = self.resolved.pieces[int(token.text)]
        depth = 1 if isinstance(term, Var) else min(size(term), 100)
        return Piece(term, token.span, depth, self.is_number(term))

    def is_number(self, term: Term) -> bool:
        """Whether a term is one number for sure: an index, or an entry with all its indices."""
        if isinstance(term, Const):
            return True
        if isinstance(term, Var):
            return term.name.startswith(INDEX)
        if term.op != "entry":
            return term.op in ("delta", "total", "trace", "inner")
        shape = shape_of(term.args[0], self.scope.shapes)
        axes = sum(not dim.is_one for dim in shape)
        return bool(shape) and len(term.args) - 1 >= axes

    # ------------------------------------------------------------------------- sums, derivatives

    def sum(self, token: Token) -> Piece:
        """A sum takes the product after it, and sums in it."""
        said = self.resolved.sums[int(token.text)]
        with self.inside(self.context):
            body = self.expression(TIMES)
        span = token.span.join(body.span)
        if not said.letters:
            return self.make.apply("sum", [body], span, (None, False))
        for letter in reversed(said.letters):
            body = self.summed(body, letter, token, span)
        return body

    def summed(self, body: Piece, letter: str, token: Token, span: Span) -> Piece:
        """The sum over one letter."""
        said = self.resolved.sums[int(token.text)]
        name = f"{INDEX}{letter}"
        if not any(isinstance(node, Var) and node.name == name for node in walk(body.term)):
            message = f"what is summed has no index {letter}"
            help = "write the index at the names that have it, or sum(...) for all entries"
            raise self.make.refusal("D132", message, span, help)
        if said.apart and said.apart[0] == letter:
            equal = Apply("delta", (Var(name), Var(f"{INDEX}{said.apart[1]}")), (), token.span)
            other = Apply("sub", (Const(ONE), equal), (), token.span)
            body = self.make.apply("mul", [Piece(other, token.span, scalar=True), body], span)
        last = letter == said.letters[-1]
        upper = said.upper if last else None
        lower = None if upper is None or said.lower is None else 1
        made = self.make.apply("total", [body], span, (name, lower, upper))
        return replace(made, scalar=body.scalar)

    def operator(self, token: Token) -> Piece:
        r"""`\frac{\partial}{\partial z}` before what it derives."""
        with self.inside(self.context):
            body = self.factor()
        span = token.span.join(body.span)
        term, name = body.term, token.text
        if _is_slope(term, name):
            assert isinstance(term, Apply)
            return self.make.apply(f"{term.op}{PRIME}", [Piece(term.args[0], span)], span)
        if isinstance(term, Var) and "/d" not in term.name:
            return Piece(Var(f"d{term.name}/d{name}", span), span)
        return make(self.make, GRADIENT, [body, Piece(Var(name, span), span)], span)

    # ------------------------------------------------------------------------------------ cases

    def cases(self, opened: Token) -> Piece:
        """Rows of values with their conditions."""
        rows: list[Case] = []
        with self.inside():
            while self.next.kind != "close":
                rows.append(self.case())
                while self.next.is_sign("\\\\"):
                    self.take()
        span = self.close(opened)
        if not rows:
            raise self.make.refusal("D134", "there are no cases here", span)
        return choose(self.make, rows, span)

    def case(self) -> Case:
        """One row."""
        while self.next.is_sign("&"):
            self.take()
        with self.inside():
            value = self.expression(ADD)
        otherwise = False
        while self.next.is_sign("&", ",") or self.next.kind == "prose":
            token = self.take()
            otherwise = otherwise or (token.kind == "prose" and token.text.startswith(ELSE))
        while self.next.is_sign(".", ","):
            self.take()
        if otherwise or self.next.is_sign("\\\\") or self.next.kind == "close":
            return Case(value, None)
        condition = self.expression(COMPARE)
        while self.next.is_sign(".", ",", ";"):
            self.take()
        return Case(value, condition)

    # ------------------------------------------------------------------------------------ calls

    def built(self, call: Call) -> Piece:
        """The term that a call is."""
        return build_claim(self.make, call)

    def call(self, token: Token) -> Piece:
        """A function on its argument; an index after its name is one of its value."""
        places = None
        if self.next.kind == "places":
            places = self.take()
        piece = super().call(token)
        if places and isinstance(piece.term, Apply) and piece.term.op == "peak":
            return over_letter(self.make, piece, self.resolved.places[int(places.text)])
        return self.indexed(piece, places) if places else piece


def _juxtaposed(stops: bool) -> Infix | None:
    """Juxtaposition, unless room ends the operand."""
    return None if stops else JUXTAPOSED


def _is_slope(term: Term, name: str) -> bool:
    """Whether a term is a function of just this name, so that its derivative is the function's."""
    plain = isinstance(term, Apply) and is_function(term.op) and not term.op.endswith(PRIME)
    return plain and isinstance(term, Apply) and term.args == (Var(name),)
