"""The guide is true: its files are written, its commands given, its Python run, its links there."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from derive.mistakes import page as page_of
from tests.doc_pages import COMMAND, WIDTH, Page, blocks, fits, unknown

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
MISTAKES = sorted((ROOT / "derive" / "pages").glob("D*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with `derive`, `python` and `pytest` as an installation has them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in {"python": "", "derive": "-m derive.cli", "pytest": "-m pytest"}.items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -X utf8 {words} "$@"\n')
        file.chmod(0o755)
    return folder


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path, commands: Path) -> Page:
    """A page of the guide, with its files written into a folder of its own."""
    folder = tmp_path / "page"
    folder.mkdir()
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "DERIVE_MNIST")},
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": WIDTH,
        "NO_COLOR": "1",
    }
    made = Page(request.param.read_text(encoding="utf-8"), folder, environment)
    made.write_files()
    return made


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem, indirect=True)
def test_a_page_prints_what_it_shows(page: Page) -> None:
    """Its commands first, whose files its Python may load."""
    for tried, shown, real in (*page.commands(), *page.code()):
        assert fits(shown, real), f"{tried}\n{real}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_block_is_tried_and_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not unknown(text)
    for block in blocks(text):
        if block.kind == "console":
            assert "".join(m[0] for m in COMMAND.finditer(block.body)) == block.body
    for link in LINK.findall(text):
        assert (path.parent / link).exists(), link


def test_the_list_of_mistakes_has_every_page_under_its_title() -> None:
    """The pages are those that `derive explain` prints, not copies of them."""
    text = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    for file in MISTAKES:
        code, _, title = file.read_text(encoding="utf-8").partition("\n")[0][2:].partition(": ")
        assert code == file.stem
        assert f"| [{code}](../derive/pages/{code}.md) | {title} |" in text
        assert page_of(code) == file.read_text(encoding="utf-8")
    assert text.count("](../derive/pages/") == len(MISTAKES)
