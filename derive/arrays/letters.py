"""Index letters: entries, sums over them, arrays of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from derive.arrays.rule import ONE_WIDE, Rule, args_of
from derive.indexing import array, bound_by, closed, fresh_letter, letters_of, total
from derive.ops import ShapeMismatch
from derive.shape import ONE, Dim, agree, shape_text
from derive.tensors import Value, solid
from derive.term import Apply, Attr, Binding, Term, Var, apply, const


def read_entry(a: Value, places: Sequence[Term]) -> Term:
    """The entry of a value, its formula being kept as a matrix."""
    fixed = [const(0)] if a.flat and len(places) == 1 else []
    return apply("entry", solid(a), *places, *fixed)


def _entry(e: Any, term: Apply) -> Value:
    """An entry at letters or numbers; an axis of size 1 may be left out, unless it is to stay.

    In NumPy the one row of a 1 × K is `p[0]`, and the one column of a K × 1 is `p[:, 0]`.
    """
    a, places = e.value(term.args[0]), list(term.args[1:])
    long = [axis for axis, dim in enumerate(a.shape) if not dim.is_one]
    row = e.vectors == "numpy" and places == [const(0)] and a.shape[0].is_one
    stays = term.attrs or row
    if not stays and len(places) < len(a.shape) and len(places) == len(long):
        rest = iter(places)
        places = [next(rest) if axis in long else const(0) for axis in range(len(a.shape))]
    if len(places) > len(a.shape):
        many = f"{len(places)} indices on {shape_text(a.shape)}"
        raise ShapeMismatch("rank", f"{many}: there are only {len(a.shape)} axes")
    for place, dim in zip(places, a.shape, strict=False):
        if isinstance(place, Var):
            e.along(place.name, dim, term)
        elif isinstance(place, Apply) and place.op == "add":
            e.window(letters_of(place), dim)
    full = len(places) == len(a.shape)
    made = read_entry(a, places) if full or not a.flat else apply("entry", solid(a), *places)
    result: Value = e.oriented(e.closed(_kept(Value(made, a.shape[len(places) :]))))
    return result


def _kept(value: Value) -> Value:
    """What is left of an open entry, kept as a column where it has one axis."""
    if not value.flat:
        return value
    i, j = fresh_letter(), fresh_letter()
    made = array(apply("entry", value.term, Var(i)), [(i, value.shape[0]), (j, ONE)])
    return Value(made, value.shape)


def _total(e: Any, term: Apply) -> Value:
    letter, _, upper = term.attrs
    assert isinstance(letter, str)
    outer = e.ranges.pop(letter, None)
    body = e.value(term.args[0])
    dim = e.bound(letter, _named(upper))
    if outer is not None:
        e.ranges[letter] = outer
    if dim is None:
        raise ShapeMismatch("index", f"the range of the sum over {letter[1:]} is not known")
    result: Value = e.closed(Value(total(solid(body), letter, dim), body.shape))
    return result


def _named(upper: Attr) -> Dim | None:
    return Dim((upper,)) if isinstance(upper, str) else None


def _each(e: Any, term: Apply) -> Value:
    if term.attrs and isinstance(term.attrs[0], Binding):
        return _settled(e, term, term.attrs[0])
    letters = bound_by(apply("array", term.args[0], attrs=term.attrs))
    body = e.value(term.args[0])
    dims = [dim for dim in map(e.bound, letters) if dim is not None]
    if len(dims) < len(letters):
        raise ShapeMismatch("index", "the range of an index is not known")
    axes = list(zip(letters, dims, strict=True))
    shape, inner = (*dims, *body.shape), solid(body)
    if len(shape) == 1:
        axes.append((fresh_letter(), ONE))
    if body.flat:
        axes.append((fresh_letter(), body.shape[0]))
        inner = read_entry(body, [Var(axes[-1][0])])
    result: Value = e.closed(Value(array(inner, axes), shape))
    return result


def _settled(e: Any, term: Apply, made: Binding) -> Value:
    """An array of entries as the true gradient has it, which a repair takes up."""
    args = tuple(solid(part) for part in args_of(e, term))
    return Value(replace(term, args=args), tuple(dim for _, dim in made.indices))


def _delta(e: Any, term: Apply) -> Value:
    letters = [arg.name for arg in term.args if isinstance(arg, Var)]
    for one, other in (letters, letters[::-1]) if len(letters) == 2 else ():
        if one in e.ranges:
            e.ranges.setdefault(other, e.ranges[one])
    return Value(apply("delta", *term.args), ())


def _einsum(e: Any, term: Apply) -> Value:
    """`einsum('ia,ja->ij', Q, K)`: the letters are those of the axes."""
    inputs, output = _axes_of(str(term.attrs[0]).replace(" ", ""))
    parts, ranges = args_of(e, term), dict[str, Dim]()
    names = {letter: fresh_letter() for letter in "".join(inputs)}
    if [len(letters) for letters in inputs] != [len(part.shape) for part in parts]:
        raise ShapeMismatch("rank", "the letters of einsum are not the axes of these arrays")
    body: Term = const(1)
    for letters, part in zip(inputs, parts, strict=True):
        for letter, dim in zip(letters, part.shape, strict=True):
            if not agree(ranges.setdefault(letter, dim), dim):
                raise ShapeMismatch("index", f"`{letter}` has two sizes here")
        here = read_entry(part, [Var(names[letter]) for letter in letters])
        body = here if body == const(1) else apply("mul", body, here)
    for letter in sorted(set(ranges) - set(output)):
        body = total(body, names[letter], ranges[letter])
    axes = [(names[letter], ranges[letter]) for letter in output]
    wide = ONE_WIDE if len(axes) == 1 else ()
    return Value(closed(body, [*axes, *wide], e.core), tuple(dim for _, dim in axes))


def _axes_of(spec: str) -> tuple[list[str], str]:
    """The letters of every operand, and of the result; unsaid, those that occur once."""
    inputs, arrow, output = spec.partition("->")
    if not arrow:
        once = (letter for letter in sorted({*inputs} - {","}) if inputs.count(letter) == 1)
        output = "".join(once)
    if not set(output) <= set(inputs) or len(set(output)) < len(output):
        raise ShapeMismatch("index", f"the letters `{output}` are not those of the operands")
    return inputs.split(","), output


def _gradient(e: Any, term: Apply) -> Value:
    """The derivative of a formula that has no name, such as a penalty, by a name."""
    inner, by = e.value(term.args[0]), term.args[1]
    if e.differentiated is None or not isinstance(by, Var):
        raise ShapeMismatch("rank", "the gradient of an array is no array of this kind")
    result: Value = e.differentiated(inner, by.name)
    return result


RULES: Mapping[str, Rule] = {
    "einsum": _einsum,
    "entry": _entry,
    "total": _total,
    "each": _each,
    "delta": _delta,
    "gradient": _gradient,
}
