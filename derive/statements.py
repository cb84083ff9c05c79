"""The explicit form of a document: one statement a line, `#` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.extract import LONGEST_LINE, Extract, Line, lines_of
from derive.notation.spelling import shown, suggestion
from derive.statement import (
    Alias,
    Bracket,
    ClaimLine,
    Declare,
    Dims,
    Given,
    Let,
    Loss,
    Orientation,
    Stack,
    Statement,
)
from derive.values import read_value
from derive.worth import credit, points

LAYOUTS = ("gradient", "jacobian", "jacobian_T", "elementwise")
FACTS = ("positive", "binary", "unit", "one-hot", "distribution", "index")
"""What may be said of a symbol after its shape; two of them take `axis=1`."""

ALONG = ("one-hot", "distribution")
LONGEST_NAME = 200
MOST = 2_000
"""Statements of a document at most."""


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a document in the explicit form.

    Raises DeriveError, with the place, for what is no statement.

    >>> statements("param W : 2 × 3")[0].dims
    ('2', '3')
    """
    lines = lines_of(text)
    if len(lines) > MOST:
        raise refuse("D127", f"the document has {len(lines)} statements; at most {MOST} are read")
    return tuple(map(statement, lines))


def statement(line: Line) -> Statement:
    """One statement. Raises DeriveError, with the place, for what is none."""
    if (size := len(line.text)) > LONGEST_LINE:
        message = f"line {line.number} has {size} characters; {LONGEST_LINE} are read"
        raise refuse("D127", message)
    word = line.keyword
    if word not in KEYWORDS:
        message = f"line {line.number}: `{shown(word)}` is not a statement"
        help = suggestion(word, KEYWORDS) or f"a statement starts with {', '.join(KEYWORDS)}"
        raise refuse("D121", message, line.first, Span(line.at, line.at + len(word)), help=help)
    body = line.body.without_comments()
    try:
        made = KEYWORDS[word](word, body)
    except DeriveError as error:
        raise _placed(line, error) from None
    return replace(made, line=line.number, span=line.span)


def _placed(line: Line, error: DeriveError) -> DeriveError:
    """The error with the number of the line."""
    found = error.diagnostic
    return DeriveError(replace(found, message=f"line {line.number}: {found.message}"))


# ------------------------------------------------------------------------- one for each keyword


def _dims(_: str, body: Extract) -> Dims:
    sizes: dict[str, int | None] = {}
    for part in body.split(","):
        name, sign, number = part.partition("=")
        if name.text in sizes:
            raise name.refuse("D123", f"`{shown(name.text)}` is given twice")
        sizes[_name(name)] = _size(number) if sign else None
    return Dims(sizes)


def _size(number: Extract) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", number.text, re.A) or not int(number.text):
        raise number.refuse("D124", "a size is a positive whole number")
    return int(number.text)


def _stack(_: str, body: Extract) -> Stack:
    found = re.match(r"(?=[0-9])[:,\w]*(?:(?<=,)\s+[:,\w]+|\s+,[:,\w]+)*", body.text)
    layers = found[0] if found else ""
    if not layers:
        raise body.refuse("D122", "a stack needs its layers, such as `stack 784,100,10,10`")
    options: dict[str, str | bool | tuple[str, ...]] = {}
    for word in body.cut(len(layers)).words():
        _option(word, options)
    return Stack(re.sub(r"\s", "", layers), options)


def _option(word: Extract, options: dict[str, str | bool | tuple[str, ...]]) -> None:
    """Adds an option of a stack, under the name that `derive.layers.stack` has for it."""
    key, sign, value = word.partition("=")
    name, text = key.text.removeprefix("--"), value.text.strip("'\"")
    if name not in OPTIONS or sign != (OPTIONS[name] == "value"):
        help = suggestion(name, OPTIONS) or "options are bias=augmented, loss=mse, column, ..."
        raise word.refuse("D126", f"`{shown(word.text)}` is not an option of a stack", help)
    if name in ("row", "column"):
        options["layout"] = name
    elif name == "define":
        before = options.get(name)
        options[name] = (*(before if isinstance(before, tuple) else ()), text)
    else:
        options[name] = text if sign else True


OPTIONS = {
    **dict.fromkeys(("activations", "loss", "bias", "reduction", "layout", "define"), "value"),
    **dict.fromkeys(("row", "column", "single", "staged"), "word"),
}
"""The options of a stack, and whether a value follows."""


def _orientation(word: str, body: Extract) -> Orientation:
    if body.text:
        raise body.refuse("D122", f"nothing stands after `{word}`")
    return Orientation(word)


def _declare(kind: str, body: Extract) -> Declare:
    name, sign, rest = body.partition(":")
    if not sign:
        raise body.refuse("D122", f"a shape is missing: `{kind} x : N × D`")
    head, spelled, tail = rest.partition(r"(?:^|(?<=\s))as(?=\s|$)", pattern=True)
    notation, late = _tail_facts(tail)
    if spelled and not notation.text:
        raise rest.refuse("D122", "after `as` stands the notation that the claims use")
    shape, valued, tail = head.partition("=", outside="axis")
    shape, early = _tail_facts(shape)
    text, last = _tail_facts(tail)
    value = read_value(text) if valued else None
    facts = (*early, *last, *late)
    return Declare(kind, _name(name), _shape(shape), facts, notation.text or None, value)


