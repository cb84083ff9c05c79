"""Formulas in LaTeX with what stands out: shapes under the factors, faults, and what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from derive.faces.caption import Caption, bracketed, captions
from derive.faces.known_tex import settled
from derive.formula import FAULT, NEW, Formula
from derive.notation.names import latex_name
from derive.notation.styles import STYLES, Style, Written
from derive.notation.table import LATEX
from derive.notation.writer import Writer, form_of
from derive.term import Apply, Attr, Term, fold

SIGNS = {"mul": r"\circ", "add": "+", "sub": "-", "neg": "-"}
"""The signs between operands that a repair may have changed."""


def _part(attrs: Sequence[Attr]) -> str:
    return STYLES["latex"].part(attrs).replace(":", "{:}")


def _name(name: str) -> str:
    text = latex_name(name)
    return f"{{{text}}}" if "_" in text else text


STYLE = STYLES["latex"]._replace(part=_part, name=_name)
"""LaTeX for the eye: a colon in brackets is no relation, and a name may have one script more."""


class Pens(NamedTuple):
    """How a text in LaTeX makes parts stand out: each has a `{}` for the part, and one a shape."""

    shape: str
    brace: str
    marks: Mapping[str, str]


PLAIN = Pens(
    r"\underset{{\scriptscriptstyle {1}}}{{{0}}}",
    r"\underbrace{{{0}}}_{{{1}}}",
    {FAULT: r"\boxed{{{0}}}", NEW: r"\underline{{{0}}}"},
)
"""What every renderer of formulas knows: faults in a box, what is new underlined."""


def latex_math(formula: Formula, pens: Pens = PLAIN) -> str:
    """The formula in LaTeX."""
    known = iter(captions(formula))
    plain = Writer(STYLE, formula.scalars, {}, {})
    changed = Writer(_fresh(pens), formula.scalars, {}, {})

    def node(term: Term, args: tuple[tuple[Written, Caption], ...]) -> tuple[Written, Caption]:
        caption = next(known)
        writer = changed if caption.mark == NEW and caption.signed else plain
        fences = _fences(term, [latex for latex, _ in args])
        pairs = zip(args, fences, strict=True)
        parts = [_placed(latex, one, inside, pens) for (latex, one), inside in pairs]
        return writer.node(term, parts), caption

    latex, caption = fold(formula.term, node)
    return settled(_placed(latex, caption, False, pens).text, formula.text())


def _fences(term: Term, args: list[Written]) -> list[bool]:
    """Which operands stand in brackets."""
    if not isinstance(term, Apply):
        return []
    form = form_of(term.op, args) if args else ""
    known = form in LATEX.rows and len(LATEX.rows[form].needs) == len(args)
    return bracketed(form, args) if known else [False] * len(args)


def _placed(latex: Written, caption: Caption, fences: bool, pens: Pens) -> Written:
    """A part where it stands, with its mark and its shape."""
    text, shape = latex.text, caption.shape.replace("×", r"\times ")
    if caption.mark in pens.marks and not (caption.mark == NEW and caption.signed):
        text = pens.marks[caption.mark].format(text)
    if shape and (fences or not caption.joined):
        text = (pens.brace if caption.joined else pens.shape).format(text, shape)
    return latex._replace(text=text)


def _fresh(pens: Pens) -> Style:
    """The style in which the sign of an op is marked as new."""
    mark = pens.marks[NEW].format
    rows = {
        op: LATEX.rows[op]._replace(
            text=LATEX.rows[op].text.replace(sign, mark(sign).replace("{", "{{").replace("}", "}}"))
        )
        for op, sign in SIGNS.items()
    }
    return STYLE._replace(notation=LATEX._replace(rows={**LATEX.rows, **rows}))
