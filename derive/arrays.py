"""What each written op means for arrays: a table, op -> rule, for those that shapes decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from derive.functions import FUNCTIONS, PRIME
from derive.indexing import array, bound_by, closed, fresh_letter, letters_of, total
from derive.ops import ShapeMismatch, op_row, put
from derive.shape import ONE, Dim, Shape, agree, broadcast, shape_text
from derive.slopes import slope_term
from derive.tensors import Value, as_row, count, same_shape, solid, turned
from derive.term import Apply, Attr, Const, Term, Var, apply, const

Rule = Callable[[Any, Apply], Value]

OPEN_EYE = (Dim(("?",)), Dim(("?",)))
"""The shape of an identity `I` whose size its partner decides."""


def _args(e: Any, term: Apply) -> list[Value]:
    return [e.value(arg) for arg in term.args]


def _flat(shape: Shape) -> bool:
    return len(shape) == 1


# ------------------------------------------------------------------------------- entry by entry


def elementwise(op: str, a: Value, b: Value, e: Any = None) -> Value:
    """Two values entry by entry, by NumPy's rule for shapes."""
    a, b = _sized(a, b), _sized(b, a)
    shape = broadcast(a.shape, b.shape)
    if shape is None:
        both = f"{shape_text(a.shape)} and {shape_text(b.shape)}"
        raise ShapeMismatch("elementwise", f"shapes {both} do not fit entry by entry")
    left, right = (as_row(v) if v.flat and len(shape) > 1 else v.term for v in (a, b))
    full = [v.shape for v in (a, b) if not v.spread]
    reached = broadcast(*full) if len(full) == 2 else (full or [()])[0]
    return Value(apply(op, left, right), shape, reached is None or not same_shape(reached, shape))


def _sized(value: Value, other: Value) -> Value:
    """An identity of unknown size, at the size of its partner."""
    if value.shape != OPEN_EYE or len(other.shape) != 2 or other.shape == OPEN_EYE:
        return value
    return _eye(other.shape[0])


def _binary(op: str) -> Rule:
    return lambda e, term: elementwise(op, *_args(e, term))


def _times(e: Any, term: Apply) -> Value:
    """A product entry by entry; in mathematics a row and a column of one size are two vectors."""
    a, b = _args(e, term)
    if e.vectors != "numpy" and _crossed(a.shape, b.shape):
        b = Value(turned(solid(b)), tuple(reversed(b.shape)))
    return elementwise("mul", a, b)


def _crossed(a: Shape, b: Shape) -> bool:
    """Whether one is a row and the other a column of the same size, longer than 1."""
    if len(a) != 2 or len(b) != 2 or all(d.is_one for d in a):
        return False
    return (a[0].is_one or a[1].is_one) and same_shape(a, tuple(reversed(b)))


