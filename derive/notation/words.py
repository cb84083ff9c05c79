"""Letters to names: which declared name or function each row of letters is.

After this pass the tokens are those of a formula: names, calls, numbers, signs and brackets. A row
of letters is cut by the longest match against what is declared, so `hW_2` is two names and `yhat`
is one. Subscripts and labels such as `^{(1)}` belong to names; other superscripts stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.calls import REDUCTIONS, WORDS, function_of
from derive.notation.names import Names
from derive.notation.scanner import Token
from derive.notation.spelling import listing, shown, suggestion
from derive.notation.units import LETTERS, Unit, Units

KEYWORDS = frozenset(("axis", "keepdims"))
LITERALS = frozenset(("True", "False", "None"))
TRANSPOSE = "ᵀ"
_ADVICE = dict.fromkeys(("np", "numpy"), "NumPy calls do not mix with other notation")
_LONGEST_WORD = max(map(len, WORDS))


class _Segment(NamedTuple):
    """A part of a row of letters, up to unit `end`, and what it names."""

    end: int
    names: tuple[str, ...] = ()
    function: str = ""
    axis: str | None = None


def name_tokens(tokens: Sequence[Token], names: Names, text: str) -> list[Token]:
    """The tokens with names and calls in place of letters."""
    words = _Words(tokens, names, text)
    words.walk(0, len(tokens))
    return words.out


class _Words:
    """Where the pass stands, and what it has put out."""

    def __init__(self, tokens: Sequence[Token], names: Names, text: str) -> None:
        self.units = Units(tokens, text)
        self.tokens = tokens
        self.names = names
        self.text = text
        self.place = 0
        self.limit = len(tokens)
        self.out: list[Token] = []

    def walk(self, start: int, end: int) -> None:
        """Put out the tokens of a range."""
        before = self.limit
        self.place, self.limit = start, end
        while self.place < end:
            self.step()
        self.limit = before

    def step(self) -> None:
        """Put out what stands here."""
        token = self.tokens[self.place]
        if token.kind in LETTERS and self.keyword():
            return
        if self.units.starts(self.place):
            self.row()
        elif token.is_sign("^"):
            end = self.units.script_end(self.place)
            if self.units.label(self.place):
                message = "a label needs a name before it"
                raise refuse("D109", message, self.text, token.span, help="a power is written ^2")
            self.superscript(token, self.place + 1, end)
            self.place = end
        elif self.units.is_dot_t(self.place):
            self.put("sign", TRANSPOSE, token.span.join(self.tokens[self.place + 1].span))
            self.place += 2
        elif token.is_sign("⊤"):
            self.put("sign", TRANSPOSE, token.span)
            self.place += 1
        elif self.units.is_number(self.place):
            span = token.span.join(self.tokens[self.place + 2].span)
            self.put("number", self.tokens[self.place + 1].text, span, token.spaced)
            self.place += 3
        else:
            self.out.append(token)
            self.place += 1

    def put(self, kind: str, text: str, span: Span, spaced: bool = False) -> None:
        """Put out one token."""
        self.out.append(Token(kind, text, span, spaced))

    def keyword(self) -> bool:
        """Put out `axis=1` or `keepdims=True`, if that is here."""
        word, end = self.units.word(self.place)
        if word not in KEYWORDS or not self.tokens[end].is_sign("="):
            return False
        self.put("keyword", word, self.tokens[self.place].span.join(self.tokens[end].span))
        self.place = end + 1
        value, end = self.units.word(self.place)
        if value in LITERALS:
            self.put("literal", value, self.tokens[self.place].span)
            self.place = end
        return True

    def superscript(self, caret: Token, start: int, end: int) -> None:
        """Put out a transpose, primes, or `^{...}`."""
        start, end = self.units.strip(start, end)
        content = self.tokens[start:end]
        span = caret.span.join(content[-1].span)
        if is_transpose(content):
            self.put("sign", TRANSPOSE, span)
        elif all(token.is_sign("'", "′") for token in content):
            for token in content:
                self.put("sign", "′", token.span)
        else:
            hadamard = len(content) > 1 and content[0].is_sign("∘")
            self.put("sign", "^", caret.span)
            self.group(start + hadamard, end)

    def group(self, start: int, end: int) -> None:
        """Put out a range in braces."""
        first, last = self.tokens[start].span, self.tokens[end - 1].span
        self.put("open", "{", Span(first.start, first.start))
        self.walk(start, end)
        self.put("close", "}", Span(last.end, last.end))

    def row(self) -> None:
        """Put out a row of letters as names and calls."""
        first, units = self.place, self.units.row(self.place, self.limit)
        raised, end = units[-1].raised, units[-1].after
        power = self.exponential(units)
        for start, segment in self.cut(units, power):
            self.segment(units, start, segment, self.tokens[first].spaced and start == 0)
        if power and self.out[-1].kind == "call":
            self.group(*self.units.strip(*power))
            end = power[1]
        if raised:
            self.superscript(self.tokens[raised[0] - 1], *raised)
        self.place = end

    def exponential(self, units: Sequence[Unit]) -> tuple[int, int] | None:
        """The superscript of an undeclared `e`: `e^{-z}` is exp(-z)."""
        after = units[-1].after
        if units[-1].key != "e" or units[-1].raised or after >= self.limit:
            return None
        if not self.tokens[after].is_sign("^"):
            return None
        start, end = after + 1, self.units.script_end(after)
        inner = self.tokens[slice(*self.units.strip(start, end))]
        return None if is_transpose(inner) else (start, end)

    def segment(self, units: Sequence[Unit], start: int, segment: _Segment, spaced: bool) -> None:
        """Put out one name or call."""
        span = units[start].span.join(units[segment.end - 1].span)
        if len(segment.names) > 1:
            word = self.text[span.start : span.end]
            message = f"`{word}` can mean {' or '.join(f'`{n}`' for n in segment.names)}"
            raise refuse("D104", message, self.text, span, help="spell it as it is declared")
        if segment.names:
            self.put("name", segment.names[0], span, spaced)
            return
        self.put("call", segment.function, span, spaced)
        if segment.axis is not None:
            self.put("axis", segment.axis, span)

    def cut(
        self, units: Sequence[Unit], power: tuple[int, int] | None
    ) -> Iterator[tuple[int, _Segment]]:
        """The row in parts that each name something, the first as long as it can be."""
        count = len(units)
        parts: dict[int, _Segment] = {}
        for start in range(count - 1, -1, -1):
            for segment in self.segments(units, start, power is not None):
                if segment.end == count or segment.end in parts:
                    parts[start] = segment
        start = 0
        while start < count:
            if start not in parts:
                raise self.unknown(units, power is not None)
            yield start, parts[start]
            start = parts[start].end

    def segments(self, units: Sequence[Unit], start: int, power: bool) -> Iterator[_Segment]:
        """What the row from `start` on can begin with, the longest last."""
        key, longest = "", max(self.names.longest, _LONGEST_WORD + 2)
        for end in range(start + 1, len(units) + 1):
            key += units[end - 1].key
            if len(key) > longest or (end > start + 1 and units[end - 1].alone):
                return
            if segment := self.meaning(units, start, end, key, power):
                yield segment
            if units[start].alone:
                return

    def meaning(
        self, units: Sequence[Unit], start: int, end: int, key: str, power: bool
    ) -> _Segment | None:
        """What a part of the row names, if anything.

        A name as it is declared goes before a function, and that before a name spelled otherwise.
        """
        part = units[start:end]
        raw = self.text[part[0].span.start : part[-1].span.end]
        if exact := self.names.exact((raw, "".join(unit.spelling for unit in part))):
            return _Segment(end, (exact,))
        if end == len(units) or part[-1].alone:
            function, axis = _function(part, key, power and end == len(units))
            if function:
                return _Segment(end, (), function, axis)
        names = self.names.find((), key)
        return _Segment(end, names) if names else None

    def unknown(self, units: Sequence[Unit], power: bool) -> DeriveError:
        """The refusal of a row of letters, with the caret under what is not known."""
        known = [*self.names.declared, *(w for w in WORDS.values() if not w.endswith("'"))]
        span = units[0].span.join(units[-1].span)
        help = suggestion(self.text[span.start : span.end], known)
        start = 0
        while help is None:
            ends = [segment.end for segment in self.segments(units, start, power)]
            if not ends or ends[-1] == len(units):
                break
            start = ends[-1]
        span = Span(units[start].span.start, span.end)
        word = self.text[span.start : span.end]
        help = _ADVICE.get(word) or help or suggestion(word, known) or listing(self.names.declared)
        return refuse("D101", f"unknown name `{shown(word)}`", self.text, span, help=help)


def is_transpose(content: Sequence[Token]) -> bool:
    """Whether a superscript is `T` or a sign for it."""
    if len(content) != 1:
        return False
    return content[0].is_sign("⊤") or (content[0].kind in LETTERS and content[0].text == "T")


def _function(part: Sequence[Unit], key: str, power: bool) -> tuple[str | None, str | None]:
    """The function that a part of a row names, and its subscript if that is an axis."""
    if power and key == "e":
        return "exp", None
    script = part[-1].script
    if script.isdigit() and (bare := function_of(key.removesuffix(script))) in REDUCTIONS:
        return bare, script
    return function_of(key, greek=part[0].greek), None
