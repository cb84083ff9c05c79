r"""Names and words to MathML: `W_{2}`, `\hat{y}`, `\sigma'`, as our writer of LaTeX spells them.

>>> print(word(r"\hat{y}_{1}"))
<msub><mover accent="true"><mi>y</mi><mo stretchy="false">ˆ</mo></mover><mn>1</mn></msub>
"""

from __future__ import annotations

import re
from html import escape

from derive.notation.signs import GREEK

LETTERS = {name: letter for letter, name in reversed(list(GREEK.items()))} | {"varphi": "φ"}
ACCENTS = {"hat": "ˆ", "tilde": "˜", "bar": "¯", "dot": "˙", "ddot": "¨"}

_SCRIPT = re.compile(r"(.+?)_\{(.+)\}")
_ACCENT = re.compile(r"\\(hat|tilde|bar|dot|ddot)\{(.+)\}")
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname)\{(.*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")


def word(text: str) -> str:
    """One element for a name or the word of a function in LaTeX."""
    if text.endswith("'"):
        return f"<msup>{word(text[:-1])}<mo>′</mo></msup>"
    if found := _SCRIPT.fullmatch(text):
        return f"<msub>{word(found[1])}{_script(found[2])}</msub>"
    if found := _ACCENT.fullmatch(text):
        accent = f'<mo stretchy="false">{ACCENTS[found[1]]}</mo>'
        return f'<mover accent="true">{word(found[2])}{accent}</mover>'
    if found := _UPRIGHT.fullmatch(text):
        return _upright(found[1])
    if found := _COMMAND.fullmatch(text):
        letter = LETTERS.get(found[1])
        return f"<mi>{letter}</mi>" if letter else _upright(found[1])
    if len(text) > 1 and text.startswith("d"):
        return f"<mrow><mi>d</mi>{word(text[1:])}</mrow>"
    return f"<mi>{escape(text)}</mi>"


def _upright(text: str) -> str:
    variant = ' mathvariant="normal"' if len(text) == 1 else ""
    return f"<mi{variant}>{escape(text)}</mi>"


def _script(text: str) -> str:
    return f"<mn>{text}</mn>" if text.isdigit() else f"<mi>{escape(text)}</mi>"
