"""One axis more or less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.arrays.products import flattened
from derive.arrays.reductions import summed
from derive.arrays.rule import Rule, args_of, dim_of_attr
from derive.ops import ShapeMismatch, put
from derive.shape import ONE, agree, shape_text
from derive.tensors import Value, same_shape
from derive.term import Apply, turned


def _ravel(e: Any, term: Apply) -> Value:
    return flattened(args_of(e, term)[0])


def _column(e: Any, term: Apply) -> Value:
    flat = flattened(args_of(e, term)[0])
    return Value(flat.term, (*flat.shape, ONE), flat.spread)


def _row(e: Any, term: Apply) -> Value:
    flat = flattened(args_of(e, term)[0])
    return Value(turned(flat.term), (ONE, *flat.shape), flat.spread)


def _squeeze(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    kept = tuple(dim for dim in a.shape if not dim.is_one)
    if len(kept) == len(a.shape) or len(a.shape) < 2:
        return a if kept else summed(a, None, False)
    return flattened(a) if kept else summed(a, None, False)


def _reshape(e: Any, term: Apply) -> Value:
    (a,) = args_of(e, term)
    dims = tuple(dim_of_attr(attr) for attr in term.attrs)
    known = [dim for dim in dims if dim is not None]
    if len(known) == len(dims) and same_shape(tuple(known), a.shape):
        return a
    if len(dims) > 2:
        raise ShapeMismatch("unread", "an array is not laid out anew with more than two axes")
    flat = flattened(a)
    if len(dims) == 1 and (dims[0] is None or agree(dims[0], flat.shape[0])):
        return flat
    if len(dims) == 2:
        for place in (0, 1):
            one, rest = dims[1 - place], dims[place]
            if one is not None and one.is_one and (rest is None or agree(rest, flat.shape[0])):
                made = flat.term if place == 0 else turned(flat.term)
                return Value(made, put((ONE, ONE), place, flat.shape[0]), flat.spread)
    raise ShapeMismatch("rank", f"{shape_text(a.shape)} cannot be reshaped so here")


RULES: Mapping[str, Rule] = {
    "ravel": _ravel,
    "column": _column,
    "row": _row,
    "squeeze": _squeeze,
    "reshape": _reshape,
}
