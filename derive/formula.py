"""A formula for people: a term with the shapes of its parts, and the parts that stand out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from derive.diagnostic import Span
from derive.notation import write
from derive.shape import Shape, shape_text
from derive.term import Apply, Const, Term, fold

FAULT, NEW = "fault", "new"
"""Marks: what does not fit or is to be changed, and what a repair brought in."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one node: its shape as text ("" for a number or unknown), and its mark."""

    shape: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Formula:
    """A term; `parts` has a row for each node in the order of `fold`, arguments first.

    `scalars` are the names that stand for one number each.
    """

    term: Term
    parts: tuple[Part, ...]
    scalars: frozenset[str] = frozenset()

    @property
    def shape(self) -> str:
        """The shape of the whole."""
        return self.parts[-1].shape

    def text(self, notation: str = "plain") -> str:
        """The formula in a notation of `derive.notation`."""
        return write(self.term, notation, scalars=self.scalars)

    def rows(self) -> Iterator[tuple[Term, Part]]:
        """Every node and what is known of it."""
        return zip(nodes(self.term), self.parts, strict=True)

    def to_dict(self) -> dict[str, Any]:
        """The formula as plain data: LaTeX, and its parts that have a shape or a mark."""
        known = {
            (write(node, "plain", scalars=self.scalars), part.shape, part.mark)
            for node, part in self.rows()
            if part.mark or (part.shape and not isinstance(node, Const))
        }
        parts = [{"text": text, "shape": s, "mark": m} for text, s, m in sorted(known)]
        return {"latex": self.text("latex"), "shape": self.shape, "parts": parts}


@dataclass(frozen=True)
class Line:
    """A name with its shape and, where it has one, the formula that it is; `kind` as declared."""

    name: str
    shape: str
    kind: str = ""
    formula: Formula | None = None
    facts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The line as plain data."""
        formula = self.formula.to_dict() if self.formula else None
        return {**vars(self), "formula": formula, "facts": list(self.facts)}


@dataclass(frozen=True)
class Step:
    """One equation of a backward pass: the line, what its products join, and why it is so."""

    line: Line
    factors: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The step as plain data."""
        return {
            **self.line.to_dict(),
            "factors": list(self.factors),
            "reasons": list(self.reasons),
        }


def nodes(term: Term) -> tuple[Term, ...]:
    """The nodes of a term in the order of `fold`.

    >>> from derive.term import Var
    >>> [type(node).__name__ for node in nodes(Apply("transpose", (Var("W"),)))]
    ['Var', 'Apply']
    """
    found: list[Term] = []
    fold(term, lambda node, _: found.append(node))
    return tuple(found)


def shaped(
    term: Term,
    shape: Callable[[Term], Shape | None],
    sizes: Mapping[str, int],
    scalars: Iterable[str] = (),
) -> Formula:
    """A formula with the shape of every part that has one."""
    found = (shape(node) for node in nodes(term))
    parts = tuple(Part(shape_text(one, sizes) if one else "") for one in found)
    return Formula(term, parts, frozenset(scalars))


def faulty(formula: Formula, places: Iterable[Term | Span]) -> Formula:
    """The formula with the parts marked that stand at some places, or that are some nodes.

    Of a place the largest parts within it are marked. The whole is marked only if nothing else is.
    """
    rows = nodes(formula.term)
    found = {index for place in places for index in _at(rows, place)}
    return _marked(formula, (found - {len(rows) - 1}) or found, FAULT)


def renewed(formula: Formula, before: Term) -> Formula:
    """The formula with the smallest parts marked that were not in the one before."""
    old = set(nodes(before))
    signs = {(n.op, n.args[1]) for n in old if isinstance(n, Apply) and len(n.args) == 2}
    rows = nodes(formula.term)
    return _marked(formula, {i for i, node in enumerate(rows) if _is_new(node, old, signs)}, NEW)


def _is_new(node: Term, old: set[Term], signs: set[tuple[str, Term]]) -> bool:
    if node in old or not isinstance(node, Apply):
        return node not in old
    if len(node.args) == 2 and node.op in ("mul", "matmul", "add", "sub", "div"):
        return (node.op, node.args[1]) not in signs and node.args[1] in old
    return all(arg in old for arg in node.args)


def _at(rows: tuple[Term, ...], place: Term | Span) -> Iterator[int]:
    """The places in the order of `fold` of the largest nodes that a place holds."""
    if not isinstance(place, Span):
        same = [i for i, node in enumerate(rows) if node is place]
        spanned = place.span
        if same or spanned is None:
            yield from same[-1:]
            return
        yield from [i for i, node in enumerate(rows) if node.span == spanned][-1:]
        return
    spans = [node.span for node in rows]
    inside, last = list[int](), place.end
    for index, span in reversed(list(enumerate(spans))):
        if span and place.start <= span.start and span.end <= last:
            inside.append(index)
            last = span.start
    around = (i for i, s in enumerate(spans) if s and s.start <= place.start and place.end <= s.end)
    yield from inside or islice(around, 1)


def _marked(formula: Formula, places: set[int], mark: str) -> Formula:
    parts = (
        replace(part, mark=mark) if index in places else part
        for index, part in enumerate(formula.parts)
    )
    return replace(formula, parts=tuple(parts))
