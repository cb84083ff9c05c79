"""Signatures: each planted fault is named, a right gradient and noise are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.finite import each_sample
from codegen.network import parameter_shapes
from codegen.points import generic_point, shadow_widths
from codegen.signature import signatures
from tests.dense_nets import backprop, net


def point_for(one, widths=None, n=11, seed=0):
    widths = widths or shadow_widths(len(one.network.layers), n)
    point = generic_point(one.network, parameter_shapes(one.network, widths), n, seed, one.target)
    return point, backprop(one, point.params, point.x, point.y)


@pytest.fixture(scope="module")
def case():
    one = net(("sigmoid", "sigmoid"))
    return (one, *point_for(one))


def said(case, change, n=11, samples=(), **changes):
    """The sentences for the true gradients with some tensors replaced."""
    one, _, truth = case
    wrong = {name: value.copy() for name, value in truth.items()}
    change(wrong)
    return signatures(one.network, wrong, truth, n, samples)


def times(factor, *names):
    def change(gradients):
        for name in names or gradients:
            gradients[name] = gradients[name] * factor

    return change


def put(name, index, value):
    def change(gradients):
        gradients[name][index] = value(gradients[name][index]) if callable(value) else value

    return change


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [
        (-1.0, "every gradient is -1 times the true one: the sign is flipped"),
        (11.0, "every gradient is 11 times the true one: 1/N is missing (N = 11)"),
        (1 / 11, "every gradient is 0.0909091 times the true one: 1/N stands twice (N = 11)"),
        (2.0, "every gradient is 2 times the true one: a factor 2 is too many"),
        (0.5, "every gradient is 0.5 times the true one: a factor 2 is missing"),
        (
            1 / 3,
            "every gradient is 0.333333 times the true one: "
            "it is divided by the number of outputs (3)",
        ),
        (
            -11.0,
            "every gradient is -11 times the true one: "
            "the sign is flipped and 1/N is missing (N = 11)",
        ),
        (1.7, "every gradient is 1.7 times the true one"),
    ],
)
def test_a_constant_factor(case, factor, sentence):
    assert said(case, times(factor)) == (sentence,)


def test_a_factor_that_two_causes_fit_names_both():
    one = net(("tanh",))
    point, truth = point_for(one, (7, 6, 5), n=5)
    wrong = {name: 5 * value for name, value in truth.items()}
    (sentence,) = signatures(one.network, wrong, truth, 5)
    assert "1/N is missing (N = 5), or it is multiplied by the number of outputs (5)" in sentence
    assert len(point.x) == 5


def test_the_sum_of_the_losses_has_no_1_over_n():
    one = net(("tanh",), mean=False)
    _, truth = point_for(one)
    wrong = {name: value / 11 for name, value in truth.items()}
    (sentence,) = signatures(one.network, wrong, truth, 11)
    assert sentence.endswith("times the true one: it is divided by N = 11")


def test_a_factor_of_one_tensor(case):
    assert said(case, times(-1, "W2")) == (
        "the gradient of W2 is -1 times the true one: the sign is flipped",
    )
    assert said(case, times(11, "W1", "W2")) == (
        "the gradient of W1 is 11 times the true one: 1/N is missing (N = 11)",
        "the gradient of W2 is 11 times the true one: 1/N is missing (N = 11)",
        "the gradients from layer 3 up are right and all below are wrong: "
        "look at the step back from z_3 to z_2",
    )


def test_different_factors_are_told_apart(case):
    def change(gradients):
        times(2, "W1")(gradients)
        times(-1, "W2", "W3")(gradients)

    sentences = said(case, change)
    assert len(sentences) == 3
    assert "2 times the true one: a factor 2 is too many" in sentences[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (times(0, "W1"), "the gradient of W1 is zero everywhere"),
        (put("W2", 0, 0.0), "only the bias row of the gradient of W2 is wrong: it is zero"),
        (
            put("W3", 0, lambda row: row / 11),
            "only the bias row of the gradient of W3 is wrong: "
            "it is 0.0909091 times the true one: 1/N stands twice (N = 11)",
        ),
        (put("W1", 0, lambda row: row[::-1]), "only the bias row of the gradient of W1 is wrong"),
        (
            put("W1", slice(1, None), lambda rows: -rows),
            "only the bias row of the gradient of W1 is right, the rest is wrong: "
            "it is -1 times the true one: the sign is flipped",
        ),
        (
            put("W3", slice(None), lambda g: np.roll(g, -1, axis=0)),
            "the gradient of W3 has its bias in the last row instead of row 0",
        ),
        (
            put("W2", (slice(None), 3), lambda column: 2 * column),
            "only the entries of unit h2_4 are wrong in the gradient of W2",
        ),
        (
            put("W3", (slice(None), 2), lambda column: 2 * column),
            "only the entries of unit y_3 are wrong in the gradient of W3",
        ),
        (
            put("W1", 8, lambda row: row + 1),
            "only the entries of input x_8 are wrong in the gradient of W1",
        ),
        (
            put("W2", 2, lambda row: row + 1),
            "only the entries of input h1_2 are wrong in the gradient of W2",
        ),
        (put("W2", (2, 3), np.nan), "1 of 40 entries of the gradient of W2 are not finite"),
    ],
)
def test_one_tensor(case, change, sentence):
    assert said(case, change)[0] == sentence


def test_one_entry(case):
    (sentence,) = said(case, put("W1", (3, 2), 0.25))
    start = "only one entry of the gradient of W1 is wrong, W1[3, 2] (x_3 -> h1_3): 0.25 instead of"
    assert sentence.startswith(start)


def test_the_bias_column_of_a_column_net():
    one = net(("tanh",), columns=True)
    _, truth = point_for(one)
    wrong = {**truth, "W1": truth["W1"].copy()}
    wrong["W1"][:, 0] = 0
    expected = "only the bias column of the gradient of W1 is wrong: it is zero"
    assert signatures(one.network, wrong, truth, 11) == (expected,)
    rolled = {**truth, "W1": np.roll(truth["W1"], -1, axis=1)}
    expected = "the gradient of W1 has its bias in the last column instead of column 0"
    assert signatures(one.network, rolled, truth, 11) == (expected,)


def test_transposes_and_mix_ups():
    one = net(("tanh", "tanh"), bias="none")
    _, truth = point_for(one, (6, 4, 4, 4), n=5)
    transposed = {**truth, "W2": truth["W2"].T}
    sentence = "the gradient of W2 is the transpose of the true one"
    assert signatures(one.network, transposed, truth, 5) == (sentence,)
    tall = {**truth, "W1": truth["W1"].T}
    sentence = "the gradient of W1 is the transpose of the true one"
    assert signatures(one.network, tall, truth, 5) == (sentence,)
    swapped = {**truth, "W2": truth["W3"], "W3": truth["W2"]}
    assert signatures(one.network, swapped, truth, 5) == (
        "the gradient of W2 is that of W3",
        "the gradient of W3 is that of W2",
    )


@pytest.mark.parametrize("share", [1.0, 1 / 11])
def test_one_sample_only(case, share):
    one, point, truth = case
    samples = each_sample(one.network, point.params, point.x, point.y)
    wrong = {name: share * samples[4][name] for name in truth}
    sentences = signatures(one.network, wrong, truth, 11, samples)
    assert sentences == tuple(
        f"the gradient of {name} is made from one sample only, number 5"
        for name in ("W1", "W2", "W3")
    )
    assert signatures(one.network, wrong, truth, 11) == ()


def test_separate_biases_and_the_way_back():
    one = net(("tanh", "tanh"), bias="separate")
    _, truth = point_for(one)
    rng = np.random.default_rng(0)
    wrong = {**truth, "b1": truth["b1"] * 0, "W1": truth["W1"] + rng.standard_normal((13, 7))}
    assert signatures(one.network, wrong, truth, 11) == ("the gradient of b1 is zero everywhere",)
    below = {name: value + rng.standard_normal(value.shape) for name, value in truth.items()}
    below |= {"W3": truth["W3"], "b3": truth["b3"]}
    (sentence,) = signatures(one.network, below, truth, 11)
    assert sentence.endswith("look at the step back from z_3 to z_2")


# ----------------------------------------------------------------------------- no false claims


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.floats(1e-7, 10.0), st.sets(st.sampled_from(["W1", "W2", "W3"])))
def test_noise_has_no_signature(case, seed, size, names):
    rng = np.random.default_rng(seed)

    def change(gradients):
        for name in names:
            gradients[name] += size * rng.standard_normal(gradients[name].shape)

    sentences = said(case, change)
    assert all("look at the step back" in text for text in sentences)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(0, 10**6))
def test_rounding_is_no_fault(case, seed):
    rng = np.random.default_rng(seed)

    def change(gradients):
        for value in gradients.values():
            value *= 1 + 1e-14 * rng.standard_normal(value.shape)

    assert said(case, change) == ()


def test_right_gradients_say_nothing(case):
    assert said(case, lambda gradients: None) == ()


def test_zero_truths_say_nothing_wrong(case):
    one, _, truth = case
    zero = {name: 0 * value for name, value in truth.items()}
    assert signatures(one.network, zero, zero, 11) == ()
    sentences = signatures(one.network, truth, zero, 11)
    assert all("times" not in text for text in sentences)


def test_what_is_no_gradient_is_left_to_the_verdict(case):
    one, _, truth = case
    odd = {"W1": truth["W1"] + 0j, "W2": np.ones(3), "W7": np.ones(2)}
    assert signatures(one.network, odd, truth, 11) == ()
