"""What is found in a submission: a gallery of answers, and what each amounts to."""

from __future__ import annotations

import pytest

from derive.grading.evidence import Evidence
from derive.grading.judging import evidence
from derive.grading.key import read_key
from derive.grading.rubric import graded
from derive.grading.ways import KEY as IN_KEY
from derive.grading.ways import OWN, TURNED
from tests.answer_trees import KEY
from tests.made_submissions import ITEMS, OWN_ROW, made

EXERCISE = read_key(KEY)
SECONDS = 60.0


def found(text: str, suffix: str = ".derive", key: str | None = None) -> Evidence:
    return evidence(read_key(key) if key else EXERCISE, text, suffix, SECONDS)


def statuses(text: str, suffix: str = ".derive", key: str | None = None) -> dict[str, str]:
    """The status of each answer; those that are missing left out."""
    told = found(text, suffix, key)
    assert not told.failure, told.failure
    return {one.name: one.status for one in told.findings if one.status != "missing"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("claim dL/dW2 = h^T (p - y) / N", "right"),
        ("claim dL/dW2 = (p - y)^T h / N", "layout"),
        ("claim dL/dW2 = h^T (p - y)", "repair"),
        ("claim dL/dW2 = h (p - y) / N", "repair"),
        ("claim dL/dW2 = h^T (p - y) / N = W2 ∘ W2 ∘ W2", "step"),
        ("claim dL/dW2 = W2 ∘ W2 ∘ W2", "wrong"),
        ("claim dL/dW2 = h^T (p - qux) / N", "unreadable"),
        ("claim dL/dW2 = dL/dz2 dz2/dW2", "undecided"),
    ],
)
def test_one_answer(text: str, status: str) -> None:
    assert statuses(text) == {"dL/dW2": status}


def test_a_factor_that_is_most_of_the_answer_is_no_small_change() -> None:
    assert statuses("claim dL/dW1 = x^T ((p - y) W2^T) / N") == {"dL/dW1": "repair"}
    assert statuses("claim dL/dW1 = x^T z1") == {"dL/dW1": "wrong"}
    assert statuses("claim dL/dW1 = x^T") == {"dL/dW1": "wrong"}


# ------------------------------------------------------------------------- what answers rest on


def test_a_page_that_only_names_the_derivative() -> None:
    text = (
        r"We write $g = \frac{\partial L}{\partial W_2}$, so $\frac{\partial L}{\partial W_2} = g$."
    )
    assert statuses(text, ".md").get("dL/dW2") != "right"


def test_a_submission_has_no_say_in_its_points() -> None:
    text = "points each = 100\ncredit step = 100%\nclaim dL/dW2 = h^T (p - y)"
    assert graded(EXERCISE, found(text)).total == 1


@pytest.mark.parametrize(
    "text",
    [
        "claim dL/dW2 = dL/dW2",
        "claim dL/dW2 = 2 dL/dW2 - dL/dW2",
        "given q = dL/dW2\nclaim dL/dW2 = q",
        "alias q = dL/dW2\nclaim dL/dW2 = q",
        "claim dL = tr((dL/dW2)^T dW2)",
        r"claim \frac{\partial L}{\partial W_2} = \frac{\partial}{\partial W_2} L",
        r"claim dL/dW2 = \frac{\partial}{\partial W_2} (-\frac{1}{N} sum(y ∘ log(p)))",
    ],
)
def test_to_name_a_derivative_is_not_to_derive_it(text: str) -> None:
    assert statuses(text) == {}


STEP = "claim dL/dW1 = x^T dL/dz1\n"


def test_a_step_is_an_answer_beside_what_it_rests_on() -> None:
    assert statuses(STEP) == {"dL/dW1": "step"}
    assert statuses(STEP + "claim dL/dz1 = ((p - y) W2^T ∘ (1 - h^2)) / N") == {"dL/dW1": "right"}


