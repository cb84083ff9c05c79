"""Other names, other sides, other networks: what is the same quantity, and what only looks so."""

from __future__ import annotations

import pytest

from derive.grading.key import read_key
from derive.grading.own_names import by_custom, by_value
from derive.grading.own_network import same_network
from derive.grading.said import said
from derive.grading.turning import turned_over, with_one_axis
from derive.setting import Setting, setting_of
from derive.shape import shape_text
from tests.answer_trees import KEY
from tests.made_submissions import OWN_COLUMN, OWN_ROW

STEPS = ("z1", "h", "z2", "p")
PAIRS = {"J": "L", "X": "x", "V": "W1", "U": "W2", "c": "b1", "e": "b2", "t": "y"} | {
    "u": "z1",
    "g": "h",
    "v": "z2",
    "q": "p",
}


def network(text: str) -> Setting:
    return setting_of(said(text, ".derive").lines)


def key() -> Setting:
    return read_key(KEY).setting()


@pytest.mark.parametrize("text", [OWN_ROW, OWN_COLUMN])
def test_the_same_network_in_other_names(text: str) -> None:
    same = same_network(key(), network(text), STEPS)
    assert same is not None
    assert same.names == PAIRS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tanh(u)", "sigmoid(u)"),
        ("-1/n * ", "-1 * "),
        ("X V + c", "X V"),
        ("sum(t ∘ log(q))", "sum(t ∘ q)"),
        ("softmax(v)", "softmax(v, axis=0)"),
        ("loss J = ", "let J = "),
        ("input X : n × d", "input X : 1 × d"),
        ("param e : 1 × m", "const e : 1 × m = [[0, 0]]"),
        ("let g = tanh(u)", "let g = tanh(w)"),
    ],
)
def test_another_network(old: str, new: str) -> None:
    assert old in OWN_ROW
    assert same_network(key(), network(OWN_ROW.replace(old, new)), STEPS) is None


def test_the_facts_are_those_of_the_key() -> None:
    """Nobody declares an input positive and then has relu(x) = x."""
    own = network(
        OWN_COLUMN.replace("X : d × n", "X : d × n positive").replace(" distribution axis=0", "")
    )
    same = same_network(key(), own, STEPS)
    assert same is not None
    facts = {one.name: one.facts for one in same.setting.symbols}
    assert facts["X"] == ()
    assert facts["t"] == ("distribution axis=0",)


def test_numbers_for_sizes_are_those_of_the_key() -> None:
    """With N = 1 a lost 1/N would not show."""
    same = same_network(key(), network("dims n=1, d=2\n" + OWN_ROW.split("\n", 1)[1]), STEPS)
    assert same is not None
    assert same.setting.sizes == {}


def test_definitions_are_found_by_value() -> None:
    page = r"""$a = x W_1 + b_1$, $o_1 = \frac{e^a - e^{-a}}{e^a + e^{-a}}$,
    $s = o_1 W_2 + b_2$, $\hat y = \mathrm{softmax}(s)$, $r = \hat y - y$."""
    found = {one.written: one.text for one in by_value(key(), said(page, ".md").definitions)}
    assert found == {
        "a": "z1",
        "o_1": "h",
        "s": "z2",
        r"\hat{y}": "p",
        "r": r"(\hat y - y)",
    }


def test_a_name_that_the_key_has_for_something_else() -> None:
    (one,) = by_value(key(), said(r"We write $h = x W_1 + b_1$.", ".md").definitions)
    assert (one.written, one.text) == ("h", "z1")


@pytest.mark.parametrize("suffix", [".md", ".py"])
def test_steps_by_steps_also_in_code(suffix: str) -> None:
    """The second step is said by the name of the first, which the key has for something else."""
    lines = ("h = x @ W1 + b1", "a = np.tanh(h)", "s = a @ W2 + b2")
    text = "\n".join(lines) if suffix == ".py" else "\n\n".join(f"${line}$" for line in lines)
    found = {one.written: one.text for one in by_value(key(), said(text, suffix).definitions)}
    assert found == {"h": "z1", "a": "h", "s": "z2"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"\frac{1}{m} X^T (p - t)", {"m": "N", "X": "x", "t": "y"}),
        (r"\sum_{i=1}^{m} p_i", {"m": "N"}),
        (r"\sum_m p_m", {}),
        ("w1 x", {"w_1": "W1"}),
        ("x Q", {}),
    ],
)
def test_names_by_custom(text: str, meant: dict[str, str]) -> None:
    assert {one.written: one.text for one in by_custom(key(), [text])} == meant


def test_names_by_custom_in_a_stack() -> None:
    made = read_key("stack 4,3,2\npoints dL/dW1 = 1").setting()
    found = {one.written: one.text for one in by_custom(made, ["a_1^T (a_2 - t)"])}
    assert found == {"a_1": "H1", "a_2": "yhat", "t": "y"}


def test_a_network_turned_over() -> None:
    made = turned_over(key())
    assert made is not None
    shapes = {name: shape_text(made.shapes[name]) for name in ("x", "W1", "b1", "h", "L")}
    assert shapes == {"x": "D×N", "W1": "H×D", "b1": "H×1", "h": "H×N", "L": "scalar"}
    assert next(one.facts for one in made.symbols if one.name == "y") == ("distribution axis=0",)
    again = turned_over(made)
    assert again is not None
    assert again.shapes == key().shapes


def test_a_stack_turned_over_is_that_stack_in_columns() -> None:
    made = turned_over(read_key("stack 4,3,2\npoints dL/dW1 = 1").setting())
    assert made is not None
    assert made.network is not None
    assert made.network.layout == "column"


@pytest.mark.parametrize("line", ["input q : (D,)", "input q : N × D × H"])
def test_what_has_no_other_side(line: str) -> None:
    assert turned_over(setting_of(said(f"{line}\nlet L = np.sum(q)", ".derive").lines)) is None


def test_rows_in_arrays_with_one_axis() -> None:
    made = with_one_axis(key())
    assert made is not None
    assert {n: shape_text(made.shapes[n]) for n in ("b1", "b2", "x")} == {
        "b1": "(H,)",
        "b2": "(C,)",
        "x": "N×D",
    }
    assert with_one_axis(setting_of(said("stack 4,3 bias=none", ".derive").lines)) is None
