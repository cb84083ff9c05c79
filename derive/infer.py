"""Shapes of every sub-formula, and with them the meaning of products.

A juxtaposition of a scalar and a matrix is scaling, of two matrices the matrix product. A misfit
is refused with both sub-formulas, both shapes and the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.diagnostic import DeriveError, Span, refuse
from derive.ops import ShapeMismatch, op_row
from derive.shape import Shape, dim_text, shape_text
from derive.term import Apply, Const, Derivation, Term, Var, fold, same_objects, walk

Typed = tuple[Term, Shape]

CODES = {
    "chain": "D201",
    **dict.fromkeys(("elementwise", "blocks"), "D202"),
    "axis": "D203",
    "rank": "D204",
    "index": "D207",
    "unread": "D110",
}
"""Kind of misfit -> code; what is not read says nothing about the formula."""


def typed(
    term: Term,
    shapes: Mapping[str, Shape],
    text: str = "",
    sizes: Mapping[str, int] | None = None,
) -> Typed:
    """The term with its products settled, and its shape.

    Raises DeriveError where shapes do not fit or a name has none; `text` is drawn with a caret, and
    shapes are said with the numbers that `sizes` knows.
    """

    def node(old: Term, args: tuple[Typed, ...]) -> Typed:
        if isinstance(old, Const):
            return old, ()
        if isinstance(old, Var):
            if old.name not in shapes:
                raise refuse("D101", f"unknown name `{old.name}`", text, old.span)
            return old, shapes[old.name]
        return _apply(old, args, text, sizes or {})

    return fold(term, node)


def shape_of(term: Term, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a term. Raises DeriveError where shapes do not fit."""
    return typed(term, shapes)[1]


def _apply(old: Apply, args: tuple[Typed, ...], text: str, sizes: Mapping[str, int]) -> Typed:
    terms, dims = tuple(a[0] for a in args), tuple(a[1] for a in args)
    op = "mul" if old.op == "matmul" and () in dims else old.op
    same = op == old.op and same_objects(terms, old.args)
    new = old if same else Apply(op, terms, old.attrs, old.span)
    row = op_row(op)
    if row.arity is not None and row.arity != len(args):
        wanted = f"{row.arity} operand{'s' * (row.arity > 1)}"
        raise refuse("D204", f"`{op}` takes {wanted}, not {len(args)}", text, old.span)
    try:
        return new, row.shape(dims, new.attrs)
    except ShapeMismatch as error:
        raise misfit(error, old, dims, text, sizes) from None


def misfit(
    error: ShapeMismatch,
    old: Apply,
    dims: tuple[Shape, ...],
    text: str,
    sizes: Mapping[str, int],
) -> DeriveError:
    """The refusal of operands that do not fit: both sub-formulas, both shapes, the place."""
    spans = [arg.span for arg in old.args]
    by_chance = _fits_at(error, dims, sizes)
    sizes = {} if by_chance else sizes
    shown = [shape_text(dim, sizes) for dim in dims]
    notes = tuple(
        f"`{text[span.start : span.end]}` is {one}"
        for span, one in zip(spans, shown, strict=True)
        if span is not None and text
    )
    place: Span | None = old.span
    if error.kind in ("chain", "elementwise") and len(spans) == 2:
        place = spans[1] or place
    message = _said(error, dims, shown, sizes)
    help = "they are equal here by chance, and the formula is for all sizes" if by_chance else None
    return refuse(CODES[error.kind], message, text, place, notes=notes, help=help)


def _fits_at(error: ShapeMismatch, dims: tuple[Shape, ...], sizes: Mapping[str, int]) -> bool:
    """Whether the numbers of these sizes would fit, where the sizes in general do not."""
    texts = [[dim_text(dim, sizes) for dim in shape] for shape in dims]
    if error.kind == "chain":
        return texts[0][-1] == texts[1][0]
    if error.kind != "elementwise" or len(texts) != 2 or len(texts[0]) != len(texts[1]):
        return False
    return all(a == b or "1" in (a, b) for a, b in zip(*texts, strict=True))


def _said(
    error: ShapeMismatch, dims: tuple[Shape, ...], shown: list[str], sizes: Mapping[str, int]
) -> str:
    """The message with the sizes that are known as numbers."""
    if error.kind == "chain":
        inner = (dim_text(dims[0][-1], sizes), dim_text(dims[1][0], sizes))
        return f"{shown[0]} times {shown[1]}: inner sizes {inner[0]} and {inner[1]} differ"
    if error.kind == "elementwise" and len(shown) == 2:
        return f"shapes {shown[0]} and {shown[1]} do not fit entry by entry"
    return str(error)


def shapes_of(derivation: Derivation) -> dict[str, Shape]:
    """The shape of every name of a derivation, sizes included (they are scalars)."""
    shapes: dict[str, Shape] = {symbol.name: symbol.shape for symbol in derivation.symbols}
    names = (part for shape in list(shapes.values()) for dim in shape for part in dim.parts)
    shapes.update({name: () for name in names if isinstance(name, str)})
    for equation in derivation.equations:
        shapes[equation.name] = shape_of(equation.term, shapes)
    return shapes


def check(derivation: Derivation) -> Derivation:
    """The derivation with products settled, names assigned once, and a scalar loss.

    Raises DeriveError where that fails.
    """
    shapes = shapes_of(replace(derivation, equations=()))
    equations = []
    for equation in derivation.equations:
        if equation.name in shapes:
            raise refuse("D102", f"`{equation.name}` is given twice")
        term, shapes[equation.name] = typed(equation.term, shapes)
        equations.append(replace(equation, term=term))
    if shapes.get(derivation.loss) != ():
        raise refuse("D205", f"the loss `{derivation.loss}` is not a scalar")
    return replace(derivation, equations=tuple(equations))


def has_op(term: Term, ops: frozenset[str]) -> bool:
    """Whether any node of the term is one of the ops."""
    return any(isinstance(node, Apply) and node.op in ops for node in walk(term))
