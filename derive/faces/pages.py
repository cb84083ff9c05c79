"""The pages on mistakes as blocks: a title, paragraphs, code. They are our own, and plain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from derive.mistakes import page

_CODE = re.compile(r"```\w*\n(.*?)```\n?", re.S)


class Block(NamedTuple):
    """A part of a page; `kind`: "title", "paragraph" or "code"."""

    kind: str
    text: str


def blocks(code: str) -> tuple[Block, ...]:
    """The page on a kind of mistake, part by part."""
    return tuple(_blocks(page(code)))


def _blocks(text: str) -> Iterator[Block]:
    for place, part in enumerate(_CODE.split(text)):
        if place % 2:
            yield Block("code", part.rstrip("\n"))
            continue
        for paragraph in filter(None, (one.strip() for one in part.split("\n\n"))):
            kind = "title" if paragraph.startswith("# ") else "paragraph"
            yield Block(kind, " ".join(paragraph.removeprefix("# ").split()))
