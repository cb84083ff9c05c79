r"""Formulas of a page taken apart as text: rows, the links of a chain, shapes said, names.

Nothing is read here: what a formula means is found out by the readers of `derive.notation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.diagnostic import refuse
from derive.extract import LONGEST_LINE
from derive.notation.names import name_spelling

OPEN, CLOSED = "([{", ")]}"
FONTS = (
    "mathbf boldsymbol bm bf mathrm mathit mathsf mathcal text textbf textit textrm rm vec "
    "operatorname displaystyle textstyle left right"
)
FONT = re.compile(rf"\\(?:{'|'.join(FONTS.split())})(?![A-Za-z])\s*")
ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|split|multline|alignat)\*?\}"
)
NUMBER = re.compile(
    r"&?\s*\(\s*[0-9]{1,3}[a-z]?\s*\)\s*$"
    r"|\\tag\*?\s*\{[^{}]*\}|\\(?:label|nonumber)\b(?:\{[^{}]*\})?|\\notag"
)
EQUAL = re.compile(r":=|(?<![<>!=:])=(?!=)|\\(?:leftarrow|gets|equiv|triangleq|coloneqq)\b|←|≡")
SHAPE = re.compile(
    r"(?:\\in|∈)\s*(?:\\(?:mathbb|Bbb|mathbf|mathrm)\s*\{?\s*R\s*\}?|ℝ|R)\s*"
    r"\^\s*(?:\{(?P<long>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}|(?P<short>\w))"
)
CROSS = re.compile(r"\\times(?![A-Za-z])|×|\*|(?<=[0-9\s])x(?=[0-9\s])|\\cdot(?![A-Za-z])|,")


@dataclass(frozen=True, slots=True)
class Row:
    """One formula: the texts between its equation signs, the shape said last, where it starts."""

    text: str
    links: tuple[str, ...]
    dims: tuple[str, ...] | None
    start: int

    @property
    def left(self) -> str:
        """What stands before the first equation sign, or all of it."""
        return self.links[0]


def rows(formula: str, start: int = 0) -> tuple[Row, ...]:
    r"""The rows of a formula: parted by `\\`, those that start with a sign put to the one before.

    >>> [row.links for row in rows(r"a &= b & (1) \\ &= c \\ d = e")]
    [('a', 'b', 'c'), ('d', 'e')]
    """
    if len(formula) > LONGEST_LINE:
        raise refuse("D127", f"a formula has {len(formula)} characters; {LONGEST_LINE} are read")
    found: list[tuple[str, int]] = []
    for text, place in parted(ENVIRONMENT.sub(_room, formula)):
        row = tidied(text)
        if not row:
            continue
        if found and EQUAL.match(row):
            found[-1] = (f"{found[-1][0]} {row}", found[-1][1])
        else:
            found.append((row, start + place + len(text) - len(text.lstrip(" \t\r\n&"))))
    return tuple(_row(text, place) for text, place in found)


def _room(found: re.Match[str]) -> str:
    return " " * len(found[0])


def parted(formula: str) -> Iterator[tuple[str, int]]:
    r"""The texts between the `\\` outside of brackets and inner environments, with their places."""
    depth, at = 0, 0
    for found in BREAK.finditer(formula):
        depth += DEEPER.get(found[0], 0)
        if found[0].startswith("\\\\") and depth <= 0:
            yield formula[at : found.start()], at
            at = found.end()
    yield formula[at:], at


BREAK = re.compile(r"\\begin\{|\\end\{|\\\\(?:\[[^\]\n]*\])?|\\.|[{}]", re.S)
DEEPER = {"{": 1, "}": -1, r"\begin{": 2, r"\end{": 0}
"""How much deeper a sign leads; the braces around the name of an environment close again."""


def tidied(text: str) -> str:
    r"""A row without `&`, its number, and the marks of a sentence at its end.

    >>> tidied(r"z &= x W, \tag{3}")
    'z = x W'
    """
    text = NUMBER.sub(" ", re.sub(r"\s+", " ", text).strip())
    text = AMPERSAND.sub(lambda found: found[0] if len(found[0]) > 1 else " ", text)
    text = re.sub(r"\s+", " ", text).strip()
    return ENDING.sub("", text)


AMPERSAND = re.compile(r"\\begin\{.*?\\end\{|(?<!\\)&")
"""One that aligns; those inside of a matrix are its columns."""

ENDING = re.compile(r"(?<![\s.,;])(?:[\s.,;]|\\quad|\\qquad|\\,|\\;|\\\\)+$")


def _row(text: str, start: int) -> Row:
    shape = None
    for found in SHAPE.finditer(text):
        shape = found
    dims = _dims(shape["long"] or shape["short"]) if shape else None
    formula = text[: shape.start()] if shape and at_end(text, shape.end()) else text
    return Row(text, tuple(_links(formula)), dims, start)


ENTRIES = re.compile(
    r"(?:\\left\s*)?[(\[]?\s*\\begin\{(?:[bpvBV]?matrix|array)\}(?:\{[lcr| ]*\})?(?P<rows>.*?)"
    r"\\end\{(?:[bpvBV]?matrix|array)\}\s*(?:\\right\s*)?[)\]]?(?P<turned>\s*\^\s*\{?\s*(?:T|\\top)\s*\}?)?",
    re.S,
)


def entries_of(text: str) -> tuple[str, str] | None:
    r"""The sizes of a matrix that is written entry by entry, none of them left out.

    >>> entries_of(r"\begin{bmatrix} x_1 \\ x_2 \end{bmatrix}")
    ('2', '1')
    """
    found = ENTRIES.fullmatch(text.strip())
    if found is None or re.search(r"dots|\\begin", found["rows"]):
        return None
    rows = [row.count("&") + 1 for row in re.split(r"\\\\", found["rows"]) if row.strip()]
    if not rows or len(set(rows)) > 1:
        return None
    sizes = (str(len(rows)), str(rows[0]))
    return (sizes[1], sizes[0]) if found["turned"] else sizes


def at_end(text: str, place: int) -> bool:
    """Whether nothing but marks of a sentence stands after a place."""
    return not re.search(r"[^\s.,;]", text[place:])


def _dims(text: str) -> tuple[str, ...]:
    return tuple(dim_name(part) for part in CROSS.split(text) if part.strip())


def dim_name(text: str) -> str:
    r"""A size in ASCII.

    >>> dim_name(r"n_{\text{in}}"), dim_name("D_x"), dim_name("500")
    ('n_in', 'D_x', '500')
    """
    return re.sub(r"[{}\s\\]", "", FONT.sub("", text))


def _links(text: str) -> Iterator[str]:
    """The texts between equation signs outside of brackets."""
    depth, at, skip = 0, 0, 0
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter in OPEN) - (letter in CLOSED))
        found = EQUAL.match(text, place) if depth == 0 and place >= skip else None
        if found:
            yield text[at:place].strip()
            at = skip = found.end()
    yield text[at:].strip()


# -------------------------------------------------------------------------------------- names

ACCENT = re.compile(
    r"\\(?:wide)?(hat|tilde|bar|ddot|dot|overline)\s*"
    r"(?:\{[\s{]*(\\?[A-Za-z]+)[\s}]*?((?:_[^{}]*)?)\}+|(\\?[A-Za-z]))"
)
NAME = re.compile(
    r"(?P<base>\\?[A-Za-z\u0370-\u03ff]+[\u0302-\u0308]*|[^\W\d_]+)(?P<digits>[0-9₀-₉]*)"
    r"(?P<scripts>(?:\s*[_^](?:\{[^{}]*\}|\\top|[^\s{}\\]))*'?)"
)
SCRIPT = re.compile(r"([_^])(?:\{([^{}]*)\}|(\\top|[^\s{}\\]))")
TURNED = ("T", r"\top", "⊤", "t")


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a formula consists of, in ASCII, and whether it is transposed."""

    text: str
    turned: bool = False


