"""What the arrays of a workspace hold while its text is read: terms, by array and by block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.statements import Part
from derive.ops import put
from derive.shape import Dim, Shape
from derive.term import Const, Term, apply, const

Size = int | str
Sizes = tuple[Size, ...]
"""The sizes of an array: numbers, and the word `batch`."""

BATCH = "batch"


class Fault(Exception):
    """Why a statement cannot be read, or does what it must not."""


@dataclass(frozen=True, slots=True)
class Held:
    """A value: its term, and the term's shape. An array may hold it spread over more entries."""

    term: Term
    shape: Shape


@dataclass(frozen=True, slots=True)
class Place:
    """An array, or a block of it; a result may be its transpose."""

    array: str
    part: Part | None = None
    turned: bool = False


class Memory:
    """The arrays by name: their sizes, their kind, and the values in their blocks."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.numbers = numbers
        self.sizes: dict[str, Sizes] = {}
        self.kinds: dict[str, str] = {}
        self.blocks: dict[str, dict[Part | None, Held]] = {}
        self.kept: dict[str, list[Part]] = {}
        self.cuts: set[str] = set()
        self.ones: set[str] = set()

    def allocate(self, name: str, sizes: Sizes, kind: str) -> None:
        """A new array; its kind is `ones`, `zeros`, `bool`, `number` or empty."""
        self.sizes[name], self.kinds[name], self.blocks[name] = sizes, kind, {}
        if kind == "ones":
            self.ones.add(name)

    def number(self, name: str, value: Term) -> None:
        """An array of no axis, which holds a number and is not written to."""
        self.allocate(name, (), "number")
        self.blocks[name] = {None: Held(value, ())}

    def cut(self, name: str, start: int, stop: int) -> Place:
        """Some rows of an array, which is one for results from here on."""
        rows = self.sizes.get(name, ("",))[0]
        if self.kinds.get(name) not in ("", "ones") or not isinstance(rows, int):
            raise Fault(f"`{name}` is not an array for results")
        if not 0 <= start < stop <= rows:
            raise Fault(f"`{name}` has not the rows {start} to {stop}")
        self.kinds[name] = ""
        self.cuts.add(name)
        return Place(name, (0, start, stop))

    def join(self, place: Place, axis: int = 0) -> Place:
        """What is beside the first row or column, which is of ones: nothing may write there."""
        name, part = place.array, place.part
        if name not in self.ones or (part is None and self.kinds[name] != "ones"):
            raise Fault(f"`{name}` is no array of ones")
        _, start, stop = part or (axis, 0, None)
        ones = (axis, start, start + 1)
        self.kinds[name] = ""
        self.kept.setdefault(name, []).append(ones)
        self.blocks[name][ones] = Held(const(1), ())
        return Place(name, (axis, start + 1, stop))

    def measure(self, shape: Shape) -> Sizes:
        """The sizes that a shape stands for."""
        return tuple(self._measure(dim) for dim in shape)

    def _measure(self, dim: Dim) -> Size:
        if all(isinstance(part, int) or part in self.numbers for part in dim.parts):
            return dim.size(self.numbers)
        if len(dim.parts) == 1:
            return BATCH
        raise Fault(f"the size {dim} is not known")

    def room(self, place: Place) -> Sizes:
        """The sizes of an array or of a block of it."""
        sizes = self.sizes[place.array]
        if place.part is None:
            return sizes
        axis, start, stop = place.part
        end = sizes[axis] if stop is None else stop
        size = sizes[axis]
        if not isinstance(end, int) or not isinstance(size, int) or not start < end <= size:
            raise Fault("a block lies between two numbers")
        return put(sizes, axis, end - start)

    def is_spread(self, place: Place) -> bool:
        """Whether a place holds a value that was spread over it, in whole or in part."""
        kept = self.kept.get(place.array, ())
        return any(
            self.measure(held.shape) != self.room(Place(place.array, part))
            for part, held in self.blocks[place.array].items()
            if part not in kept and not disjoint(part, place.part)
        )

    def rows(self, array: str) -> set[Part]:
        """The blocks of which an array that was cut holds a value; its ones are none."""
        parts = self.blocks[array].keys() - set(self.kept.get(array, ()))
        return {part for part in parts if part is not None} if array in self.cuts else set()

    def write(self, place: Place, held: Held, spread: bool = False) -> None:
        """Leaves a value in a place; with `spread` it may be repeated to fill it."""
        if self.kinds[place.array]:
            raise Fault(f"`{place.array}` is not an array for results")
        self._check_ones(place)
        room, sizes = self.room(place), self.measure(held.shape)
        if sizes != room and not (spread and broadcasts(sizes, room)):
            raise Fault(f"a result of {sizes} does not fit into {room}")
        kept = {} if place.part is None else self.blocks[place.array]
        blocks = {part: one for part, one in kept.items() if disjoint(part, place.part)}
        self.blocks[place.array] = {**blocks, place.part: held}

    def forget(self, place: Place) -> None:
        """The place holds nothing that is known."""
        self._check_ones(place)
        blocks = self.blocks[place.array].items()
        self.blocks[place.array] = {p: held for p, held in blocks if disjoint(p, place.part)}

    def _check_ones(self, place: Place) -> None:
        if any(not disjoint(ones, place.part) for ones in self.kept.get(place.array, ())):
            raise Fault(f"the ones of `{place.array}` are overwritten")

    def write_rows(self, array: str, values: Mapping[Part, Held]) -> None:
        """Leaves values in blocks of an array; nothing is known of the rest of it."""
        self.forget(Place(array))
        self.cuts.add(array)
        for part, held in values.items():
            self.write(Place(array, part), held)

    def assume(self, place: Place, held: Held) -> None:
        """From here on a place holds a value."""
        others = {p: h for p, h in self.blocks[place.array].items() if disjoint(p, place.part)}
        self.blocks[place.array] = {**others, place.part: held}

    def read(self, place: Place) -> Held:
        """The value of an array, or of a block of it, put together from the blocks within."""
        blocks = self.blocks[place.array]
        if place.part in blocks:
            return blocks[place.part]
        inner = (part for part in blocks if part and self._within(part, place))
        parts = sorted(inner, key=lambda part: part[1])
        if not parts:
            block = "" if place.part is None else "this block of "
            raise Fault(f"nothing was written to {block}`{place.array}`")
        return self._joined(place, parts)

    def _within(self, part: Part, place: Place) -> bool:
        """Whether a block is one of a place."""
        if place.part is None:
            return True
        (axis, first, _), end = place.part, self._end(place.array, place.part)
        stop = self._end(place.array, part)
        numbers = isinstance(end, int) and isinstance(stop, int) and stop <= end
        return part[0] == axis and first <= part[1] and (numbers or stop == end)

    def _joined(self, place: Place, parts: list[Part]) -> Held:
        """The blocks side by side, if they cover the place."""
        array, (axis, start, stop) = place.array, place.part or (parts[0][0], 0, None)
        end: Size = start
        for part in parts:
            if part[0] != axis or part[1] != end:
                raise Fault(f"`{array}` is written in part only")
            end = self._end(array, part)
        if end != self._end(array, (axis, start, stop)):
            raise Fault(f"`{array}` is written in part only")
        held = [self.blocks[array][part] for part in parts]
        for part, one in zip(parts, held, strict=True):
            self._check_block(Place(array, part), one)
        full = next((one.shape for one in held if one.shape), None)
        if full is None:
            raise Fault(f"the shape of `{array}` is not known")
        sizes = [one.shape or put(full, axis, Dim((1,))) for one in held]
        along = Dim(tuple(p for shape in sizes for p in shape[axis].parts))
        return Held(apply("concat", *(h.term for h in held), attrs=(axis,)), put(full, axis, along))

    def _end(self, array: str, part: Part) -> Size:
        axis, _, stop = part
        return self.sizes[array][axis] if stop is None else stop

    def _check_block(self, place: Place, held: Held) -> None:
        """A block holds a value of its size, or a number where it is one wide."""
        room = self.room(place)
        one_wide = place.part is not None and room[place.part[0]] == 1
        if self.measure(held.shape) != room and not (isinstance(held.term, Const) and one_wide):
            raise Fault(f"a block of `{place.array}` holds a value that was spread over it")


def broadcasts(sizes: Sizes, room: Sizes) -> bool:
    """Whether an array of some sizes is repeated to fill a room, by NumPy's rule."""
    lead = (1,) * (len(room) - len(sizes)) + sizes
    return len(lead) == len(room) and all(a in (1, b) for a, b in zip(lead, room, strict=True))


def overlap(a: Place, b: Place) -> bool:
    """Whether two places may have an entry in common."""
    return a.array == b.array and not disjoint(a.part, b.part)


def disjoint(a: Part | None, b: Part | None) -> bool:
    """Whether two blocks of an array have no entry in common, as far as their bounds tell."""
    if a is None or b is None or a[0] != b[0]:
        return False
    first, second = sorted((a, b), key=lambda part: part[1])
    return first[2] is not None and first[2] <= second[1]
