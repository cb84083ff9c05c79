"""Pages that say less than a document does: what is taken for granted, and what is told of it."""

from __future__ import annotations

import pytest

from derive.checker import check, check_document
from derive.dense import Stack
from derive.layers import stack
from derive.verdict import Claim

NET = r"""
$$ z = x W + b, \quad\text{and}$$ $$p = \text{softmax}(z)$$ $$L = -\sum_k t_k \log(p_k)$$
where $W \in \mathbb{R}^{D \times K}$ and $b \in \mathbb{R}^K$.
"""
STAGED = r"""
$$\begin{aligned} z &= xW + b \\ p &= \text{softmax}(z) \\ q_n &= \log(p) \\
s_n &= q_n t^T \\ L &= -\frac{1}{M} \sum_{n \in M} s_n \end{aligned}$$
$x$ is $1 \times 4$, $W$ is $4 \times 3$, $b$ is $1 \times 3$, $t$ is $1 \times 3$.
"""
SINGLE = stack("4,5,3", bias="separate", single=True)


def claims(page: str, layers: Stack | None = None) -> list[Claim]:
    return list(check_document(page, layers=layers).claims)


def only(page: str, layers: Stack | None = None) -> Claim:
    (claim,) = claims(page, layers)
    return claim


def test_what_a_softmax_is_compared_with_sums_to_one() -> None:
    claim = only(NET.replace("b, \\quad\\text{and}", "b") + "$dz = p - t$")
    assert (claim.verdict, claim.facts) == ("proved", ("t rows sum to 1",))


def test_a_target_of_another_loss_is_not_taken_to_sum_to_one() -> None:
    page = r"""$z = xW$, $p = \text{softmax}(z)$, $L = \sum_k (p_k - t_k)^2$,
    $W \in \mathbb{R}^{D \times K}$, $dp = 2(p - t)$"""
    assert only(page).facts == ()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"ds_n = -1/M", "proved"),
        (r"dq_n = t ds_n", "proved"),
        (r"dq_n = t", "refuted"),
        (r"dt^T = q_n^T ds_n", "proved"),
        (r"dt^T = -q_n^T ds_n", "refuted"),
        (r"dz = (p - t)/M", "proved"),
        (r"dz = p - t", "refuted"),
    ],
)
def test_a_page_in_stages_about_one_sample(text: str, verdict: str) -> None:
    assert claims(f"{STAGED}\n${text}$")[-1].verdict == verdict


def test_the_steps_of_a_page_go_before_the_loss_of_a_stack() -> None:
    page = r"$q = \log(\hat{y})$, $L = -q y^T$, $dq = -y$, $d\hat{y} = dq \circ (1 / \hat{y})$"
    assert [one.verdict for one in claims(page, SINGLE)] == ["proved", "proved"]


def test_a_loss_that_is_not_understood_leaves_that_of_the_stack() -> None:
    page = r"$q = \log(\hat{y})$, $L = \mathcal{F}(q)$, $dq = -y$, $dz_2 = \hat{y} - y$"
    assert [one.verdict for one in claims(page, SINGLE)] == ["unreadable", "proved"]


def test_names_of_sizes_are_what_they_are_first_said_of() -> None:
    page = r"$W_1 \in \mathbb{R}^{D \times M}$, $W_2 \in \mathbb{R}^{M \times D}$"
    assert [one.verdict for one in claims(page, SINGLE)] == ["proved", "ill-shaped"]


def test_a_list_of_entries_says_a_shape() -> None:
    row = r"$z_2 = \begin{bmatrix} a_1 & a_2 & a_3 \end{bmatrix}$"
    page = row + r", $z_1 = [\begin{matrix} a \\ b \end{matrix}]^T$"
    assert [one.verdict for one in claims(page, SINGLE)] == ["proved", "ill-shaped"]
    assert claims(r"$z_2 = \begin{bmatrix} a_1 & \dots & a_3 \end{bmatrix}$", SINGLE) == []


def test_one_formula_of_a_chain_that_is_not_understood_leaves_the_others() -> None:
    found = claims(r"$dz_2 = \hat{y} - y = u - y = y - \hat{y}$", SINGLE)
    assert [one.verdict for one in found] == ["proved", "refuted", "unreadable"]


def test_what_stands_before_a_step_that_is_no_matrix_is_judged() -> None:
    chain = r"\frac{\partial L}{\partial W_2} = %s \frac{\partial z_2}{\partial W_2}"
    good, bad = (
        claims(f"${chain % text}$", SINGLE) for text in (r"(\hat{y} - y)", r"(y - \hat{y})")
    )
    assert [one.verdict for one in good] == ["undecided"]
    assert good[0].repair == r"H_{1}^T (\hat{y} - y)"
    assert [(one.name, one.verdict) for one in bad] == [("dL/dz2", "refuted")]


def test_a_formula_for_another_derivative_says_for_which() -> None:
    report = check(SINGLE, {"W2": "yhat - y", "z1": "(yhat - y) W2^T", "b2": "H1^T (yhat - y)"})
    assert [one.note for one in report.claims] == [
        "this is dL/dz2",
        "this is dL/dH1",
        "this is dL/dW2",
    ]


def test_a_number_is_no_other_derivative() -> None:
    assert check(SINGLE, {"W2": "0", "b2": "1"}).claims[1].note is None


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"dq \frac{\partial}{\partial z_2} \log(\text{softmax}(z_2))", "proved"),
        (r"\frac{\partial}{\partial z_2} \log(\text{softmax}(z_2)) dq", "ill-shaped"),
        (r"-dq \frac{\partial}{\partial z_2} \log(\text{softmax}(z_2))", "refuted"),
    ],
)
def test_the_derivative_of_a_call_is_a_jacobian_in_a_chain(text: str, verdict: str) -> None:
    page = rf"$q = \log(\hat{{y}})$, $L = -q y^T$, $dz_2 = {text}$"
    claim = claims(page, SINGLE)[-1]
    assert claim.verdict == verdict
    assert "∂/∂z2 log(softmax(z2))" in (claim.read_as or "")


def test_the_softmax_of_one_entry_has_a_gradient_of_zero() -> None:
    text = """row
    input z : 1 × 1
    let p = softmax(z, 1)
    let L = np.sum(p * z)
    claim dz = p
    """
    assert only("\n".join(line.strip() for line in text.splitlines())).verdict != "refuted"


@pytest.mark.parametrize(
    "text", [r"\frac{1}{N} \sum_n (\hat{y}_n - y_n)", r"\frac{1}{N} \sum_n (\hat{y}_n - t_n)"]
)
def test_the_letter_of_a_sample_below_a_name_of_the_network(text: str) -> None:
    layers = stack("4,3,2", bias="separate", reduction="mean")
    assert only(rf"$$\frac{{\partial L}}{{\partial b_2}} = {text}$$", layers).verdict == "proved"
