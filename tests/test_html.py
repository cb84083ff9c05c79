"""The page: one file, no script, nothing from outside, an outline, names for what is drawn."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from derive.checker import check_document
from derive.faces.face import written
from derive.faces.view import statements, written_runs
from derive.faces.word import ACCENTS, LETTERS
from derive.verdict import Claim, Report
from tests.make_font import CHARACTERS, GREEK, ITALIC
from tests.reports import HOSTILE, full, hostile, seed, wrong

FACES = Path(__file__).parents[1] / "derive" / "faces"
VOID = {"meta", "br", "hr", "img", "link", "input", "mspace"}


class Outline(HTMLParser):
    """The elements of a page in order, with their attributes; refuses what is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.found}


PAGES = {"seed": seed, "wrong": wrong, "full": lambda: Report((full(),)), "none": Report}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]().to_html()


def test_the_page_is_one_file(page: str) -> None:
    outline = Outline(page)
    assert not outline.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    places = [a[key] for _, a in outline.found for key in ("href", "src") if key in a]
    assert all(place and place.startswith("#") for place in places)
    assert re.findall(r"url\((?!data:font/woff2;base64,)", page) == []
    assert "@import" not in page
    assert not any(name.startswith("on") for _, a in outline.found for name in a)
    (policy,) = (a for a in outline.all("meta") if a.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; font-src data:"


def test_the_page_is_small() -> None:
    assert len(seed().to_html().encode()) < 130_000
    assert len(seed()._repr_html_().encode()) < 80_000
    assert (FACES / "fonts" / "derive-pagella-math.woff2").stat().st_size < 40_000


def test_the_page_has_an_outline(page: str) -> None:
    outline = Outline(page)
    assert outline.all("html") == [{"lang": "en"}]
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(outline.all(landmark)) == 1
    levels = [int(tag[1]) for tag, _ in outline.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [a["id"] for _, a in outline.found if "id" in a]
    assert len(ids) == len(set(ids))
    named = [a.get("aria-labelledby") or a.get("href", "#claims") for _, a in outline.found]
    assert {str(name).removeprefix("#") for name in named} <= {*ids, "claims"}


def test_every_formula_has_its_text(page: str) -> None:
    for attributes in Outline(page).all("math"):
        assert attributes["alttext"]


def test_what_scrolls_can_be_reached_by_keys() -> None:
    """WCAG 2.1.1: what is cut off by a narrow window takes the focus."""
    for tag, attributes in Outline(seed().to_html()).found:
        if tag == "pre" or attributes.get("class") in ("display", "equation"):
            assert attributes["tabindex"] == "0"


def test_a_verdict_is_a_word_and_a_sign_and_not_a_colour_alone() -> None:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", seed().to_html()))
    for sign, verdict in (("✓", "proved"), ("✗", "ill-shaped"), ("?", "undecided")):
        assert f"{sign} {verdict}" in page


def test_the_faulty_factors_are_marked_and_said() -> None:
    page = seed().to_html()
    (found,) = re.findall(r'alttext="(\[1 H1\]\^T \(yhat - y\) W3[^"]*at fault[^"]*)"', page)
    assert found == "[1 H1]^T (yhat - y) W3^T H2 (1 - H2); at fault: W3, H2, 1 - H2"
    assert '<mrow class="fault"><msub><mi>W</mi><mn>3</mn></msub></mrow>' in page
    assert '<mo class="new">∘</mo>' in page
    assert "<mark>H_2</mark>" in page


def test_the_page_on_the_mistake_and_the_steps_are_folded_in() -> None:
    page = seed().to_html()
    assert "D315</span> the row of the bias is not dropped</summary>" in page
    assert "How dL/dW2 comes about, in 4 steps</summary>" in page
    codes = [claim.mistake for claim in seed().claims if claim.mistake]
    assert page.count("How to see it") == len(set(codes)) < len(codes)
    assert page.count(", as above</p>") == len(codes) - len(set(codes))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_makes_no_element(name: str) -> None:
    """Pieces of code between backticks apart, the elements are those of a page of calm words."""
    pages = (Outline(hostile(text).to_html()) for text in ("in words, (calm)", HOSTILE[name]))
    calm, page = ([tag for tag, _ in one.found if tag != "code"] for one in pages)
    assert calm == page


def test_two_reports_are_one_page_with_claims_numbered_through() -> None:
    page = written("html", [seed(), wrong()])
    numbers = re.findall(r'<h3 id="claim-(\d+)"', page)
    assert numbers == [str(k) for k in range(1, len(seed().claims) + len(wrong().claims) + 1)]
    assert page.count("<h2>") == 2


# ---------------------------------------------------------------------------------- the view


def test_claims_of_one_statement_stand_together() -> None:
    groups = statements(seed())
    together = next(group for group in groups if group.line == 24)
    assert [claim.verdict for _, claim in together.claims] == ["proved", *["ill-shaped"] * 3]
    faults = [text for text, kind in together.runs if kind == "fault"]
    assert faults == [r"(1-\sigma(z_2))", "(1-H_2)"]
    assert "".join(text for text, _ in together.runs) == together.claims[0][1].written


def test_the_judged_part_and_the_fault_are_told_apart() -> None:
    claim = next(c for c in seed().claims if c.line == 11)
    assert [kind for _, kind in written_runs(claim.written, [claim])] == ["", "fault"]
    assert written_runs("x = y", [Claim("a", "proved", written="x = y")]) == (("x = y", ""),)


def test_places_outside_of_a_text_are_no_error() -> None:
    report = check_document("stack 4,3,2\nclaim dW2 = ")
    assert report.to_html()


# ---------------------------------------------------------------------------------- the font


def test_the_font_has_what_formulas_are_made_of() -> None:
    (data,) = re.findall(r"data:font/woff2;base64,([^)]*)", seed().to_html())
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    assert font["name"].getDebugName(1) == "Derive Pagella Math"
    assert set(CHARACTERS + GREEK + ITALIC) <= set(map(chr, font.getBestCmap()))
    assert set("".join(ACCENTS.values()) + "".join(LETTERS.values())) <= set(CHARACTERS + GREEK)
    variants = font["MATH"].table.MathVariants
    pairs = zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True)
    grown = dict(pairs)
    for bracket in "()[]":
        construction = grown[font.getBestCmap()[ord(bracket)]]
        assert len(construction.MathGlyphVariantRecord) > 3
        assert construction.GlyphAssembly is not None


def test_the_licence_of_the_font_comes_with_it() -> None:
    licence = (FACES / "fonts" / "GUST-FONT-LICENSE.txt").read_text(encoding="utf-8")
    assert "GUST Font License" in licence
    assert "TeX Gyre Pagella Math" in (FACES / "fonts" / "README.md").read_text(encoding="utf-8")
