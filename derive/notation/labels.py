"""Labels in loops: `j == y[i]` and `dW[:, y[i]]`, as entries of the rows that are 1 at a label."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from derive.notation.codelike import CodeReader
from derive.notation.loops import Loop
from derive.notation.piece import Piece
from derive.notation.subscripts import is_index_array, items_of
from derive.shape import Dim
from derive.term import Apply, Attr, Term, Var


def label_mask(reader: CodeReader, left: ast.expr, right: ast.expr) -> Piece | None:
    """`j == y[i]` and `np.arange(C) == y[:, None]`: 1 where a label is; None for anything else."""
    for one, other in ((left, right), (right, left)):
        found = _letter_mask(reader, one, other) or _table_mask(reader, one, other)
        if found is not None:
            return found
    return None


def _letter_mask(reader: CodeReader, one: ast.expr, other: ast.expr) -> Piece | None:
    if not isinstance(one, ast.Name) or one.id not in reader.letters:
        return None
    loops = [loop for loop in (*reader.loops, *reader.listing) if loop.letter == f"#{one.id}"]
    if not loops or loops[0].rounds is None or _is_letter(reader, other):
        return None
    picked = label_of(reader, reader.piece(other).term)
    if picked is None:
        return None
    return label_entry(reader, picked, f"#{one.id}", loops[0].rounds, other)


def _is_letter(reader: CodeReader, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in reader.letters


def _table_mask(reader: CodeReader, one: ast.expr, other: ast.expr) -> Piece | None:
    match one, other:
        case (
            ast.Call(ast.Attribute(attr="arange"), [size]),
            ast.Subscript(labels, ast.Tuple([ast.Slice(None, None, None), _])) as column,
        ) if _is_column(items_of(column)[1]):
            term = reader.piece(labels).term
        case _:
            return None
    if not isinstance(term, Var) or not is_index_array(reader.scope, term):
        return None
    return rows_of(reader, term, reader.size_of(size), one)


def _is_column(node: ast.expr) -> bool:
    """Whether this is a new axis."""
    match node:
        case ast.Constant(None) | ast.Attribute(attr="newaxis"):
            return True
    return False


def label_of(reader: CodeReader, term: Term | None) -> tuple[Var, Term] | None:
    """The labels and the letter of `y[i]`."""
    match term:
        case Apply("entry", (Var() as labels, Var() as letter)):
            return (labels, letter) if is_index_array(reader.scope, labels) else None
    return None


def rows_of(reader: CodeReader, labels: Var, size: Attr, node: ast.expr) -> Piece:
    """A row for each label, which is 1 there."""
    span = reader.source.span(node)
    eye = reader.make.apply("eye", [], span, (size,))
    return reader.make.apply("gather", [eye, Piece(labels, span)], span)


def label_entry(
    reader: CodeReader, picked: tuple[Var, Term], letter: str, size: Dim, node: ast.expr
) -> Piece:
    """1 where the letter is the label, 0 elsewhere."""
    span = reader.source.span(node)
    rows = rows_of(reader, picked[0], str(size), node)
    places = [Piece(picked[1], span), Piece(Var(letter), span)]
    return reader.make.apply("entry", [rows, *places], span)


def spread_labels(
    reader: CodeReader, terms: Sequence[Term | None], sizes: Sequence[Dim | None], node: ast.expr
) -> tuple[list[Term | None], list[Loop], list[Piece]]:
    """Indices with a letter of its own in the place of each label, and what is 1 at the label."""
    made, loops, factors = list(terms), list[Loop](), list[Piece]()
    for axis, term in enumerate(terms):
        picked = label_of(reader, term)
        size = sizes[axis] if axis < len(sizes) else None
        if picked is None or size is None:
            continue
        letter = reader.new_letter()
        made[axis] = Var(letter)
        loops.append(Loop(letter, size, node, whole=True))
        factors.append(label_entry(reader, picked, letter, size, node))
    return made, loops, factors
