"""The verdict: right gradients pass in every entry, planted faults fail, blindness is no pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.entries import ends, meaning
from codegen.finite import Estimate, complex_step, romberg
from codegen.network import Network, parameter_shapes
from codegen.points import generic_point, shadow_widths
from codegen.trace import trace
from codegen.verdict import Outcome, combine, escalate, judge, outcomes
from tests.dense_nets import ACTIVATIONS, LOSSES, backprop, net

PASS, FAIL, UNRESOLVED = Outcome.PASS, Outcome.FAIL, Outcome.UNRESOLVED
INF, NAN = np.inf, np.nan


def oracles(one, point):
    at = one.network, point.params, point.x, point.y
    return {"romberg": romberg(*at), "complex step": complex_step(*at)}


def run(one, point, gradients, judges=None):
    judges = oracles(one, point) if judges is None else judges
    return judge(one.network, point.params, gradients, judges)


def shadow(one, seed=0, n=11, last=None):
    """A point at the shadow widths and the right gradients there."""
    widths = shadow_widths(len(one.network.layers), n, last)
    shapes = parameter_shapes(one.network, widths)
    point = generic_point(one.network, shapes, n, seed, one.target)
    return point, backprop(one, point.params, point.x, point.y)


@pytest.fixture(scope="module")
def case():
    """Sigmoids, softmax and cross-entropy at 13-7-5-3, N = 11, with the oracles' answers."""
    one = net(("sigmoid", "sigmoid"))
    point, truth = shadow(one)
    return one, point, truth, oracles(one, point)


# ---------------------------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("actual", "value", "bar", "still", "expected"),
    [
        (1.0, 1.0, 1e-6, False, PASS),
        (1.0, 1.0 + 1e-6, 1e-5, False, PASS),
        (1.0, 1.0 + 1e-6, 1e-7, False, FAIL),
        (1.0, 1.0 + 1e-8, 0.0, False, FAIL),
        (1.0, 1.0 + 1e-10, 0.0, False, PASS),
        (1.0, 1.0, 2e-3, False, UNRESOLVED),
        (1.0, 2.0, 2e-3, False, FAIL),
        (1.0, -1.0, INF, False, UNRESOLVED),
        (NAN, 1.0, 1e-6, False, FAIL),
        (INF, 1.0, INF, False, FAIL),
        (1.0, NAN, 1e-6, False, FAIL),
        (1.0, 1.0, NAN, False, FAIL),
        (0.0, 0.0, 0.0, True, PASS),
        (0.0, 0.0, 1e-12, True, PASS),
        (0.0, 0.0, 1e-12, False, UNRESOLVED),
        (1e-20, 0.0, 0.0, True, FAIL),
        (1e-20, 0.0, 1e-12, True, UNRESOLVED),
        (1e-3, 0.0, 1e-12, True, FAIL),
    ],
)
def test_the_rule(actual, value, bar, still, expected):
    estimate = Estimate(np.array([value]), np.array([bar]), np.array([still]))
    assert outcomes(np.array([actual]), estimate)[0] == expected


def test_the_rule_over_two_oracles():
    kinds = [PASS, FAIL, UNRESOLVED]
    pairs = [
        np.array([a for a in kinds for _ in kinds]),
        np.array([b for _ in kinds for b in kinds]),
    ]
    expected = [PASS, FAIL, PASS, FAIL, FAIL, FAIL, PASS, FAIL, UNRESOLVED]
    assert combine(pairs).tolist() == expected


# ------------------------------------------------------------------------------ right gradients


