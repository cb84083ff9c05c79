r"""Text that others wrote, in LaTeX: ASCII alone, no sign of which means anything to TeX.

>>> print(tex(r"50% \input{x} ŷ ∘ ∂"))
50\% \textbackslash{}input\{x\} \^{y} \ensuremath{\circ} \ensuremath{\partial}
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from derive.faces.visible import visible
from derive.notation.signs import GREEK

SPECIAL: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "'": r"\ensuremath{{}'}",
    "`": r"\`{}",
    "-": "-{}",
    ",": ",{}",
    "?": "?{}",
    "!": "!{}",
}
"""Signs that mean something to TeX, alone or in pairs."""

MATHS: Mapping[str, str] = {
    **{letter: rf"\{name}" for letter, name in GREEK.items() if name not in ("omicron",)},
    "∘": r"\circ",
    "⊙": r"\odot",
    "⊗": r"\otimes",
    "×": r"\times",
    "·": r"\cdot",
    "⋅": r"\cdot",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∑": r"\sum",
    "Σ": r"\Sigma",
    "√": r"\surd",
    "∈": r"\in",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\neq",
    "≈": r"\approx",
    "∞": r"\infty",
    "−": "-",
    "±": r"\pm",
    "⊤": r"\top",
    "′": "'",
    "→": r"\rightarrow",
    "ℝ": r"\mathbb{R}",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "…": r"\ldots",
    "ᵀ": r"{}^T",
    "¹": "{}^1",
    "²": "{}^2",
    "³": "{}^3",
    **{letter: f"{{}}_{number}" for number, letter in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
ACCENTS: Mapping[str, str] = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u0327": r"\c",
    "\u030c": r"\v",
}


def tex(words: str) -> str:
    """The words as text in LaTeX; a letter that stock fonts have not stands as its code."""
    return "".join(map(_tex, _clusters(unicodedata.normalize("NFC", visible(words)))))


def _clusters(words: str) -> list[str]:
    found: list[str] = []
    for letter in words:
        if found and unicodedata.combining(letter):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _tex(cluster: str) -> str:
    if cluster == "\n":
        return " "  # two of them would end a paragraph
    if cluster in SPECIAL:
        return SPECIAL[cluster]
    if cluster.isascii():
        return cluster
    if cluster in MATHS:
        return rf"\ensuremath{{{MATHS[cluster]}}}"
    base, *marks = list(unicodedata.normalize("NFD", cluster))
    if len(marks) == 1 and marks[0] in ACCENTS and base.isascii() and base.isalpha():
        return f"{ACCENTS[marks[0]]}{{{base}}}"
    return "".join(f"[{ord(letter):04X}]" for letter in cluster)


def prose(words: str) -> str:
    r"""Words with code between backticks.

    >>> print(prose("`W_3` is 11×10"))
    \texttt{W\_3} is 11\ensuremath{\times}10
    """
    runs = enumerate(words.split("`"))
    return "".join(rf"\texttt{{{tex(run)}}}" if place % 2 else tex(run) for place, run in runs)


def lines(words: str) -> str:
    """Lines of code: spaces stay, and a long line may break at one."""
    shown = (tex(line).replace(" ", r"~\allowbreak{}") for line in visible(words).split("\n"))
    return "\\\\\n".join(line or "~" for line in shown)
