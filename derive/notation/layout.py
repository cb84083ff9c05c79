r"""How a claim is laid out: statements, the parts of a chain `a = b = c`, a claimed shape.

`&`, trailing points and sentences are passed over; a row after `\\` that begins with `=` or with a
sign goes on with what stands above it, and any other is a statement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from derive.diagnostic import Span, refuse
from derive.notation.claim_signs import EQUALS
from derive.notation.scanner import Token
from derive.scope import ShapeText

Tokens = tuple[Token, ...]

_ROW = "\\\\"
_ARRANGED = frozenset("({")
_JOINING = ("+", "-", "∘", "·", "*", "×", "@", "/")
_ENDINGS = (".", ",", ":", "&")
_CONDITIONS = ("if", "when", "for", "unless")
_RELATIONS = (EQUALS, "==", "≠", "<", ">", "≤", "≥")
_ASIDES = (
    "where",
    "with",
    "for",
    "since",
    "because",
    "when",
    "if",
    "by",
    "as",
    "using",
    "unless",
    "(",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The parts between equation signs, and a shape that is claimed."""

    parts: tuple[Tokens, ...]
    shape: ShapeText | None = None


@dataclass
class _Rows:
    """The rows of one text, each a list of parts."""

    rows: list[list[list[Token]]] = field(default_factory=lambda: [[[]]])
    ended: bool = False

    def put(self, token: Token) -> None:
        self.rows[-1][-1].append(token)

    def part(self) -> None:
        self.rows[-1].append([])

    def row(self) -> None:
        self.rows.append([[]])
        self.ended = False

    def cuts(self, token: Token, before: Token | None) -> bool:
        """Whether a sentence ends the formula: `where z is ...`."""
        script = before is not None and before.is_sign("_", "^")
        return bool(self.rows[-1][0]) and not script and token.text.startswith(_ASIDES)


def statements(tokens: Sequence[Token], text: str) -> tuple[Statement, ...]:
    """The statements of a text; at least one."""
    found = [_statement(row, text) for row in _joined(_split(tokens, text))]
    kept = tuple(statement for statement in found if any(statement.parts))
    if not kept:
        raise refuse("D114", "the formula is empty", text, tokens[-1].span)
    return kept


def _split(tokens: Sequence[Token], text: str) -> list[list[list[Token]]]:
    """Rows of parts; the signs between them are left out."""
    rows, opened = _Rows(), list[str]()
    plain = "\\" not in text
    for before, token in zip((None, *tokens), tokens[:-1], strict=False):
        if token.kind == "open":
            opened.append(token.text)
        elif token.kind == "close":
            opened.pop()
        if not opened and plain and before and "\n" in text[before.span.end : token.span.start]:
            rows.row()
        if token.kind == "prose" and not opened and rows.cuts(token, before):
            _check_condition(token, tokens, text)
            rows.ended = True
        if rows.ended and not token.is_sign(_ROW, ";"):
            continue
        if opened and opened[-1] in _ARRANGED and token.is_sign(_ROW, "&"):
            continue
        if opened or token.kind == "close":
            rows.put(token)
        elif token.is_sign(EQUALS, "=="):
            rows.part()
        elif token.is_sign(_ROW):
            rows.row()
        elif token.is_sign(";"):
            rows.put(token)
            rows.row()
        elif not token.is_sign("&"):
            rows.put(token)
    return rows.rows


def _check_condition(aside: Token, tokens: Sequence[Token], text: str) -> None:
    """Refuse `... if i = j`: the formula is not said to hold otherwise."""
    after = [token for token in tokens if token.span.start >= aside.span.end][:12]
    if not aside.text.startswith(_CONDITIONS) or not any(t.is_sign(*_RELATIONS) for t in after):
        return
    help = r"write \begin{cases} ... \end{cases}, which says what holds otherwise"
    raise refuse("D134", "a condition after a formula is not read", text, aside.span, help=help)


def _joined(rows: list[list[list[Token]]]) -> Iterator[list[list[Token]]]:
    """The rows of each statement as one."""
    current: list[list[Token]] = []
    for row in rows:
        ended = bool(current) and bool(current[-1]) and current[-1][-1].is_sign(";")
        if ended:
            current[-1].pop()
        if not current:
            current = row
        elif not ended and len(row) > 1 and not row[0]:
            current += row[1:]
        elif not ended and _continues(current, row):
            current[-1] += row[0]
            current += row[1:]
        else:
            yield current
            current = row
    yield current


