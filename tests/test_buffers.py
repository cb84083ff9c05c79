"""Arrays for statements: no two values that are needed at once share one."""

from __future__ import annotations

from hypothesis import given, settings

from codegen.buffers import JOINED, Placed, Pool, place
from codegen.orientation import TURNED
from codegen.plan import Plan, plan
from codegen.statements import statements
from derive.dense import Stack
from derive.formulas import gradients
from derive.layers import stack
from derive.shape import ONE, dim
from derive.term import variables
from tests.random_stacks import stacks


def placed(made: Stack) -> tuple[Plan, Pool, tuple[Placed, ...]]:
    found = plan(gradients(made), by_column=True)
    owned = list(found.owned.values())
    pool = Pool("buf", found.derivation.sizes)
    order, _ = place(statements(found.lines_for(["L", *owned]), found), owned, pool)
    return found, pool, order


def homes(made: Stack) -> dict[str, str]:
    return {one.statement.target.removesuffix(TURNED): one.home for one in placed(made)[2]}


def test_a_pool_gives_the_array_that_was_used_last() -> None:
    pool = Pool("buf", {"k": 3})
    form = pool.form((dim("N"), dim(1, "k")))
    assert form == (("batch", "4"), "dtype")
    first, second = pool.take(form), pool.take(form)
    assert (first, second) == ("buf1", "buf2")
    pool.give(second)
    pool.give(first)
    assert pool.take(form) == first
    assert pool.take(pool.form((dim("N"), ONE))) == "buf3"
    assert pool.take(pool.form((dim("N"), dim("k")), "bool")) == "mask1"


def test_a_pool_makes_ones_of_a_form_once() -> None:
    pool = Pool("buf", {})
    row, column = pool.form((ONE, dim("N"))), pool.form((dim("N"), ONE))
    assert [pool.all_ones(form) for form in (row, column, row)] == ["ones1", "ones2", "ones1"]
    assert not pool.forms


def test_an_operation_entry_by_entry_takes_over_the_array_of_its_operand() -> None:
    found = homes(stack("5,4,3"))
    assert found["z1"] == found["H1"]
    assert found["dH1"] == found["dz1"]
    assert found["H1"] != found["dH1"]


def test_a_product_does_not_write_where_it_reads() -> None:
    order = placed(stack("4,4,4,4"))[2]
    found = {one.statement.target: one.home for one in order}
    products = [one for one in order if getattr(one.statement.term, "op", "") == "matmul"]
    assert len(products) == 8
    for one in products:
        assert one.home not in {found.get(name) for name in variables(one.statement.term)}


def test_what_the_backward_pass_reads_is_kept() -> None:
    """relu' needs z1 and silu' too, so H1 has an array of its own."""
    for hidden in ("relu", "silu", "softplus"):
        found = homes(stack(f"5,4:{hidden},3"))
        assert found["z1"] != found["H1"]


def test_a_value_and_its_ones_have_one_array() -> None:
    """z1 and H1 are computed below the ones that z2 needs, and their array is free afterwards."""
    _, pool, order = placed(stack("5,4,4,3"))
    found = {one.statement.target: one.home for one in order}
    assert pool.joined == {"joined1": "rest1", "joined2": "rest2"}
    assert found["t1"] == "joined1"
    assert found["z1_T"] == found["H1_T"] == "rest1"
    assert found["z2_T"] == found["H2_T"] == "rest2"
    assert pool.forms["joined1"] == (("5", "batch"), JOINED)
    assert pool.forms["rest1"] == (("4", "batch"), "dtype")
    assert "joined1" in pool.free
    assert "rest1" not in pool.free


def test_what_is_needed_besides_has_another_array() -> None:
    """relu' needs z1 when H1 is there already."""
    found = homes(stack("5,4:relu,3"))
    assert found["H1"] == "rest1"
    assert found["z1"].startswith("buf")


def test_a_large_product_over_the_samples_is_padded() -> None:
    _, pool, order = placed(stack("600,10,3"))
    work = {one.home: one.work for one in order if one.statement.inner == dim("N")}
    assert work["dW1_T"] == ("pad1", "pad2")
    assert work["dW2"] == ()
    assert list(pool.pads) == [(("10", "2"), "dtype"), (("2", "600"), "dtype")]


@settings(max_examples=80)
@given(stacks(deepest=5))
def test_a_value_stays_until_it_was_read_for_the_last_time(made: Stack) -> None:
    """Run on names instead of numbers: each array holds the value that is read from it."""
    roots: dict[str, str] = {}
    homes_of: dict[str, str] = {}
    holds: dict[str, str] = {}
    _, pool, order = placed(made)
    for one in order:
        statement = one.statement
        read = [roots[name] for name in variables(statement.term) if name in roots]
        assert all(holds[homes_of[name]] == name for name in read)
        if statement.is_alias:
            source = variables(statement.term)[0]
            roots.update({statement.target: roots[source]} if source in roots else {})
        elif not statement.is_number:
            assert not {one.home, *(homes_of[name] for name in read)} & set(one.work)
            holds.update(dict.fromkeys(one.work, ""))
            holds[one.home] = statement.target
            homes_of[statement.target] = pool.joined.get(one.home, one.home)
            roots[statement.target] = statement.target


@settings(max_examples=40)
@given(stacks(deepest=4))
def test_gradients_have_arrays_of_their_own(made: Stack) -> None:
    found, pool, order = placed(made)
    owned = set(found.owned.values())
    assert not owned & set(pool.forms)
    for one in order:
        if one.home in owned:
            assert one.statement.target == one.home
