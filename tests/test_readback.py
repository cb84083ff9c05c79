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
from tests.by_hand import ACTIVATIONS, MISH
from tests.stack_grid import grid, point


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
    for reading in readings_of(stack("5,4,3")):
        names.setdefault(reading.function, []).append(reading.name)
    forward, back = ["z1", "H1", "z2", "yhat"], ["dz2", "dH1", "dz1", "dW1", "dW2"]
    assert names["forward"] == forward
    assert names["loss"] == ["z1", "H1", "z2", "L"]
    assert sorted(names["gradients"]) == sorted([*forward, *back])
    assert sorted(names["loss_and_gradients"]) == sorted([*forward, "L", *back])
    assert sorted(names["Workspace.gradients"]) == sorted([*forward, *back])
    assert sorted(names["Workspace.loss_and_gradients"]) == sorted([*forward, "L", *back])


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
    "a product into an array that is needed": ("sigmoid(z1, out=buf1)", "sigmoid(z1, out=buf3)"),
    "a value that is gone": ("np.divide(buf5, N, out=buf5)", "np.divide(buf6, N, out=buf5)"),
    "an operand is also the result": ("(dz2, W2[1:].T, out=buf2", "(buf2, W2[1:].T, out=buf2"),
    "swapped operands": ("outer(H1.T, dz2,", "outer(dz2.T, H1,"),
    "a difference the wrong way round": ("np.subtract(1, H1,", "np.subtract(H1, 1,"),
    "no bias": ("np.copyto(buf2, W1[:1])", "np.copyto(buf2, 0)"),
    "no bias gradient": ("np.dot(ones1, dz1, out=dW1[:1])", "np.copyto(dW1[:1], 0)"),
    "a gradient in part": ("        np.dot(ones1, dz2, out=dW2[:1])\n", ""),
    "a block in the wrong place": ("outer(x.T, dz1, out=dW1[1:])", "outer(x.T, dz1, out=dW1[:6])"),
    "a gradient is overwritten": (
        "        return self.gradient",
        "        np.copyto(dW3, 0)\n        return self.gradient",
    ),
    "other ones": ("ones1 = np.ones((1, batch), dtype)", "ones1 = np.empty((1, batch), dtype)"),
    "too many ones": ("np.ones((1, batch), dtype)", "np.ones((1, 7), dtype)"),
    "ones are used up": ("np.copyto(buf2, W1[:1])", "np.copyto(ones1, 0)"),
    "gradients under each other's names": ('{"W1": dW1, "W2": dW2', '{"W1": dW2, "W2": dW1'),
    "arrays in another order": (
        "        (\n            buf1, buf2, buf3",
        "        (\n            buf1, buf3, buf2",
    ),
    "an array of another size": ("buf2 = np.empty((batch, 5)", "buf2 = np.empty((batch, 6)"),
    "arrays that stay the same": ("buf1 = np.empty((batch, 5), dtype)", "buf1 = self.other"),
    "the batch is forgotten": ("N = self.batch", "N = 1"),
    "some other product": ("np.dot if batch == 1 else np.matmul", "np.inner"),
    "work in an array that is needed": ("out=buf5, work=(buf6, ", "out=buf5, work=(buf3, "),
    "work in the result": ("out=buf5, work=(buf6, ", "out=buf5, work=(buf5, "),
    "no room to work": ("out=buf5, work=(buf6, buf8)", "out=buf5"),
    "the wrong axis": ("softmax(z3, axis=1,", "softmax(z3, axis=0,"),
    "a parameter is overwritten": ("np.copyto(buf2, W1[:1])", "np.copyto(W1, W1)"),
    "a sample is overwritten": ("H1 = sigmoid(z1, out=buf1)", "H1 = sigmoid(z1, out=x)"),
    "other rows of the weights": ("np.matmul(x, W1[1:],", "np.matmul(x, W1[:6],"),
    "a result is lost": ("H1 = sigmoid(z1, out=buf1)", "sigmoid(z1)"),
}


@cache
def small() -> tuple[str, Prover]:
    return emit(SMALL), Prover(derive.gradients(SMALL))


def planted(old: str, new: str, start: str, stop: str) -> str:
    """The text with a change in one part of it."""
    text, _ = small()
    first = text.index(start)
    last = text.index(stop, first) if stop else len(text)
    assert old in text[first:last], "the fault is not planted"
    return text[:first] + text[first:last].replace(old, new) + text[last:]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_fault_in_the_functions_is_found(name: str) -> None:
    text = planted(*FUNCTIONS[name], "def forward(", "class Workspace")
    wrong = [one for one in read_back(text, small()[1]) if not one.proved]
    assert wrong
    assert not any(one.function.startswith("Workspace") for one in wrong)
    assert all(one.reason for one in wrong)


@pytest.mark.parametrize("name", WORKSPACE)
def test_a_fault_in_the_workspace_is_found(name: str) -> None:
    text = planted(*WORKSPACE[name], "class Workspace", "")
    wrong = [one for one in read_back(text, small()[1]) if not one.proved]
    assert wrong
    assert all(one.function.startswith("Workspace") and one.reason for one in wrong)


def test_the_first_wrong_line_is_the_one_that_was_changed() -> None:
    """A line is judged by the true values of the names before it."""
    text = planted("z2 = H1 @ W2[1:] + W2[:1]", "z2 = H1 @ W2[1:]", "def gradients", "class")
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
    "axis=1": ("axis=0",),
}
ARRAY = re.compile(r"\b(?:(?:buf|mask|ones|dW|db|dz|dH|[HzWbt])\d+|x|y|yhat)\b")


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
        if "out=" in line or "copyto" in line:
            for new in edits(line, arrays):
                if new != line:
                    yield "\n".join([*lines[:at], f"        {new}", *lines[at + 1 :]])


def gradients_by(text: str, data: tuple[Any, ...]) -> dict[str, Any] | None:
    """What the workspace of a module gives, its arrays full of NaN before; None if it raises."""
    space = codegen.load(text).Workspace(len(data[1]))
    for array in space.arrays:
        if array.dtype != bool and not np.all(array == 1):
            array.fill(np.nan)
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
        found = gradients_by(text, data)
        if found is None or not all(np.allclose(found[k], truth[k], 1e-9) for k in truth):
            count += 1
            body = text[text.index("class Workspace") :]
            assert not all(one.proved for one in read_back(body, prover)), difference(made, text)
    return count


@pytest.mark.parametrize("made", [SMALL, EDITED], ids=["SMALL", "EDITED"])
def test_some_edits_that_change_the_numbers(made: Stack, rng: np.random.Generator) -> None:
    assert assert_never_proved(made, islice(edited(made), 0, None, 17), rng) > 15


@pytest.mark.slow
@pytest.mark.parametrize("made", [SMALL, EDITED], ids=["SMALL", "EDITED"])
def test_more_edits_that_change_the_numbers(made: Stack, rng: np.random.Generator) -> None:
    assert assert_never_proved(made, islice(edited(made), 1, None, 4), rng) > 60


def difference(made: Stack, text: str) -> str:
    """The edited line."""
    pairs = zip(emit(made).split("\n"), text.split("\n"), strict=True)
    return "; ".join(f"{old.strip()} -> {new.strip()}" for old, new in pairs if old != new)
