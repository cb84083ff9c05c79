"""Arrays that are filled entry by entry or row by row, in loops or by an index."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from derive.notation import loops
from derive.notation.codelike import CodeReader
from derive.notation.extents import extent
from derive.notation.labels import label_of, spread_labels
from derive.notation.loops import Loop, Unsure, is_zero
from derive.notation.parts import Store, combined, misplaced
from derive.notation.piece import Piece
from derive.notation.subscripts import index_of, is_all, is_index_array
from derive.shape import Dim, agree
from derive.term import Apply, Term, Var


def picked(reader: CodeReader, store: Store) -> Piece:
    """Rows by an index array, or entries by letters."""
    if len(store.items) == 1 and (found := _index_array(reader, store.items[0])):
        return _scattered(reader, store, found, reader.piece(store.value), lasting=True)
    terms = [None if is_all(item) else index_of(reader, item) for item in store.items]
    match terms:
        case [Apply("entry", (Var(name), Var(letter)))] if name in reader.scope.shapes:
            return _rows(reader, store, Var(name), letter)
    store, terms = _labels_spread(reader, store, terms)
    letters = [term.name for term in terms if isinstance(term, Var) and term.name[:1] == "#"]
    if len(letters) != len([term for term in terms if term is not None]):
        raise misplaced(reader, store, "an assignment to this index is not read")
    return _entries(reader, store, [None if t is None else str(_name(t)) for t in terms])


def _labels_spread(
    reader: CodeReader, store: Store, terms: list[Term | None]
) -> tuple[Store, list[Term | None]]:
    """The place with letters for its labels: what is added is zero but where the label is.

    `Y[i, y[i]] = 1` adds to zeros, as each i has a place of its own.
    """
    picked = [found[1] for term in terms if (found := label_of(reader, term))]
    fresh = not store.adds and store.base is not None and is_zero(store.base.term)
    once = all(Var(loop.letter) in terms for loop in store.around)
    if not (store.adds or (fresh and once and all(letter in terms for letter in picked))):
        return store, terms
    like = store.base.term if store.base is not None else store.like
    shape = extent(like, reader.scope.shapes) if like is not None else None
    made, more, factors = spread_labels(reader, terms, shape or (), store.node)
    around = (*store.around, *more)
    return replace(store, adds=True, around=around, factors=tuple(factors)), made


def _name(term: Term) -> str:
    assert isinstance(term, Var)
    return term.name


def _index_array(reader: CodeReader, item: ast.expr) -> Term | None:
    """The declared index that stands between the brackets."""
    match item:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            found = reader.own_value(item)
            term = reader.lookup.find(word) if found is None else found.term
            if term is not None and is_index_array(reader.scope, term):
                return term
    return None


def scatter(
    reader: CodeReader, idx: Term, value: Piece, like: Term, node: ast.expr, lasting: bool
) -> Piece:
    """Zeros with rows added at idx; `set` where a row that comes twice keeps the last."""
    span = reader.source.span(node)
    parts = [Piece(idx, span), value, Piece(like, span)]
    return reader.make.apply("scatter", parts, span, ("set",) if lasting else ())


def _scattered(
    reader: CodeReader, store: Store, idx: Term, value: Piece, *, lasting: bool
) -> Piece:
    """`dW[idx] = dout` is read where dW is zero; NumPy's `+=` takes a repeated row once."""
    like = store.base.term if store.base is not None else store.like
    if like is None:
        raise misplaced(reader, store, "the shape of this array is not known")
    if not store.adds and store.base is not None and not is_zero(store.base.term):
        raise misplaced(reader, store, "this array is not zero before")
    rows = scatter(reader, idx, value, like, store.node, lasting)
    return combined(reader, store.base, store.sign if store.adds else "add", rows, store.node)


def _rows(reader: CodeReader, store: Store, idx: Term, letter: str) -> Piece:
    """`for i, w in enumerate(idx): dW[w] += dout[i]`"""
    value = reader.piece(store.value)
    loops_of = [loop for loop in store.around if loop.letter == letter]
    if len(loops_of) != 1 or len(store.around) != 1:
        raise misplaced(reader, store, "an assignment to this index is not read")
    match value.term:
        case Apply("entry", (rows, Var(name))) if name == letter:
            array = Piece(rows, value.span)
        case _:
            array = reader.array(loops_of, value, store.node)
    return _scattered(reader, store, idx, array, lasting=not store.adds)


