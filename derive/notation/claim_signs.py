r"""What commands and characters mean in the text of a claim, beyond those of a single formula."""

from __future__ import annotations

from collections.abc import Mapping

from derive.notation.signs import OPENING


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EQUALS = "="
NORM = "‖"
DOTS = "…"
OVER = "over"

CLAIM_COMMANDS: Mapping[str, tuple[str, str]] = {
    "sum": ("sum", "∑"),
    "partial": ("partial", "∂"),
    "nabla": ("nabla", "∇"),
    "triangledown": ("nabla", "∇"),
    **dict.fromkeys(_words("times cross"), ("sign", "×")),
    "otimes": ("sign", "⊗"),
    "oslash": ("sign", "⊘"),
    **dict.fromkeys(_words("star bullet"), ("sign", "*")),
    "in": ("sign", "∈"),
    **dict.fromkeys(
        _words("""
            leftarrow gets equiv triangleq coloneqq coloneq doteq Rightarrow implies iff
            Leftrightarrow longrightarrow Longrightarrow
        """),
        ("sign", EQUALS),
    ),
    **dict.fromkeys(_words("rightarrow to"), ("sign", "→")),
    **dict.fromkeys(_words("neq ne"), ("sign", "≠")),
    **dict.fromkeys(_words("ldots cdots dots dotsc dotsb"), ("sign", DOTS)),
    **dict.fromkeys(_words("| Vert"), ("sign", NORM)),
    "lVert": ("sign", NORM),
    "rVert": ("sign", NORM),
    "langle": ("open", "⟨"),
    "rangle": ("close", "⟩"),
    "{": ("open", "("),
    "}": ("close", ")"),
    "lbrace": ("open", "("),
    "rbrace": ("close", ")"),
    **dict.fromkeys(_words("underbrace overbrace"), ("brace", "brace")),
    "over": ("sign", OVER),
    "_": ("sign", "_"),
    "&": ("sign", "&"),
    "sinh": ("word", "sinh"),
    "cosh": ("word", "cosh"),
    "min": ("word", "min"),
}
"""LaTeX command -> kind and canonical spelling of its token."""

CLAIM_CHARACTERS: Mapping[str, tuple[str, str]] = {
    "∑": ("sum", "∑"),
    "∂": ("partial", "∂"),
    "∇": ("nabla", "∇"),
    "×": ("sign", "×"),
    "⊗": ("sign", "⊗"),
    "⊘": ("sign", "⊘"),
    "•": ("sign", "*"),
    "∙": ("sign", "·"),
    "⋆": ("sign", "*"),
    "∈": ("sign", "∈"),
    "←": ("sign", EQUALS),
    "≡": ("sign", EQUALS),
    "≔": ("sign", EQUALS),
    "≜": ("sign", EQUALS),
    "⇒": ("sign", EQUALS),
    "⟹": ("sign", EQUALS),
    "→": ("sign", "→"),
    "≠": ("sign", "≠"),
    "…": ("sign", DOTS),
    "⋯": ("sign", DOTS),
    "‖": ("sign", NORM),
    "∥": ("sign", NORM),
    "⟨": ("open", "⟨"),
    "⟩": ("close", "⟩"),
    "√": ("command", "sqrt"),
    **dict.fromkeys("𝟙𝟏", ("ones", "1")),
}
"""Character -> kind and canonical spelling of its token."""

LONG_SIGNS: Mapping[str, str] = {
    ":=": EQUALS,
    "<-": EQUALS,
    "==": "==",
    "=>": EQUALS,
    "!=": "≠",
    ".*": "∘",
    "./": "/",
    ".^": "^",
    "||": NORM,
    "...": DOTS,
    "->": "→",
}
"""Several characters that are one sign."""

SKIPPED = frozenset(
    _words("""
        nonumber notag limits nolimits scriptstyle mathstrut hfill normalsize small large centering
        noindent relax therefore because boxed fbox mathop mathbin mathrel mathord protect qty
        newline
    """)
)
"""Commands that mean nothing here."""

WITH_ARGUMENT = frozenset(
    _words("textcolor tag label hspace vspace color phantom hphantom vphantom eqref ref")
)
"""Commands that mean nothing here, with their argument."""

CLAIM_FONTS = frozenset(
    _words(r"""
        pmb mathbb mathbbm mathds mathfrak mathscr bold overrightarrow overset mbox hbox textnormal
        mathbfit symbf symbfit cal sf it
    """)
)
"""Fonts that a formula of its own does not have."""

DOUBLE = frozenset(_words("mathbb mathbbm mathds mathbf boldsymbol bm vec bold pmb textbf symbf"))
"""Fonts in which 1 and 0 are vectors, or 1 an indicator."""

PROSE = frozenset(_words("text textrm textit textbf textsf textnormal mbox hbox mathrm"))
"""Fonts in which people write sentences."""

PLAIN_ENVIRONMENTS = frozenset(
    _words("""
        align aligned alignat alignedat equation gather gathered split eqnarray multline math
        displaymath flalign
    """)
)
"""Environments that only arrange lines."""

CLAIM_PAIRS: Mapping[str, str] = {**OPENING, "⟨": "⟩", "cases": "cases"}
"""Opening bracket -> its closing one."""
