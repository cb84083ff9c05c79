"""What arrays hold while a text is read: whole values, blocks, and values that are spread."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.memory import BATCH, Fault, Held, Memory, Place, broadcasts, disjoint
from derive.shape import ONE, dim
from derive.term import Var, apply, const

NUMBERS = {"k": 4, "m": 3}
A = Held(Var("A"), (dim("N"), dim("k")))
ROW = Held(Var("r"), (ONE, dim("k")))


@pytest.fixture
def memory() -> Memory:
    made = Memory(NUMBERS)
    made.allocate("buf1", (BATCH, 4), "")
    made.allocate("buf2", (5, 3), "")
    made.allocate("mask1", (BATCH, 4), "bool")
    made.allocate("ones1", (1, BATCH), "ones")
    return made


def test_an_array_holds_what_was_written_last(memory: Memory) -> None:
    memory.write(Place("buf1"), A)
    assert memory.read(Place("buf1")) == A
    other = Held(apply("neg", Var("A")), A.shape)
    memory.write(Place("buf1"), other)
    assert memory.read(Place("buf1")) == other
    memory.forget(Place("buf1"))
    with pytest.raises(Fault, match="nothing was written"):
        memory.read(Place("buf1"))


def test_blocks_make_a_whole(memory: Memory) -> None:
    first, rest = Held(Var("s"), (ONE, dim("m"))), Held(Var("P"), (dim("k"), dim("m")))
    memory.write(Place("buf2", (0, 1, None)), rest)
    with pytest.raises(Fault, match="in part only"):
        memory.read(Place("buf2"))
    memory.write(Place("buf2", (0, 0, 1)), first)
    whole = memory.read(Place("buf2"))
    assert whole.term == apply("concat", Var("s"), Var("P"), attrs=(0,))
    assert [str(d) for d in whole.shape] == ["1+k", "m"]


def test_a_block_puts_an_end_to_what_it_overlaps(memory: Memory) -> None:
    memory.write(Place("buf2"), Held(Var("G"), (dim(1, "k"), dim("m"))))
    memory.write(Place("buf2", (0, 0, 1)), Held(Var("s"), (ONE, dim("m"))))
    with pytest.raises(Fault, match="in part only"):
        memory.read(Place("buf2"))


def test_a_number_fills_a_block_that_is_one_wide(memory: Memory) -> None:
    rest = Held(Var("P"), (dim("k"), dim("m")))
    memory.write(Place("buf2", (0, 0, 1)), Held(const(1), ()), spread=True)
    memory.write(Place("buf2", (0, 1, None)), rest)
    assert memory.read(Place("buf2")).term == apply("concat", const(1), Var("P"), attrs=(0,))
    memory.write(Place("buf2", (0, 1, None)), Held(const(1), ()), spread=True)
    with pytest.raises(Fault, match="spread over it"):
        memory.read(Place("buf2"))


def test_a_value_is_spread_only_where_that_is_meant(memory: Memory) -> None:
    with pytest.raises(Fault, match="does not fit"):
        memory.write(Place("buf1"), ROW)
    memory.write(Place("buf1"), ROW, spread=True)
    assert memory.is_spread(Place("buf1"))
    memory.write(Place("buf1"), A, spread=True)
    assert not memory.is_spread(Place("buf1"))


@pytest.mark.parametrize(
    ("place", "held"),
    [
        (Place("mask1"), A),
        (Place("ones1"), Held(Var("s"), (ONE, dim("N")))),
        (Place("buf1"), Held(Var("B"), (dim("N"), dim("m")))),
        (Place("buf1", (0, 1, None)), A),
        (Place("buf1", (1, 3, 3)), A),
        (Place("buf2", (0, 1, None)), Held(Var("s"), (ONE, dim("m")))),
    ],
)
def test_what_cannot_be_written_is_refused(memory: Memory, place: Place, held: Held) -> None:
    with pytest.raises(Fault):
        memory.write(place, held)


@pytest.mark.parametrize(
    ("sizes", "room", "fits"),
    [
        ((1, 4), (BATCH, 4), True),
        ((), (BATCH, 4), True),
        ((4,), (BATCH, 4), True),
        ((BATCH, 4), (BATCH, 4), True),
        ((3, 4), (BATCH, 4), False),
        ((BATCH, 4), (4,), False),
    ],
)
def test_what_is_repeated_to_fill_a_room(sizes: Any, room: Any, fits: bool) -> None:
    assert broadcasts(sizes, room) == fits


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ((0, 0, 1), (0, 1, None), True),
        ((0, 1, None), (0, 0, 1), True),
        ((0, 0, 2), (0, 1, None), False),
        ((0, 0, None), (0, 3, 4), False),
        ((0, 0, 1), (1, 1, None), False),
        (None, (0, 0, 1), False),
    ],
)
def test_which_blocks_have_no_entry_in_common(a: Any, b: Any, apart: bool) -> None:
    assert disjoint(a, b) == apart


def test_ones_above_a_value_stay_and_are_read_with_it(memory: Memory) -> None:
    memory.allocate("joined1", (5, BATCH), "ones")
    rest = memory.join(Place("joined1"))
    value = Held(Var("H"), (dim("k"), dim("N")))
    with pytest.raises(Fault, match="nothing was written to this block"):
        memory.read(rest)
    memory.write(rest, value)
    assert memory.read(rest) == value
    whole = memory.read(Place("joined1"))
    assert whole.term == apply("concat", const(1), Var("H"), attrs=(0,))
    assert whole.shape == (dim(1, "k"), dim("N"))


def test_nothing_writes_over_ones_that_stand_above_a_value(memory: Memory) -> None:
    memory.allocate("joined1", (5, BATCH), "ones")
    memory.join(Place("joined1"))
    whole = Held(Var("H"), (dim(1, "k"), dim("N")))
    for place in (Place("joined1"), Place("joined1", (0, 0, 1)), Place("joined1", (0, 0, None))):
        with pytest.raises(Fault, match="the ones of `joined1` are overwritten"):
            memory.write(place, whole, spread=True)
    with pytest.raises(Fault, match="the ones of `joined1` are overwritten"):
        memory.forget(Place("joined1"))


def test_ones_stand_between_blocks(memory: Memory) -> None:
    memory.allocate("joined1", (8, BATCH), "ones")
    first = memory.join(memory.cut("joined1", 0, 5))
    second = memory.join(memory.cut("joined1", 5, 8))
    assert (first, second) == (Place("joined1", (0, 1, 5)), Place("joined1", (0, 6, 8)))
    memory.write(first, Held(Var("H"), (dim("k"), dim("N"))))
    assert memory.rows("joined1") == {(0, 1, 5)}
    memory.write(second, Held(Var("G"), (dim(2), dim("N"))))
    below = memory.read(Place("joined1", (0, 5, 8)))
    assert below.term == apply("concat", const(1), Var("G"), attrs=(0,))
    assert memory.read(first).term == Var("H")
    for part in (None, (0, 5, 6), (0, 0, 1), (0, 0, 8), (0, 4, 6)):
        with pytest.raises(Fault, match="the ones of `joined1` are overwritten"):
            memory.write(Place("joined1", part), Held(const(0), ()), spread=True)


def test_ones_stand_beside_a_value(memory: Memory) -> None:
    memory.allocate("given1", (BATCH, 5), "ones")
    rest = memory.join(Place("given1"), axis=1)
    memory.write(rest, A)
    assert memory.read(Place("given1")).term == apply("concat", const(1), Var("A"), attrs=(1,))
    for part in (None, (1, 0, 1), (0, 0, 1)):
        with pytest.raises(Fault, match="the ones of `given1` are overwritten"):
            memory.write(Place("given1", part), Held(const(0), ()), spread=True)


def test_blocks_that_overlap_spoil_ones(memory: Memory) -> None:
    memory.allocate("joined1", (8, BATCH), "ones")
    first = memory.join(memory.cut("joined1", 0, 5))
    memory.join(memory.cut("joined1", 4, 8))
    with pytest.raises(Fault, match="the ones of `joined1` are overwritten"):
        memory.write(first, Held(Var("H"), (dim("k"), dim("N"))))


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [("buf2", 2, 6), ("buf2", 3, 3), ("buf1", 0, 1), ("mask1", 0, 1), ("other", 0, 1)],
)
def test_what_has_not_these_rows(memory: Memory, name: str, start: int, stop: int) -> None:
    with pytest.raises(Fault):
        memory.cut(name, start, stop)


def test_ones_that_were_cut_are_ones_no_longer(memory: Memory) -> None:
    memory.allocate("joined1", (8, BATCH), "ones")
    memory.cut("joined1", 0, 5)
    assert not memory.kinds["joined1"]
    with pytest.raises(Fault, match="`joined1` is no array of ones"):
        memory.join(Place("joined1"))


def test_values_in_blocks_put_an_end_to_the_rest(memory: Memory) -> None:
    memory.write(Place("buf2"), Held(Var("G"), (dim(1, "k"), dim("m"))))
    memory.write_rows("buf2", {(0, 1, 5): Held(Var("P"), (dim("k"), dim("m")))})
    assert memory.rows("buf2") == {(0, 1, 5)}
    assert memory.read(Place("buf2", (0, 1, 5))).term == Var("P")
    with pytest.raises(Fault, match="in part only"):
        memory.read(Place("buf2"))


def test_a_spread_value_in_a_block_is_seen_from_the_whole(memory: Memory) -> None:
    memory.write(Place("buf2", (0, 0, 2)), Held(Var("r"), (ONE, dim("m"))), spread=True)
    assert memory.is_spread(Place("buf2"))
    assert memory.is_spread(Place("buf2", (0, 0, 1)))
    assert not memory.is_spread(Place("buf2", (0, 2, 5)))


def test_only_ones_stand_above_a_value(memory: Memory) -> None:
    with pytest.raises(Fault, match="`buf1` is no array of ones"):
        memory.join(Place("buf1"))


def test_a_place_holds_what_is_assumed_of_it(memory: Memory) -> None:
    memory.allocate("joined1", (5, BATCH), "ones")
    rest = memory.join(Place("joined1"))
    memory.write(rest, Held(Var("r"), (dim("k"), ONE)), spread=True)
    assert memory.is_spread(rest)
    memory.assume(rest, Held(Var("H"), (dim("k"), dim("N"))))
    assert not memory.is_spread(rest)
    assert memory.read(Place("joined1")).shape == (dim(1, "k"), dim("N"))
