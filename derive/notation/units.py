"""The units of names: a letter with its accent, digits, subscript and label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.diagnostic import Span, refuse
from derive.notation.limits import MAX_DEPTH
from derive.notation.names import join_key, name_key
from derive.notation.scanner import Token

LETTERS = frozenset(("letter", "greek", "word"))
_SCRIPTS = frozenset(("letter", "greek", "word", "number", "digits"))


@dataclass(frozen=True, slots=True)
class Unit:
    """One letter or word of a name with all that hangs on it.

    `alone`: never a part of a longer name. `script`: the subscript. `after`: the token that comes
    next. `raised`: a superscript that stands between the letter and its subscript.
    """

    base: str
    spelling: str
    span: Span
    after: int
    scripts: tuple[str, ...] = ()
    script: str = ""
    alone: bool = False
    greek: bool = False
    raised: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """The unit's part of the name's key."""
        return join_key((self.base, *self.scripts))


class Units:
    """Finds units in the tokens of one text."""

    def __init__(self, tokens: Sequence[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.mates: dict[int, int] = {}
        stack: list[int] = []
        for place, token in enumerate(tokens):
            if token.kind == "open":
                stack.append(place)
            elif token.kind == "close":
                self.mates[stack.pop()] = place

    # ------------------------------------------------------------------------ what stands where

    def starts(self, place: int) -> bool:
        """Whether a name starts here."""
        token = self.tokens[place]
        return token.kind in LETTERS or token.kind == "accent" or self.is_name_group(place)

    def is_name_group(self, place: int) -> bool:
        """Whether braces hold nothing but parts of a name: `{W_1}`."""
        if self.tokens[place].text != "{" or self.tokens[place].kind != "open":
            return False
        end, inner = self.mates[place], place + 1
        if not (inner < end and self.starts(inner)):
            return False
        while inner < end:
            token = self.tokens[inner]
            held = token.is_sign("_") or token.kind in ("accent", "digits", *LETTERS)
            free = inner == place + 1 or self.tokens[inner - 1].kind == "accent"
            if not (held or token.text in ("{", "}")) or (token.spaced and not free):
                return False
            inner = self.script_end(inner) if token.is_sign("_") else inner + 1
        return True

    def is_number(self, place: int) -> bool:
        """Whether braces hold one number."""
        inner = self.tokens[place + 1 : place + 3]
        return (
            self.tokens[place].kind == "open"
            and self.tokens[place].text == "{"
            and [token.kind for token in inner] == ["number", "close"]
        )

    def is_dot_t(self, place: int) -> bool:
        """Whether this is the transpose `.T`."""
        if not self.tokens[place].is_sign("."):
            return False
        letter, after = self.tokens[place + 1], self.tokens[min(place + 2, len(self.tokens) - 1)]
        more = after.kind in (*LETTERS, "digits", "accent") or after.is_sign("_")
        return letter.kind == "letter" and letter.text == "T" and (after.spaced or not more)

    def word(self, place: int) -> tuple[str, int]:
        """The plain letters from here on, and the place after them."""
        end = place
        if self.tokens[place].kind == "word":
            return self.tokens[place].text, place + 1
        while self.tokens[end].kind == "letter" and not (end > place and self.tokens[end].spaced):
            end += 1
        return "".join(token.text for token in self.tokens[place:end]), end

    def script_end(self, place: int) -> int:
        """The place after the script whose sign stands here."""
        token = self.tokens[place + 1]
        if token.kind == "open":
            return self.mates[place + 1] + 1
        if token.is_sign("-", "+") and self.tokens[place + 2].kind == "number":
            return place + 3
        if token.kind in _SCRIPTS or token.is_sign("⊤", "′", "'"):
            return place + 2
        message = f"the sign `{self.tokens[place].text}` needs a script after it"
        raise refuse("D109", message, self.text, self.tokens[place].span)

    def strip(self, start: int, end: int) -> tuple[int, int]:
        """A range without the braces around it."""
        while self.tokens[start].text == "{" and self.mates.get(start) == end - 1:
            start, end = start + 1, end - 1
        if start >= end:
            span = self.tokens[max(start - 1, 0)].span
            raise refuse("D109", "a script is empty", self.text, span)
        return start, end

    # ------------------------------------------------------------------------------------ units

    def row(self, place: int, limit: int) -> list[Unit]:
        """The units from here on that no room separates."""
        units = self.read(place)
        while not units[-1].raised and (after := units[-1].after) < limit:
            if self.tokens[after].spaced or not self.starts(after):
                break
            units += self.read(after)
            if len(units) > MAX_DEPTH:
                message = f"more than {MAX_DEPTH} letters stand in a row"
                raise refuse("D106", message, self.text, self.tokens[place].span)
        return units

    def read(self, place: int) -> list[Unit]:
        """The unit here with its scripts; several if braces hold several."""
        token = self.tokens[place]
        if token.kind == "accent":
            units = [self.accented(place)]
        elif token.kind == "open":
            units = self.braced(place)
        else:
            alone, greek = token.kind == "word", token.kind == "greek"
            base = name_key(token.text)
            units = [Unit(base, token.text, token.span, place + 1, alone=alone, greek=greek)]
        units[-1] = self.scripted(units[-1])
        return units

    def braced(self, place: int) -> list[Unit]:
        """The units in braces."""
        end, units = self.mates[place], self.read(place + 1)
        while units[-1].after < end:
            units += self.read(units[-1].after)
        if len(units) == 1:
            span = self.tokens[place].span.join(self.tokens[end].span)
            units[0] = replace(units[0], span=span)
        units[-1] = replace(units[-1], after=end + 1)
        return units

    def accented(self, place: int) -> Unit:
        """A letter under an accent command."""
        accent = self.tokens[place]
        if not self.starts(place + 1):
            message = f"the accent `{accent.text}` needs a letter"
            raise refuse("D103", message, self.text, accent.span)
        if self.tokens[place + 1].kind == "open":
            units = self.braced(place + 1)
        elif self.tokens[place + 1].kind == "accent":
            units = [self.accented(place + 1)]
        else:
            token = self.tokens[place + 1]
            units = [Unit(token.text, token.text, token.span, place + 2)]
        base = "".join(unit.key for unit in units[:-1]) + units[-1].base + accent.text
        span = accent.span.join(units[-1].span)
        spelling = "_".join((base, *units[-1].scripts))
        return replace(units[-1], base=base, spelling=spelling, span=span, greek=False)

    def scripted(self, unit: Unit) -> Unit:
        """The unit with the digits, subscripts and labels that follow it."""
        while True:
            token, end = self.tokens[unit.after], 0
            if token.kind == "digits" and not token.spaced:
                unit = self.attach(unit, (token,), unit.after + 1)
            elif token.is_sign("_"):
                end = self.script_end(unit.after)
                inner = self.strip(unit.after + 1, end)
                unit = self.attach(unit, self.tokens[slice(*inner)], end, "_")
            elif not token.is_sign("^") or unit.raised:
                return unit
            elif label := self.label(unit.after):
                unit = self.labelled(unit, *label)
            elif self.tokens[end := self.script_end(unit.after)].is_sign("_"):
                unit = replace(unit, raised=(unit.after + 1, end), after=end)
            else:
                return unit

    def attach(self, unit: Unit, script: Sequence[Token], after: int, sign: str = "") -> Unit:
        """The unit with one more script."""
        parts = tuple(token.text for token in script if not token.is_sign(",", "_"))
        parts = tuple(part for part in parts if part not in "{}")
        text = "".join(parts) if len(script) > 1 else parts[0] if parts else ""
        return replace(
            unit,
            scripts=(*unit.scripts, *parts),
            script=text if sign else unit.script,
            spelling=f"{unit.spelling}{sign}{text}",
            span=Span(unit.span.start, self.tokens[after - 1].span.end),
            after=after,
        )

    def label(self, place: int) -> tuple[int, int, int] | None:
        """The label in a superscript such as `^{(1)}` or `^{[l]T}`: its brackets and the end."""
        start, end = place + 1, self.script_end(place)
        braced = self.tokens[start].text == "{"
        if braced:
            start, end = self.strip(start, end)
        if self.tokens[start].kind != "open" or self.tokens[start].text not in "([":
            return None
        close = self.mates[start]
        inner = self.tokens[start + 1 : close]
        simple = all(token.kind in _SCRIPTS or token.is_sign("-", "+", ",") for token in inner)
        if not inner or not simple or inner[0].kind not in _SCRIPTS:
            return None
        if not braced and len({token.kind for token in inner}) > 1:
            return None
        return start, close, end

    def labelled(self, unit: Unit, start: int, close: int, end: int) -> Unit:
        """The unit with its label; what follows the label in the superscript stays raised."""
        after = self.script_end(unit.after)
        unit = self.attach(unit, self.tokens[start + 1 : close], after, "^")
        rest = close + 1
        if rest < end and self.tokens[rest].is_sign("^"):
            rest += 1
        return replace(unit, raised=(rest, end)) if rest < end else unit
