"""Loops of code: which letter runs over what, and what a sum or a list over it is."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.diagnostic import Span
from derive.notation.extents import extent
from derive.notation.piece import Maker, Piece
from derive.notation.subscripts import picked_part
from derive.shape import Dim, Shape, agree
from derive.term import Apply, Attr, Const, Term, Var, fold, rebuild, walk

Shapes = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Loop:
    """A letter that runs from 0 on, over so many rounds (None: over all of an array)."""

    letter: str
    rounds: Dim | None
    node: ast.expr
    whole: bool = False


class Unsure(Exception):
    """A loop that does not run over the whole of what it picks entries of."""

    def __init__(self, loop: Loop, message: str) -> None:
        super().__init__(message)
        self.loop = loop
        self.message = message


def mentions(term: Term, letter: str) -> bool:
    """Whether a letter stands in a term, free."""

    def node(part: Term, args: tuple[bool, ...]) -> bool:
        if isinstance(part, Var):
            return part.name == letter
        return any(args) and not (isinstance(part, Apply) and letter in _bound(part))

    return fold(term, node)


def _bound(part: Apply) -> tuple[Attr, ...]:
    """The letters that a sum or an array binds."""
    return part.attrs if part.op in ("total", "each") else ()


def _picks(term: Term, letter: str, shapes: Shapes) -> list[Dim | None]:
    """The sizes of the axes along which a letter picks entries; None where one is not known."""
    found: list[Dim | None] = []
    for node in walk(term):
        if isinstance(node, Apply) and node.op == "entry":
            base, *indices = node.args
            shape = extent(base, shapes)
            for place, index in enumerate(indices):
                if index == Var(letter):
                    found.append(_axis(shape, place, len(indices)))
    return found


def _axis(shape: Shape | None, place: int, count: int) -> Dim | None:
    """The size of the axis that an index is for; one of size 1 may be left out."""
    if shape is None:
        return None
    if count < len(shape):
        wide = [size for size in shape if not size.is_one]
        shape = tuple(wide) if len(wide) == count else shape
    return shape[place] if place < len(shape) else None


def bounds(loop: Loop, body: Term, shapes: Shapes) -> tuple[Attr, Attr]:
    """First and last of a sum's letter; None and None where it runs over all of an axis."""
    picked = _picks(body, loop.letter, shapes)
    known = [size for size in picked if size is not None]
    if loop.rounds is None:
        if known and not loop.whole:
            raise Unsure(loop, "how often this loop runs is not known")
        return None, None
    fits = [_reaches(size, loop.rounds) for size in known]
    if any(fits) and not all(fits):
        return None, None  # the letter runs over axes of two sizes: a misfit, for shapes to tell
    if not all(fits):
        message = f"this loop runs {loop.rounds} times, and an axis here has {known[0]} entries"
        raise Unsure(loop, message)
    if known or loop.whole:
        return None, None
    if len(loop.rounds.parts) == 1 and picked:
        return 1, loop.rounds.parts[0]
    raise Unsure(loop, "which axis this loop runs over is not known")


def _reaches(size: Dim, rounds: Dim) -> bool:
    """Whether a loop stays inside an axis: as long, or longer by parts that it leaves out."""
    return agree(size, rounds) or size.parts[: len(rounds.parts)] == rounds.parts


def total(make: Maker, loop: Loop, body: Piece, shapes: Shapes, span: Span) -> Piece:
    """The sum of a body over a loop."""
    if not mentions(body.term, loop.letter):
        return make.apply("mul", [_count(make, loop, span), body], span)
    body = _told(make, loop, fitted(make, loop, body, shapes, span), shapes, span)
    lower, upper = bounds(loop, body.term, shapes)
    return make.apply("total", [body], span, (loop.letter, lower, upper))


def _told(make: Maker, loop: Loop, body: Piece, shapes: Shapes, span: Span) -> Piece:
    """The body, times ones where no axis tells how far a letter runs that only moves windows."""
    if loop.rounds is None or _picks(body.term, loop.letter, shapes):
        return body
    return _repeated(make, loop, body, span)


