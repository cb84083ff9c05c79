"""The page in a real browser: it is drawn, its brackets grow, it fits a phone, it can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derive.faces.face import written
from derive.faces.mathml import mathml
from derive.formula import Formula, Part
from derive.term import Var, apply
from tests.browser import DARK, LIGHT, Browser
from tests.reports import HOSTILE, hostile, seed, wrong

pytestmark = [pytest.mark.program("chromium"), pytest.mark.slow]

CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = c => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = c => {
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = c.map(v => linear(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const back = node => {
  for (; node; node = node.parentElement) {
    const colour = rgb(getComputedStyle(node).backgroundColor);
    if (colour[3] === 255) return colour.slice(0, 3);
  }
  return [255, 255, 255];
};
document.querySelectorAll('details').forEach(d => d.open = true);
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, parent = node.parentElement;
  if (!node.textContent.trim() || ['SCRIPT', 'STYLE'].includes(parent.tagName)) continue;
  if (!parent.getClientRects().length) continue;
  const a = light(rgb(getComputedStyle(parent).color).slice(0, 3)), b = light(back(parent));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  found.push([ratio, node.textContent.trim().slice(0, 40), getComputedStyle(parent).color]);
}
"""


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_text_stands_out_from_what_is_behind_it(browser: Browser, theme: str) -> None:
    """WCAG 2.2 AA asks for a contrast of 4.5, whatever the size."""
    ratios = browser.asked(written("html", [seed(), wrong(), hostile("x")]), CONTRAST, theme)
    assert len(ratios) > 500
    assert [one for one in ratios if one[0] < 4.5] == []


@pytest.mark.parametrize(("theme", "dark"), [(LIGHT, False), (DARK, True)])
def test_the_theme_is_that_of_the_reader(browser: Browser, theme: str, dark: bool) -> None:
    ask = "const found = getComputedStyle(document.body).backgroundColor"
    colour = browser.asked(seed().to_html(), ask, theme)
    channels = [int(one) for one in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (max(channels) < 60) == dark
    assert (min(channels) > 240) != dark


def test_pictures_are_taken_in_both_themes(browser: Browser) -> None:
    """What is drawn compresses badly; an empty page of this size has a few kilobytes."""
    for name, theme in (("light.png", LIGHT), ("dark.png", DARK)):
        picture = browser.picture(seed().to_html(), name, 1000, 2000, theme)
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.stat().st_size > 100_000


def test_nothing_is_wider_than_the_window(browser: Browser) -> None:
    """Pages in frames: a window of a browser does not get as narrow as a telephone."""
    page = written("html", [seed(), wrong(), hostile("W" * 500), hostile(HOSTILE["many lines"])])
    ask = """
const found = [320, 400, 1000].map(width => {
  const frame = document.createElement('iframe');
  frame.style.cssText = `width:${width}px; height:900px; border:0`;
  document.body.append(frame);
  const inner = frame.contentDocument;
  inner.open(); inner.write(page); inner.close();
  inner.querySelectorAll('details').forEach(d => d.open = true);
  return inner.documentElement.scrollWidth;
})
"""
    script = f"const page = {json.dumps(page)};{ask}".replace("</", "<\\/")
    empty = "<!DOCTYPE html><html><body></body></html>"
    assert browser.asked(empty, script) == [320, 400, 1000]


def test_brackets_grow_by_the_font_that_is_in_the_page(browser: Browser) -> None:
    """Around a fraction they are taller than around a letter; without a MATH table they are not."""
    fraction = apply("div", apply("div", Var("a"), Var("b")), apply("div", Var("c"), Var("d")))
    tall = apply("transpose", apply("add", fraction, Var("e")))
    low = apply("transpose", apply("add", Var("a"), Var("e")))
    drawn = [mathml(Formula(t, (Part(),) * size)) for t, size in ((tall, 10), (low, 4))]
    ask = """
const found = [...document.querySelectorAll('.probe')].map(
  p => p.querySelector('mo[form=prefix]').getBoundingClientRect().height);
found.push([...document.fonts].filter(f => f.status === 'loaded').map(f => f.family).join())
"""
    probes = "".join(f'<p class="probe">{one}</p>' for one in drawn)
    page = seed().to_html().replace("</body>", f"{probes}</body>")
    high, small, fonts = browser.asked(page, ask)
    assert high > 2 * small
    assert "Derive Pagella Math" in fonts


def test_a_printed_page_has_what_is_folded_away(browser: Browser, tmp_path: Path) -> None:
    folded = wrong().to_html()
    opened = folded.replace("<details", "<details open")
    sizes = [browser.pdf(page).read_bytes().count(b"/Type /Page\n") for page in (folded, opened)]
    assert sizes[0] == sizes[1] > 1


def test_nothing_is_asked_for_and_nothing_runs(browser: Browser) -> None:
    """Hostile text everywhere: no element of it, no script, no request but for the page itself."""
    ask = """
const found = {
  scripts: document.querySelectorAll('script').length,
  images: document.querySelectorAll('img, iframe, object, embed, link, base, form').length,
  handlers: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
    .filter(a => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value)).length,
  links: [...document.querySelectorAll('[href], [src]')]
    .map(e => e.getAttribute('href') || e.getAttribute('src')).filter(h => !h.startsWith('#')),
  loaded: performance.getEntriesByType('resource').map(e => e.name)
    .filter(n => !n.startsWith('data:')),
}
"""
    page = written("html", [hostile(text) for text in HOSTILE.values()])
    found = browser.asked(page, ask)
    assert found == {"scripts": 1, "images": 0, "handlers": 0, "links": [], "loaded": []}