def _continues(above: list[list[Token]], row: list[list[Token]]) -> bool:
    """Whether a row goes on with the formula above it."""
    if not row[0]:
        return len(row) == 1
    last = above[-1][-1] if above[-1] else None
    if last is None or last.is_sign(*_JOINING):
        return True
    return row[0][0].is_sign(*_JOINING) and (len(row) == 1 or not row[0][0].is_sign("-", "+"))


def _statement(parts: list[list[Token]], text: str) -> Statement:
    trimmed = [_trimmed(part, text) for part in parts]
    shape = None
    for place, part in enumerate(trimmed):
        cut = _top(part, "∈")
        if cut is not None:
            trimmed[place] = part[:cut]
            shape = _shape(part[cut], part[cut + 1 :], text)
    last = len(trimmed) - 1
    if last > 0 and not trimmed[last] and any(trimmed):
        span = _place(parts, text)
        message = "nothing stands to the right of the equation sign"
        raise refuse("D103", message, text, span)
    return Statement(tuple(tuple(part) for part in trimmed), shape)


def _place(parts: list[list[Token]], text: str) -> Span:
    ends = [part[-1].span.end for part in parts if part]
    end = max(ends, default=len(text))
    end += len(text[end:]) - len(text[end:].lstrip())
    return Span(end, min(end + 1, len(text)))


def _trimmed(part: list[Token], text: str) -> list[Token]:
    """A part without sentences, and points at its end."""
    kept: list[Token] = []
    depth = 0
    for token in part:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        script = bool(kept) and kept[-1].is_sign("_", "^")
        if token.kind == "prose" and not depth and not script and not kept:
            continue
        kept.append(token)
    while kept and (kept[-1].is_sign(*_ENDINGS) or _is_aside(kept)):
        kept.pop()
    return kept[:-3] if _is_numbered(kept, text) else kept


def _is_numbered(kept: Sequence[Token], text: str) -> bool:
    r"""Whether the number of an equation stands at the end: `\quad (3)`."""
    if len(kept) < 4 or [token.kind for token in kept[-3:]] != ["open", "number", "close"]:
        return False
    room = text[kept[-4].span.end : kept[-3].span.start]
    return kept[-3].text == "(" and ("quad" in room or "hfill" in room or len(room) > 2)


def _is_aside(kept: list[Token]) -> bool:
    """Whether a sentence at the end is only an aside, and no script."""
    return kept[-1].kind == "prose" and not (len(kept) > 1 and kept[-2].is_sign("_", "^"))


def _top(part: Sequence[Token], sign: str) -> int | None:
    """The place of a sign that no brackets hold."""
    depth = 0
    for place, token in enumerate(part):
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if not depth and token.is_sign(sign) and not _in_script(part, place):
            return place
    return None


def _in_script(part: Sequence[Token], place: int) -> bool:
    return place > 0 and part[place - 1].is_sign("_", "^")


def _shape(sign: Token, tokens: Sequence[Token], text: str) -> ShapeText:
    r"""The sizes in `\mathbb{R}^{m \times n}`."""
    if len(tokens) < 3 or tokens[0].text != "R" or not tokens[1].is_sign("^"):
        help = r"a shape is written \in \mathbb{R}^{m \times n}"
        raise refuse("D135", "no shape follows the sign `∈`", text, sign.span, help=help)
    inner = list(tokens[2:])
    span = sign.span.join(inner[-1].span)
    while inner and inner[0].kind == "open" and inner[-1].kind == "close":
        inner = inner[1:-1]
    dims: list[list[Token]] = [[]]
    for token in inner:
        if token.is_sign("×", ",", "*", "·") or (token.text == "x" and token.spaced):
            dims.append([])
        else:
            dims[-1].append(token)
    if not all(dims):
        raise refuse("D135", "a size is missing in the shape", text, span)
    return ShapeText(tuple(_dim(dim, text) for dim in dims), span)


def _dim(tokens: Sequence[Token], text: str) -> int | str:
    while len(tokens) > 2 and tokens[0].text == "{" and tokens[-1].text == "}":
        tokens = tokens[1:-1]
    written = text[tokens[0].span.start : tokens[-1].span.end].strip()
    return int(written) if written.isdecimal() and len(written) < 10 else written
