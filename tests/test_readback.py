"""Reading back: every emitted line is proved, and what was changed in the text is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest

import codegen
import derive
from codegen.emission import emit
from codegen.readback import Reading, read_back
from derive.dense import Stack
from derive.layers import stack
from derive.proof import Prover
from tests.branches import both
from tests.by_hand import ACTIVATIONS, MISH
from tests.stack_grid import grid, point
from tests.stale import spoil


def readings_of(made: Stack) -> tuple[Reading, ...]:
    return read_back(emit(made), Prover(derive.gradients(made)))


# ------------------------------------------------------------------------------ what is proved


@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_every_line_of_every_kind_of_module_is_proved(hidden: str) -> None:
    for made in grid(hidden)[list(ACTIVATIONS).index(hidden) % 2 :: 2]:
        wrong = [one for one in readings_of(made) if not one.proved]
        assert not wrong, made.describe()


def test_it_reads_functions_and_methods() -> None:
    names: dict[str, list[str]] = {}
    for reading in readings_of(stack("5,4,3", bias="none")):
        names.setdefault(reading.function, []).append(reading.name)
    forward, back = ["z1", "H1", "z2", "yhat"], ["dz2", "dH1", "dz1", "dW1", "dW2"]
    assert names["forward"] == forward
    assert names["loss"] == ["z1", "H1", "z2", "L"]
    assert sorted(names["gradients"]) == sorted([*forward, *back])
    assert sorted(names["loss_and_gradients"]) == sorted([*forward, "L", *back])
    turned = [f"{name}_T" for name in (*forward, *back[:-2])]
    own = ["dW1", "dW2"]
    assert sorted(names["Workspace.gradients"]) == sorted([*turned, *own])
    assert sorted(names["Workspace.loss_and_gradients"]) == sorted([*turned, "L", *own])


def test_a_reading_says_where_the_line_is() -> None:
    made = stack("5,4,3")
    lines = emit(made).split("\n")
    for reading in readings_of(made):
        assert reading.text in lines[reading.line - 1]


def test_a_text_without_functions_is_no_module() -> None:
    with pytest.raises(ValueError, match="defines none of forward"):
        read_back("x = 1", Prover(derive.gradients(stack("2,2"))))


# ------------------------------------------------------------------------------ planted faults

SMALL = stack("6,5,4,3")

FUNCTIONS = {
    "a wrong operand": ("dH1 = dz2 @ W2[1:].T", "dH1 = dz2 @ W2[:-1].T"),
    "a missing term": ("z2 = H1 @ W2[1:] + W2[:1]", "z2 = H1 @ W2[1:]"),
    "a missing factor": ("dz2 = dH2 * H2 * (1 - H2)", "dz2 = dH2 * (1 - H2)"),
    "a wrong sign": ("dz3 = (yhat - y) / N", "dz3 = (y - yhat) / N"),
    "another parameter": ('W2 = params["W2"]', 'W2 = params["W3"]'),
    "another size": ("N = x.shape[0]", "N = x.shape[1]"),
    "the wrong result": ("return yhat", "return z3"),
    "gradients under each other's names": ('{"W1": dW1, "W2": dW2', '{"W1": dW2, "W2": dW1'),
    "a gradient is missing": ('{"W1": dW1, ', "{"),
    "a name before its value": ("z1 = x @ W1[1:]", "z1 = H1 @ W1[1:]"),
    "the loss of something else": ("return L, {", "return N, {"),
    "a statement that is not known": ("    return yhat", "    del z1\n    return yhat"),
    "a change of an array": ("    return yhat", "    yhat += 1\n    return yhat"),
    "a call for its effect": ("    return yhat", "    np.copyto(yhat, z3)\n    return yhat"),
    "what no notation has": ("H1 = sigmoid(z1)", "H1 = np.fft.fft(z1)"),
    "a function of another name": ("H1 = sigmoid(z1)", "H1 = silu(z1)"),
    "the outer product of others": ("weight_gradient(H1, dz2)", "weight_gradient(H2, dz2)"),
}

WORKSPACE = {
    "a product into an array that is needed": (
        "product(W2.T, t1, out=rest3)",
        "product(W2.T, t1, out=rest2)",
    ),
    "a value that is gone": (
        "np.divide(buf4, samples, out=buf4)",
        "np.divide(buf5, samples, out=buf4)",
    ),
    "an operand is also the result": ("(W2[1:], dz2_T, out=buf3", "(W2[1:], buf3, out=buf3"),
    "swapped operands": ("np.dot(t1, dz2_T.T,", "np.dot(dz2_T, t1.T,"),
    "a difference the wrong way round": ("np.subtract(one, H1_T,", "np.subtract(H1_T, one,"),
    "another number": ("one = np.array(1, dtype)", "one = np.array(2, dtype)"),
    "another number of samples": ("np.array(batch, dtype)", "np.array(32, dtype)"),
    "a number that is overwritten": ("out=rest2)", "out=one)"),
    "no bias": ("np.copyto(buf3, W1[:1].T)", "np.copyto(buf2, 0)"),
    "no bias gradient": (
        "np.matmul(dz1_T, ones1, out=dW1_T[:, :1])",
        "np.copyto(dW1_T[:, :1], 0)",
    ),
    "a gradient in part": ("        np.matmul(dz1_T, ones1, out=dW1_T[:, :1])\n", ""),
    "a block in the wrong place": (
        "outer(dz1_T, x, out=dW1_T[:, 1:]",
        "outer(dz1_T, x, out=dW1_T[:, :6]",
    ),
    "a gradient is overwritten": (
        "        return self.gradient",
        "        np.copyto(dW3, 0)\n        return self.gradient",
    ),
    "a gradient of another shape": ('"W1": dW1_T.T', '"W1": dW1_T'),
    "other ones": ("ones1 = np.ones((batch, 1), dtype)", "ones1 = np.empty((batch, 1), dtype)"),
    "too many ones": ("np.ones((batch, 1), dtype)", "np.ones((batch, 7), dtype)"),
    "ones are used up": ("np.copyto(buf3, W1[:1].T)", "np.copyto(ones1, 0)"),
    "no ones above a value": ("joined1 = np.ones(", "joined1 = np.empty("),
    "the ones are overwritten": ("np.copyto(buf3, W1[:1].T)", "np.copyto(joined1, 0)"),
    "the ones are overwritten in part": (
        "z2_T = product(",
        "np.copyto(t1[:1], 0)\n        z2_T = product(",
    ),
    "other ones above a value": ("rest2 = joined1[1:]", "rest2 = joined1[2:]"),
    "a value without its ones": ("t1 = joined1", "t1 = rest2"),
    "another value with its ones": ("t1 = joined1", "t1 = joined2"),
    "pads that are not 0": ("pad1 = np.zeros(", "pad1 = np.ones("),
    "pads of another size": ("pad3 = np.zeros((2, 400)", "pad3 = np.zeros((3, 400)"),
    "pads that do not belong together": ("work=(pad1, pad2)", "work=(pad1, pad1)"),
    "a pad is written to": ("np.copyto(buf3, W1[:1].T)", "np.copyto(pad1, 0)"),
    "gradients under each other's names": (
        '{"W1": dW1_T.T, "W2": dW2',
        '{"W1": dW2, "W2": dW1_T.T',
    ),
    "arrays in another order": (
        "rest2, rest3,\n        ) = self.arrays",
        "rest3, rest2,\n        ) = self.arrays",
    ),
    "an array of another size": ("buf3 = np.empty((15, batch)", "buf3 = np.empty((16, batch)"),
    "arrays that stay the same": ("buf3 = np.empty((15, batch), dtype)", "buf3 = self.other"),
    "the batch is forgotten": ("N = self.batch", "N = 1"),
    "some other product": ("np.dot if batch <= 32 else np.matmul", "np.inner"),
    "work in an array that is needed": ("out=buf4, work=(buf5, ", "out=buf4, work=(buf3, "),
    "work in the result": ("out=buf4, work=(buf5, ", "out=buf4, work=(buf4, "),
    "no room to work": ("out=buf4, work=(buf5, buf7)", "out=buf4"),
    "the wrong axis": ("softmax(z3_T, axis=0,", "softmax(z3_T, axis=1,"),
    "a parameter is overwritten": ("np.copyto(buf3, W1[:1].T)", "np.copyto(W1, W1)"),
    "a sample is overwritten": ("H1_T = sigmoid(z1_T, out=rest2)", "H1_T = sigmoid(z1_T, out=x)"),
    "other rows of the weights": ("turned(x, W1[1:],", "turned(x, W1[:400],"),
    "a product that is not turned": ("turned(x, W1[1:],", "turned(W1[1:].T, x.T,"),
    "a product turned in an array of another size": (
        "out=rest2, work=(buf2,)",
        "out=rest2, work=(buf3,)",
    ),
    "a product turned in its result": ("out=rest2, work=(buf2,)", "out=rest2, work=(rest2,)"),
    "a transpose is missing": ("product(W2.T, t1,", "product(W2, t1,"),
    "a result is lost": ("H1_T = sigmoid(z1_T, out=rest2)", "sigmoid(z1_T)"),
}
TALL = stack("400,15,4:tanh,3")

LUMPED = {
    "another factor": ("np.multiply(dH2_T, slope2,", "np.multiply(dH2_T, slope1,"),
    "the factor of what is needed": ("np.multiply(dH2_T, slope2,", "np.multiply(dH2_T, rest2,"),
    "factors of something else": ("np.square(joined1, out=buf1)", "np.square(buf1, out=buf1)"),
    "factors in the values": ("np.square(joined1, out=buf1)", "np.square(joined1, out=joined1)"),
    "factors of one layer": ("np.square(joined1, out=buf1)", "np.square(rest1, out=slope1)"),
    "factors that are never computed": ("np.square(joined1, out=buf1)", "pass"),
    "a difference the wrong way round": ("(one, buf1, out=buf1)", "(buf1, one, out=buf1)"),
    "half of them": ("np.subtract(one, buf1, out=buf1)", "np.subtract(one, slope1, out=slope1)"),
    "less an array": ("np.subtract(one, buf1,", "np.subtract(joined1, buf1,"),
    "not entry by entry": ("np.square(joined1,", "softmax(joined1,"),
    "not by blocks": ("np.square(joined1, out=buf1)", "np.matmul(joined1, one, out=buf1)"),
    "blocks in an array of another size": (
        "buf1 = np.empty((10, few)",
        "buf1 = np.empty((11, few)",
    ),
    "blocks for another batch": ("buf1 = np.empty((10, few)", "buf1 = np.empty((10, 1)"),
    "blocks out of place": ("slope1 = buf1[1:5]", "slope1 = buf1[0:4]"),
    "blocks beyond the end": ("slope2 = buf1[6:10]", "slope2 = buf1[7:11]"),
    "blocks that overlap": ("joined3 = joined1[5:10]", "joined3 = joined1[4:9]"),
    "blocks of nothing": ("joined1 = np.ones((10, batch), dtype)", "joined1 = one"),
    "no ones between blocks": ("joined1 = np.ones((10,", "joined1 = np.empty((10,"),
    "the ones are overwritten": ("np.square(joined1, out=buf1)", "np.copyto(joined1, 0)"),
    "ones between blocks are overwritten": (
        "t1 = joined2",
        "t1 = joined2\n        np.copyto(joined3, 0)",
    ),
    "wrong for many samples": ("np.square(H2_T, out=rest2)", "np.square(H1_T, out=rest2)"),
    "nothing for many samples": ("np.square(H2_T, out=rest2)", "pass"),
    "the other way round": ("if few:", "if product:"),
    "another limit below": ("else 0  #", "else 1  #"),
    "another limit above": ("few = batch if", "few = 7 if"),
    "a limit of something else": ("if batch <=", "if dtype <="),
    "two limits": ("self.few = few", "self.few = few\n        more = batch if batch <= 9 else 0"),
    "a branch by something else": ("few = self.few", "few = self.batch"),
    "an input that is not copied": ("np.copyto(rest3, x)", "pass"),
    "a copy of something else": ("np.copyto(rest3, x)", "np.copyto(rest3, 1)"),
    "an input in the place of its ones": ("np.copyto(rest3, x)", "np.copyto(given1[:, :5], x)"),
    "an input above its ones": ("rest3 = given1[:, 1:]", "rest3 = given1[1:]"),
    "an input beside something else": ("given1 = np.ones(", "given1 = np.empty("),
    "an input without its ones": ("np.dot(dz1_T, given1,", "np.dot(dz1_T, rest3,"),
    "the ones of the input are overwritten": ("np.copyto(rest3, x)", "np.copyto(given1, 1)"),
}
LAYERS = stack("5,4:tanh,4:tanh,3")


@cache
def small() -> tuple[str, Prover]:
    return emit(SMALL), Prover(derive.gradients(SMALL))


@cache
def tall() -> tuple[str, Prover]:
    """A module whose first gradient is large enough to be padded."""
    return emit(TALL), Prover(derive.gradients(TALL))


@cache
def layers() -> tuple[str, Prover]:
    """A module whose factors of two layers are computed at once for few samples."""
    return emit(LAYERS), Prover(derive.gradients(LAYERS))


def planted(text: str, old: str, new: str, start: str, stop: str) -> str:
    """The text with a change in one part of it."""
    first = text.index(start)
    last = text.index(stop, first) if stop else len(text)
    assert old in text[first:last], "the fault is not planted"
    return text[:first] + text[first:last].replace(old, new) + text[last:]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_fault_in_the_functions_is_found(name: str) -> None:
    text = planted(small()[0], *FUNCTIONS[name], "def forward(", "class Workspace")
    wrong = [one for one in read_back(text, small()[1]) if not one.proved]
    assert wrong
    assert not any(one.function.startswith("Workspace") for one in wrong)
    assert all(one.reason for one in wrong)


@pytest.mark.parametrize("name", WORKSPACE)
def test_a_fault_in_the_workspace_is_found(name: str) -> None:
    text = planted(tall()[0], *WORKSPACE[name], "class Workspace", "")
    wrong = [one for one in read_back(text, tall()[1]) if not one.proved]
    assert wrong
    assert all(one.function.startswith("Workspace") and one.reason for one in wrong)


@pytest.mark.parametrize("name", LUMPED)
def test_a_fault_in_what_layers_share_is_found(name: str) -> None:
    text = planted(layers()[0], *LUMPED[name], "class Workspace", "")
    wrong = [one for one in read_back(text, layers()[1]) if not one.proved]
    assert wrong
    assert all(one.function.startswith("Workspace") and one.reason for one in wrong)


def test_both_branches_are_read() -> None:
    found = [one for one in read_back(*layers()) if one.function == "Workspace.gradients"]
    assert [one.name for one in found].count("dz1_T") == 2
    assert all(one.proved for one in found)


def test_the_first_wrong_line_is_the_one_that_was_changed() -> None:
    """A line is judged by the true values of the names before it."""
    text = planted(
        small()[0], "z2 = H1 @ W2[1:] + W2[:1]", "z2 = H1 @ W2[1:]", "def gradients", "class"
    )
    wrong = [one for one in read_back(text, small()[1]) if not one.proved]
    assert [(one.function, one.name) for one in wrong] == [("gradients", "z2")]


# ------------------------------------------------------------------------------- every small edit

EDITED = stack("6,5:softmax,4:mish,3", define=[MISH], bias="separate", reduction="sum")
SWAPS = {
    "np.add(": ("np.subtract(", "np.multiply("),
    "np.subtract(": ("np.add(",),
    "np.multiply(": ("np.add(", "np.divide("),
    "np.square(": ("np.sqrt(", "np.negative("),
    "np.tanh(": ("np.sin(",),
    "sigmoid(": ("np.tanh(",),
    "[1:]": ("[:1]", ""),
    "[:1]": ("[1:]", ""),
    ".T": ("",),
    "(1, ": ("(2, ",),
    "axis=0": ("axis=1",),
}
ARRAY = re.compile(
    r"\b(?:(?:buf|mask|ones|joined|rest|slope|pad|dW|db|dz|dH|[HzWbt])\d+(?:_T)?|x|y|yhat_T)\b"
)


def edits(line: str, arrays: list[str]) -> Iterator[str]:
    """The line with one thing changed: left out, another function, another array, other order."""
    yield "pass"
    for old, others in SWAPS.items():
        for found in re.finditer(re.escape(old), line):
            yield from (line[: found.start()] + new + line[found.end() :] for new in others)
    code = line.index("=") + 1 if re.match(r"\w+ = ", line) else 0
    for found in ARRAY.finditer(line, code):
        start = arrays.index(found[0])
        for other in (arrays[start - 1], arrays[start - 7], arrays[start - 12]):
            yield line[: found.start()] + other + line[found.end() :]
    yield re.sub(r"\(([\w.\[:\]]+), ([\w.\[:\]]+), out", r"(\2, \1, out", line)


def edited(made: Stack) -> Iterator[str]:
    """The text of a module, with one edit in one line of `Workspace.gradients` each time."""
    lines = emit(made).split("\n")
    start = max(at for at, line in enumerate(lines) if "def gradients(self" in line)
    arrays = sorted({name for line in lines[start:] for name in ARRAY.findall(line)})
    for at in range(start + 1, len(lines)):
        line = lines[at].strip()
        margin = " " * (len(lines[at]) - len(line))
        if "out=" in line or "copyto" in line:
            for new in edits(line, arrays):
                if new != line:
                    yield "\n".join([*lines[:at], margin + new, *lines[at + 1 :]])


def gradients_by(text: str, data: tuple[Any, ...]) -> dict[str, Any] | None:
    """What the workspace of a module gives, its arrays full of NaN before; None if it raises."""
    space = codegen.load(text).Workspace(len(data[1]))
    spoil(space.arrays)
    data = ({k: v.copy() for k, v in data[0].items()}, data[1].copy(), data[2].copy())
    try:
        with np.errstate(all="ignore"):
            return {name: value.copy() for name, value in space.gradients(*data).items()}
    except (ValueError, TypeError, NameError, UnboundLocalError):
        return None


def assert_never_proved(made: Stack, texts: Iterable[str], rng: np.random.Generator) -> int:
    """No edit that changes the numbers is proved; how many of them do."""
    data = point(made, rng)
    truth = codegen.load(emit(made)).gradients(*data)
    prover = Prover(derive.gradients(made))
    count = 0
    for text in texts:
        found = [gradients_by(branch, data) for branch in both(text)]
        if not all(
            one and all(np.allclose(one[k], truth[k], 1e-9) for k in truth) for one in found
        ):
            count += 1
            body = text[text.index("class Workspace") :]
            assert not all(one.proved for one in read_back(body, prover)), difference(made, text)
    return count


@pytest.mark.parametrize("made", [SMALL, EDITED, LAYERS], ids=["SMALL", "EDITED", "LAYERS"])
def test_some_edits_that_change_the_numbers(made: Stack, rng: np.random.Generator) -> None:
    assert assert_never_proved(made, islice(edited(made), 0, None, 13), rng) > 15


@pytest.mark.slow
@pytest.mark.parametrize("made", [SMALL, EDITED, LAYERS], ids=["SMALL", "EDITED", "LAYERS"])
def test_more_edits_that_change_the_numbers(made: Stack, rng: np.random.Generator) -> None:
    assert assert_never_proved(made, islice(edited(made), 1, None, 4), rng) > 50


def difference(made: Stack, text: str) -> str:
    """The edited line."""
    pairs = zip(emit(made).split("\n"), text.split("\n"), strict=True)
    return "; ".join(f"{old.strip()} -> {new.strip()}" for old, new in pairs if old != new)
