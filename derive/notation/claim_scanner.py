r"""The tokens of a claim: those of a formula, with sums, derivatives, cases and what LaTeX adds.

Kinds beyond those of a formula: sum, partial, nabla, brace (`\underbrace`), prose (a sentence in a
formula), ones (a bold or double 1 or 0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from derive.diagnostic import refuse
from derive.notation.claim_signs import (
    CLAIM_CHARACTERS,
    CLAIM_COMMANDS,
    CLAIM_FONTS,
    CLAIM_PAIRS,
    DOUBLE,
    EQUALS,
    LONG_SIGNS,
    NORM,
    PLAIN_ENVIRONMENTS,
    PROSE,
    SKIPPED,
    WITH_ARGUMENT,
)
from derive.notation.limits import check_length
from derive.notation.scanner import COMMANDS, Scanner, Token
from derive.notation.signs import FONTS

MAX_TOKENS = 4000
"""Tokens of a claim at most."""

_NAME = re.compile(r"\\([A-Za-z]+)\*?")
_BRACED = re.compile(r"\s*\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\s*\{([a-z]+)\*?\}(?:\{[^{}]*\})?")
_BRACE_OF_CASES = re.compile(
    r"\\left\s*\\(?:\{|lbrace)\s*\\begin\s*\{(array|matrix|aligned)\}(?:\{[lcr|@\s]*\})?"
)
ENDS = frozenset(("letter", "greek", "word", "number", "digits", "close", "ones"))
"""Kinds of tokens at which an operand may end."""

_AT = re.compile(r"\|\s*_\s*(?:\{[^{}=]*=[^{}0-9]*\}|\w)(?=[\s&]*=)")
_LONG = re.compile("|".join(re.escape(sign) for sign in sorted(LONG_SIGNS, key=len, reverse=True)))
_DEFINED = re.compile(r"\\(?:stackrel|overset)\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*\{\s*:?=\s*\}")
_DELIMITERS = re.compile(r"\$\$?|\\\[|\\\]|\\\(|\\\)|(?:\\left|\\right)\s*\.")
_DOUBLE_DIGIT = re.compile(r"\s*\{\s*([01])\s*\}|\s*([01])(?![0-9.])")
_MODULE = re.compile(r"(?:np|numpy|jnp|torch)\.(?=[a-z])")
_ASIDES = re.compile(
    r"\s*(?:where|and|with|if|for|when|otherwise|else|since|so|thus|hence|then|therefore)\s*"
)
_WORD_ALONE = re.compile(r"\s*[A-Za-z][A-Za-z0-9]*(?:(?:\\?_|-)[A-Za-z0-9]+)*\s*")


def scan_claim(text: str) -> tuple[Token, ...]:
    """The tokens of the text of a claim, ending with one of kind `end`."""
    check_length(text)
    tokens = _ClaimScanner(text).scanned()
    if len(tokens) > MAX_TOKENS:
        message = f"the formula has {len(tokens)} signs; at most {MAX_TOKENS} are read"
        raise refuse("D107", message)
    return tokens


class _ClaimScanner(Scanner):
    """A scanner that knows more commands."""

    commands: ClassVar[Mapping[str, tuple[str, str]]] = {**COMMANDS, **CLAIM_COMMANDS}
    pairs = CLAIM_PAIRS

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.cases_by_brace: list[str] = []
        self.bars: list[str] = []

    def step(self) -> None:
        """The next token or the next room."""
        letter = self.text[self.place]
        if match := _DELIMITERS.match(self.text, self.place) or self.module():
            self.skip(len(match.group()))
        elif letter == "`":
            self.skip(1)
        elif self.text.startswith("|", self.place):
            self.bar()
        elif match := _LONG.match(self.text, self.place):
            self.emit("sign", LONG_SIGNS[match.group()], len(match.group()))
        elif letter in CLAIM_CHARACTERS:
            self.emit(*CLAIM_CHARACTERS[letter], 1)
        elif self.text.startswith("\\", self.place):
            self.claim_command()
        else:
            super().step()

    def bar(self) -> None:
        """One bar or two: in `|a||b|` the two are one that closes and one that opens."""
        double = self.text.startswith("||", self.place)
        inside = self.bars[-1:] == ["|"] and self.tokens[-1].kind in ENDS
        sign = NORM if double and not inside else "|"
        if self.bars[-1:] == [sign]:
            self.bars.pop()
        else:
            self.bars.append(sign)
        self.emit("sign", sign, 2 if sign == NORM else 1)

    def size(self, name: str, length: int) -> None:
        r"""`\left. dy/dx \right|_{x=a} = ...`: at what a left side is taken is not read."""
        bars = [token.kind for token in self.tokens if token.text == "|"]
        first = not any(token.is_sign(EQUALS) for token in self.tokens)
        taken = _AT.match(self.text, self.place + length) if name == "right" and first else None
        if taken and bars.count("open") == bars.count("close"):
            self.skip(taken.end() - self.place)
        else:
            super().size(name, length)

    def module(self) -> re.Match[str] | None:
        """`np.` before a function."""
        return None if self.in_name() else _MODULE.match(self.text, self.place)

    def claim_command(self) -> None:
        """A command; most are those of a formula."""
        match = _NAME.match(self.text, self.place)
        name = match.group(1) if match else ""
        length = len(match.group()) if match else 1
        if defined := _DEFINED.match(self.text, self.place):
            self.emit("sign", EQUALS, len(defined.group()))
        elif brace := _BRACE_OF_CASES.match(self.text, self.place):
            self.cases_by_brace.append(brace.group(1))
            self.emit("open", "cases", len(brace.group()))
        elif name in SKIPPED:
            self.skip_font(length)
        elif name in WITH_ARGUMENT:
            argument = _BRACED.match(self.text, self.place + length)
            self.skip(argument.end() - self.place if argument else length)
        elif name in DOUBLE and (digit := _DOUBLE_DIGIT.match(self.text, self.place + length)):
            self.emit("ones", digit.group(1) or digit.group(2), digit.end() - self.place)
        elif name in PROSE and self.is_prose(length):
            self.prose(length)
        elif name in FONTS | CLAIM_FONTS:
            self.font(name, length)
        elif name == "not":
            self.negated(length)
        elif name in ("begin", "end"):
            self.environment(name, length)
        else:
            super().command()

    def is_prose(self, length: int) -> bool:
        """Whether the argument of a font is more than one word."""
        argument = _BRACED.match(self.text, self.place + length)
        word = argument.group(1) if argument else ""
        return bool(argument and (not _WORD_ALONE.fullmatch(word) or _ASIDES.fullmatch(word)))

    def prose(self, length: int) -> None:
        """A sentence, kept as it is; an empty one, or a formula in `\\mathrm`, is none."""
        argument = _BRACED.match(self.text, self.place + length)
        assert argument
        inner = argument.group(1)
        if not re.search(r"[A-Za-z0-9]", inner):
            self.skip(argument.end() - self.place)
        elif re.search(r"[A-Za-z]{2}|,", inner) and not re.search(r"[\\^=]", inner):
            self.emit("prose", inner.strip().rstrip(":,").lower(), argument.end() - self.place)
        else:
            self.skip_font(length)

    def negated(self, length: int) -> None:
        r"""`\not=`"""
        self.skip_font(length)
        if not self.text.startswith("=", self.place):
            raise self.unknown("\\not", 1, ())
        self.emit("sign", "≠", 1)

    def environment(self, name: str, length: int) -> None:
        """Cases, lines that are only arranged, or a matrix."""
        match = _ENVIRONMENT.match(self.text, self.place + length)
        word = match.group(1) if match else ""
        ends = name == "end" and bool(self.cases_by_brace) and self.cases_by_brace[-1] == word
        if match and (word in ("cases", "dcases", "rcases") or ends):
            if ends:
                self.cases_by_brace.pop()
            self.emit("open" if name == "begin" else "close", "cases", match.end() - self.place)
        elif match and word in PLAIN_ENVIRONMENTS:
            self.skip(match.end() - self.place)
        else:
            self.matrix(name, length)
