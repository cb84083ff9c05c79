r"""Pages of Markdown, LaTeX or plain text taken apart: formulas, code, explicit blocks, prose.

Formulas stand in $…$, $$…$$, \(…\), \[…\] or in an environment such as align; code in a fence, in
backquotes or in verbatim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.diagnostic import refuse
from derive.extract import LONGEST

LISTINGS = "verbatim|lstlisting|minted"
ENVIRONMENTS = "align|equation|gather|multline|eqnarray|displaymath|math|aligned|alignat|split"
FENCES = {"derive": "derive", "math": "formula", "latex": "formula", "tex": "formula"}
"""What a fence holds, by the word after it; code where there is none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a page: `formula`, `code`, `derive` or `prose`; `start` is that of its text.

    `begin` and `end` enclose it with its marks.
    """

    kind: str
    text: str
    start: int
    begin: int
    end: int


OPENING = re.compile(
    r"(?P<skip>\\\\(?!\[|\()|\\[$`])"
    r"|(?P<fence>^[ \t>]{0,20}(?P<marks>`{3,}+|~{3,}+)[ \t]*+(?P<word>\w*+)[^\n]*+\n)"
    rf"|(?P<begin>\\begin\{{(?P<name>(?:{ENVIRONMENTS}|{LISTINGS})\*?)\}})"
    r"|(?P<mark>\$\$|\$|\\\[|\\\(|`)",
    re.M,
)
PARTNERS = {"$$": "$$", "$": "$", r"\[": r"\]", r"\(": r"\)", "`": "`"}
COMMENT = re.compile(r"(?<!\\)%[^\n]*")


def pieces(page: str) -> tuple[Piece, ...]:
    """The pieces of a page in order; those that are not prose have their marks taken off.

    Raises DeriveError for a page that is too long.

    >>> [(one.kind, one.text) for one in pieces("so $x$ is")]
    [('prose', 'so '), ('formula', 'x'), ('prose', ' is')]
    """
    if len(page) > LONGEST:
        raise refuse("D127", f"the document has {len(page)} characters; at most {LONGEST} are read")
    if r"\begin{document}" in page:
        page = COMMENT.sub(lambda found: " " * len(found[0]), page)
    return tuple(_with_prose(page, Scanner(page).marked()))


def _with_prose(page: str, marked: Iterator[Piece]) -> Iterator[Piece]:
    at = 0
    for piece in marked:
        if piece.begin > at:
            yield Piece("prose", page[at : piece.begin], at, at, piece.begin)
        yield piece
        at = piece.end
    if at < len(page):
        yield Piece("prose", page[at:], at, at, len(page))


class Scanner:
    """Finds marked pieces; a closing mark that is not there is looked for once."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.missing: set[str] = set()

    def marked(self) -> Iterator[Piece]:
        """Formulas, code and explicit blocks, in order."""
        at = 0
        while found := OPENING.search(self.page, at):
            piece = None if found["skip"] else self.piece(found)
            at = piece.end if piece else found.end()
            if piece:
                yield piece

    def piece(self, found: re.Match[str]) -> Piece | None:
        """The piece that a mark opens, or None where nothing closes it."""
        if found["fence"]:
            return self.fenced(found)
        closing = PARTNERS[found["mark"]] if found["mark"] else rf"\end{{{found['name']}}}"
        end = self.find(closing, found.end())
        text = self.page[found.end() : end]
        if end < 0 or not text.strip() or (found["mark"] in ("$", "`") and broken(text)):
            return None
        listing = found["mark"] == "`" or (found["name"] or "").rstrip("*") in LISTINGS.split("|")
        kind = "code" if listing else "formula"
        return Piece(kind, text, found.end(), found.start(), end + len(closing))

    def fenced(self, found: re.Match[str]) -> Piece:
        """The block up to the fence that closes it, or to the end."""
        mark = rf"^[ \t>]*{re.escape(found['marks'])}[`~]*[ \t]*$"
        closing = re.compile(mark, re.M).search(self.page, found.end())
        end, after = closing.span() if closing else (len(self.page), len(self.page))
        kind = FENCES.get(found["word"], "code")
        return Piece(kind, self.page[found.end() : end], found.end(), found.start(), after)

    def find(self, closing: str, start: int) -> int:
        """Where a mark closes, or -1."""
        if closing in self.missing:
            return -1
        place = self.page.find(closing, start)
        while place > 0 and closing[0] == "$" and self.page[place - 1] == "\\":
            place = self.page.find(closing, place + 1)
        if place < 0:
            self.missing.add(closing)
        return place


def broken(text: str) -> bool:
    """Whether an empty line stands in a text: no formula inside a paragraph has one."""
    return re.search(r"\n[ \t]*\n", text) is not None
