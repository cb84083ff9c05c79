"""A gallery: formulas as people write them, and the terms that they mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.diagnostic import DeriveError, Span
from derive.notation import looks_like_numpy, read, write
from derive.term import Term, Var, apply, const, walk

NAMES = (
    *("x", "y", "yhat", "h", "N", "A", "B", "u", "a", "a1", "e1", "g"),
    *("W1", "W2", "W3", "b1", "b2", "z1", "z2", "z3", "H1", "H2", "delta1", "delta2"),
    *("yhat_n", "ydot_n", "l_n", "dl_n", "dPL_n", "dz2", "x1", "x2", "x3"),
)
(x, y, yhat, h, N, A, B, u, a, a1, e1, g) = map(Var, NAMES[:12])
(W1, W2, W3, b1, b2, z1, z2, z3, H1, H2, delta1, delta2) = map(Var, NAMES[12:24])
(yhat_n, ydot_n, l_n, dl_n, dPL_n, dz2, x1, x2, x3) = map(Var, NAMES[24:])
one, two, half = const(1), const(2), const(Fraction(1, 2))


def mm(*factors: Term) -> Term:
    """The matrix product, from the left."""
    return _chain("matmul", factors)


def mul(*factors: Term) -> Term:
    """The elementwise product, from the left."""
    return _chain("mul", factors)


def _chain(op: str, factors: tuple[Term, ...]) -> Term:
    first, *rest = factors
    for factor in rest:
        first = apply(op, first, factor)
    return first


def add(left: Term, right: Term) -> Term:
    return apply("add", left, right)


def sub(left: Term, right: Term) -> Term:
    return apply("sub", left, right)


def div(over: Term, under: Term) -> Term:
    return apply("div", over, under)


def neg(term: Term) -> Term:
    return apply("neg", term)


def T(term: Term) -> Term:
    return apply("transpose", term)


def f(name: str, term: Term) -> Term:
    return apply(name, term)


def power(term: Term, exponent: str) -> Term:
    return apply("pow", term, attrs=(exponent,))


def beside(*blocks: Term) -> Term:
    return apply("concat", *blocks, attrs=(1,))


def stacked(*blocks: Term) -> Term:
    return apply("concat", *blocks, attrs=(0,))


def rows(term: Term, start: int, stop: int | None = None) -> Term:
    return apply("slice", term, attrs=(0, start, stop))


def columns(term: Term, start: int, stop: int | None = None) -> Term:
    return apply("slice", term, attrs=(1, start, stop))


def softmax(term: Term, axis: int = 1) -> Term:
    return apply("softmax", term, attrs=(axis,))


def total(term: Term, axis: int | None = None, keepdims: bool = False) -> Term:
    return apply("sum", term, attrs=(axis, keepdims))


error = sub(yhat, y)

SEEDS = [
    # two hidden layers, augmented bias
    (r"[1\ H_2]^T(\hat{y} - y)", mm(T(beside(one, H2)), error)),
    (r"(\hat{y} - y)", error),
    (r"[1\ H_2]W_3", mm(beside(one, H2), W3)),
    (r"W_3^T", T(W3)),
    (r"\sigma(z_2)(1-\sigma(z_2))", mm(f("sigmoid", z2), sub(one, f("sigmoid", z2)))),
    (r"H_2(1-H_2)", mm(H2, sub(one, H2))),
    (
        r"[1\ H_1]^T(\hat{y}-y)W_3^TH_2(1-H_2)",
        mm(T(beside(one, H1)), error, T(W3), H2, sub(one, H2)),
    ),
    # one hidden layer
    (r"softmax(z_2)", softmax(z2)),
    (r"hW_2+b_2", add(mm(h, W2), b2)),
    (r"sigmoid(z_1)", f("sigmoid", z1)),
    (r"\left( \hat{\boldsymbol{y}} - \boldsymbol{y} \right)", error),
    (r"\left[ \boldsymbol{h}W_2 + \boldsymbol{b_2}\right]", add(mm(h, W2), b2)),
    (r"h \circ \left(1-h\right)", mul(h, sub(one, h))),
    (
        r"\left( \hat{\boldsymbol{y}} - \boldsymbol{y} \right) \cdot W_2^T \circ h \circ (1 -h)",
        mul(mm(error, T(W2)), h, sub(one, h)),
    ),
    # staged computation
    (r"xW_1 + b_1", add(mm(x, W1), b1)),
    (r"\tanh{(z_1)}", f("tanh", z1)),
    (r"a_1W_2 + b_2", add(mm(a1, W2), b2)),
    (r"\text{softmax}(z_2)", softmax(z2)),
    (r"\log{(\hat{y}_n)}", f("log", yhat_n)),
    (r"\log{(\hat{y_n})}", f("log", yhat_n)),
    (r"\log{(\text{softmax}(z_2))} dl_n", mm(f("log", softmax(z2)), dl_n)),
    (r"\log{u}", f("log", u)),
    (r"l_n\dot{y}_n^T", mm(l_n, T(ydot_n))),
    (r"\dot{y}^T_n dPL_n", mm(T(ydot_n), dPL_n)),
    (r"l_n^T dPL_n", mm(T(l_n), dPL_n)),
    (r"-1/N", neg(div(one, N))),
    (r"1/\hat{y}_n \circ dl_n", mul(div(one, yhat_n), dl_n)),
    (r"\frac{1}{\text{softmax}(z_2)}", div(one, softmax(z2))),
    (r"\hat{y}_n - \dot{y}_n", sub(yhat_n, ydot_n)),
    # column vectors
    (r"\begin{bmatrix} x_1 \\ x_2 \\ x_3\end{bmatrix}", stacked(x1, x2, x3)),
    (r"\hat y", yhat),
    (r"\mathbf{W}^{(1)}", W1),
]

PRODUCTS = [
    ("x W1", mm(x, W1)),
    ("x @ W1 * h", mul(mm(x, W1), h)),
    ("h * x W1", mul(h, mm(x, W1))),
    ("h ⊙ x W1", mul(h, mm(x, W1))),
    (r"h \odot a \circ g", mul(h, a, g)),
    (r"h \cdot x W_1", mm(h, mm(x, W1))),
    ("2 A", mul(two, A)),
    (r"2 \cdot A", mul(two, A)),
    ("A / N", div(A, N)),
    ("A B / N", div(mm(A, B), N)),
    ("1/N A B", mm(div(one, N), A, B)),
    ("1/2 A", mul(half, A)),
    ("-A B ∘ h", neg(mul(mm(A, B), h))),
    ("A ∘ -B", mul(A, neg(B))),
    ("a - -b1", sub(a, neg(b1))),
    ("A + B - h", sub(add(A, B), h)),
    ("-2", const(-2)),
    (r"\frac12 (ŷ - y)^2", mul(half, power(error, "2"))),
    ("-1/N sum(y ∘ log(ŷ))", neg(mul(div(one, N), total(mul(y, f("log", yhat)))))),
    (
        "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N",
        div(
            mm(T(beside(one, H1)), mul(mm(error, T(rows(W3, 1))), H2, sub(one, H2))),
            N,
        ),
    ),
]

RAISED = [
    ("A^T", T(A)),
    (r"A^\top", T(A)),
    (r"A^{\intercal}", T(A)),
    (r"A^{\mathsf{T}}", T(A)),
    ("Aᵀ", T(A)),
    ("A⊤ B", mm(T(A), B)),
    ("A^⊤ B", mm(T(A), B)),
    ("A.T", T(A)),
    ("A'", T(A)),
    ("(A B)' x", mm(T(mm(A, B)), x)),
    (r"x^TW_1", mm(T(x), W1)),
    (r"W^{(1)T}x", mm(T(W1), x)),
    (r"W^{[1]^T}x", mm(T(W1), x)),
    ("h^2", power(h, "2")),
    ("h²", power(h, "2")),
    ("h**2", power(h, "2")),
    (r"h^{-1}", power(h, "-1")),
    ("h⁻¹", power(h, "-1")),
    ("h^-1", power(h, "-1")),
    ("h^(1/2)", power(h, "1/2")),
    (r"h^{\circ 2}", power(h, "2")),
    ("sqrt(h)", power(h, "1/2")),
    (r"\sqrt{h}", power(h, "1/2")),
    ("(1 - h)^2", power(sub(one, h), "2")),
    ("H_2^2", power(H2, "2")),
    ("W3[1:]", rows(W3, 1)),
    ("W3[1:]^T", T(rows(W3, 1))),
    ("W3[0]", rows(W3, 0, 1)),
    ("W3[:2]", rows(W3, 0, 2)),
    ("W3[:, 1:]", columns(W3, 1)),
    ("W3[:,0]", columns(W3, 0, 1)),
    ("W3[1:, :2]", columns(rows(W3, 1), 0, 2)),
    ("(A B)[1:]", rows(mm(A, B), 1)),
]

CALLS = [
    ("tanh(z1)", f("tanh", z1)),
    (r"\tanh z_1", f("tanh", z1)),
    (r"\tanh^2 z_1", power(f("tanh", z1), "2")),
    ("tanh²(z1)", power(f("tanh", z1), "2")),
    ("tanh(z1)^2", power(f("tanh", z1), "2")),
    ("tanh'(z1)", f("tanh'", z1)),
    (r"\sigma'(z_2)", f("sigmoid'", z2)),
    (r"\sigma^{\prime}(z_2)", f("sigmoid'", z2)),
    ("elu_prime(z1)", f("elu'", z1)),
    (r"\operatorname{elu}'(z_1)", f("elu'", z1)),
    ("σ(z1)", f("sigmoid", z1)),
    ("sigma(z1)", f("sigmoid", z1)),
    ("ln(z1)", f("log", z1)),
    ("ReLU(z1)", f("relu", z1)),
    (r"\text{ReLU}(z_1)", f("relu", z1)),
    (r"\operatorname{leaky\_relu}(z_1)", f("leaky_relu", z1)),
    ("max(0, z1)", f("relu", z1)),
    (r"\max(z_1, 0)", f("relu", z1)),
    ("[z1 > 0]", f("step", z1)),
    ("(z1 > 0)", f("step", z1)),
    ("z1 > 0", f("step", z1)),
    ("z1 < 0", f("step", neg(z1))),
    ("z1 ≥ 0", sub(one, f("step", neg(z1)))),
    (r"z_1 \le a", sub(one, f("step", sub(z1, a)))),
    ("h [z1 > 0]", mm(h, f("step", z1))),
    ("|z1|", f("abs", z1)),
    (r"\left|z_1 - |a|\right|", f("abs", sub(z1, f("abs", a)))),
    ("e^{-z_1}", f("exp", neg(z1))),
    (r"1/(1+e^{-z_1})", div(one, add(one, f("exp", neg(z1))))),
    ("e^x A", mm(f("exp", x), A)),
    ("softmax(z3, axis=0)", softmax(z3, 0)),
    (r"\operatorname{softmax}_{0}(z_3)", softmax(z3, 0)),
    ("log_softmax(z3)", apply("log_softmax", z3, attrs=(1,))),
    ("sum(A)", total(A)),
    ("sum(A, axis=0)", total(A, 0)),
    ("sum(A, 1)", total(A, 1)),
    ("sum(A, axis=1, keepdims=True)", total(A, 1, True)),
    ("sum(A) B", mul(total(A), B)),
    ("h(1 - h)", mm(h, sub(one, h))),
]

BRACKETS = [
    ("[1 H1]", beside(one, H1)),
    (r"[1\ H_1]", beside(one, H1)),
    ("[1, H1]", beside(one, H1)),
    ("[1 | H1]", beside(one, H1)),
    ("[H1 1]", beside(H1, one)),
    (r"\left[1\;H_1\right]", beside(one, H1)),
    (r"\begin{bmatrix}1 & H_1\end{bmatrix}", beside(one, H1)),
    ("[1; H1]", stacked(one, H1)),
    (r"\begin{bmatrix}1 \\ H_1\end{bmatrix}", stacked(one, H1)),
    ("[1 H1; 1 H2]", stacked(beside(one, H1), beside(one, H2))),
    ("[A B, 1]", beside(mm(A, B), one)),
    ("[1; A B]", stacked(one, mm(A, B))),
    ("[1 - h]", sub(one, h)),
    ("[A B]", mm(A, B)),
    ("[2 A]", mul(two, A)),
    ("A[1 H1]^T", mm(A, T(beside(one, H1)))),
    ("{A}{B}", mm(A, B)),
]

ONE_NAME = [
    ("W1", W1),
    *((text, W1) for text in ("W_1", "W₁", "W_{1}", "W^{(1)}", "W^{[1]}", "W^(1)", "W⁽¹⁾")),
    *((text, W1) for text in (r"\mathbf{W}_1", r"\boldsymbol{W_1}", r"\mathrm{W}_{1}", "𝐖₁")),
    *(
        (text, yhat)
        for text in (r"\hat{y}", r"\hat y", "ŷ", "y\u0302", "yhat", r"\widehat{\mathbf{y}}")
    ),
    *((text, delta2) for text in ("δ2", "δ₂", r"\delta_2", r"\delta^{(2)}", "delta2", "delta_2")),
]


@pytest.mark.parametrize(
    ("text", "term"), [*SEEDS, *PRODUCTS, *RAISED, *CALLS, *BRACKETS, *ONE_NAME]
)
def test_a_formula_means_its_term(text: str, term: Term) -> None:
    assert read(text, NAMES) == term


@pytest.mark.parametrize(("text", "term"), [*SEEDS, *PRODUCTS, *RAISED, *CALLS, *BRACKETS])
def test_what_was_read_can_be_written_and_read_again(text: str, term: Term) -> None:
    for notation in ("plain", "latex"):
        assert read(write(term, notation), NAMES) == term


WRITTEN = [
    (
        "[1 H1]^T (((yhat - y) W3[1:]^T) ∘ H2 ∘ (1 - H2)) / N",
        r"\frac{[1\ H_{1}]^T (((\hat{y} - y) W_{3}[1:]^T) \circ H_{2} \circ (1 - H_{2}))}{N}",
        "np.hstack([np.ones((len(H1), 1)), H1]).T @ (((yhat - y) @ W3[1:].T) * H2 * (1 - H2)) / N",
    ),
    ("2 (yhat - y) / N", r"\frac{2 (\hat{y} - y)}{N}", "2 * (yhat - y) / N"),
    (
        "-1/N sum(y ∘ log(yhat))",
        r"-\frac{1}{N} \operatorname{sum}(y \circ \log(\hat{y}))",
        "-(1 / N * np.sum(y * np.log(yhat)))",
    ),
    (
        "[1; H1]",
        r"\begin{bmatrix} 1 \\ H_{1} \end{bmatrix}",
        "np.vstack([np.ones((1, H1.shape[1])), H1])",
    ),
    ("sum(dz2, axis=0)", r"\operatorname{sum}_{0}(dz_{2})", "np.sum(dz2, axis=0)"),
    (
        "elu'(z1) ∘ [z2 > 0]",
        r"\operatorname{elu}'(z_{1}) \circ [z_{2} > 0]",
        "elu_prime(z1) * (z2 > 0)",
    ),
    ("1/2 sqrt(h) + h^2", r"\frac{1}{2} \sqrt{h} + h^{2}", "0.5 * np.sqrt(h) + h**2"),
    ("h^(-1) - 0.01 a", "h^{-1} - 0.01 a", "h**-1 - 0.01 * a"),
    ("1 / (1 + exp(-z1))", r"\frac{1}{1 + \exp(-z_{1})}", "1 / (1 + np.exp(-z1))"),
    ("softmax(x W1)", r"\operatorname{softmax}(x W_{1})", "softmax(x @ W1)"),
]


@pytest.mark.parametrize(("plain", "latex", "numpy"), WRITTEN)
def test_a_term_is_written_the_way_people_write(plain: str, latex: str, numpy: str) -> None:
    term = read(plain, NAMES)
    assert write(term, "plain") == plain
    assert write(term, "latex") == latex
    assert write(term, "numpy") == numpy


def test_a_text_may_say_what_its_product_signs_mean() -> None:
    assert read(r"A \cdot B", NAMES, signs={r"\cdot": "mul"}) == mul(A, B)
    assert read("A * B", NAMES, signs={"*": "matmul"}) == mm(A, B)
    assert read("A * 2", NAMES, signs={"*": "matmul"}) == mul(A, two)
    assert read("A ⋅ B", NAMES, signs={"·": "∘"}) == mul(A, B)


def test_scalars_scale() -> None:
    term = read("N A", NAMES, scalars=["N"])
    assert term == mul(N, A)
    assert write(term, "plain", scalars=["N"]) == "N A"
    assert write(term, "plain") == "N ∘ A"


def test_a_text_may_call_functions_by_other_names() -> None:
    term = read("[z1 > 0] ∘ |h|", NAMES)
    assert write(term, "numpy", functions={"step": "step", "abs": "absolute"}) == (
        "step(z1) * absolute(h)"
    )


def test_spellings_are_apart_where_they_are_declared_apart() -> None:
    assert read("W_1", ["W1", "W_1"]) == Var("W_1")
    assert read("W1", ["W1", "W_1"]) == Var("W1")
    with pytest.raises(DeriveError, match="can mean `W1` or `W_1`"):
        read("W^{(1)}", ["W1", "W_1"])


def test_a_declared_name_goes_before_a_function() -> None:
    assert read(r"\sigma(z_1)", ["sigma", "z1"]) == mm(Var("sigma"), z1)
    assert read("e^2", ["e"]) == power(Var("e"), "2")


def test_the_longest_name_wins() -> None:
    assert read("hW2", ["h", "W2"]) == mm(h, W2)
    assert read("hW2", ["h", "W2", "hW2"]) == Var("hW2")
    assert read("hW2", ["h", "hW", "W2"]) == mm(h, W2)
    assert read("yhat", ["y", "h", "a", "t", "yhat"]) == yhat


def test_every_node_knows_its_place() -> None:
    text = r"[1\ H_1]^T(\hat{y} - y)W_3^T"
    places = {text[n.span.start : n.span.end] for n in walk(read(text, NAMES)) if n.span}
    assert places == {
        *("1", "H_1", r"[1\ H_1]", r"[1\ H_1]^T", r"\hat{y}", "y", r"(\hat{y} - y)"),
        *(r"[1\ H_1]^T(\hat{y} - y)", "W_3", "W_3^T", text),
    }
    assert read("  ŷ", NAMES).span == Span(2, 3)


def test_numpy_notation_is_recognised() -> None:
    for text in ("x.T @ d", "np.dot(a, b)", "h**2", "self.W2", "params['W2']", "d.sum(axis=0)"):
        assert looks_like_numpy(text)
    for text in (r"x^T \delta", "x W1 + b1", "W^{(2)}.T", "h * (1 - h)", "f(z)"):
        assert not looks_like_numpy(text)
