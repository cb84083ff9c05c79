r"""What our own formulas in LaTeX are made of; anything else in one came with a name, and is text.

A name may be whatever somebody declared: `\input` is one. What is not made of known commands and
plain signs alone, with braces in pairs, is not handed to TeX as a formula.
"""

from __future__ import annotations

import re

from derive.faces.tex import tex
from derive.functions import FUNCTIONS
from derive.notation.signs import ACCENTS, GREEK
from derive.notation.table import LATEX

_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.S)
_SIGNS = re.compile(r"[A-Za-z0-9 (){}\[\]_^+\-=/,.;:<>|*'!]*")

COMMANDS = frozenset(
    (
        *ACCENTS,
        *GREEK.values(),
        *_COMMAND.findall("".join(row.text for row in LATEX.rows.values())),
        *_COMMAND.findall("".join(row.latex for row in FUNCTIONS.values())),
        *("left", "right", "mathrm", "partial", "sum", "times", " ", ",", "\\"),
        *("underset", "underbrace", "boxed", "underline", "scriptscriptstyle"),
        *("shaped", "braced", "fault", "fresh", "operatorname"),
    )
)
"""The commands of the notation table, of functions and letters, and of the pens."""

MATRIX = re.compile(r"\\(?:begin|end)\{bmatrix\}")


def settled(latex: str, plain: str) -> str:
    r"""A formula in LaTeX if it is one of ours, else its plain text as text.

    >>> print(settled(r"\hat{y} W_{2}", "yhat W2"), settled(r"\mathrm{\input} x", r"\input x"))
    \hat{y} W_{2} \text{\textbackslash{}input x}
    """
    bare = MATRIX.sub("", latex)
    known = set(_COMMAND.findall(bare)) <= COMMANDS
    rest = _COMMAND.sub("", bare)
    if known and _SIGNS.fullmatch(rest) and "^^" not in rest and _balanced(rest):
        return latex
    return rf"\text{{{tex(plain)}}}"


def _balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
