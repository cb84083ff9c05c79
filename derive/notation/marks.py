r"""Tokens with what hangs on them: a letter, its accent, its scripts, its primes.

`\hat{y}_{ij}^{(l)T}` is one mark: the letter `yhat`, subscripts i and j, a label, a transpose.
Brackets stay marks of their own; braces stay only where they group or hold an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.diagnostic import Span, refuse
from derive.notation.claim_signs import OVER
from derive.notation.limits import MAX_NESTING
from derive.notation.names import name_key
from derive.notation.scanner import Token

NAMING = frozenset(("letter", "greek", "word"))
_NOWHERE = Span(0, 0)
_PRIMES = ("'", "′")
MAX_SCRIPTS = 8
"""Subscripts and superscripts of one sign at most."""

_COUNT = {"frac": 2, "sqrt": 1}


@dataclass(frozen=True, slots=True)
class Mark:
    """A token with its scripts; `text` is canonical, accents joined: `yhat`."""

    kind: str
    text: str
    span: Span
    spaced: bool = False
    subs: tuple[Marks, ...] = ()
    sups: tuple[Marks, ...] = ()
    primes: int = 0
    quoted: bool = False
    base: Span = _NOWHERE

    def is_sign(self, *texts: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind == "sign" and self.text in texts

    @property
    def bare(self) -> bool:
        """Whether nothing hangs on it."""
        return not (self.subs or self.sups or self.primes)


Marks = tuple[Mark, ...]


def attach(tokens: Sequence[Token], text: str) -> Marks:
    """The marks that tokens without an end make."""
    return tuple(_Attacher(tokens, text).range(0, len(tokens)))


def mates(tokens: Sequence[Token | Mark], text: str) -> dict[int, int]:
    """Opening bracket -> its closing one, by places."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for place, token in enumerate(tokens):
        if token.kind == "open":
            stack.append(place)
        elif token.kind == "close":
            if not stack:
                raise refuse("D105", "a bracket here closes nothing", text, token.span)
            found[stack.pop()] = place
    if stack:
        raise refuse("D105", "a bracket here is never closed", text, tokens[stack[-1]].span)
    return found


