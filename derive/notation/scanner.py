"""Text to tokens: one scanner for plain text, Unicode and LaTeX, with exact places.

Spelling ends here: `\\odot`, `⊙` and `∘` are one sign, `δ` and `\\delta` one letter, `²` is `^{2}`.
What a row of letters names is decided later (`derive.notation.words`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from derive.diagnostic import DeriveError, Span, refuse
from derive.notation.letters import letter_name
from derive.notation.limits import MAX_NESTING, check_length
from derive.notation.signs import (
    ACCENTS,
    BLANKS,
    CHARACTER_SIGNS,
    CLOSING,
    COMMAND_BRACKETS,
    COMMAND_SIGNS,
    FONTS,
    FRACTIONS,
    FUNCTION_COMMANDS,
    LETTERS,
    LOWERED,
    OPENING,
    RAISED,
    SIZES,
    SPACES,
    UNREAD,
    UPRIGHT,
)
from derive.notation.spelling import shown, suggestion
from derive.notation.table import SPELLINGS


class Token(NamedTuple):
    """A piece of text: its kind, its canonical spelling, its place, and if room stands before it.

    Kinds: number, digits (of a name), letter, greek, word, accent, sign, open, close, command, end;
    `derive.notation.words` adds name, call, keyword, literal.
    """

    kind: str
    text: str
    span: Span
    spaced: bool = False

    def is_sign(self, *texts: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind == "sign" and self.text in texts


_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+|\.(?![A-Za-z.]))?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")
_WORD = re.compile(r"\s*\{\s*([A-Za-z][A-Za-z0-9]*(?:(?:\\?_|-)[A-Za-z0-9]+)*)\s*\}")
_MATRIX = re.compile(r"\s*\{([bp]?(?:small)?matrix|array)\}(?:\{[lcr|\s]*\})?")
_LONG_SIGN = re.compile(r">=|<=|\*\*")
_DIRECTED = {"left": ("open", "|"), "right": ("close", "|")}
COMMANDS: Mapping[str, tuple[str, str]] = {
    **{name: ("greek", letter) for name, letter in LETTERS.items()},
    **{name: ("accent", accent) for name, accent in ACCENTS.items()},
    **{name: ("word", word) for name, word in FUNCTION_COMMANDS.items()},
    **dict.fromkeys(FRACTIONS, ("command", "frac")),
    "sqrt": ("command", "sqrt"),
    **{name: ("sign", sign) for name, sign in COMMAND_SIGNS.items()},
    **{other[1:]: ("sign", sign) for other, sign in SPELLINGS.items() if other[0] == "\\"},
    **COMMAND_BRACKETS,
}


def scan(text: str) -> tuple[Token, ...]:
    """The tokens of a formula, ending with one of kind `end`; brackets are known to match."""
    check_length(text)
    return Scanner(text).scanned()


class Scanner:
    """The tokens so far, and where the next one starts."""

    commands: ClassVar[Mapping[str, tuple[str, str]]] = COMMANDS
    characters: ClassVar[Mapping[str, str]] = {**SPELLINGS, **CHARACTER_SIGNS}
    pairs = OPENING

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.spaced = False
        self.tokens: list[Token] = []

    def scanned(self) -> tuple[Token, ...]:
        """All tokens."""
        while self.place < len(self.text):
            self.step()
        self.spaced = True
        self.emit("end", "", 0)
        _check_brackets(self.tokens, self.text, self.pairs)
        return tuple(self.tokens)

    def emit(self, kind: str, text: str, length: int) -> None:
        """One token of the next `length` characters."""
        span = Span(self.place, self.place + length)
        self.tokens.append(Token(kind, text, span, self.spaced))
        self.place = span.end
        self.spaced = False

    def skip(self, length: int) -> None:
        """Room."""
        self.place += length
        self.spaced = True

    def step(self) -> None:
        """The next token or the next room."""
        letter = self.text[self.place]
        if letter.isspace() or letter in BLANKS:
            self.skip(1)
        elif letter == "\\":
            self.command()
        elif letter in "0123456789." and (number := self.number()):
            self.emit(*number)
        elif letter in RAISED:
            self.scripts("^", RAISED)
        elif letter in LOWERED:
            self.scripts("_", LOWERED)
        elif letter.isalpha():
            self.letter()
        else:
            self.sign(letter)

    def number(self) -> tuple[str, str, int] | None:
        """A number, or the digits of a name that is under way."""
        kind, pattern = ("digits", _DIGITS) if self.in_name() else ("number", _NUMBER)
        if match := pattern.match(self.text, self.place):
            digits = match.group()[:1] if self.in_fraction() else match.group()
            return kind, digits, len(digits)
        return None

    def in_name(self) -> bool:
        """Whether digits here belong to a name: `W1`, `W_1`, `W_{1}`."""
        if not self.tokens:
            return False
        last = self.tokens[-1]
        if last.kind in ("letter", "greek", "word"):
            return not self.spaced
        before = self.tokens[-2] if last.text == "{" and len(self.tokens) > 1 else last
        return before.is_sign("_")

    def in_fraction(self) -> bool:
        r"""Whether a digit here is an argument of its own: `\frac12`."""
        for token in reversed(self.tokens[-2:]):
            if token.kind == "command" and token.text == "frac":
                return True
            if token.kind != "number" or self.spaced:
                return False
        return False

    def letter(self) -> None:
        """One letter with its accents."""
        end = self.place + 1
        while end < len(self.text) and unicodedata.combining(self.text[end]):
            end += 1
        kind, name = letter_name(self.text[self.place : end])
        self.emit(kind, name, end - self.place)

    def scripts(self, sign: str, table: Mapping[str, str]) -> None:
        """A run of raised or lowered characters, as a script in braces."""
        end = self.place
        while end < len(self.text) and self.text[end] in table:
            end += 1
        self.emit("sign", sign, 0)
        self.emit("open", "{", 0)
        for run in re.findall(r"[0-9]+|.", "".join(table[c] for c in self.text[self.place : end])):
            kind = _script_kind(run)
            self.emit("digits" if kind == "number" and sign == "_" else kind, run, len(run))
        self.emit("close", "}", 0)

    def sign(self, letter: str) -> None:
        """A sign or a bracket."""
        if match := _LONG_SIGN.match(self.text, self.place):
            self.emit("sign", SPELLINGS.get(match.group(), "^"), 2)
        elif letter in OPENING and letter != "|":
            self.emit("open", letter, 1)
        elif letter in CLOSING:
            self.emit("close", letter, 1)
        elif known := self.characters.get(letter):
            self.emit("sign", known, 1)
        else:
            raise self.unknown(letter, 1, ())

    def command(self) -> None:
        r"""A LaTeX command."""
        match = _COMMAND.match(self.text, self.place)
        if match is None:
            raise self.unknown("\\", 1, ())
        name, length = match.group(1).rstrip("*"), len(match.group())
        if name in SPACES:
            self.skip(length)
        elif name in FONTS:
            self.font(name, length)
        elif name in SIZES:
            self.size(name, length)
        elif name in ("begin", "end"):
            self.matrix(name, length)
        elif name in self.commands:
            self.emit(*self.commands[name], length)
        else:
            known = [] if name in UNREAD else [*self.commands, *FONTS]
            raise self.unknown(match.group(), length, [f"\\{k}" for k in known])

    def font(self, name: str, length: int) -> None:
        """A font: dropped, but a word in upright letters is kept together."""
        word = _WORD.match(self.text, self.place + length)
        if word is None or (len(word.group(1)) > 1 and name not in UPRIGHT):
            self.skip_font(length)
            return
        text = word.group(1)
        kind = "letter" if len(text) == 1 else "word"
        self.emit(kind, text.replace("\\", "").replace("-", "_"), word.end() - self.place)

    def skip_font(self, length: int) -> None:
        """A font is not room: what follows it stands where the font does."""
        self.place += length
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def size(self, name: str, length: int) -> None:
        r"""`\left` and the like: dropped, but `\left|` opens and `\right|` closes."""
        self.skip_font(length)
        if name in _DIRECTED and self.text.startswith("|", self.place):
            self.emit(*_DIRECTED[name], 1)

    def matrix(self, name: str, length: int) -> None:
        """`bmatrix` and the like are square brackets."""
        match = _MATRIX.match(self.text, self.place + length)
        if match is None:
            raise self.unknown(self.text[self.place : self.place + length], length, ())
        kind, text = ("open", "[") if name == "begin" else ("close", "]")
        self.emit(kind, text, match.end() - self.place)

    def unknown(self, text: str, length: int, known: Iterable[str]) -> DeriveError:
        """The refusal of a sign that no table knows."""
        span = Span(self.place, self.place + length)
        help = suggestion(text, known) or _ADVICE.get(text)
        return refuse(
            "D102", f"the sign `{shown(text)}` is not understood", self.text, span, help=help
        )


_CROSS = "write juxtaposition for the matrix product, or ∘ for the elementwise one"
_ADVICE = {r"\times": _CROSS, "×": _CROSS, "\\": "a LaTeX command starts with a backslash"}


def _script_kind(run: str) -> str:
    if run.isdigit():
        return "number"
    return {"(": "open", ")": "close", "+": "sign", "-": "sign"}.get(run, "letter")


def _check_brackets(tokens: Iterable[Token], text: str, pairs: Mapping[str, str]) -> None:
    """Every bracket has its partner, and they are nested within limits."""
    stack: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            stack.append(token)
            if len(stack) > MAX_NESTING:
                message = f"brackets are nested more than {MAX_NESTING} deep"
                raise refuse("D106", message, text, token.span)
        elif token.kind == "close":
            _close(stack, token, text, pairs)
    if stack:
        sign = stack[-1].text
        raise refuse("D105", f"the bracket `{sign}` is never closed", text, stack[-1].span)


def _close(stack: list[Token], token: Token, text: str, pairs: Mapping[str, str]) -> None:
    if not stack:
        raise refuse("D105", f"the bracket `{token.text}` closes nothing", text, token.span)
    opened = stack.pop()
    if pairs[opened.text] != token.text:
        message = f"the bracket `{opened.text}` is closed by `{token.text}`"
        raise refuse("D105", message, text, token.span)