def name_of(formula: str) -> Name | None:
    r"""The name that a formula is, or None where it is more than a name.

    >>> name_of(r"\mathbf{W}^{(1)}"), name_of(r"\hat{y}_n"), name_of("x W")
    (Name(text='W1', turned=False), Name(text='yhat_n', turned=False), None)
    """
    text = unadorned(formula.strip())
    text = re.sub(r"(?<![_^])\{\s*([A-Za-z]\w*)\s*\}(?=\s*[_^]|$)|^\{(.*)\}$", r"\1\2", text)
    found = NAME.fullmatch(text.strip())
    if not found or found["scripts"].endswith("'"):
        return None
    name, turned = found["base"].lstrip("\\") + found["digits"], False
    for sign, long, short in SCRIPT.findall(found["scripts"]):
        script = re.sub(r"[()\[\]{}\s\\]", "", long or short)
        if sign == "^" and (long or short).strip() in TURNED:
            turned = True
        else:
            name += script if script.isdigit() else f"_{script}"
    name = name_spelling(name)
    return Name(name, turned) if name.isidentifier() else None


def unadorned(formula: str) -> str:
    r"""A formula without fonts, its accents written as words.

    >>> unadorned(r"\hat{\mathbf{y}} - \mathbf{y}")
    'yhat - {y}'
    """
    return ACCENT.sub(_accent, FONT.sub("", formula))


