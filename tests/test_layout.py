"""Values of several layers in one array, and the factors of all of them in another."""

from __future__ import annotations

from codegen.buffers import GIVEN, JOINED, Pool
from codegen.costs import LUMP_ENTRIES, LUMP_SAMPLES
from codegen.layout import Layout, lay_out
from codegen.plan import plan
from derive.dense import Stack
from derive.formulas import gradients
from derive.layers import stack
from derive.notation import write


def laid_out(made: Stack) -> tuple[Pool, Layout]:
    found = plan(gradients(made), by_column=True)
    pool = Pool("buf", found.derivation.sizes)
    return pool, lay_out(found, (found.derivation.loss, *found.owned.values()), pool)


def test_a_row_of_ones_stands_above_each_value() -> None:
    pool, layout = laid_out(stack("5,4:tanh,6:tanh,3"))
    assert pool.blocks == {
        "joined2": "joined1[0:5]",
        "joined3": "joined1[5:12]",
        "slope1": "buf1[1:5]",
        "slope2": "buf1[6:12]",
    }
    assert pool.joined == {"joined2": "rest1", "joined3": "rest2", "given1": "rest3"}
    assert pool.laid == {"H1_T": "rest1", "H2_T": "rest2"}
    assert pool.forms["joined1"] == (("12", "batch"), JOINED)
    assert pool.forms["rest2"] == (("6", "batch"), "dtype")
    assert pool.forms["buf1"] == (("12", "few"), "dtype")
    short = layout.lines["dz2_T"]
    assert write(short.statement.term, "plain") == "dH2_T ∘ slope2"
    assert [one.home for one in short.before] == ["buf1", "buf1"]


def test_values_without_ones_stand_close() -> None:
    pool, _ = laid_out(stack("5,4:relu,6:relu,3"))
    assert pool.laid == {"z1_T": "buf2", "z2_T": "buf3"}
    assert [pool.blocks[name] for name in ("buf2", "buf3")] == ["buf1[0:4]", "buf1[4:10]"]
    assert pool.forms["buf1"] == (("10", "batch"), "dtype")


def test_with_and_without_ones() -> None:
    pool, _ = laid_out(stack("5,4:tanh,3:tanh", loss="mse"))
    assert pool.laid == {"H1_T": "rest1", "yhat_T": "buf1"}
    assert [pool.blocks[name] for name in ("joined2", "buf1")] == ["joined1[0:5]", "joined1[5:8]"]


def test_the_array_of_a_lump_is_free_for_no_other_value() -> None:
    pool, layout = laid_out(stack("5,4:relu,4:relu,4:tanh,4:tanh,3"))
    pool.give_all()
    assert not pool.free
    homes = [{one.home for one in short.before} for short in layout.lines.values()]
    assert all(a == b or not a & b for a in homes for b in homes)


def test_an_input_stands_beside_its_ones() -> None:
    for options, kind, sizes in (
        ({}, GIVEN, ("few", "6")),
        ({"layout": "column"}, JOINED, ("6", "few")),
    ):
        pool, layout = laid_out(stack("5,4,3", **options))
        first, last = layout.lines.values()
        assert first.before == last.before
        (copy,) = first.before
        whole = first.homes["%x"]
        assert pool.forms[whole] == (sizes, kind)
        assert pool.joined[whole] == copy.home
        assert copy.statement.copies


def test_few_samples_are_fewer_for_wide_layers() -> None:
    limits = [laid_out(stack(f"5,{n}:relu,{n}:relu,3", bias="none"))[1].few for n in (10, 100)]
    assert limits[0] == 10 * limits[1]


def test_layers_so_wide_that_few_are_too_few_are_computed_alone() -> None:
    _, layout = laid_out(stack(f"5,999:relu,{LUMP_ENTRIES // LUMP_SAMPLES}:relu,3", bias="none"))
    assert layout == ({}, 0)
    _, layout = laid_out(stack("5,999:relu,999:relu,3"))
    assert list(layout.lines) == ["z1_T", "dW1_T"]
