"""A shape that a text states, `W_2 \\in \\mathbb{R}^{101 \\times 10}`: a claim of its own."""

from __future__ import annotations

from dataclasses import replace

from derive.asking import Question
from derive.case import Case, Reading
from derive.depiction import drawn
from derive.diagnostic import DeriveError, refuse
from derive.formula import faulty
from derive.scope import Link, ShapeText
from derive.setting import Asked
from derive.shape import Dim, Shape, agree, dim_text, shape_text
from derive.verdict import Claim


def stated_shape(case: Case, asked: Asked, asks: Question, vectors: str) -> Claim:
    """The verdict on the shape that a claim states of its last formula.

    Where that formula has no shape itself, the shape is that of the derivative it is about.
    """
    stated, text = asks.claim.shape, asks.claim.text
    assert stated is not None
    link = asks.claim.links[-1]
    written = text[link.span.start : link.span.end].strip()
    name = f"{written} ∈ {'×'.join(map(str, stated.dims))}"
    of = asks.target.of if asks.target else next(iter(case.setting.shapes))
    reading = Reading(case, asked, of, vectors, "jacobian", text)
    try:
        shape = reading.elaborator().value(link.term).shape
    except DeriveError as error:
        if asks.target is None or case.setting.shapes[asks.target.of]:
            return told(Claim(name, "ill-shaped", diagnostics=(error.diagnostic,)), reading, link)
        shape = case.setting.shapes[asks.target.wrt]
    if _matches(shape, stated, case):
        return told(Claim(name, "proved", layout="same"), reading, link)
    have = shape_text(shape, case.setting.sizes)
    said = "×".join(map(str, stated.dims))
    refusal = refuse("D211", f"this is said to be {said}, but it is {have}", text, stated.span)
    return told(Claim(name, "ill-shaped", diagnostics=(refusal.diagnostic,)), reading, link)


def told(claim: Claim, reading: Reading, link: Link) -> Claim:
    """The claim with its formula and the shapes in it, and the place of the statement."""
    spans = [found.span for found in claim.diagnostics if found.span]
    formula = faulty(drawn(reading, link.term), spans)
    return replace(claim, formula=formula, place=link.span)


def _matches(shape: Shape, stated: ShapeText, case: Case) -> bool:
    """Whether a shape is the stated one; one axis may be said as a row or a column."""
    dims = list(shape)
    if len(stated.dims) == 1 and len(dims) == 2:
        dims = [dim for dim in dims if not dim.is_one] or dims[:1]
    if len(stated.dims) == 2 and len(dims) == 1:
        dims = [*dims, Dim((1,))] if stated.dims[1] == 1 else [Dim((1,)), *dims]
    if len(dims) != len(stated.dims):
        return False
    return all(_equal(dim, said, case) for dim, said in zip(dims, stated.dims, strict=True))


def _equal(dim: Dim, said: int | str, case: Case) -> bool:
    """Whether a size is the stated one; of a stack, a new name says what its size is."""
    if case.setting.network and isinstance(said, str) and said not in case.setting.shapes:
        return agree(case.said.setdefault(said, dim), dim)
    known = dim_text(dim, case.setting.sizes)
    other = case.setting.sizes.get(str(said), said)
    return str(said).replace(" ", "") == str(dim) or str(other) == known
