"""Arrays whose places are sums of places: convolutions, turned and repeated arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from derive.notation.called import Called
from derive.notation.extents import extent
from derive.notation.piece import Piece
from derive.shape import Dim, Shape
from derive.sizes import Linear, dim_of, is_natural, linear, plus
from derive.term import Var

Builder = Callable[[Called], Piece]
MOST_COPIES = 16
_ONE: Linear = {"": 1}


@dataclass
class Spread:
    """What is put together: a body, the letters that are summed, the axes of the result."""

    call: Called
    body: Piece
    summed: list[str] = field(default_factory=list)
    axes: list[str] = field(default_factory=list)

    def letter(self, size: Dim) -> str:
        """A letter that runs over a size."""
        name = self.call.reading.new_letter()
        ones = self.call.apply("ones", attrs=(_attr(size),))
        self.times(self.call.apply("entry", ones, self.piece({name: 1})))
        return name

    def times(self, factor: Piece) -> None:
        """One factor more."""
        self.body = self.call.apply("mul", self.body, factor)

    def piece(self, place: Linear) -> Piece:
        """A sum of letters, sizes and numbers as a place."""
        parts = [
            (Piece(Var(name), self.call.span), times < 0)
            for name, times in place.items()
            for _ in range(abs(times) if name else 0)
        ]
        number = place.get("", 0)
        if number or not parts:
            parts.append((self.call.number(str(abs(number))), number < 0))
        parts.sort(key=lambda part: part[1])
        made, _ = parts[0]
        for part, minus in parts[1:]:
            made = self.call.apply("sub" if minus else "add", made, part)
        return made

    def entry(self, array: Piece, places: Sequence[Linear]) -> None:
        """An entry of an array as a factor."""
        self.times(self.call.apply("entry", array, *map(self.piece, places)))

    def same(self, one: Linear, other: Linear) -> None:
        """Only where two places are the same."""
        self.times(self.call.apply("delta", self.piece(one), self.piece(other)))

    def done(self) -> Piece:
        """The array."""
        for name in self.summed:
            self.body = self.call.apply("total", self.body, attrs=(name, None, None))
        return self.call.apply("each", self.body, attrs=tuple(self.axes))


def _attr(size: Dim) -> int | str:
    return size.parts[0] if len(size.parts) == 1 else str(size)


def _array(call: Called, place: int) -> tuple[Piece, Shape]:
    """An argument, and its shape."""
    piece = call.piece(place)
    shape = extent(piece.term, call.reading.scope.shapes)
    if not shape:
        raise call.refusal("needs an array whose shape is known here")
    return piece, shape


# ------------------------------------------------------------------------------ convolutions


def _convolved(*, turned: bool, rank: int, default: str) -> Builder:
    """A convolution, or with the second array `turned` a correlation."""

    def build(call: Called) -> Piece:
        call.count(2, 3, "mode")
        (a, long), (v, short) = _array(call, 0), _array(call, 1)
        if len(long) != rank or len(short) != rank:
            raise call.refusal(f"takes two arrays with {rank} {'axis' if rank == 1 else 'axes'}")
        node = call.node_of("mode", 2)
        mode = default if node is None else node.value if isinstance(node, ast.Constant) else None
        spread = Spread(call, call.number("1"))
        ends = [_axis(spread, *sizes, mode, turned) for sizes in zip(long, short, strict=True)]
        spread.entry(a, [{one: 1} for one, _ in ends])
        spread.entry(v, [{other: 1} for _, other in ends])
        return spread.done()

    return build


def _axis(spread: Spread, long: Dim, short: Dim, mode: object, turned: bool) -> tuple[str, str]:
    """The letters of both arrays along one axis: their places add up to that of the result."""
    whole, part = linear(long), linear(short)
    rest = plus(plus(whole, part, -1), _ONE)
    if mode != "full" and not (is_natural(plus(rest, _ONE, -1)) or _declared(spread.call, rest)):
        raise spread.call.refusal("is read where the first array is the longer one")
    last = plus(part, _ONE, -1)
    shift: Linear = {}
    if mode == "full":
        size = plus(whole, last)
    elif mode == "valid":
        size, shift = rest, last
    elif mode == "same" and set(part) == {""}:
        size, shift = whole, {"": (part[""] - 1) // 2} if part[""] > 2 else {}
    else:
        raise spread.call.refusal("takes 'full', 'valid' or 'same' as its mode")
    one, other, out = (spread.letter(dim) for dim in (long, short, dim_of(size)))
    start = plus({out: 1}, shift)
    if turned:
        spread.same(plus(start, {other: 1}), plus({one: 1}, last))
    else:
        spread.same(start, {one: 1, other: 1})
    spread.summed += [one, other]
    spread.axes.append(out)
    return one, other


def _declared(call: Called, size: Linear) -> bool:
    """Whether an array is declared with this size, which then is at least 1."""
    return any(linear(dim) == size for dims in call.reading.scope.shapes.values() for dim in dims)


# ------------------------------------------------------------------------------ turned around


def turned_round(call: Called, piece: Piece, axes: Sequence[int] | None) -> Piece:
    """The entries of some axes from the last to the first."""
    shape = extent(piece.term, call.reading.scope.shapes)
    if not shape or any(not -len(shape) <= axis < len(shape) for axis in axes or ()):
        raise call.refusal("needs an array whose shape is known here")
    chosen = range(len(shape)) if axes is None else [axis % len(shape) for axis in axes]
    spread, places = Spread(call, call.number("1")), list[Linear]()
    for axis, size in enumerate(shape):
        letter = spread.letter(size)
        last = plus(linear(size), _ONE, -1)
        places.append(plus(last, {letter: 1}, -1) if axis in chosen else {letter: 1})
        spread.axes.append(letter)
    spread.entry(piece, places)
    return spread.done()


def is_turned(item: ast.expr) -> bool:
    """`::-1`"""
    match item:
        case ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1))):
            return True
    return False


def _flip(call: Called) -> Piece:
    call.count(1, 2, "axis")
    return turned_round(call, call.piece(0), call.axes())


def _flip_axis(axis: int) -> Builder:
    def build(call: Called) -> Piece:
        call.count(1, 1)
        return turned_round(call, call.piece(0), (axis,))

    return build


def _turned_by(call: Called) -> Piece:
    """`np.rot90(w, 2)` turns both axes round."""
    call.count(2, 2, "k") if "k" not in call.keywords else call.count(1, 1, "k")
    node = call.node_of("k", 1)
    if not isinstance(node, ast.Constant) or node.value != 2:
        raise call.refusal("is read for two turns")
    return turned_round(call, call.piece(0), (0, 1))


# ------------------------------------------------------------------------------ repeated


def _repeat(call: Called) -> Piece:
    """`np.repeat(a, 2, axis=0)`: every entry so many times."""
    call.count(1, 3, "repeats", "axis")
    node, axes = call.node_of("repeats", 1), call.axes(2)
    times = None if node is None else call.whole(node)
    piece, shape = _array(call, 0)
    if times is None or not 1 <= times <= MOST_COPIES:
        raise call.refusal(f"is read for 1 to {MOST_COPIES} copies")
    if axes is None and len(shape) > 1:
        raise call.refusal("of a matrix is read with an axis")
    spread, places = Spread(call, call.number("1")), list[Linear]()
    chosen = 0 if axes is None else axes[0] % len(shape)
    for axis, size in enumerate(shape):
        one, out = _copied(spread, size, Dim((times if axis == chosen else 1,)))[::2]
        places.append({one: 1})
        spread.axes.append(out)
    spread.entry(piece, places)
    return spread.done()


def _copied(spread: Spread, size: Dim, copies: Dim) -> tuple[str, str, str]:
    """The letters of a size, of its copies, and of all of them in a row."""
    times = copies.size({})
    whole = dim_of({name: count * times for name, count in linear(size).items()})
    one, other, out = (spread.letter(dim) for dim in (size, copies, whole))
    spread.same({out: 1}, {one: times, other: 1})
    spread.summed += [one, other]
    return one, other, out


def _kron(call: Called) -> Piece:
    """Every entry of one matrix times the whole of another, whose sizes are numbers."""
    call.count(2, 2)
    (a, wide), (b, small) = _array(call, 0), _array(call, 1)
    if len(wide) != len(small) or not all(isinstance(part, int) for d in small for part in d.parts):
        raise call.refusal("is read where the sizes of the second array are numbers")
    spread = Spread(call, call.number("1"))
    letters = [_copied(spread, *sizes) for sizes in zip(wide, small, strict=True)]
    spread.entry(a, [{one: 1} for one, _, _ in letters])
    spread.entry(b, [{other: 1} for _, other, _ in letters])
    spread.axes += [out for _, _, out in letters]
    return spread.done()


SPREADING: Mapping[str, Builder] = {
    "convolve": _convolved(turned=False, rank=1, default="full"),
    "correlate": _convolved(turned=True, rank=1, default="valid"),
    "convolve2d": _convolved(turned=False, rank=2, default="full"),
    "correlate2d": _convolved(turned=True, rank=2, default="full"),
    "flip": _flip,
    "flipud": _flip_axis(0),
    "fliplr": _flip_axis(1),
    "rot90": _turned_by,
    "repeat": _repeat,
    "kron": _kron,
}
"""Function of code -> what makes its term."""
