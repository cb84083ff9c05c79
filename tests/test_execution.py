"""Statements run on terms: what stands in an array afterwards, and what no statement may do."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from codegen.constructor import construct
from codegen.execution import Machine
from codegen.memory import BATCH, Fault, Held, Memory, Place
from derive.notation import write
from derive.shape import dim
from derive.term import Var

SHAPES = {
    "x": (dim("N"), dim("k")),
    "W": (dim(1, "k"), dim("m")),
    "y": (dim("N"), dim("m")),
    "N": (),
}
NUMBERS = {"k": 4, "m": 3}

CONSTRUCTOR = """
def __init__(self, batch, dtype=np.float64):
    self.batch = batch
    self.outer = np.dot if batch == 1 else np.matmul
    buf1 = np.empty((batch, 3), dtype)
    buf2 = np.empty((batch, 3), dtype)
    buf3 = np.empty((batch, 3), dtype)
    row1 = np.empty((batch, 1), dtype)
    mask1 = np.empty((batch, 3), bool)
    dW = np.empty((5, 3), dtype)
    ones1 = np.ones((1, batch), dtype)
    self.arrays = (buf1, buf2, buf3, row1, mask1, dW, ones1)
    self.gradient = {"W": dW}
"""
OPENING = """
buf1, buf2, buf3, row1, mask1, dW, ones1 = self.arrays
outer = self.outer
N = self.batch
W = params["W"]
np.matmul(x, W[1:], out=buf1)
np.copyto(buf2, W[:1])
"""


def constructed(text: str = CONSTRUCTOR) -> tuple[Memory, dict[str, Any]]:
    memory = Memory(NUMBERS)
    (node,) = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    return memory, construct(node, memory)


def machine_after(text: str) -> Machine:
    """The machine when the opening and some more statements have been run."""
    memory, attributes = constructed()
    machine = Machine(SHAPES, memory, ("x", "y"), attributes)
    for line in ast.parse(OPENING + text).body:
        machine.run(line)
    return machine


def shown(machine: Machine, name: str) -> str:
    return write(machine.held(name).term, "plain", scalars=("N",))


# ---------------------------------------------------------------------------------- what it does

TOTAL = "sum(y, axis=1, keepdims=True)"
BLOCKS = "[1^T y; x^T y]"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("z = np.add(buf1, buf2, out=buf1)", "z", "x W[1:] + W[:1]"),
        ("z = np.add(buf1, buf2, out=buf1)", "buf1", "x W[1:] + W[:1]"),
        ("np.subtract(1, buf1, out=buf3)", "buf3", "1 - x W[1:]"),
        ("np.square(buf1, out=buf1)", "buf1", "(x W[1:])^2"),
        ("np.divide(buf1, N, out=buf3)", "buf3", "x W[1:] / N"),
        ("step(buf1, out=buf3, work=(mask1,))", "buf3", "[x W[1:] > 0]"),
        ("absolute(buf1, out=buf1)", "buf1", "abs(x W[1:])"),
        ("softmax(buf1, axis=1, out=buf3, work=(buf2, row1))", "buf3", "softmax(x W[1:])"),
        ("np.add.reduce(y, axis=1, keepdims=True, out=row1)", "row1", TOTAL),
        ("L = -(np.sum(buf1) / N)", "L", "-sum(x W[1:]) / N"),
        ("same = buf1", "same", "x W[1:]"),
        ("np.dot(ones1, y, out=dW[:1])\nouter(x.T, y, out=dW[1:])", "dW", BLOCKS),
        ("G = weight_gradient(x, y)", "G", BLOCKS),
    ],
)
def test_what_a_name_holds(text: str, name: str, value: str) -> None:
    assert shown(machine_after(text), name) == value


def test_a_name_shows_what_its_array_holds_now() -> None:
    machine = machine_after("z = np.add(buf1, buf2, out=buf1)\nh = sigmoid(z, out=buf1)")
    assert shown(machine, "z") == shown(machine, "h") == "sigmoid(x W[1:] + W[:1])"


def test_sizes_are_names_where_the_derivation_has_one() -> None:
    memory = Memory(NUMBERS)
    machine = Machine(SHAPES, memory, ("x", "y"))
    for line in ast.parse("N = x.shape[0]\nk = 4\nm = 7").body:
        machine.run(line)
    assert [shown(machine, name) for name in ("N", "k", "m")] == ["N", "k", "7"]


# ------------------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("np.multiply(buf3, 2, out=buf1)", "nothing was written to `buf3`"),
        ("np.multiply(nothing, 2, out=buf1)", "`nothing` has no value"),
        ("np.matmul(x, W[1:], out=x)", "`x` is not an array of the workspace"),
        ("np.matmul(x, W[1:], out=dW)", "does not fit"),
        ("np.matmul(x, W, out=buf1)", "inner sizes"),
        ("np.matmul(buf1.T, y, out=buf1)", "`buf1` is read and written by one call"),
        ("np.add(buf1.T.T, 1, out=buf1)", "`buf1` is read and written by one call"),
        ("silu(buf1, out=buf1, work=(buf3,))", "`buf1` is read and written by one call"),
        ("silu(buf1, out=buf3)", "`silu` computes in 1 arrays"),
        ("silu(buf1, out=buf3, work=(buf1,))", "a work array is used for something else"),
        ("silu(buf1, out=buf3, work=(buf3,))", "a work array is used for something else"),
        ("silu(buf1, out=buf3, work=(row1,))", "is not an array that `silu` can compute in"),
        ("silu(buf1, out=buf3, work=(mask1,))", "is not an array that `silu` can compute in"),
        ("np.add.reduce(buf2, axis=1, keepdims=True, out=row1)", "`buf2` holds a value that was"),
        ("softmax(buf2, out=buf3, work=(buf1, row1))", "`buf2` holds a value that was spread"),
        ("np.copyto(buf3, buf2)", "a value that was spread is copied"),
        ("np.copyto(ones1, 0)", "`ones1` is not an array for results"),
        ("np.copyto(mask1, 0)", "`mask1` is not an array for results"),
        ("np.dot(ones1, W, out=dW[:1])", "`ones1` has not the size of what it sums"),
        ("np.add(ones1, 1, out=buf1)", "nothing was written to `ones1`"),
        ("np.add(buf1, 1)", "the result of this call is lost"),
        ("np.add(buf1, 1, out=buf1[::2])", "a block is given by its bounds"),
        ("np.add(buf1, 1, out=buf1[N:])", "a block lies between two numbers"),
        ("buf1 += 1", "this statement is not known"),
        ("import os", "this statement is not known"),
        ("q = os.system('true')", "`os` has no value"),
        ("q = self.other", "this attribute is not known"),
        ("a, b = self.arrays", "2 names for 7 values"),
    ],
)
def test_what_it_refuses(text: str, reason: str) -> None:
    with pytest.raises(Fault, match=reason.replace("(", r"\(")):
        machine_after(text)


def test_a_work_array_holds_nothing_afterwards() -> None:
    machine = machine_after("silu(buf1, out=buf3, work=(buf2,))")
    with pytest.raises(Fault, match="nothing was written to `buf2`"):
        machine.held("buf2")


# ---------------------------------------------------------------------------------- blocks of rows

SHARING = """
def __init__(self, batch, dtype=np.float64):
    few = batch if batch <= 9 else 0
    self.few = few
    joined1 = np.ones((9, batch), dtype)
    buf1 = np.empty((9, few), dtype)
    buf2 = np.empty((8, few), dtype)
    mask1 = np.empty((9, few), bool)
    one = np.array(1, dtype)
    joined2 = joined1[0:5]
    joined3 = joined1[5:9]
    slope1 = buf1[1:5]
    slope2 = buf1[6:9]
    rest1 = joined2[1:]
    rest2 = joined3[1:]
    self.arrays = (joined1, buf1, buf2, mask1, one, joined2, joined3, slope1, slope2, rest1, rest2)
    self.gradient = {}