def _accent(found: re.Match[str]) -> str:
    mark = "bar" if found[1] == "overline" else found[1]
    return f"{(found[2] or found[4]).lstrip(chr(92))}{mark}{found[3] or ''}"


# -------------------------------------------------------------------------------- derivatives

WORDS = [
    "dim",
    "Dim",
    "diag",
    "det",
    "delta",
    "data",
    "dist",
    "dropout",
    "do",
    "def",
    "del",
    "dtype",
    "depth",
    "dots",
]
"""Words that start as a derivative does."""

PARTIAL = r"(?:\\partial\b|∂|\\mathrm\{d\}|\\text\{d\}|d)"
FRACTION = re.compile(rf"\\[dt]?frac\s*\{{\s*{PARTIAL}(.*?)\}}\s*\{{\s*{PARTIAL}(.*)\}}$", re.S)
SLASHED = re.compile(rf"{PARTIAL}\s*(?P<of>[^\s/]+)\s*/\s*{PARTIAL}\s*(?P<wrt>\S+)$")
NABLA = re.compile(r"(?:\\nabla|∇)")
FRACTION_START = re.compile(rf"\\[dt]?frac\s*\{{\s*{PARTIAL}")
PREFIX = re.compile(r"(?:d|\\mathrm\{d\}|\\text\{d\}|\\partial\s*|∂)(?=[A-Za-z\\\u0370-\u03ff{])")
DELTA = re.compile(r"(?:\\[dD]elta|δ|delta)(?![A-Za-z])")


def is_derivative(left: str) -> bool:
    r"""Whether the left side of an equation is a derivative.

    >>> [is_derivative(s) for s in (r"\frac{\partial L}{\partial W_2}", "dz_2", "dim", "z_2")]
    [True, True, False, False]
    """
    text = left.strip()
    if NABLA.match(text) or DELTA.match(text) or SLASHED.match(text):
        return True
    if FRACTION_START.match(text):
        return True
    found = PREFIX.match(text)
    name = name_of(text[found.end() :]) if found else None
    return name is not None and re.split(r"[\W_]", text)[0] not in WORDS


def derivative_of(text: str) -> tuple[str, str] | None:
    """The names of what is differentiated and by what, where a formula is just a derivative."""
    found = FRACTION.fullmatch(text.strip()) or SLASHED.fullmatch(text.strip())
    names = [name_of(part) for part in found.groups()] if found else []
    of, wrt = names or (None, None)
    return (of.text, wrt.text) if of and wrt and not of.turned and not wrt.turned else None