@settings(derandomize=True, deadline=None, max_examples=120)
@given(
    hidden=st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=3),
    loss=st.sampled_from(sorted(LOSSES)),
    bias=st.sampled_from(["augmented", "separate", "none"]),
    mean=st.booleans(),
    columns=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_right_gradients_pass_in_every_entry(hidden, loss, bias, mean, columns, seed):
    one = net(hidden, loss, bias=bias, mean=mean, columns=columns)
    point, truth = shadow(one, seed)
    verdict = run(one, point, truth)
    assert verdict.failed == 0
    assert verdict.findings == () or verdict.vacuous > 0
    if verdict.unresolved:  # only where slopes +1 and -1, or opposite samples, cancel exactly
        unseen = [truth[name][found == UNRESOLVED] for name, found in verdict.outcomes.items()]
        assert np.abs(np.concatenate(unseen)).max() < 1e-11 * verdict.scale
    if verdict.vacuous:
        assert loss == "hinge" or "cut off" in point.note or "dead" in point.note
    elif not verdict.unresolved:
        assert verdict.ok


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
@pytest.mark.parametrize(
    ("hidden", "loss"),
    [
        (("sigmoid", "sigmoid"), "cross-entropy"),
        (("relu", "relu"), "cross-entropy"),
        (("tanh", "softmax"), "squared"),
        (("leaky", "abs"), "squared-softmax"),
        (("elu",), "logistic"),
        (("sin", "identity"), "absolute"),
        ((), "cross-entropy"),
    ],
)
def test_right_gradients_are_resolved_to_the_last_entry(hidden, loss, bias, columns):
    one = net(hidden, loss, bias=bias, columns=columns)
    for seed in range(5):
        point, truth = shadow(one, seed)
        verdict = run(one, point, truth)
        assert verdict.ok, (str(verdict), verdict.findings, point.note)
        assert verdict.failed == verdict.unresolved == verdict.vacuous == 0


def test_the_seed_net_in_full():
    one = net(("relu", "sigmoid"))
    shapes = parameter_shapes(one.network, (784, 100, 10, 10))
    point = generic_point(one.network, shapes, 3)
    verdict = run(one, point, backprop(one, point.params, point.x, point.y))
    assert verdict.ok
    assert str(verdict).startswith("79,620 of 79,620 entries resolved")


def test_pixels_that_are_zero_are_told():
    one = net(("sigmoid",))
    shapes = parameter_shapes(one.network, (6, 4, 3))
    point = generic_point(one.network, shapes, 5)
    point.x[:, [1, 4]] = 0
    truth = backprop(one, point.params, point.x, point.y)
    verdict = run(one, point, truth)
    assert verdict.ok
    assert verdict.vacuous == 8
    assert str(verdict) == "43 of 43 entries resolved, 8 of them 0 by structure"
    truth["W1"][2, 0] = 1e-30
    assert run(one, point, truth).failed == 1


def test_a_parameter_that_moves_nothing_is_not_passed():
    one = net(("relu",))
    point, _ = shadow(one)
    params = {**point.params, "W1": np.array(point.params["W1"])}
    params["W1"][0] = -100
    truth = backprop(one, params, point.x, point.y)
    point = type(point)("dead", params, point.x, point.y, "")
    verdict = run(one, point, truth)
    assert verdict.passed == verdict.entries
    assert not verdict.ok
    assert "no entry of W1 moves the loss at this point: nothing is shown" in verdict.findings


# ------------------------------------------------------------------------------- planted faults


def _one_entry(size):
    def fault(gradients, top):
        gradients["W2"][3, 2] += size * top

    return fault


def _set(name, change):
    def fault(gradients, top):
        gradients[name] = change(gradients[name])

    return fault


def _all(factor):
    def fault(gradients, top):
        for value in gradients.values():
            value *= factor

    return fault


def _bias_row(name, change):
    def fault(gradients, top):
        gradients[name][0] = change(gradients[name][0])

    return fault


