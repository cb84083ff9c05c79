"""A place in the tokens of a formula, and the refusal of what does not fit there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from derive.diagnostic import DeriveError, Span
from derive.notation.limits import MAX_NESTING
from derive.notation.piece import Maker
from derive.notation.scanner import Token


class Context(NamedTuple):
    """What ends an operand here: room, between the cells of `[1 H]`; a bar, in `|z|`."""

    room: bool = False
    bar: bool = False


class Cursor:
    """The tokens of one formula, the place reached, and the brackets it stands in."""

    def __init__(self, tokens: Sequence[Token], maker: Maker) -> None:
        self.tokens = tokens
        self.make = maker
        self.place = 0
        self.depth = 0
        self.context = Context()

    @property
    def next(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.place]

    def opens(self, bracket: str) -> bool:
        """Whether that is this opening bracket."""
        return self.next.kind == "open" and self.next.text == bracket

    def take(self) -> Token:
        """That token, and go on."""
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def close(self, opened: Token) -> Span:
        """Take the closing bracket, which must be here; the span from the opening one."""
        token = self.take()
        if token.kind != "close":
            raise self.stray(token)
        return opened.span.join(token.span)

    @contextmanager
    def inside(self, context: Context | None = None) -> Iterator[None]:
        """One level deeper, in another context."""
        before = self.context
        self.context = context or Context()
        self.depth += 1
        if self.depth > MAX_NESTING:
            message = f"the formula is nested more than {MAX_NESTING} deep"
            raise self.make.refusal("D106", message, self.next.span)
        yield
        self.context = before
        self.depth -= 1

    def text(self, span: Span) -> str:
        """The text at a place."""
        return self.make.text[span.start : span.end]

    def check_numbers(self) -> None:
        """Refuse `2 3`."""
        if self.next.kind == "number" and self.tokens[self.place - 1].kind == "number":
            message, help = "two numbers stand side by side", "write a sign between them"
            raise self.make.refusal("D104", message, self.next.span, help)

    def check_quotient(self, start: int) -> None:
        """Refuse `1/2N`, which some read as (1/2) N and some as 1/(2N)."""
        bare = self.place == start + 1 and self.tokens[start].kind in ("number", "name")
        if bare and self.next.kind in ("number", "name") and not self.next.spaced:
            span = self.tokens[start].span.join(self.next.span)
            message = f"it is not clear what is divided by `{self.text(span)}`"
            help = "put brackets around the denominator, or room after its first factor"
            raise self.make.refusal("D104", message, span, help)

    def stray(self, token: Token) -> DeriveError:
        """The refusal of a token that does not fit."""
        if token.kind == "end":
            return self.make.refusal("D103", "the formula ends too early", token.span)
        help = ADVICE.get(token.text) if token.kind == "sign" else None
        message = f"`{self.text(token.span) or token.text}` does not fit here"
        return self.make.refusal("D103", message, token.span, help)


ADVICE = {
    "=": "only one side of an equation is read here",
    "_": "a subscript belongs to a name",
    ".": "NumPy text such as `np.dot(a, b)` is read by `read_numpy`",
    "′": "a prime makes the derivative of a function, as in tanh'(z)",
    ",": "a comma separates arguments, and cells in square brackets",
}