def test_what_rests_on_a_mistake_is_no_better() -> None:
    assert statuses(STEP + "claim dL/dz1 = ((p - y) W2^T ∘ (1 - h)) / N") == {"dL/dW1": "repair"}
    assert statuses(STEP + "claim dL/dz1 = z1 ∘ z1 ∘ z1") == {"dL/dW1": "step"}


def test_a_mistake_in_what_the_key_asks_for_costs_once() -> None:
    text = "claim dL/dz2 = p - y\nclaim dL/dW2 = h^T dL/dz2"
    assert statuses(text) == {"dL/dz2": "repair", "dL/dW2": "right"}
    note = {one.name: one.note for one in found(text).findings}["dL/dW2"]
    assert note == "rests on dL/dz2, which is taken as it should be"


def test_a_circle_is_no_derivation() -> None:
    circle = "claim dL/dz1 = dL/dh ∘ (1 - h^2)\nclaim dL/dh = dL/dz1 / (1 - h^2)"
    assert statuses(f"{STEP}{circle}") == {"dL/dW1": "step"}


def test_what_the_key_gives_need_not_be_derived() -> None:
    key = KEY.replace("claim   dL/dz2", "given   d2 = dL/dz2\nclaim   dL/dz2")
    assert statuses("claim dL/dW2 = h^T d2", key=key) == {"dL/dW2": "right"}


# --------------------------------------------------------------------------------- which answer


def test_the_last_answer_counts_and_an_earlier_right_one_is_a_step() -> None:
    right, wrong = "claim dL/dW2 = h^T (p - y) / N\n", "claim dL/dW2 = W2 ∘ W2 ∘ W2\n"
    assert statuses(right + wrong) == {"dL/dW2": "step"}
    assert statuses(wrong + right) == {"dL/dW2": "right"}


def test_missing_and_not_understood_are_told_apart() -> None:
    told = found("claim dL/dW2 = h^T (p - y) / N\nclaim dL/db2 = ((")
    known = {one.name: one.status for one in told.findings}
    assert (known["dL/dW2"], known["dL/db2"], known["dL/dW1"]) == ("right", "unreadable", "missing")
    lost = found("claim dL/dW2 = h^T (p - y) / N\nclam dL/db2 = 1")
    assert {one.status for one in lost.findings} == {"right", "unreadable"}
    assert lost.unread == ("line 2: `clam` is not a statement",)


def test_others_are_told_and_count_nothing() -> None:
    told = found("claim dL/dh = (p - y) W2^T / N")
    assert [(one.name, one.status) for one in told.others] == [("dL/dh", "right")]


# ------------------------------------------------------------------------------- whose notation


@pytest.mark.parametrize(
    ("text", "suffix", "way"),
    [
        (r"So $\frac{\partial L}{\partial W_2} = \frac{1}{m} h^\top (p - y)$.", ".md", IN_KEY),
        (r"\begin{align} \nabla_{W_2} L &= \frac{1}{N} h^T(p - y) \end{align}", ".tex", IN_KEY),
        ("def f():\n    dW2 = h.T @ (p - y) / len(x)", ".py", IN_KEY),
        ("def f():\n    e = p - y\n    dW2 = h.T.dot(e)\n    dW2 = dW2 / len(x)", ".py", IN_KEY),
        ("column\nclaim dL/dW2 = (p - y) h^T / N", ".derive", TURNED),
        ("claim dL/dW2 = (p - y) h^T / N", ".derive", TURNED),
        ("alias g = h\nclaim dL/dW2 = g^T (p - y) / N", ".derive", IN_KEY),
        ("let g = tanh(z1)\nclaim dL/dW2 = g^T (p - y) / N", ".derive", IN_KEY),
        (OWN_ROW + "claim dJ/dU = g^T (q - t) / n", ".derive", OWN),
    ],
)
def test_a_right_answer_in_any_notation(text: str, suffix: str, way: str) -> None:
    told = found(text, suffix)
    assert {one.name: one.status for one in told.findings}["dL/dW2"] == "right"
    assert told.way == way