FAULTS = {
    "sign": _all(-1.0),
    "sign of one layer": _set("W1", np.negative),
    "1/N missing": _all(11.0),
    "1/N twice": _all(1 / 11),
    "factor 2": _all(2.0),
    "a bit too large": _all(1 + 1e-8),
    "bias row zero": _bias_row("W3", np.zeros_like),
    "bias row averaged": _bias_row("W2", lambda row: row / 11),
    "bias row of one sign": _bias_row("W1", np.abs),
    "bias row last": _set("W2", lambda g: np.roll(g, -1, axis=0)),
    "zero": _set("W1", np.zeros_like),
    "nan": _set("W3", lambda g: g * np.nan),
    "one nan": _set("W3", lambda g: np.where(g == g.max(), np.nan, g)),
    "inf": _set("W2", lambda g: g + np.inf),
    "one entry": _one_entry(1e-2),
    "one entry, slightly": _one_entry(1e-9),
    "units swapped": _set("W2", lambda g: g[:, ::-1]),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_planted_faults_fail(case, fault):
    one, point, truth, judges = case
    wrong = {name: value.copy() for name, value in truth.items()}
    FAULTS[fault](wrong, max(np.abs(value).max() for value in truth.values()))
    verdict = run(one, point, wrong, judges)
    assert not verdict.ok
    assert verdict.failed > 0


def test_a_square_transpose_fails():
    one = net(("tanh", "tanh"), bias="none")
    shapes = parameter_shapes(one.network, (4, 4, 4, 4))
    point = generic_point(one.network, shapes, 5)
    truth = backprop(one, point.params, point.x, point.y)
    verdict = run(one, point, {**truth, "W2": truth["W2"].T})
    assert [row.failed for row in verdict.parameters] == [0, 12, 0]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.sampled_from(["W1", "W2", "W3"]),
    st.integers(0, 10**6),
    st.floats(1e-12, 1.0),
    st.sampled_from([-1, 1]),
)
def test_one_wrong_entry_is_the_only_failure(case, name, place, size, sign):
    one, point, truth, judges = case
    wrong = {key: value.copy() for key, value in truth.items()}
    index = np.unravel_index(place % truth[name].size, truth[name].shape)
    wrong[name][index] += sign * (2e-9 * abs(wrong[name][index]) + size)
    verdict = run(one, point, wrong, judges)
    assert verdict.failed == 1
    failure = next(row for row in verdict.parameters if row.failed).failures[0]
    assert (failure.name, failure.index) == (name, tuple(map(int, index)))


# --------------------------------------------------------------------------------- the report


def test_the_report_shows_the_worst(case):
    one, point, truth, judges = case
    wrong = {name: value.copy() for name, value in truth.items()}
    wrong["W1"][9, 4] += 0.5
    wrong["W1"][0, 2] += 0.25
    wrong["W3"][2, 1] = np.nan
    verdict = run(one, point, wrong, judges)
    rows = {row.name: row for row in verdict.parameters}
    first, second = rows["W1"].failures
    assert (first.meaning, second.meaning) == ("x_9 -> h1_5", "bias of h1_3")
    assert first.error == pytest.approx(0.5)
    assert str(first).startswith("W1[9, 4] (x_9 -> h1_5): 0.")
    assert "complex step" in str(first)
    assert rows["W1"].largest[0].oracle == "romberg"
    assert rows["W1"].largest[0].index == (9, 4)
    assert rows["W3"].failures[0].meaning == "h2_2 -> y_2"
    assert rows["W2"].failures == ()
    assert (rows["W2"].passed, rows["W2"].entries, rows["W2"].shape) == (40, 40, (8, 5))
    assert verdict.scale == pytest.approx(max(np.abs(value).max() for value in truth.values()))
    assert str(verdict) == "156 of 156 entries resolved, 3 failed"


def test_entries_in_words():
    row, column = net(("tanh",) * 2).network, net(("tanh",) * 2, columns=True).network
    apart = net(("tanh",) * 2, bias="separate").network
    assert meaning(row, "W1", (391, 49)) == "x_391 -> h1_50"
    assert meaning(column, "W1", (49, 391)) == "x_391 -> h1_50"
    assert meaning(apart, "W1", (390, 49)) == "x_391 -> h1_50"
    assert meaning(row, "W1", (0, 2)) == "bias of h1_3"
    assert meaning(column, "W1", (2, 0)) == "bias of h1_3"
    assert meaning(apart, "b1", (2,)) == "bias of h1_3"
    assert meaning(row, "W3", (7, 3)) == "h2_7 -> y_4"
    assert meaning(row, "W3", (0, 3)) == "bias of y_4"
    assert ends(apart, "b1", (2, 0)) == (0, 3)
    with pytest.raises(ValueError, match="no parameter is called W4"):
        meaning(row, "W4", (0, 0))


