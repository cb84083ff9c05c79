"""MATLAB's signs in Python's: `.*` is entry by entry, `*` a matrix product, `'` transposes."""

from __future__ import annotations

import re
from itertools import pairwise

from derive.notation.draft import Draft, Edit
from derive.notation.matlab_loops import has_loops, loops_to_python, places_to_python

_DOTTED = re.compile(r"(?<![\d.])\.[*/^]|(?<=\d)\.[*^]")
_QUOTE = re.compile(r"(?<=[\w)\]'])\.?'(?!\()")
_COMMENTS = re.compile(r"(?:#|//)[^\n]*|/\*.*?\*/", re.S)
_TEXTS = re.compile(r"(?<![\w)\]'.])'[^'\n]*'|\"[^\"\n]*\"")
_END_RANGE = re.compile(r":\s*end\b")
_WORDS_OF_PYTHON = re.compile(
    r"\bnp\.|\bnumpy\.|\bself\b|\bdef\b|\blambda\s*\w*\s*:|\*\*|@|\[['\"]|\.T\b|\.dot\("
)
_CALL = re.compile(r"([A-Za-z_]\w*)\(")
_ALL = re.compile(r"\(\s*:\s*\)")
_REDUCED = re.compile(r"\b(sum|mean|size)\s*$")
_BROADCAST = re.compile(r"\bbsxfun\s*\(\s*@(\w+)\s*,")
_APART = re.compile(r"(?<=[\w)\]'.])[ \t]+(?=[\w(\[])")

_PRODUCTS = re.compile(r"\.\*|\./|\.\^|\*|\^|(?<=[\w)\]'])\.?'")
_SIGNS = {".*": "*", "./": "/", ".^": "**", "*": "@", "^": "**", "'": ".T", ".'": ".T"}


def is_matlab(text: str) -> bool:
    """Whether a text has signs that only MATLAB has, and none of Python's.

    >>> is_matlab("d2 = (W2' * d3) .* a"), is_matlab("W['a'] / 2."), is_matlab("1./m * a.dot(b)")
    (True, False, False)
    """
    if _WORDS_OF_PYTHON.search(text) or "\\" in text or "?" in text:
        return False
    if has_loops(text):
        return True
    bare = _TEXTS.sub(" ", _COMMENTS.sub(" ", text))
    return bool(_DOTTED.search(bare) or _QUOTE.search(bare) or _END_RANGE.search(bare))


def matlab_to_python(text: Draft) -> Draft:
    """The text in Python's signs; places are counted from 0."""
    text = text.rewrite(r"%[^\n]*", "").rewrite(r"\.\.\.[^\n]*\n", " ")
    text = loops_to_python(text).rewrite(_ALL, ".T.ravel()")
    text = text.rewrite(r"(?<=[\w)\]'])~=", "!=").rewrite(r"(?<![=<>!~])~(?=[\w(])", " not ")
    text = _summed(_joined(text.rewrite(_BROADCAST, lambda found: f"{found[1]}(")))
    text = places_to_python(text).rewrite(_PRODUCTS, lambda found: _SIGNS[found.group()])
    return _indexed(text)


def _summed(text: Draft) -> Draft:
    """`sum(A, 2)` goes along the second axis and keeps it; `size(A, 2)` is its length."""
    edits: list[Edit] = []
    for start, end in _brackets(text.text, "(", ")"):
        called = _REDUCED.search(text.text[:start])
        if called is None:
            continue
        axis = re.search(r",\s*([12])\s*$", text.text[start:end])
        if axis is None:
            if called[1] != "size":
                edits.append((*called.span(1), f"{called[1]}_columns"))
            continue
        keep = "" if called[1] == "size" else ", keepdims=True"
        new = f", axis={int(axis[1]) - 1}{keep}"
        edits.append((start + axis.start(), end, new))
    return text.splice(sorted(edits)) if _apart(edits) else text


def _joined(text: Draft) -> Draft:
    """`[a b]` stands side by side, `[a; b]` below each other."""
    edits: list[Edit] = []
    for start, end in _brackets(text.text, "[", "]"):
        inner = text.text[start + 1 : end]
        rows = ";" in inner
        edits.append((start, start + 1, "vstack([" if rows else "hstack(["))
        sign = re.compile(r";") if rows else _APART
        edits += [(start + 1 + m.start(), start + 1 + m.end(), ", ") for m in sign.finditer(inner)]
        edits.append((end, end + 1, "])"))
    return text.splice(sorted(edits)) if _apart(edits) else text


def _apart(edits: list[Edit]) -> bool:
    """Whether no part is changed twice."""
    ordered = sorted(edits)
    return all(a[1] <= b[0] for a, b in pairwise(ordered))


def _indexed(text: Draft) -> Draft:
    """`A(:, 2:end)` has the places 1 and up of the second axis."""
    edits: list[Edit] = []
    for start, end in _brackets(text.text, "(", ")"):
        inner = text.text[start + 1 : end]
        called = _CALL.search(text.text[: start + 1][-60:])
        if called is None or not called.group().endswith("(") or ":" not in inner:
            continue
        if not re.search(r"\w$", text.text[:start]) or "(" in inner:
            continue
        edits += [(start, start + 1, "["), (end, end + 1, "]")]
        edits += [_first(start + 1, found) for found in re.finditer(r"\d+(?=\s*:)", inner)]
        edits += [
            (start + 1 + found.start(), start + 1 + found.end(), ":")
            for found in re.finditer(r":\s*end\b", inner)
        ]
    return text.splice(sorted(edits)) if _apart(edits) else text


def _first(offset: int, found: re.Match[str]) -> Edit:
    """The first place of a range, counted from 0."""
    return offset + found.start(), offset + found.end(), str(max(0, int(found.group()) - 1))


def _brackets(text: str, opened: str, closed: str) -> list[tuple[int, int]]:
    """Pairs of brackets of one kind."""
    stack: list[int] = []
    pairs: list[tuple[int, int]] = []
    for index, letter in enumerate(text):
        if letter == opened:
            stack.append(index)
        elif letter == closed and stack:
            pairs.append((stack.pop(), index))
    return pairs
