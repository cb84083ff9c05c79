r"""What single characters and LaTeX commands mean to the scanner: tables, no code."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GREEK: Mapping[str, str] = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϕ",
        _words("""
            alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma
            tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
            Omega epsilon theta phi
        """),
        strict=True,
    )
)
"""Greek letter -> the name by which it is written in ASCII."""

VARIANTS: Mapping[str, str] = {
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "varphi",
    "varrho": "rho",
    "varsigma": "sigma",
    "ell": "l",
}
"""LaTeX letters with a second shape."""

LETTERS: Mapping[str, str] = {**{name: name for name in GREEK.values()}, **VARIANTS}
"""LaTeX command -> letter."""

MARKS: Mapping[str, str] = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
}
"""Combining mark -> accent."""

ACCENTS: Mapping[str, str] = {
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "bar": "bar",
    "overline": "bar",
    "dot": "dot",
    "ddot": "ddot",
}
"""LaTeX command -> accent."""

FONTS = frozenset(
    _words("""
        mathbf boldsymbol bm bf mathrm mathit mathsf mathtt mathcal mathnormal text textbf textit
        textrm textsf operatorname rm vec displaystyle textstyle
    """)
)
"""Commands that change how a name looks, not what it names."""

UPRIGHT = frozenset(_words("mathrm mathsf mathtt mathit text textbf textit textrm operatorname"))
"""Fonts in which several letters are one word."""

SIZES = frozenset(_words("left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr middle"))
"""Commands before a bracket that say how large it is."""

SPACES = frozenset([" ", ",", ";", ":", ">", "!", "quad", "qquad", "enspace", "thinspace"])
"""Commands that make room."""

FUNCTION_COMMANDS: Mapping[str, str] = {
    "exp": "exp",
    "log": "log",
    "ln": "ln",
    "tanh": "tanh",
    "sin": "sin",
    "cos": "cos",
    "max": "max",
}
"""LaTeX command -> word."""

FRACTIONS = frozenset(("frac", "dfrac", "tfrac"))

UNREAD = frozenset(
    _words("""
        sum prod partial nabla in mathbb times div pm infty to rightarrow leftarrow forall langle
        rangle underbrace overbrace tag label quad min arg det int lim
    """)
)
"""Commands of LaTeX that mean something else than a misspelt one, and are not read."""

COMMAND_SIGNS: Mapping[str, str] = {
    "top": "⊤",
    "intercal": "⊤",
    "prime": "′",
    "vert": "|",
    "mid": "|",
    "\\": "\\\\",
    "colon": ":",
}
"""LaTeX command -> sign; those of the infix signs stand in `derive.notation.table`."""

COMMAND_BRACKETS: Mapping[str, tuple[str, str]] = {
    "lvert": ("open", "|"),
    "rvert": ("close", "|"),
    "lbrack": ("open", "["),
    "rbrack": ("close", "]"),
}

OPENING: Mapping[str, str] = {"(": ")", "[": "]", "{": "}", "|": "|"}
"""Opening bracket -> its closing one."""

CLOSING = frozenset(")]}")

CHARACTER_SIGNS: Mapping[str, str] = {
    **{sign: sign for sign in "+-∘*·@/><≥≤=,;:|&^_."},
    "⊤": "⊤",
    "⊺": "⊤",
    "'": "'",
    "’": "'",
    "′": "′",
}
"""Character -> sign."""

RAISED: Mapping[str, str] = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀⁿˡ", "0123456789+-()Tnl", strict=True))
LOWERED: Mapping[str, str] = dict(
    zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789+-aeoxhklmnpstijruv", strict=True)
)
"""Superscript and subscript characters -> what they are scripts of."""

BLANKS = frozenset("~\u200b\u200c\u200d\u2060\u2061\u2062\ufeff\u00ad")
"""Characters besides white space that stand for room or for nothing."""
