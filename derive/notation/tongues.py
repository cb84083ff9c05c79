"""Code of other languages, rewritten to Python's: MATLAB, and what C, Java, Rust have in common.

Every step changes signs that Python does not have there, so that Python's own text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.notation.braces import laid_out
from derive.notation.branches import branches_to_calls
from derive.notation.draft import Draft, Rewrite
from derive.notation.matlab import is_matlab, matlab_to_python
from derive.notation.quantities import LAMBDA

_NUMBER = r"(?<![\w.])(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
_SUFFIX = re.compile(_NUMBER + r"_?(?:f32|f64|[fFdDL])(?![\w.])")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_LINE_COMMENT = re.compile(r"(?:(?<=[;{}])|^)([^\S\n]*)//[^\n]*", re.M)
_PROMPT = re.compile(r"^(?:>>>|\.\.\.) ", re.M)
_WORDS = r"(?!(?:return|not|in|is|and|or|if|else|elif|for|lambda|yield|def|await|assert)\b)"
_TYPE = re.compile(
    rf"(?:^|(?<=[;{{]))(?P<room>[ \t]*){_WORDS}"
    r"(?P<type>(?:[A-Za-z_][\w:.]*(?:<[^<>=\n]*>)?(?:[ \t]+|[ \t]*[&*][ \t]*))+)"
    r"(?=[&*]?[A-Za-z_]\w*(?:\[[^\]=]*\])*\s*(?::[^=\n]*)?=(?!=))",
    re.M,
)
_ANNOTATION = re.compile(r"(?<=\w)\s*:\s*&?(?:mut )?[A-Z]\w*<[^=\n]*>\s*(?==(?!=))")
_NAMED_LEFT = re.compile(
    r"(?:^|(?<=[;\n]))([ \t]*[A-Za-z_][\w.]*)"
    r"(\([ \t]*[A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*[ \t]*\))(?=[ \t]*=(?!=))"
)
_ARROW = re.compile(r"(?<=[\w\]])->(?=[A-Za-z_])")
_GIVES = re.compile(r"(?:^|(?<=;))([ \t]*[A-Za-z_][\w.\[\]]*[ \t]*)(<-|:=)", re.M)
_C_FUNCTION = re.compile(r"\bf?(exp|log|tanh|sqrt|pow|sin|cos|abs|max|min|cosh)f?\(")
_EIGEN = re.compile(r"cwiseProduct|\bEigen\b|\b(?:Matrix|Vector)X[df]\b")
_COLONS = re.compile(r"(?<=\w)::(?=[A-Za-z_])")
_NOT = re.compile(r"!(?=[\w(])")
_REFERENCE = re.compile(r"(?:(?<=[(,=*+/-])|(?<=[(,=*+/-] ))&(?=[A-Za-z_])")
_CLOSURE = re.compile(r"\|\s*&?(\w+)\s*\|")
_FAT_ARROW = re.compile(r"(?:\((?P<held>\w+)\)|(?P<bare>\b\w+))\s*=>(?!=)")
_TEXT = re.compile(r"(?<![\w)\]])(?:'[^'\n]*'|\"[^\"\n]*\")")
_MINUS = re.compile("[−–]")
_ENDS = re.compile(r";(?=\s*(?:;|$))")


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())


def _without_type(found: re.Match[str]) -> str:
    return found["room"] + " " * len(found["type"])


Step = tuple[re.Pattern[str], Rewrite]

_STEPS: Sequence[Step] = (
    (_MINUS, "-"),
    (_PROMPT, ""),
    (LAMBDA, "lambda_"),
    (_BLOCK_COMMENT, _blank),
    (_LINE_COMMENT, _blank),
    (_SUFFIX, lambda found: found[1]),
    (_COLONS, "."),
    (re.compile(r"%\*%"), "@"),
    (_GIVES, lambda found: found[1] + "=" + " " * (len(found[2]) - 1)),
    (_C_FUNCTION, lambda found: found[1] + "("),
    (_ARROW, "."),
    (_ANNOTATION, _blank),
    (_TYPE, _without_type),
    (_NAMED_LEFT, lambda found: found[1] + " " * len(found[2])),
    (re.compile(r"&&"), " and "),
    (re.compile(r"\|\|"), " or "),
    (_NOT, " not "),
    (_REFERENCE, " "),
    (_CLOSURE, lambda found: f"lambda {found[1]}: "),
    (_FAT_ARROW, lambda found: f"lambda {found['held'] or found['bare']}: "),
)
"""Sign -> what Python has for it, one after the other."""


def to_python(text: Draft) -> Draft:
    """The text with every sign as Python has it.

    >>> from derive.notation.draft import draft
    >>> to_python(draft("double d = x > 0 ? 1.0f : 0.5f;")).text.split()
    ['d', '=', 'where(x', '>', '0', ',', '1.0', ',', '0.5', ')']
    >>> to_python(draft("d2 = (d3*W(:,2:end)) .* a'")).text
    'd2 = (d3@W[:,1:]) * a.T'
    """
    text = _even(text)
    if is_matlab(text.text):
        text = matlab_to_python(text)
    if _EIGEN.search(text.text):
        text = text.rewrite(r"(?<![*])\*(?![*=])", "@")
    for pattern, new in _STEPS:
        text = _outside_texts(text, pattern, new)
    return branches_to_calls(laid_out(text).rewrite(_ENDS, " "))


def _even(text: Draft) -> Draft:
    """Lines that lost the room before the first of them when they were copied, put in line."""
    first, *rest = text.text.split("\n")
    rooms = [len(line) - len(line.lstrip(" ")) for line in rest if line.strip()]
    held = sum(first.count(sign) for sign in "([{") > sum(first.count(sign) for sign in ")]}")
    if not rooms or not min(rooms) or held or first[:1].isspace() or first.rstrip()[-1:] in ":\\":
        return text
    return text.rewrite(rf"(?<=\n) {{{min(rooms)}}}", "") if first.strip() else text


def _outside_texts(text: Draft, pattern: re.Pattern[str], new: Rewrite) -> Draft:
    """The pattern replaced where it does not start in quotes: `'ij,jk->ik'` stays."""
    quoted = {place for found in _TEXT.finditer(text.text) for place in range(*found.span())[1:]}

    def change(found: re.Match[str]) -> str:
        if found.start() in quoted:
            return found.group()
        return new if isinstance(new, str) else new(found)

    return text.rewrite(pattern, change)