"""
FILLED = """
joined1, buf1, buf2, mask1, one, joined2, joined3, slope1, slope2, rest1, rest2 = self.arrays
few = self.few
np.copyto(rest1, x.T)
np.copyto(rest2, y.T)
"""


def sharing(text: str, *, few: bool = True) -> Machine:
    """The machine when two layers have their values, and some more statements have been run."""
    memory = Memory(NUMBERS)
    (node,) = ast.parse(SHARING).body
    assert isinstance(node, ast.FunctionDef)
    machine = Machine(SHAPES, memory, ("x", "y"), construct(node, memory, few=few))
    for line in ast.parse(FILLED + text).body:
        machine.run(line)
    return machine


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("np.square(joined1, out=buf1)", ("(x^T)^2", "(y^T)^2")),
        ("np.subtract(one, joined1, out=buf1)", ("1 - x^T", "1 - y^T")),
        (
            "np.square(joined1, out=buf1)\nnp.multiply(buf1, joined1, out=buf1)",
            ("(x^T)^2 ∘ x^T", "(y^T)^2 ∘ y^T"),
        ),
        ("step(joined1, out=buf1, work=(mask1,))", ("[x^T > 0]", "[y^T > 0]")),
    ],
)
def test_blocks_are_computed_entry_by_entry(text: str, values: tuple[str, str]) -> None:
    machine = sharing(text)
    assert (shown(machine, "slope1"), shown(machine, "slope2")) == values


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("np.square(joined1, out=joined1)", "the ones of `joined1` are overwritten"),
        ("np.square(joined1, out=buf2)", "from blocks of the same rows"),
        ("np.square(joined1, out=slope1)", "from blocks of the same rows"),
        ("softmax(joined1, axis=0, out=buf1)", "entry by entry"),
        ("np.matmul(joined1, x, out=buf1)", "entry by entry"),
        ("np.multiply(joined1, x.T, out=buf1)", "from blocks and numbers"),
        ("np.multiply(joined1, rest1, out=buf1)", "from blocks and numbers"),
        ("np.square(rest1, out=slope1)\nnp.add(buf1, joined1, out=buf1)", "of the same rows"),
        ("np.square(buf1, out=buf1)", "nothing was written to `buf1`"),
        ("step(joined1, out=buf1, work=(buf1,))", "something else in the same call"),
    ],
)
def test_blocks_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(Fault, match=reason):
        sharing(text)


def test_a_branch_goes_by_the_batch() -> None:
    (branch,) = ast.parse("if few:\n    a = one\nelse:\n    b = one").body
    assert isinstance(branch, ast.If)
    for few, text in ((True, "a = one"), (False, "b = one")):
        assert [ast.unparse(line) for line in sharing("", few=few).branch(branch)] == [text]
    with pytest.raises(Fault, match="a branch goes by an attribute"):
        machine_after("").branch(branch)


def test_what_is_there_for_few_samples_is_not_there_for_many() -> None:
    with pytest.raises(Fault):
        sharing("np.square(joined1, out=buf1)", few=False)


# --------------------------------------------------------------------------------- the constructor


def test_what_the_constructor_makes() -> None:
    memory, attributes = constructed()
    assert memory.sizes["buf1"] == (BATCH, 3)
    assert memory.sizes["dW"] == (5, 3)
    assert memory.kinds["mask1"] == "bool"
    assert memory.kinds["ones1"] == "ones"
    assert attributes["batch"] == Held(Var("N"), ())
    assert attributes["outer"] == "np.matmul"
    assert attributes["arrays"][-1] == Place("ones1")
    assert attributes["gradient"] == {"W": Place("dW")}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.ones((1, batch), dtype)", "np.full((1, batch), dtype)"),
        ("np.empty((batch, 1), dtype)", "np.empty((batch, 1), int)"),
        ("np.empty((batch, 1), dtype)", "np.empty((batch, width), dtype)"),
        ("np.empty((batch, 1), dtype)", "buf3[:, :1]"),
        ("np.dot if batch == 1 else np.matmul", "np.multiply if batch == 1 else np.matmul"),
        ("(buf1, buf2,", "(buf1, buf9,"),
        ('{"W": dW}', "{W: dW}"),
        ("self.batch = batch", "self.batch = 7"),
    ],
)
def test_what_the_constructor_must_not_do(old: str, new: str) -> None:
    assert old in CONSTRUCTOR
    with pytest.raises(Fault):
        constructed(CONSTRUCTOR.replace(old, new))
