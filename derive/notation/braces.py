"""Loops of C and Rust laid out as Python's: `for (int i = 0; i < n; i++) { ... }`."""

from __future__ import annotations

import re

from derive.notation.draft import Draft, Edit

_C = re.compile(
    r"\bfor\s*\(\s*(?:[A-Za-z_][\w:]*\s+)*(?P<i>[A-Za-z_]\w*)\s*=\s*0\s*;"
    r"\s*(?P=i)\s*(?P<sign><=|<|!=)\s*(?P<n>[^;{}]+?)\s*;"
    r"\s*(?:\+\+\s*(?P=i)|(?P=i)\s*\+\+|(?P=i)\s*\+=\s*1)\s*\)"
)
_RUST = re.compile(r"\bfor\s+(?P<i>[A-Za-z_]\w*)\s+in\s+0\s*\.\.\s*(?P<n>[^{};=]+?)\s*(?=\{)")
_HEADER = re.compile(r"\bfor \w+ in range\((?:[^(){};\n]|\([^()]*\))*\)(?=\s*(?:[^:\s]|$))")
_TOKEN = re.compile(
    rf"(?P<loop>{_HEADER.pattern}\s*(?P<open>\{{)?\s*)|(?P<end>;)\s*|(?P<close>\}})\s*|(?P<room>\s*\n\s*)"
)
STEP = "    "


def laid_out(text: Draft) -> Draft:
    """The text with its loops as Python has them; one without such loops stays as it is."""
    rewritten = text.rewrite(_C, _range).rewrite(_RUST, _range)
    if rewritten is text or rewritten.text == text.text:
        return text
    return rewritten.splice(_edits(rewritten.text))


def _range(found: re.Match[str]) -> str:
    last = " + 1" if found.groupdict().get("sign") == "<=" else ""
    return f"for {found['i']} in range({found['n']}{last})"


def _edits(text: str) -> list[Edit]:
    """Line breaks and room: a block for each brace, and for each loop that has none."""
    open_blocks: list[str] = []
    edits: list[Edit] = []
    for found in _TOKEN.finditer(text):
        if found["loop"]:
            open_blocks.append("brace" if found["open"] else "single")
            loop = found["loop"].rstrip().rstrip("{").rstrip()
            edits.append((found.start(), found.end(), f"{loop}:{_line(open_blocks)}"))
            continue
        if found["close"] and "brace" in open_blocks:
            while open_blocks.pop() != "brace":
                pass
        while not found["room"] and open_blocks and open_blocks[-1] == "single":
            open_blocks.pop()
        edits.append((*found.span(), " " if found["room"] else _line(open_blocks)))
    return edits


def _line(open_blocks: list[str]) -> str:
    return "\n" + STEP * len(open_blocks)