class _Attacher:
    """Makes marks of a range of tokens."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.plain = "\\" not in text
        self.mates = mates(tokens, text)
        self.depth = 0

    def range(self, start: int, end: int) -> list[Mark]:
        """The marks of a range."""
        out: list[Mark] = []
        place, arguments = start, 0
        while place < end:
            token = self.tokens[place]
            if self.is_digits(token, out):
                out[-1] = self.lengthened(out[-1], token)
                place = self.hang(out, place + 1, end)
                continue
            made, place = self.item(place, end, wrap=arguments > 0)
            arguments = max(arguments - 1, 0) + (
                _COUNT[token.text] if token.kind == "command" else 0
            )
            out += made
            place = self.hang(out, place, end) if out else place
        return out

    def is_digits(self, token: Token, out: list[Mark]) -> bool:
        """Whether these are digits of the letter before them."""
        return token.kind == "digits" and bool(out) and out[-1].kind in NAMING and not token.spaced

    def lengthened(self, mark: Mark, token: Token) -> Mark:
        """A letter with one more digit: a script, as in `W_1`."""
        digits = Mark("number", token.text, token.span, base=token.span)
        return replace(mark, subs=(*mark.subs, (digits,)), span=mark.span.join(token.span))

    def item(self, place: int, end: int, wrap: bool = False) -> tuple[list[Mark], int]:
        """One token or group, and the place after it."""
        token = self.tokens[place]
        if token.kind == "brace":
            return self.braced(place, end)
        if token.kind == "accent":
            made, after = self.accented(place, end)
        elif token.kind == "open" and token.text == "{":
            after = self.mates[place] + 1
            inner = self.over(place + 1, after - 1) or self.range(place + 1, after - 1)
            made = inner if not wrap and _dissolves(inner) else self.kept(place, inner)
            wrap = False
        elif wrap and token.kind == "open":
            after = self.mates[place] + 1
            made = self.range(place, after)
        else:
            kind = "number" if token.kind == "digits" else token.kind
            text = name_key(token.text) if token.kind == "word" else token.text
            made = [Mark(kind, text, token.span, token.spaced, base=token.span)]
            after = place + 1
        return (_wrapped(made) if wrap else made), after

    def over(self, start: int, end: int) -> list[Mark] | None:
        r"""`{a \over b}` as the fraction that it is."""
        middle = start
        while middle < end and not self.tokens[middle].is_sign(OVER):
            middle = self.skipped(middle)
        if not start < middle < end - 1:
            return None
        sign = self.tokens[middle].span
        parts = _wrapped(self.range(start, middle)) + _wrapped(self.range(middle + 1, end))
        return [Mark("command", "frac", sign, base=sign), *parts]

    def kept(self, place: int, inner: list[Mark]) -> list[Mark]:
        """A group with its braces."""
        opened, closed = self.tokens[place], self.tokens[self.mates[place]]
        if not inner:
            message = "there is nothing between the braces"
            raise refuse("D103", message, self.text, opened.span.join(closed.span))
        first = Mark("open", "{", opened.span, opened.spaced, base=opened.span)
        return [first, *inner, Mark("close", "}", closed.span, base=closed.span)]

    def braced(self, place: int, end: int) -> tuple[list[Mark], int]:
        r"""`\underbrace{...}_{...}` is what stands above the brace."""
        if place + 1 >= end:
            raise self.missing(place)
        made, after = self.item(place + 1, end)
        while after + 1 < end and self.tokens[after].is_sign("_", "^"):
            after = self.skipped(after + 1)
        return made, after

    def skipped(self, place: int) -> int:
        """The place after a group or token."""
        return self.mates[place] + 1 if self.tokens[place].kind == "open" else place + 1

    def accented(self, place: int, end: int) -> tuple[list[Mark], int]:
        """What stands under an accent."""
        accent = self.tokens[place]
        self.depth += 1
        if place + 1 >= end or self.depth > MAX_NESTING:
            raise self.missing(place)
        made, after = self.item(place + 1, end)
        self.depth -= 1
        if len(made) != 1 or made[0].kind not in NAMING:
            joined = all(mark.kind in NAMING for mark in made)
            if not joined or not all(mark.bare for mark in made[:-1]):
                message = f"the accent `{accent.text}` needs a letter"
                raise refuse("D103", message, self.text, accent.span)
        base = "".join(mark.text for mark in made) + accent.text
        span = accent.span.join(self.tokens[after - 1].span)
        last = made[-1]
        mark = replace(last, kind="letter", text=base, span=span, spaced=accent.spaced, base=span)
        return [mark], after

    def missing(self, place: int) -> Exception:
        """The refusal of a command without its argument."""
        token = self.tokens[place]
        return refuse("D103", f"`{token.text}` needs something after it", self.text, token.span)

    # ---------------------------------------------------------------------------------- scripts

    def hang(self, out: list[Mark], place: int, end: int) -> int:
        """Hang the scripts here on the last mark; the place after them."""
        while place < end:
            token = self.tokens[place]
            if token.is_sign(*_PRIMES):
                mark = replace(out[-1], primes=out[-1].primes + 1, quoted=token.text == "'")
                place += 1
            elif token.is_sign("_", "^"):
                script, after = self.script(place, end)
                mark, place = self.hung(out[-1], token.text, script), after
            elif token.is_sign("⊤") or self.is_dot_t(place, end):
                length = 1 if token.is_sign("⊤") else 2
                top = Mark("sign", "⊤", self.tokens[place + length - 1].span)
                mark, place = self.hung(out[-1], "^", (top,)), place + length
            else:
                break
            span = out[-1].span.join(self.tokens[place - 1].span)
            out[-1] = replace(mark, span=span)
            if len(mark.subs) + len(mark.sups) > MAX_SCRIPTS:
                message = f"more than {MAX_SCRIPTS} scripts hang on one sign"
                raise refuse("D106", message, self.text, span)
        return place

    def hung(self, mark: Mark, sign: str, script: Marks) -> Mark:
        """A mark with one more script; primes may be written as a superscript."""
        if sign == "_":
            return replace(mark, subs=(*mark.subs, script))
        if all(part.is_sign(*_PRIMES) for part in script):
            count = sum(1 + part.primes for part in script)
            return replace(mark, primes=mark.primes + count, quoted=True)
        return replace(mark, sups=(*mark.sups, script))

    def script(self, place: int, end: int) -> tuple[Marks, int]:
        """What stands in a script, and the place after it."""
        sign = self.tokens[place]
        if place + 1 >= end:
            message = f"the sign `{sign.text}` needs a script after it"
            raise refuse("D109", message, self.text, sign.span)
        first = self.tokens[place + 1]
        if first.kind == "open":
            after = self.mates[place + 1] + 1
            inner = self.range(place + 2, after - 1)
            if first.text != "{" and inner:
                inner = self.kept_bracket(place + 1, inner)
        elif first.is_sign("-", "+") and place + 2 < end:
            made, after = self.item(place + 2, end)
            inner = [Mark("sign", first.text, first.span, base=first.span), *made]
        elif self.plain and sign.text == "_" and first.kind in NAMING:
            after = self.run_end(place + 1, end)
            inner = self.range(place + 1, after)
        elif first.kind == "command":
            after = place + 2
            for _ in range(_COUNT[first.text]):
                after = self.skipped(min(after, end - 1))
            inner = self.range(place + 1, min(after, end))
        else:
            inner, after = self.item(place + 1, end)
        if not inner:
            raise refuse("D109", "a script is empty", self.text, sign.span)
        return tuple(inner), after

    def kept_bracket(self, place: int, inner: list[Mark]) -> list[Mark]:
        """`^(l)` in plain text: the brackets belong to the script."""
        opened, closed = self.tokens[place], self.tokens[self.mates[place]]
        first = Mark("open", opened.text, opened.span, base=opened.span)
        return [first, *inner, Mark("close", closed.text, closed.span, base=closed.span)]

    def run_end(self, place: int, end: int) -> int:
        """The end of the letters and digits that a subscript of plain text has."""
        after = place + 1
        while after < end and not self.tokens[after].spaced:
            token = self.tokens[after]
            if token.kind not in (*NAMING, "digits") and not token.is_sign("_"):
                break
            after += 1
        return after

    def is_dot_t(self, place: int, end: int) -> bool:
        """Whether this is the transpose `.T`."""
        if not self.tokens[place].is_sign(".") or place + 1 >= end:
            return False
        letter = self.tokens[place + 1]
        joined = place + 2 < end and not self.tokens[place + 2].spaced
        more = joined and self.tokens[place + 2].kind in (*NAMING, "digits")
        return letter.kind == "letter" and letter.text == "T" and not more


def _dissolves(inner: list[Mark]) -> bool:
    """Whether braces hold nothing but letters, so that they change nothing."""
    return bool(inner) and all(mark.kind in NAMING or mark.kind == "ones" for mark in inner)


def _wrapped(made: list[Mark]) -> list[Mark]:
    """An argument without braces, in braces."""
    start, end = made[0].span.start, made[-1].span.end
    first, last = Span(start, start), Span(end, end)
    return [Mark("open", "{", first, base=first), *made, Mark("close", "}", last, base=last)]