def _tail_facts(part: Extract) -> tuple[Extract, tuple[str, ...]]:
    """A text without the facts at its end, and these."""
    found: list[str] = []
    while match := FACT.search(part.text):
        found.insert(0, re.sub(r"\s+", " ", match[1]))
        part = part.cut(0, match.start())
    return part, tuple(found)


FACT = re.compile(
    rf"(?:^|(?<=\s))((?:{'|'.join(ALONG)})(?:\s+axis=-?[0-9])?"
    rf"|{'|'.join(fact for fact in FACTS if fact not in ALONG)})\s*$"
)
TIMES = re.compile(r"\s*(?:×|\*|\\times|(?<=\s)x(?=\s)|(?<=[0-9])x(?=[0-9]))\s*")
_SIZE = r"(?:[^\W\d]\w*|[0-9]{1,9})"
DIM = re.compile(rf"{_SIZE}(?:\s*[*+-]\s*{_SIZE})*")


def _shape(part: Extract) -> tuple[str, ...]:
    """The sizes of a shape, each as written, without spaces."""
    if part.text == "scalar":
        return ()
    inner = re.fullmatch(r"\(([^()]*)\)", part.text)
    texts = inner[1].removesuffix(",").split(",") if inner else _factors(part.text)
    dims = tuple(re.sub(r"\s+", "", text) for text in texts)
    if not all(DIM.fullmatch(text.strip()) for text in texts):
        help = f"a shape is `A × B`, `(D,)` or `scalar`; facts are {', '.join(FACTS)}"
        near = suggestion(part.text.split()[-1] if part.text else "", FACTS)
        raise part.refuse("D125", f"`{shown(part.flat())}` is not a shape", near or help)
    return dims


def _factors(text: str) -> list[str]:
    """The sizes between signs; beside a `×`, a `*` belongs to a size, as in `D × 4*H`.

    A size may stand in brackets: `(1+D) × H`.
    """
    texts = re.split(r"\s*×\s*", text) if "×" in text else TIMES.split(text)
    return [re.sub(r"^\s*\(([^()]*)\)\s*$", r"\1", one) for one in texts]


def _let(_: str, body: Extract) -> Let:
    name, text = _equation("let", body)
    return Let(name, text)


def _given(_: str, body: Extract) -> Given:
    name, text = _equation("given", body)
    return Given(name, text)


def _loss(_: str, body: Extract) -> Loss:
    if "=" not in body.text:
        return Loss(_name(body))
    return Loss(*_equation("loss", body))


def _equation(word: str, body: Extract) -> tuple[str, str]:
    name, sign, text = body.partition("=")
    if not sign or not text.text:
        raise body.refuse("D122", f"`{word}` needs a name, an equation sign and a formula")
    return _name(name), text.flat()


def _alias(_: str, body: Extract) -> Alias:
    written, sign, text = body.at_top("=")
    if not sign or not written.text or not text.text:
        raise body.refuse("D122", "an alias is `alias WRITTEN = WHAT IT STANDS FOR`")
    return Alias(written.flat(), text.flat())


def _name(part: Extract) -> str:
    """A name: no room, no product, nothing that a formula has and a name has not."""
    if not re.fullmatch(rf"[^\s\d=:,;+*/()\[\]][^\s=:,;+*/]{{0,{LONGEST_NAME}}}", part.text):
        message = f"`{shown(part.flat())}` is not a name" if part.text else "a name is missing"
        raise part.refuse("D123", message)
    return part.text


NAME = r"[^\s\[\]/=]{1,60}"
BRACKET = re.compile(rf"\[\s*(?:(\w+)\s+)?[d∂]({NAME})\s*/\s*[d∂]({NAME})\s*\](?:\s+|$)")


def _claim(_: str, body: Extract) -> ClaimLine:
    found = BRACKET.match(body.text)
    if not found:
        return ClaimLine(None, _formula(body))
    layout = found[1] or "gradient"
    if layout not in LAYOUTS:
        help = suggestion(layout, LAYOUTS) or f"an arrangement is {', '.join(LAYOUTS)}"
        raise body.cut(*found.span(1)).refuse("D126", f"`{shown(layout)}` is unknown", help)
    return ClaimLine(Bracket(layout, found[2], found[3]), _formula(body.cut(found.end())))


def _formula(body: Extract) -> str:
    if not body.text:
        raise body.refuse("D122", "a claim needs a formula")
    return body.text


KEYWORDS: Mapping[str, Callable[[str, Extract], Statement]] = {
    "dims": _dims,
    "stack": _stack,
    **dict.fromkeys(("row", "column"), _orientation),
    **dict.fromkeys(("input", "param", "target", "const"), _declare),
    "let": _let,
    "loss": _loss,
    "given": _given,
    "alias": _alias,
    "claim": _claim,
    "points": points,
    "credit": credit,
}