def _count(make: Maker, loop: Loop, span: Span) -> Piece:
    """How many rounds there are, as a number."""
    if loop.rounds is None:
        raise Unsure(loop, "how often this loop runs is not known")
    parts = [
        make.number(str(part), span) if isinstance(part, int) else make.name(part, span)
        for part in loop.rounds.parts
    ]
    whole, *rest = parts
    for part in rest:
        whole = make.apply("add", [whole, part], span)
    return whole


def each(make: Maker, loops: Sequence[Loop], body: Piece, shapes: Shapes, span: Span) -> Piece:
    """The array of a body for every round; what is an array in each round adds its axes."""
    for loop in loops:
        if loop.rounds is not None and not mentions(body.term, loop.letter):
            body = _repeated(make, loop, body, span)
        body = _told(make, loop, fitted(make, loop, body, shapes, span), shapes, span)
        bounds(loop, body.term, shapes)
    letters: tuple[Attr, ...] = tuple(loop.letter for loop in loops)
    term = body.term
    if isinstance(term, Apply) and term.op == "each":
        return make.apply("each", [Piece(term.args[0], span)], span, (*letters, *term.attrs))
    return make.apply("each", [body], span, letters)


def _repeated(make: Maker, loop: Loop, body: Piece, span: Span) -> Piece:
    """The same in every round, said with the letter: times an entry of ones."""
    ones = make.apply("ones", [], span, (str(loop.rounds),))
    one = make.apply("entry", [ones, Piece(Var(loop.letter), span)], span)
    if isinstance(body.term, Apply) and body.term.op == "each":
        inner = make.apply("mul", [one, Piece(body.term.args[0], span)], span)
        return make.apply("each", [inner], span, body.term.attrs)
    return make.apply("mul", [one, body], span)


def fitted(make: Maker, loop: Loop, body: Piece, shapes: Shapes, span: Span) -> Piece:
    """The body, where an axis that is longer than the loop is only picked from at its start."""
    rounds = loop.rounds
    if rounds is None:
        return body

    def shortened(node: Term) -> Term:
        if not isinstance(node, Apply) or node.op != "entry":
            return node
        base, *indices = node.args
        shape = extent(base, shapes)
        if shape is None or len(shape) != len(indices) or Var(loop.letter) not in indices:
            return node
        axis = indices.index(Var(loop.letter))
        rest = _behind(shape[axis], rounds)
        if rest is None:
            return node
        return replace(node, args=(_leading(make, base, axis, (rounds, rest), span), *indices))

    return replace(body, term=rebuild(body.term, shortened))


def _behind(whole: Dim, first: Dim) -> Attr:
    """What is left of a size behind its first part, as one number or name; None if nothing."""
    if agree(whole, first) or len(first.parts) != 1:
        return None
    rest = list(whole.parts)
    if first.parts[0] not in rest:
        return None
    rest.remove(first.parts[0])
    return rest[0] if len(rest) == 1 else None


def _leading(make: Maker, base: Term, axis: int, sizes: tuple[Dim, Attr], span: Span) -> Term:
    """The first entries along an axis, as a product with the first part of a unit matrix."""
    picker = picked_part(make, ((), sizes[0].parts[0], (sizes[1],)), 1 - axis, span)
    order = [picker, Piece(base, span)] if axis == 0 else [Piece(base, span), picker]
    return make.apply("matmul", order, span).term


def merged_letters(term: Term) -> tuple[Attr, ...]:
    """The letters of an array that is given entry by entry."""
    return term.attrs if isinstance(term, Apply) and term.op == "each" else ()


def is_zero(term: Term | None) -> bool:
    """Whether a term is 0 everywhere, by the way it is made."""
    match term:
        case Const(value):
            return value == 0
        case Apply("zeros" | "zeros_like"):
            return True
        case Apply("mul", (left, right)):
            return is_zero(left) or is_zero(right)
    return False
