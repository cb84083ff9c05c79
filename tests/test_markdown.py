"""Markdown: read by an independent reader, what others wrote is text or code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from derive.faces.markdown import block, code, text
from derive.faces.visible import visible
from tests.reports import HOSTILE, hostile, seed, wrong

READER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def kinds(source: str) -> set[str]:
    """The kinds of element that a reader finds."""
    found = set()
    for token in READER.parse(source):
        found.add(token.type.removesuffix("_open").removesuffix("_close"))
        found |= {inner.type.removesuffix("_open") for inner in token.children or ()}
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_makes_no_element(name: str) -> None:
    page = hostile(HOSTILE[name]).to_markdown()
    assert kinds(page) <= kinds(hostile("calm").to_markdown()) | {"softbreak"}
    assert not kinds(page) & {"html_block", "html_inline", "link", "image", "blockquote", "hr"}


@given(st.text(max_size=60))
def test_any_text_is_one_paragraph_of_text(words: str) -> None:
    out = text(words)
    assert kinds(out) <= {"paragraph", "inline", "text", "text_special"}
    shown = re.sub(r"<[^>]*>", "", READER.render(out))
    assert " ".join(_plain(shown).split()) == " ".join(visible(words).split())


@given(st.text(alphabet="`ab \n", max_size=40))
def test_code_is_code_whatever_its_ticks(words: str) -> None:
    flat = " ".join(words.split())
    if flat:
        (paragraph,) = [t for t in READER.parse(code(words)) if t.type == "inline"]
        assert [(t.type, t.content) for t in paragraph.children or ()] == [("code_inline", flat)]
    (fence,) = READER.parse("\n".join(block(words)))
    assert (fence.type, fence.content) == ("fence", f"{words}\n")


def _plain(markup: str) -> str:
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("&", "&amp;")):
        markup = markup.replace(entity, sign)
    return markup


def test_the_page_reads_well() -> None:
    page = seed().to_markdown()
    assert page.startswith("# two\\_hidden\\_layers.derive\n\n26 claims: 15 proved")
    assert "| 33 | `dL/dW2` | ill-shaped |" in page
    assert "- `z1` = `[1 x] W1`, 1×100 (let)" in page
    assert "## D315: the row of the bias is not dropped" in page
    assert r"\boxed{{H_{2}}}" in page
    assert "\n\n\n\n" not in page


def test_numpy_to_be_typed_in_is_code() -> None:
    page = wrong().to_markdown()
    assert re.search(r"- witness: at N=2, .*: claimed .*, true ", page)
    assert re.search(r"- `\w+ = np\.(array|ones|zeros)\(", page)
