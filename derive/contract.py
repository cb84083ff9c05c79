"""One product of indexed factors -> a matrix formula: sums over indices become matrix products.

The factors are edges between indices. An index that is summed away between two matrices is a
matrix product, at the end of one matrix a sum over that axis; factors on the same two indices are
multiplied entry by entry. So the outer product over samples is `H^T D`, and nothing is written as
an einsum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from derive.diagnostic import DeriveError, refuse
from derive.flatten import is_hidden
from derive.poly import Atom
from derive.shape import ONE, Shape
from derive.slots import Slot, is_index, range_of
from derive.term import Apply, Term, Var, apply


class Piece(NamedTuple):
    """A term whose rows run over one index and columns over another (None: a single one)."""

    term: Term
    row: str | None = None
    col: str | None = None

    def indices(self) -> frozenset[str]:
        """The indices it has."""
        return frozenset(name for name in (self.row, self.col) if name)


def unsupported(what: str) -> DeriveError:
    """The error for a formula that has no matrix form here."""
    return refuse("D904", f"no matrix form for {what}")


def transposed(piece: Piece) -> Piece:
    """The piece with rows and columns exchanged."""
    if not piece.indices():
        return piece
    return Piece(transpose(piece.term), piece.col, piece.row)


def transpose(term: Term) -> Term:
    """The transposed term; twice is not at all."""
    if isinstance(term, Apply) and term.op == "transpose":
        return term.args[0]
    return apply("transpose", term)


def aligned(piece: Piece, row: str | None, col: str | None) -> Piece:
    """The piece with `row` along its rows and `col` along its columns, as far as it has them."""
    wrong = (piece.row is not None and piece.row == col) or (
        piece.col is not None and piece.col == row
    )
    return transposed(piece) if wrong else piece


def entry(atom: Atom, shapes: Callable[[str], Shape]) -> Piece:
    """A tensor entry `W3[1+j, q]` as a piece: the block `W3[1:]` with rows j and columns q."""
    shape = shapes(atom.head)
    if not shape:
        return Piece(Var(atom.head))
    if len(shape) != 2:
        raise unsupported(f"{_shown(atom.head)}, which is no matrix")
    if atom.slots[0] and atom.slots[0] == atom.slots[1]:
        raise unsupported(f"the diagonal of {_shown(atom.head)}")
    term: Term = Var(atom.head)
    names: list[str | None] = []
    for axis, (place, dim) in enumerate(zip(atom.slots, shape, strict=True)):
        start, name = _start(place, atom.head)
        names.append(name)
        if name is None and dim != ONE:
            term = apply("slice", term, attrs=(axis, start, start + 1))
        elif start:
            term = apply("slice", term, attrs=(axis, start, None))
        elif name is not None and range_of(name).total() != dim.total():
            first = range_of(name)
            if dim.parts[: len(first.parts)] == first.parts:
                term = apply("slice", term, attrs=(axis, 0, first))
                continue
            raise unsupported(f"a leading block of {_shown(atom.head)}")
    return Piece(term, names[0], names[1])


def _shown(name: str) -> str:
    return "a part of the formula" if is_hidden(name) else name


def _start(place: Slot, name: str) -> tuple[int, str | None]:
    numbers = [c for s, c in place if not s]
    symbols = [(s, c) for s, c in place if s]
    if not symbols:
        return sum(numbers), None
    if len(symbols) > 1 or symbols[0][1] != 1 or not is_index(symbols[0][0]):
        raise unsupported(f"an entry of {_shown(name)} whose place depends on several indices")
    return sum(numbers), symbols[0][0]


def hadamard(a: Piece, b: Piece) -> Piece:
    """The entry by entry product; a piece without an index repeats along it."""
    b = aligned(b, a.row, a.col)
    if (a.row and b.row and a.row != b.row) or (a.col and b.col and a.col != b.col):
        raise unsupported("a product of factors on different indices")
    return Piece(apply("mul", a.term, b.term), a.row or b.row, a.col or b.col)


def contract(pieces: Sequence[Piece], bound: Iterable[str], row: str, col: str) -> Piece:
    """The product of the pieces summed over the bound indices; `row` and `col` stay free.

    Raises DeriveError for a product that is no chain of matrices (a sum over an index on which
    three matrices meet).
    """
    items, left = merged(list(pieces)), set(bound)
    while left:
        name = min(left, key=lambda q: (len(_others(items, q)), q))
        items = merged(_eliminate(items, name, row))
        left.remove(name)
    result = items[0]
    for item in items[1:]:
        result = hadamard(result, item)
    return aligned(result, row, col)


def merged(items: list[Piece]) -> list[Piece]:
    """Pieces on the same indices multiplied together."""
    table: dict[frozenset[str], Piece] = {}
    for item in items:
        key = item.indices()
        table[key] = hadamard(table[key], item) if key in table else item
    return list(table.values())


def _others(items: list[Piece], name: str) -> set[str]:
    return {other for i in items if name in i.indices() for other in i.indices()} - {name}


def _eliminate(items: list[Piece], name: str, row: str) -> list[Piece]:
    """The pieces after the sum over `name`."""
    touching = [item for item in items if name in item.indices()]
    rest = [item for item in items if name not in item.indices()]
    matrices = [item for item in touching if len(item.indices()) == 2]
    vectors = [item for item in touching if len(item.indices()) == 1]
    if len(matrices) > 2:
        raise unsupported("a sum over an index on which three matrices meet")
    if len(matrices) == 1 and vectors:
        return [*rest, _onto(matrices[0], hadamards(vectors), name)]
    if len(matrices) < 2:
        return [*rest, _reduced(hadamards([*matrices, *vectors]), name)]
    first, second = sorted(matrices, key=lambda m: row not in m.indices())
    left = hadamards([_ending(first, name), *vectors])
    return [*rest, _product(_ending(left, name), transposed(_ending(second, name)))]


def _onto(matrix: Piece, vector: Piece, name: str) -> Piece:
    """The product of a matrix and a vector: a column after it, or a row before it."""
    if vector.row == name:
        return _product(_ending(matrix, name), vector)
    return _product(vector, transposed(_ending(matrix, name)))


def hadamards(items: Sequence[Piece]) -> Piece:
    """The entry by entry product of several pieces."""
    result = items[0]
    for item in items[1:]:
        result = hadamard(result, item)
    return result


def _ending(item: Piece, name: str) -> Piece:
    """The piece with `name` along its columns."""
    return item if item.col == name else transposed(item)


def _product(left: Piece, right: Piece) -> Piece:
    return Piece(apply("matmul", left.term, right.term), left.row, right.col)


def _unsummed(term: Term) -> Term:
    """A, where the term is the sum of A along an axis: the sum of either is the same."""
    return term.args[0] if isinstance(term, Apply) and term.op == "sum" else term


def _reduced(item: Piece, name: str) -> Piece:
    """The sum over one index of a piece."""
    if item.indices() == {name}:
        return Piece(apply("sum", _unsummed(item.term), attrs=(None, False)))
    if item.col == name:
        return Piece(apply("sum", item.term, attrs=(1, True)), item.row, None)
    return Piece(apply("sum", item.term, attrs=(0, True)), None, item.col)
