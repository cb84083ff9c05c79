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
ONES: Part = (0, 0, 1)
REST: Part = (0, 1, None)


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
        self.kept: dict[str, Part] = {}

    def allocate(self, name: str, sizes: Sizes, kind: str) -> None:
        """A new array; its kind is `ones`, `zeros`, `bool`, `number` or empty."""
        self.sizes[name], self.kinds[name], self.blocks[name] = sizes, kind, {}

    def number(self, name: str, value: Term) -> None:
        """An array of no axis, which holds a number and is not written to."""
        self.allocate(name, (), "number")
        self.blocks[name] = {None: Held(value, ())}

    def join(self, name: str) -> Place:
        """The rest of an array of ones, whose first row stays as it is: nothing may write there."""
        if self.kinds.get(name) != "ones":
            raise Fault(f"`{name}` is no array of ones")
        self.kinds[name], self.kept[name] = "", ONES
        self.blocks[name] = {ONES: Held(const(1), ())}
        return Place(name, REST)

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
        if not isinstance(end, int) or not isinstance(sizes[axis], int) or not start < end:
            raise Fault("a block lies between two numbers")
        return put(sizes, axis, end - start)

    def is_spread(self, array: str) -> bool:
        """Whether the array, or the rest of a joined one, holds a value that was spread over it."""
        place = Place(array, REST if array in self.kept else None)
        held = self.blocks[array].get(place.part)
        return held is not None and self.measure(held.shape) != self.room(place)

    def write(self, place: Place, held: Held, spread: bool = False) -> None:
        """Leaves a value in a place; with `spread` it may be repeated to fill it."""
        if self.kinds[place.array]:
            raise Fault(f"`{place.array}` is not an array for results")
        if place.array in self.kept and not disjoint(self.kept[place.array], place.part):
            raise Fault(f"the ones of `{place.array}` are overwritten")
        room, sizes = self.room(place), self.measure(held.shape)
        if sizes != room and not (spread and broadcasts(sizes, room)):
            raise Fault(f"a result of {sizes} does not fit into {room}")
        kept = {} if place.part is None else self.blocks[place.array]
        blocks = {part: one for part, one in kept.items() if disjoint(part, place.part)}
        self.blocks[place.array] = {**blocks, place.part: held}

    def forget(self, array: str) -> None:
        """The array holds nothing that is known."""
        if array in self.kept:
            raise Fault(f"the ones of `{array}` are overwritten")
        self.blocks[array] = {}

    def assume(self, place: Place, held: Held) -> None:
        """From here on a place holds a value."""
        others = {p: h for p, h in self.blocks[place.array].items() if disjoint(p, place.part)}
        self.blocks[place.array] = {**others, place.part: held}

    def read(self, place: Place) -> Held:
        """The value of an array, or of the block of it that a name stands for."""
        if place.part is None:
            return self._whole(place.array)
        if place.part not in self.blocks[place.array]:
            raise Fault(f"nothing was written to this block of `{place.array}`")
        return self.blocks[place.array][place.part]

    def _whole(self, array: str) -> Held:
        blocks = self.blocks[array]
        if None in blocks:
            return blocks[None]
        parts = sorted((part for part in blocks if part), key=lambda part: part[1])
        if not parts:
            raise Fault(f"nothing was written to `{array}`")
        return self._joined(array, parts)

    def _joined(self, array: str, parts: list[Part]) -> Held:
        """The blocks side by side, if they cover the array."""
        axis = parts[0][0]
        end: Size = 0
        for part in parts:
            if part[0] != axis or part[1] != end:
                raise Fault(f"`{array}` is written in part only")
            end = self._end(array, part)
        if end != self.sizes[array][axis]:
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


def disjoint(a: Part | None, b: Part | None) -> bool:
    """Whether two blocks of an array have no entry in common, as far as their bounds tell."""
    if a is None or b is None or a[0] != b[0]:
        return False
    first, second = sorted((a, b), key=lambda part: part[1])
    return first[2] is not None and first[2] <= second[1]
