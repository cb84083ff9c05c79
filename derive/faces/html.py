"""HTML: one page that needs nothing else. No script, no link to the outside; its font is in it."""

from __future__ import annotations

import base64
import importlib.resources
import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from derive.faces.mathml import mathml, name_mathml
from derive.faces.pages import blocks
from derive.faces.saying import counts, summary, title
from derive.faces.view import found_runs, statements
from derive.faces.visible import visible
from derive.formula import Formula
from derive.mistakes import MISTAKES
from derive.verdict import GOOD, IMAGES, Claim, Report

FONT = "fonts/derive-pagella-math.woff2"

SIGNS = {
    "proved": "✓",
    "confirmed": "≈",
    "refuted": "✗",
    "ill-shaped": "✗",
    "undecided": "?",
    "unreadable": "?",
}
"""What stands before the word of a verdict: nobody has to tell colours apart."""

KINDS = {
    **dict.fromkeys(GOOD, "good"),
    **dict.fromkeys(("refuted", "ill-shaped"), "bad"),
    **dict.fromkeys(("undecided", "unreadable"), "open"),
}
"""Verdict -> the colour that it has."""


def write(reports: Sequence[Report]) -> str:
    """The page."""
    return _rendered("page.html.jinja", reports, font=_font())


def part(reports: Sequence[Report]) -> str:
    """The page as a part of another, in a notebook: without a font and an outline of its own."""
    return _rendered("part.html.jinja", reports, font="")


def _rendered(template: str, reports: Sequence[Report], font: str) -> str:
    claims = [claim for report in reports for claim in report.claims]
    starts = [1 + sum(len(r.claims) for r in reports[:place]) for place in range(len(reports))]
    return (
        _environment()
        .get_template(template)
        .render(
            parts=[(r, statements(r, s)) for r, s in zip(reports, starts, strict=True)],
            heading=", ".join(map(title, reports)) or "derive report",
            claims=claims,
            summary=summary(claims),
            counts=counts(claims),
            firsts={claim.mistake: n for n, claim in reversed(list(enumerate(claims, 1)))},
            font=font,
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        loader=FunctionLoader(_resource),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "math": _math,
        "name": _name,
        "heading": _heading,
        "seen": visible,
        "prose": _prose,
    }
    made.globals |= {
        "style": Markup(_resource("style.css")),
        "signs": SIGNS,
        "kinds": KINDS,
        "mistakes": MISTAKES,
        "images": IMAGES,
        "blocks": blocks,
        "found_runs": found_runs,
    }
    return made


def _resource(name: str) -> str:
    return (importlib.resources.files("derive.faces") / name).read_text(encoding="utf-8")


@cache
def _font() -> str:
    data = (importlib.resources.files("derive.faces") / FONT).read_bytes()
    return base64.b64encode(data).decode("ascii")


def _math(formula: Formula, captioned: bool = True) -> Markup:
    return Markup(mathml(formula, captioned=captioned))


def _name(name: str) -> Markup:
    """A name in formulas: what is one as it is drawn, anything else as text."""
    plain = re.fullmatch(r"[\w/̂^ˆ]{1,40}", name) is not None
    return Markup(name_mathml(name)) if plain else escape(visible(name))


def _heading(claim: Claim) -> Markup:
    """What a claim is about: a derivative, or a formula of which it states the shape."""
    _, sign, shape = claim.name.rpartition(" ∈ ")
    if sign and claim.formula is not None and claim.read_as is None:
        return Markup("shape {}").format(visible(shape))
    return _name(claim.name)


def _prose(text: str) -> Markup:
    """A paragraph of our own, with its code between backticks."""
    runs = enumerate(text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(run) if place % 2 else escape(run) for place, run in runs
    )