def _negative(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return Value(apply("neg", a.term), a.shape, a.spread)


def _power(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return Value(apply("pow", a.term, attrs=term.attrs), a.shape, a.spread)


def _function(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return Value(_applied(term.op, a.term), a.shape, a.spread)


def _applied(op: str, inner: Term) -> Term:
    """A function of a formula; a derivative by its formula where it has one."""
    if not op.endswith(PRIME):
        return apply(op, inner)
    return slope_term(op.removesuffix(PRIME), inner)


def _maximum(e: Any, term: Apply) -> Value:
    a, b = _args(e, term)
    zero = const(0)
    if b.term == zero or a.term == zero:
        other = a if b.term == zero else b
        return Value(apply("relu", other.term), other.shape, other.spread)
    return _chosen(_above(a, b), a, b)


def _minimum(e: Any, term: Apply) -> Value:
    a, b = _args(e, term)
    return _chosen(_above(a, b), b, a)


def _above(a: Value, b: Value) -> Value:
    difference = elementwise("sub", a, b)
    return Value(apply("step", difference.term), difference.shape, difference.spread)


def _where(e: Any, term: Apply) -> Value:
    return _chosen(*_args(e, term))


def _chosen(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition is 1, `b` where it is 0."""
    other = elementwise("sub", Value(const(1), ()), condition)
    yes, no = elementwise("mul", condition, a), elementwise("mul", other, b)
    return elementwise("add", yes, no)


# -------------------------------------------------------------------------------------- products


def product(a: Value, b: Value, e: Any = None) -> Value:
    """The matrix product, with a number scaling."""
    if () in (a.shape, b.shape):
        return elementwise("mul", a, b)
    if a.shape == OPEN_EYE or b.shape == OPEN_EYE:
        return b if a.shape == OPEN_EYE else a
    if len(a.shape) > 2 or len(b.shape) > 2:
        raise ShapeMismatch("rank", "a matrix product needs two matrices")
    inner = (a.shape[-1], b.shape[0])
    if not agree(*inner):
        if e is not None and e.vectors != "numpy" and (a.single or b.single):
            return elementwise("mul", a, b)
        message = f"inner sizes {inner[0]} and {inner[1]} differ"
        both = f"{shape_text(a.shape)} times {shape_text(b.shape)}"
        raise ShapeMismatch("chain", f"{both}: {message}")
    return _product(a, b)


def _product(a: Value, b: Value) -> Value:
    left, right = solid(a), solid(b)
    if a.flat and b.flat:
        return Value(apply("sum", apply("mul", left, right), attrs=(None, False)), ())
    if a.flat:
        return Value(apply("matmul", turned(right), left), b.shape[1:])
    return Value(apply("matmul", left, right), (a.shape[0], *b.shape[1:]))


def _matmul(e: Any, term: Apply) -> Value:
    a, b = _args(e, term)
    return product(a, b, e)


def _outer(e: Any, term: Apply) -> Value:
    a, b = _args(e, term)
    return outer_product(a, b)


def outer_product(a: Value, b: Value) -> Value:
    """Every entry of one array times every entry of the other."""
    a, b = flattened(a), flattened(b)
    return Value(apply("matmul", solid(a), turned(solid(b))), (*a.shape, *b.shape))


def _inner(e: Any, term: Apply) -> Value:
    a, b = (flattened(value) for value in _args(e, term))
    return _summed(elementwise("mul", a, b), None, False)


def flattened(value: Value) -> Value:
    """A row or a column as an array with one axis. Raises ShapeMismatch for a matrix."""
    if len(value.shape) < 2:
        return Value(value.term, value.shape or (ONE,), value.spread)
    rows, columns = value.shape
    if columns.is_one:
        return Value(value.term, (rows,), value.spread)
    if rows.is_one:
        return Value(turned(value.term), (columns,), value.spread)
    raise ShapeMismatch("rank", f"{shape_text(value.shape)} is neither a row nor a column")


# -------------------------------------------------------------------------------- axes and shapes


def _transpose(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    if len(a.shape) < 2:
        return a
    return Value(turned(a.term), tuple(reversed(a.shape)), a.spread)


def _axis(shape: Shape, axis: Attr) -> int:
    place = axis + len(shape) if isinstance(axis, int) and axis < 0 else axis
    if not isinstance(place, int) or not 0 <= place < len(shape):
        raise ShapeMismatch("axis", f"shape {shape_text(shape)} has no axis {axis}")
    return place


def _sum(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    axis, keep = term.attrs
    return _summed(a, axis, bool(keep))


def _summed(a: Value, axis: Attr, keep: bool) -> Value:
    whole = solid(a)
    if not a.shape:
        return a
    if axis is None or (a.flat and not keep):
        if axis is not None:
            _axis(a.shape, axis)
        return Value(apply("sum", whole, attrs=(None, False)), ())
    place = _axis(a.shape, axis)
    if len(a.shape) > 2:
        rest = a.shape[:place] + a.shape[place + 1 :]
        summed = apply("sum", whole, attrs=(place, keep))
        return Value(summed, put(a.shape, place, ONE) if keep else rest)
    summed = apply("sum", whole, attrs=(place, True))
    if keep:
        return Value(summed, put(a.shape, place, ONE))
    return Value(summed if place else turned(summed), (a.shape[1 - place],))


def _mean(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return _averaged(a, *term.attrs)


def _averaged(a: Value, axis: Attr, keep: Attr) -> Value:
    dims = a.shape if axis is None else (a.shape[_axis(a.shape, axis)],)
    summed = _summed(a, axis, bool(keep))
    return elementwise("div", summed, Value(count(dims), ()))


def _variance(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    axis, keep = term.attrs
    centre = elementwise("sub", a, _averaged(a, axis, axis is not None))
    return _averaged(Value(apply("pow", solid(centre), attrs=("2",)), centre.shape), axis, keep)


def _normalised(e: Any, term: Apply) -> Value:
    """softmax and log_softmax; without an axis, along the vector, or along each row."""
    (a,) = _args(e, term)
    axis = term.attrs[0]
    if axis is None:
        across = len(a.shape) == 2 and (a.shape[1].is_one or e.vectors == "column")
        axis = 0 if across and not a.shape[0].is_one else -1
    return Value(apply(term.op, solid(a), attrs=(_axis(a.shape, axis),)), a.shape)


def _concat(e: Any, term: Apply) -> Value:
    parts = _args(e, term)
    if any(part.flat for part in parts) and all(len(part.shape) < 2 for part in parts):
        axis: Attr = 0
    else:
        axis = term.attrs[0]
        rank = max(len(part.shape) for part in parts)
        axis = axis + rank if isinstance(axis, int) and axis < 0 else axis
    terms = [_block(part, axis) for part in parts]
    shapes = [part.core if part.shape else () for part in parts]
    shape = op_row("concat").shape(shapes, (axis,))
    flat = any(part.flat for part in parts)
    return Value(apply("concat", *terms, attrs=(axis,)), shape[:1] if flat else shape)


def _block(part: Value, axis: Attr) -> Term:
    """A block; one of ones that is one wide is the number 1."""
    core = part.core
    wide = isinstance(axis, int) and axis < len(core) and core[axis].is_one
    return part.term if part.spread and wide else solid(part)


def _slice(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    axis, start, stop = term.attrs
    attrs = (_axis(a.shape, axis), start, stop)
    try:
        shape = op_row("slice").shape([a.core], attrs)
    except ShapeMismatch:
        return _leading(e, a, attrs)
    return Value(apply("slice", solid(a), attrs=attrs), shape[:1] if a.flat else shape)


def _leading(e: Any, a: Value, attrs: tuple[Attr, ...]) -> Value:
    """Entries from one number to another, of an axis that is taken to be long enough."""
    axis, start, stop = attrs
    if not (isinstance(axis, int) and isinstance(start, int) and isinstance(stop, int)):
        raise ShapeMismatch("axis", f"shape {shape_text(a.shape)} has no such part")
    letters = [fresh_letter() for _ in a.core]
    shape = put(a.core, axis, Dim((stop - start,)))
    places: list[Term] = [Var(letter) for letter in letters]
    if start:
        places[axis] = apply("add", places[axis], const(start))
    made = closed(apply("entry", solid(a), *places), list(zip(letters, shape, strict=True)), e.core)
    return Value(made, shape[:1] if a.flat else shape)


def _gather(e: Any, term: Apply) -> Value:
    """`W[idx]`: rows by an index, as a product with a matrix of zeros and ones."""
    table, index = e.value(term.args[0]), term.args[1]
    if not isinstance(index, Var) or e.chosen is None or len(table.shape) != 2:
        raise ShapeMismatch("axis", "only rows of a matrix, by a declared index, are picked here")
    rows = e.value(index).shape[0]
    name = e.chosen(index.name, table.shape[0])
    return Value(apply("matmul", Var(name), solid(table)), (rows, table.shape[1]))


def _scatter(e: Any, term: Apply) -> Value:
    """Rows added up at the places of an index: the transpose of picking them."""
    index, rows, table = term.args[0], e.value(term.args[1]), e.value(term.args[2])
    if not isinstance(index, Var) or e.chosen is None:
        raise ShapeMismatch("axis", "only rows of a matrix, by a declared index, are added here")
    name = e.chosen(index.name, table.shape[0])
    if term.attrs and not (e.once and e.once(index.name)):
        message = f"rows are overwritten where `{index.name}` holds a place twice"
        raise ShapeMismatch("axis", message)
    picked = apply("matmul", apply("transpose", Var(name)), solid(rows))
    return Value(picked, (table.shape[0], *rows.shape[1:]))


def _ravel(e: Any, term: Apply) -> Value:
    return flattened(_args(e, term)[0])


def _column(e: Any, term: Apply) -> Value:
    flat = flattened(_args(e, term)[0])
    return Value(flat.term, (*flat.shape, ONE), flat.spread)


def _row(e: Any, term: Apply) -> Value:
    flat = flattened(_args(e, term)[0])
    return Value(turned(flat.term), (ONE, *flat.shape), flat.spread)


def _squeeze(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    kept = tuple(dim for dim in a.shape if not dim.is_one)
    if len(kept) == len(a.shape) or len(a.shape) < 2:
        return a if kept else _summed(a, None, False)
    return flattened(a) if kept else _summed(a, None, False)


def _reshape(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    dims = tuple(_dim(attr) for attr in term.attrs)
    known = [dim for dim in dims if dim is not None]
    if len(known) == len(dims) and same_shape(tuple(known), a.shape):
        return a
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


def _dim(attr: Attr) -> Dim | None:
    """A size that is written in a call; -1 is whatever is left."""
    if attr == -1 or isinstance(attr, bool):
        return None
    assert isinstance(attr, int | str)
    return Dim((attr,))


def _size(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return Value(count(a.shape), ())


def _length(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    return Value(count((a.shape[_axis(a.shape, term.attrs[0])],)), ())


# --------------------------------------------------------------------------------- made of numbers


def _filled(number: int) -> Rule:
    def rule(e: Any, term: Apply) -> Value:
        dims = tuple(dim for dim in map(_dim, term.attrs) if dim is not None)
        return Value(const(number), dims, bool(dims))

    return rule


def _filled_like(number: int) -> Rule:
    def rule(e: Any, term: Apply) -> Value:
        (a,) = _args(e, term)
        return Value(const(number), a.shape, bool(a.shape))

    return rule


def _eye(dim: Dim) -> Value:
    i, j = fresh_letter(), fresh_letter()
    body = apply("delta", Var(i), Var(j))
    return Value(closed(body, [(i, dim), (j, dim)], {}), (dim, dim))


def _identity(e: Any, term: Apply) -> Value:
    attr = term.attrs[0] if term.attrs else None
    dim = None if attr is None else _dim(attr)
    return Value(apply("eye"), OPEN_EYE) if dim is None else _eye(dim)


def _literal(e: Any, term: Apply) -> Value:
    numbers = [arg.value for arg in term.args if isinstance(arg, Const)]
    i, dim = fresh_letter(), Dim((len(numbers),))
    body: Term = const(0)
    for place, value in enumerate(numbers):
        chosen = apply("mul", const(value), apply("delta", Var(i), const(place)))
        body = chosen if body == const(0) else apply("add", body, chosen)
    made = closed(body, [(i, dim), *_ONE_WIDE], {})
    if term.attrs and term.attrs[0] == "row":
        return Value(turned(made), (ONE, dim))
    return Value(made, (dim,) if e.vectors == "numpy" else (dim, ONE))


_ONE_WIDE = ((fresh_letter(), ONE),)
"""The second axis of an array with one axis, which is kept as a column."""


def _diag(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    i, j = fresh_letter(), fresh_letter()
    if len(a.shape) == 2 and not (a.shape[0].is_one or a.shape[1].is_one):
        dim = a.shape[0]
        body = apply("entry", solid(a), Var(i), Var(i))
        return Value(closed(body, [(i, dim), *_ONE_WIDE], e.core), (dim,))
    flat = flattened(a)
    (dim,) = flat.shape
    here = apply("entry", solid(flat), Var(i), const(0))
    body = apply("mul", apply("delta", Var(i), Var(j)), here)
    if letters_of(flat.term):
        return Value(array(body, [(i, dim), (j, dim)]), (dim, dim))
    return Value(closed(body, [(i, dim), (j, dim)], e.core), (dim, dim))


def _trace(e: Any, term: Apply) -> Value:
    (a,) = _args(e, term)
    i = fresh_letter()
    body = total(apply("entry", solid(a), Var(i), Var(i)), i, a.shape[0])
    return Value(closed(body, [], e.core), ())


def _einsum(e: Any, term: Apply) -> Value:
    """`einsum('ia,ja->ij', Q, K)`: the letters are those of the axes."""
    spec = str(term.attrs[0]).replace(" ", "")
    inputs, _, output = spec.partition("->")
    parts, ranges = _args(e, term), dict[str, Dim]()
    body: Term = const(1)
    for letters, part in zip(inputs.split(","), parts, strict=True):
        for letter, dim in zip(letters, part.shape, strict=True):
            if not agree(ranges.setdefault(letter, dim), dim):
                raise ShapeMismatch("elementwise", f"`{letter}` has two sizes here")
        here = read_entry(part, [Var(f"#{letter}") for letter in letters])
        body = here if body == const(1) else apply("mul", body, here)
    for letter in sorted(set(ranges) - set(output)):
        body = total(body, f"#{letter}", ranges[letter])
    axes = [(f"#{letter}", ranges[letter]) for letter in output]
    wide = _ONE_WIDE if len(axes) == 1 else ()
    return Value(closed(body, [*axes, *wide], e.core), tuple(dim for _, dim in axes))


# --------------------------------------------------------------------------------- index letters


def read_entry(a: Value, places: Sequence[Term]) -> Term:
    """The entry of a value, its formula being kept as a matrix."""
    fixed = [const(0)] if a.flat and len(places) == 1 else []
    return apply("entry", solid(a), *places, *fixed)


def _entry(e: Any, term: Apply) -> Value:
    """An entry at letters or numbers; an axis of size 1 may be left out."""
    a, places = e.value(term.args[0]), list(term.args[1:])
    long = [axis for axis, dim in enumerate(a.shape) if not dim.is_one]
    if len(places) < len(a.shape) and len(places) == len(long):
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
    shape = a.shape[len(places) :]
    result: Value = e.closed(_kept(Value(made, shape)))
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
    letters = bound_by(apply("array", term.args[0], attrs=term.attrs))
    body = e.value(term.args[0])
    dims = [dim for dim in map(e.bound, letters) if dim is not None]
    if len(dims) < len(letters):
        raise ShapeMismatch("index", "the range of an index is not known")
    axes = list(zip(letters, dims, strict=True))
    shape = (*dims, *body.shape)
    if len(shape) == 1:
        axes.append((fresh_letter(), ONE))
    result: Value = e.closed(Value(array(solid(body), axes), shape))
    return result


def _delta(e: Any, term: Apply) -> Value:
    letters = [arg.name for arg in term.args if isinstance(arg, Var)]
    for one, other in (letters, letters[::-1]) if len(letters) == 2 else ():
        if one in e.ranges:
            e.ranges.setdefault(other, e.ranges[one])
    return Value(apply("delta", *term.args), ())


def _gradient(e: Any, term: Apply) -> Value:
    """The gradient of a formula that has no name, such as a penalty, by a name."""
    inner, by = e.value(term.args[0]), term.args[1]
    if e.differentiated is None or not isinstance(by, Var) or not inner.single:
        raise ShapeMismatch("rank", "the gradient of an array is no array of this kind")
    result: Value = e.differentiated(inner, by.name)
    return result


RULES: Mapping[str, Rule] = {
    **{op: _binary(op) for op in ("add", "sub", "mul", "div")},
    "mul": _times,
    **{op: _function for name in FUNCTIONS for op in (name, name + PRIME)},
    "neg": _negative,
    "pow": _power,
    "maximum": _maximum,
    "minimum": _minimum,
    "where": _where,
    "matmul": _matmul,
    "outer": _outer,
    "inner": _inner,
    "transpose": _transpose,
    "sum": _sum,
    "mean": _mean,
    "var": _variance,
    "softmax": _normalised,
    "log_softmax": _normalised,
    "concat": _concat,
    "slice": _slice,
    "gather": _gather,
    "scatter": _scatter,
    "ravel": _ravel,
    "column": _column,
    "row": _row,
    "squeeze": _squeeze,
    "reshape": _reshape,
    "size": _size,
    "length": _length,
    "ones": _filled(1),
    "zeros": _filled(0),
    "ones_like": _filled_like(1),
    "zeros_like": _filled_like(0),
    "eye": _identity,
    "literal": _literal,
    "diag": _diag,
    "trace": _trace,
    "einsum": _einsum,
    "entry": _entry,
    "total": _total,
    "each": _each,
    "delta": _delta,
    "gradient": _gradient,
}