def test_code_that_calls_something_else_dz2_is_followed() -> None:
    code = "dz2 = p - y\ndW2 = h.T @ dz2 / len(x)\ndb2 = dz2.sum(axis=0) / len(x)"
    assert statuses(code, ".py") == {"dL/dz2": "repair", "dL/dW2": "right", "dL/db2": "right"}


def test_gradients_may_be_kept_in_a_dict() -> None:
    code = "e = (p - y) / len(x)\ngrads['W2'] = h.T @ e\ngrads['db2'] = e.sum(0)\nW1_grad = x"
    assert statuses(code, ".py") == {"dL/dW2": "right", "dL/db2": "right", "dL/dW1": "wrong"}


def test_a_bias_may_have_one_axis_or_two() -> None:
    for keep in ("", ", keepdims=True"):
        code = f"claim dL/db2 = np.sum(p - y, axis=0{keep}) / N"
        assert statuses(code) == {"dL/db2": "right"}


def test_forward_lines_do_not_change_the_exercise() -> None:
    """Who says what the loss is does not get points for its gradient."""
    easy = "loss L = sum(W2)\nclaim dL/dW2 = 1 1^T"
    assert statuses(easy).get("dL/dW2") != "right"
    own = OWN_ROW.replace("-1/n * sum(t ∘ log(q))", "sum(U)") + "claim dJ/dU = U / U"
    assert statuses(own).get("dL/dW2") != "right"
    assert found(own).unread[-1].startswith("its own network was left aside")


def test_a_stack_that_leaves_the_reduction_open() -> None:
    key = "stack 4,3,2 bias=separate\npoints dL/dW2 = 2\npoints dL/db2 = 1"
    both = "claim dL/dW2 = H1^T (yhat - y){0}\nclaim dL/db2 = 1^T (yhat - y){1}"
    right = {"dL/dW2": "right", "dL/db2": "right"}
    assert statuses(both.format("", ""), key=key) == right
    assert statuses(both.format(" / N", " / N"), key=key) == right
    assert sorted(statuses(both.format(" / N", ""), key=key).values()) == ["repair", "right"]


def test_a_stack_of_the_submission_own() -> None:
    key = "stack 4,3,2 bias=separate reduction=mean\npoints dL/dW2 = 2"
    text = "stack 4,3,2 bias=separate\nclaim dL/dW2 = H1^T (yhat - y) / N"
    assert statuses(text, key=key) == {"dL/dW2": "right"}


# -------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("text", "suffix", "failure"),
    [
        ("", ".md", "unreadable: no claim was found: a claim is an equation for a derivative"),
        ("Dear teacher, my dog ate it.", ".txt", "unreadable: no claim was found"),
        ("clam dL/dW2 = 1", ".derive", "unreadable: line 1: `clam` is not a statement"),
        ("y" * 200_001, ".txt", "unreadable: it has 200,001 characters"),
    ],
)
def test_no_answers(text: str, suffix: str, failure: str) -> None:
    told = found(text, suffix)
    assert told.failure.startswith(failure)
    assert told.findings == ()


def test_time_is_limited() -> None:
    many = "\n".join(f"claim dL/dW1 = x^T (p - y) W2^T / {k}" for k in range(1, 100))
    told = evidence(EXERCISE, many, ".derive", 0.5)
    assert told.failure == "time: it takes more than 0.5 s"


def test_evidence_is_plain_data() -> None:
    told = found("claim dL/dW2 = h (p - y) / N\nclaim dL/dh = p")
    assert Evidence.from_dict(told.to_dict()) == told


# ----------------------------------------------------------------------------- many submissions


@pytest.mark.parametrize("seed", range(24))
def test_submissions_with_known_marks(seed: int) -> None:
    one = made(seed)
    if isinstance(one.text, bytes):
        one = made(seed + 1000)
    assert isinstance(one.text, str)
    told = found(one.text, one.suffix)
    status = {item.name[len("dL/d") :]: item.status for item in told.findings}
    known = status or dict.fromkeys(ITEMS, "missing")
    assert known == one.expected, one.story