def test_what_does_not_fit_is_a_finding(case):
    one, point, truth, judges = case
    given = {"W1": truth["W1"].T, "W2": truth["W2"] + 0j, "W4": truth["W3"]}
    verdict = run(one, point, given, judges)
    assert not verdict.ok
    assert verdict.findings == (
        "the gradient of W1 is 7×14, and W1 is 14×7: transposed",
        "the gradient of W2 is not an array of real numbers",
        "there is no gradient for W3",
        "there is a gradient for W4, which is no parameter",
    )
    assert str(verdict) == "0 of 156 entries resolved"
    assert verdict.entries == 156


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([[1.0], [1.0, 2.0]], "the gradient of W3 is not an array of real numbers"),
        (3.0, "the gradient of W3 is a scalar, and W3 is 6×3"),
        (np.ones(3), "the gradient of W3 is (3,), and W3 is 6×3"),
        (None, "there is no gradient for W3"),
        ("W3", "the gradient of W3 is not an array of real numbers"),
        (
            np.ones((6, 3), np.float32),
            "the gradient of W3 is float32: one part in 1e9 is checked, give float64",
        ),
    ],
)
def test_odd_gradients_are_findings(case, given, sentence):
    one, point, truth, judges = case
    verdict = run(one, point, {**truth, "W3": given}, judges)
    assert verdict.findings == (sentence,)
    assert not verdict.ok


def test_a_surplus_gradient_alone_is_not_ok(case):
    one, point, truth, judges = case
    verdict = run(one, point, {**truth, "b1": np.zeros(7)}, judges)
    assert verdict.passed == verdict.entries
    assert not verdict.ok


def test_nothing_checked_is_an_error(case):
    one, point, truth, judges = case
    for params, some in ((point.params, {}), (point.params, {"romberg": {}}), ({}, judges)):
        with pytest.raises(ValueError, match="nothing was checked"):
            judge(one.network, params, truth, some)


def test_a_parameter_that_no_oracle_covers_is_not_ok(case):
    one, point, truth, judges = case
    part = {"romberg": {name: judges["romberg"][name] for name in ("W1", "W2")}}
    verdict = run(one, point, truth, part)
    assert verdict.findings == ("no oracle covers W3",)
    assert not verdict.ok


def test_oracles_that_exclude_each_other_are_told():
    """conj of a complex number has no derivative: the complex step goes astray in silence."""
    one = net(("tanh",), "squared")
    point, truth = shadow(one)
    network = Network(
        one.network.layers,
        lambda z, y: ((z - y) * np.conj(z - y)).sum(axis=1),
        one.network.scale,
    )
    at = network, point.params, point.x, point.y
    verdict = judge(
        network, point.params, truth, {"romberg": romberg(*at), "complex": complex_step(*at)}
    )
    assert not verdict.ok
    assert "the oracles romberg and complex exclude each other" in verdict.findings[0]
    assert "not written for complex numbers" in verdict.findings[0]


# --------------------------------------------------------------------------------- escalation


def test_unresolved_entries_go_to_a_finer_oracle():
    one = net(("relu", "tanh"))
    point, truth = shadow(one)
    params = {name: np.array(value) for name, value in point.params.items()}
    params["W1"][0] -= trace(one.network, params, point.x, point.y).pre[0][:, 0] - 1e-3
    judges = {"romberg": romberg(one.network, params, point.x, point.y)}
    truth = backprop(one, params, point.x, point.y)
    verdict = judge(one.network, params, truth, judges)
    assert verdict.unresolved > 10
    assert not verdict.ok
    exact = complex_step(one.network, params, point.x, point.y)
    asked = []

    def finer(name, index):
        asked.append((name, index))
        return float(exact[name].value[index]), 1e-15

    done = escalate(one.network, params, truth, judges, verdict, finer)
    assert done.ok
    assert len(asked) == len(set(asked)) == verdict.unresolved
    limited = escalate(one.network, params, truth, judges, verdict, finer, limit=4)
    assert limited.unresolved == verdict.unresolved - 4
    silent = escalate(one.network, params, truth, judges, verdict, lambda name, index: None)
    assert silent.unresolved == verdict.unresolved
    name, index = asked[0]
    truth[name][index] *= 1 + 1e-6
    assert escalate(one.network, params, truth, judges, verdict, finer).failed == 1


def test_an_exact_zero_is_settled_by_an_exact_oracle(case):
    one, point, _, judges = case
    value = judges["complex step"]["W1"].value.copy()
    value[3, 3] = 0.0
    blind = {"W1": Estimate(value, np.full(value.shape, 1e-12), np.zeros(value.shape, bool))}
    params, actual = {"W1": point.params["W1"]}, {"W1": value}
    verdict = judge(one.network, params, actual, {"some": blind})
    assert verdict.unresolved == 1
    done = escalate(
        one.network, params, actual, {"some": blind}, verdict, lambda name, index: (0.0, 0.0)
    )
    assert done.ok