def _entries(reader: CodeReader, store: Store, terms: Sequence[str | None]) -> Piece:
    """`dW[i, j] += E` in loops over i, j and more: what is summed has no place in dW."""
    letters = [term for term in terms if term is not None]
    bound = {loop.letter: loop for loop in store.around}
    value = _weighed(reader, store, reader.piece(store.value))
    if not any(letter in bound for letter in letters):
        return _free(reader, store, value, letters)
    if len(set(letters)) != len(letters) or not all(letter in bound for letter in letters):
        raise misplaced(reader, store, "an assignment to this index is not read")
    summed = [loop for loop in store.around if loop.letter not in letters]
    if summed and not store.adds:
        raise misplaced(reader, store, "a later round overwrites what an earlier one put here")
    value = _laid_out(reader, store, value, terms)
    body, names = _opened(value)
    body = reader.totals(summed, body, store.node)
    order = [term if term is not None else names.pop(0) for term in terms] + names
    _covered(reader, store, body, [bound[letter] for letter in letters], terms)
    span = reader.source.span(store.node)
    made = reader.make.apply("each", [body], span, tuple(order))
    if len(order) == 1 and _is_column(reader, store):
        made = reader.make.apply("column", [made], span)
    return combined(reader, store.base, store.sign, made, store.node) if store.adds else made


def _weighed(reader: CodeReader, store: Store, value: Piece) -> Piece:
    """A value times what is 1 where it belongs."""
    span = reader.source.span(store.node)
    for factor in store.factors:
        value = reader.make.apply("mul", [value, factor], span)
    return value


def _is_column(reader: CodeReader, store: Store) -> bool:
    """Whether what is filled has a second axis, of size 1."""
    like = store.like if store.base is None else store.base.term
    shape = None if like is None else extent(like, reader.scope.shapes)
    return shape is not None and len(shape) == 2 and shape[1].is_one


def _free(reader: CodeReader, store: Store, value: Piece, letters: Sequence[str]) -> Piece:
    """`dW[i][j] = E` without loops is said of every i and j."""
    if store.adds and store.base is not None and not is_zero(store.base.term):
        span = reader.source.span(store.node)
        pieces = [Piece(Var(letter), span) for letter in letters]
        old = reader.make.apply("entry", [store.base, *pieces], span)
        return combined(reader, old, store.sign, value, store.node)
    return combined(reader, None, store.sign, value, store.node) if store.adds else value


def _laid_out(reader: CodeReader, store: Store, value: Piece, terms: Sequence[str | None]) -> Piece:
    """A value that is an array itself, entry by entry."""
    laid = reader.entries(value, store.node)
    across = sum(term is None for term in terms)
    if across > len(loops.merged_letters(laid.term)):
        raise misplaced(reader, store, "the shape of what is assigned is not known")
    return laid


def _opened(value: Piece) -> tuple[Piece, list[str]]:
    """The body of an array that is given entry by entry, and its letters."""
    term = value.term
    if isinstance(term, Apply) and term.op == "each":
        return Piece(term.args[0], value.span), [str(letter) for letter in term.attrs]
    return value, []


def _covered(
    reader: CodeReader,
    store: Store,
    body: Piece,
    around: Sequence[Loop],
    terms: Sequence[str | None],
) -> None:
    """Each letter runs over the whole of its axis: of the base, or of what is picked."""
    like = store.base.term if store.base is not None else store.like
    shape = extent(like, reader.scope.shapes) if like is not None else None
    for loop in around:
        size = _size_of(shape, terms.index(loop.letter))
        if size is not None and loop.rounds is not None:
            if not agree(size, loop.rounds):
                message = f"the loop runs {loop.rounds} times, and this axis has {size} entries"
                raise misplaced(reader, store, message)
            continue
        try:
            loops.bounds(loop, body.term, reader.scope.shapes)
        except Unsure as unsure:
            raise reader.unsure(unsure) from None


def _size_of(shape: tuple[Dim, ...] | None, axis: int) -> Dim | None:
    return shape[axis] if shape is not None and axis < len(shape) else None
