"""The numeric oracles: right for every entry, honest about their error, and cheap by reuse."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from codegen.finite import central, complex_step, each_sample, romberg
from codegen.naive import naive, spot_check
from codegen.network import Layer, Network, affine, parameter_shapes, product
from codegen.noise import COMPLEX_STEP, ecnoise, sample_noise, slope_noise
from codegen.perturb import _blocks
from codegen.points import generic_point
from codegen.projections import projections
from codegen.trace import trace
from tests.dense_nets import ACTIVATIONS, LOSSES, backprop, net

QUIET = settings(derandomize=True, deadline=None, max_examples=200)


@st.composite
def nets(draw):
    """A random small net, its widths, and a point for it."""
    hidden = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=4))
    one = net(
        hidden,
        draw(st.sampled_from(sorted(LOSSES))),
        bias=draw(st.sampled_from(["augmented", "separate", "none"])),
        mean=draw(st.booleans()),
        columns=draw(st.booleans()),
    )
    widths = [draw(st.integers(2, 7)) for _ in range(len(hidden) + 2)]
    n, seed = draw(st.sampled_from([1, 3, 5, 11])), draw(st.integers(0, 10**6))
    shapes = parameter_shapes(one.network, widths)
    return one, generic_point(one.network, shapes, n, seed, one.target)


def small(activations=("sigmoid", "tanh"), loss="cross-entropy", n=5, seed=3, **options):
    """A net and a point at widths 6-5-4-3."""
    one = net(activations, loss, **options)
    widths = (6, 5, 4, 3)[-len(activations) - 2 :]
    shapes = parameter_shapes(one.network, widths)
    return one, generic_point(one.network, shapes, n, seed, one.target)


def given_point(point):
    return point.params, point.x, point.y


# --------------------------------------------------------------------------------- every entry


@QUIET
@given(nets())
def test_every_entry_lies_within_its_bar(drawn):
    one, point = drawn
    truth = backprop(one, *given_point(point))
    top = max(np.abs(value).max() for value in truth.values())
    rounding = 4e-15 * top
    for oracle in (romberg, complex_step):
        found = oracle(one.network, *given_point(point))
        assert found.keys() == truth.keys()
        for name, estimate in found.items():
            assert estimate.value.shape == point.params[name].shape
            error = np.abs(estimate.value - truth[name])
            assert (error <= estimate.bar + rounding).all(), (oracle.__name__, name)


@QUIET
@given(nets())
def test_the_complex_step_is_as_exact_as_backprop(drawn):
    one, point = drawn
    truth = backprop(one, *given_point(point))
    top = max(np.abs(value).max() for value in truth.values())
    assume(top > 1e-3)
    found = complex_step(one.network, *given_point(point))
    assert max(np.abs(found[name].value - truth[name]).max() for name in truth) <= 1e-14 * top


def _each_entry_alone(network, params, x, y):
    """Complex steps of one entry at a time, each through a whole forward pass."""
    found = {}
    for name, value in params.items():
        found[name] = np.empty(value.shape)
        for index in np.ndindex(value.shape):
            moved = value.astype(complex)
            moved[index] += 1j * COMPLEX_STEP
            found[name][index] = network.loss({**params, name: moved}, x, y).imag / COMPLEX_STEP
    return found


@settings(QUIET, max_examples=40)
@given(nets())
def test_one_step_of_a_unit_serves_all_its_inputs(drawn):
    one, point = drawn
    alone = _each_entry_alone(one.network, *given_point(point))
    top = max(np.abs(value).max() for value in alone.values())
    for name, estimate in complex_step(one.network, *given_point(point)).items():
        assert np.abs(estimate.value - alone[name]).max() <= 1e-14 * top + 1e-300


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
def test_rows_and_columns_and_every_place_of_the_bias(bias, columns):
    one, point = small(bias=bias, columns=columns)
    truth = backprop(one, *given_point(point))
    for name, estimate in romberg(one.network, *given_point(point)).items():
        np.testing.assert_allclose(estimate.value, truth[name], rtol=1e-7, atol=1e-12)
        assert estimate.bar.max() < 1e-9
    for name, value in central(one.network, *given_point(point)).items():
        np.testing.assert_allclose(value, truth[name], rtol=1e-5, atol=1e-8)


def test_autograd_agrees():
    anp = pytest.importorskip("autograd.numpy")
    grad = pytest.importorskip("autograd").grad
    one, point = small(("tanh", "sin"), bias="separate")
    params, x, y = given_point(point)

    def loss(p):
        h = anp.tanh(anp.dot(x, p["W1"]) + p["b1"])
        h = anp.sin(anp.dot(h, p["W2"]) + p["b2"])
        z = anp.dot(h, p["W3"]) + p["b3"]
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - anp.sum(y * z, axis=1))

    truth = grad(loss)(dict(params))
    for name, estimate in complex_step(one.network, params, x, y).items():
        np.testing.assert_allclose(estimate.value, truth[name], rtol=1e-12, atol=1e-15)


def test_only_the_wanted_parameters():
    one, point = small(bias="separate")
    found = romberg(one.network, *given_point(point), wrt=["b2", "W3"])
    assert set(found) == {"b2", "W3"}
    whole = romberg(one.network, *given_point(point))
    assert all(np.array_equal(found[name].value, whole[name].value) for name in found)
    with pytest.raises(ValueError, match="no parameter is called W9"):
        romberg(one.network, *given_point(point), wrt=["W9"])


def test_float32_parameters_are_differentiated_in_float64():
    one, point = small()
    params = {name: value.astype(np.float32) for name, value in point.params.items()}
    wide = {name: value.astype(np.float64) for name, value in params.items()}
    narrow = romberg(one.network, params, point.x, point.y)
    for name, estimate in romberg(one.network, wide, point.x, point.y).items():
        assert np.array_equal(estimate.value, narrow[name].value)


# -------------------------------------------------------------------------------- reuse, blocks


@pytest.mark.parametrize("oracle", [romberg, complex_step, central])
def test_threads_change_no_bit(oracle, monkeypatch):
    monkeypatch.setattr("codegen.perturb.TASK", 1)
    one, point = small(("relu", "softmax"), n=7)
    single = oracle(one.network, *given_point(point), threads=1)
    double = oracle(one.network, *given_point(point), threads=3)
    for name in single:
        a, b = (getattr(run[name], "value", run[name]) for run in (single, double))
        assert np.array_equal(a, b)


@pytest.mark.parametrize("block", [1, 40, 1000])
def test_small_blocks_give_the_same_numbers(block, monkeypatch):
    one, point = small(("relu", "softmax"), n=4)
    whole = romberg(one.network, *given_point(point))
    monkeypatch.setattr("codegen.perturb.BLOCK", block)
    for name, estimate in romberg(one.network, *given_point(point)).items():
        np.testing.assert_allclose(estimate.value, whole[name].value, rtol=1e-9, atol=1e-12)
        assert np.array_equal(np.isinf(estimate.bar), np.isinf(whole[name].bar))


@pytest.mark.parametrize("rows", [1, 7, 100, 10_000])
def test_blocks_cover_each_moving_entry_once(rows):
    a = np.array([1.0, 0.0, 2.0, 3.0, 0.0, 4.0])
    for inputs, moving in ((a, a != 0), (a + 1, a + 1 != 0), (0 * a, a < 0)):
        seen = np.zeros((9, 6), int)
        for units, part in _blocks(inputs, slice(2, 9), rows, 6):
            seen[units, part] += 1
        assert np.array_equal(seen, (np.arange(9) >= 2)[:, None] * moving)


def test_zero_inputs_are_exactly_zero_and_marked():
    one, point = small()
    x = point.x.copy()
    x[:, 2] = 0
    x[1:3, 4] = 0
    truth = backprop(one, point.params, x, point.y)["W1"]
    for oracle in (romberg, complex_step):
        found = oracle(one.network, point.params, x, point.y)["W1"]
        assert np.array_equal(found.still, np.arange(7)[:, None] * np.ones(5) == 3)
        assert not found.value[3].any()
        assert not found.bar[3].any()
        np.testing.assert_allclose(found.value, truth, rtol=1e-7, atol=1e-12)


def test_a_dead_relu_is_still_for_the_complex_step_only():
    one, point = small(("relu", "tanh"), n=3)
    params = {name: value.copy() for name, value in point.params.items()}
    params["W1"][0, 1] = -100.0
    found = complex_step(one.network, params, point.x, point.y)
    assert found["W1"].still[:, 1].all()
    assert found["W2"].still[2].all()
    assert found["W1"].still.sum() == 7
    assert not romberg(one.network, params, point.x, point.y)["W1"].still.any()


def test_product_of_complex_matrices():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 3)), rng.standard_normal((2, 3, 3))
    for left in (a[0], a[0] + 1j * a[1]):
        for right in (b[0], b[0] + 1j * b[1]):
            np.testing.assert_allclose(product(left, right), left @ right, rtol=1e-13)


def test_affine_is_what_the_layers_say():
    rng = np.random.default_rng(0)
    h, w = rng.standard_normal((4, 2)), rng.standard_normal((3, 5))
    z = affine(Layer("W", augmented=True), False, {"W": w}, h)
    np.testing.assert_allclose(z, np.hstack([np.ones((4, 1)), h]) @ w)
    z = affine(Layer("W", bias="b"), True, {"W": w.T, "b": np.arange(5.0)}, np.ones((3, 4)))
    np.testing.assert_allclose(z, w.T @ np.ones((3, 4)) + np.arange(5.0)[:, None])


def test_a_network_must_make_sense():
    with pytest.raises(ValueError, match="at least one layer"):
        Network((), lambda z, y: z, lambda n: 1.0)
    with pytest.raises(ValueError, match="every layer but the last"):
        Network((Layer("W1"), Layer("W2")), lambda z, y: z, lambda n: 1.0)
    with pytest.raises(ValueError, match="belongs to the loss"):
        Network((Layer("W1", activation=np.tanh),), lambda z, y: z, lambda n: 1.0)
    with pytest.raises(ValueError, match="3 layers have 4 widths"):
        parameter_shapes(small()[0].network, (3, 2))


def test_a_loss_that_adds_up_the_samples_is_refused():
    network = Network((Layer("W1"),), lambda z, y: ((z - y) ** 2).sum(), lambda n: 1.0)
    with pytest.raises(ValueError, match="sample_loss gave 1 losses for 4 samples"):
        trace(network, {"W1": np.ones((2, 3))}, np.ones((4, 2)), np.zeros((4, 3)))


# ----------------------------------------------------------------------------- kinks, honest bars


def test_a_kink_within_the_stencil_is_seen():
    one, point = small(("relu",), loss="squared", n=3)
    params = {name: value.copy() for name, value in point.params.items()}
    z = trace(one.network, params, point.x, point.y).pre[0]
    params["W1"][0, 2] -= z[2, 1] - 0.003
    found = romberg(one.network, params, point.x, point.y)
    assert np.isinf(found["W1"].bar[:, 2]).any()
    assert np.isfinite(found["W1"].bar[:, [0, 1, 3]]).all()
    truth = backprop(one, params, point.x, point.y)
    exact = complex_step(one.network, params, point.x, point.y)["W1"]
    np.testing.assert_allclose(exact.value, truth["W1"], rtol=1e-12, atol=1e-15)


def test_a_kink_further_down_is_seen():
    one, point = small(("tanh", "relu"), loss="squared", n=3)
    params = {name: value.copy() for name, value in point.params.items()}
    z = trace(one.network, params, point.x, point.y).pre[1]
    params["W2"][0, 1] -= z[1, 2] - 1e-5
    found = romberg(one.network, params, point.x, point.y)["W1"]
    truth = backprop(one, params, point.x, point.y)["W1"]
    assert np.isinf(found.bar).mean() > 0.8
    assert (np.abs(found.value - truth) <= found.bar).all()


@pytest.mark.parametrize("gap", [1e-9, 1e-4, 1e-3, 2e-3, 3e-3, 5e-3, 8e-3, 1.2e-2, 1.6e-2, 1.0])
@pytest.mark.parametrize("loss", ["absolute", "hinge"])
def test_a_kink_of_the_loss_widens_the_bar(loss, gap):
    one, point = small(("tanh",), loss=loss, n=3)
    at = trace(one.network, *given_point(point))
    y = point.y.copy()
    if loss == "absolute":
        y[1, 2] = at.pre[-1][2, 1] - gap
    else:
        params = {name: value.copy() for name, value in point.params.items()}
        params["W2"][0, 2] += y[1, 2] * (1 - gap) - at.pre[-1][2, 1]
        point = type(point)(point.name, params, point.x, y, "")
    truth = backprop(one, point.params, point.x, y)
    for name, estimate in romberg(one.network, point.params, point.x, y).items():
        assert (np.abs(estimate.value - truth[name]) <= estimate.bar + 1e-15).all()


def test_forward_code_that_drops_the_imaginary_part_is_refused():
    one, point = small(("tanh",))
    real = Network(one.network.layers, lambda z, y: np.abs(z - y).sum(axis=1), one.network.scale)
    with pytest.raises(ValueError, match="drops the imaginary part"):
        complex_step(real, *given_point(point))

    def through_a_buffer(z, y):
        out = np.empty(z.shape)
        out[:] = z
        return (out - y).sum(axis=1)

    buffered = Network(one.network.layers, through_a_buffer, one.network.scale)
    with pytest.raises(np.exceptions.ComplexWarning):
        complex_step(buffered, *given_point(point))


def test_ecnoise_finds_a_known_noise():
    rng = np.random.default_rng(0)
    t = np.linspace(0, 1e-3, 9)[:, None]
    level = np.array([1e-12, 1e-9, 1e-6])
    found = ecnoise(2 + t + t**2 + level * rng.standard_normal((9, 3)))
    assert (found > level / 4).all()
    assert (found < level * 4).all()


def test_the_noise_of_a_loss_is_some_roundings():
    one, point = small()
    noise = sample_noise(one.network, *given_point(point))
    assert noise.shape == (5,)
    assert (noise >= 2.0**-53 * 0.1).all()
    assert (noise < 1e-14).all()
    assert slope_noise(one.network, *given_point(point)) < 1e-14


def test_a_well_fitted_sample_widens_the_bar_of_the_complex_step():
    """yhat - y is a million times smaller than yhat: its rounding error is not."""
    one = net((), "logistic")
    x, params = np.array([[0.3, -0.7]]), {"W1": np.array([[0.2], [0.5], [0.1]])}
    z = x @ params["W1"][1:] + params["W1"][0]
    y = 1 / (1 + np.exp(-z)) + 1e-8
    estimate = complex_step(one.network, params, x, y)["W1"]
    truth = backprop(one, params, x, y)["W1"]
    assert (np.abs(estimate.value - truth) <= estimate.bar).all()
    assert 1e-16 < estimate.bar.max() < 1e-12


# ------------------------------------------------------------------- full forward passes, samples


def test_the_naive_loop_and_the_spot_check_agree():
    one, point = small()
    found = romberg(one.network, *given_point(point))
    entries = [("W1", (0, 0)), ("W2", (3, 1)), ("W3", (4, 2))]
    loop = naive(one.network.loss, *given_point(point), entries)
    fast = [found[name].value[index] for name, index in entries]
    np.testing.assert_allclose(loop, fast, rtol=1e-6)
    check = spot_check(one.network.loss, *given_point(point), found, count=60)
    assert check.ok
    assert check.entries == 60
    assert check.findings == ()


def test_the_spot_check_sees_a_wrong_structure():
    """A softmax that calls itself elementwise fools the fast method, but not the loop."""
    one, point = small(("softmax",), n=3)
    first, last = one.network.layers
    lie = Layer(first.weight, None, True, np.tanh, True)
    wrong = Network((lie, last), one.network.sample_loss, one.network.scale)
    found = romberg(wrong, *given_point(point))
    check = spot_check(one.network.loss, *given_point(point), found, count=20)
    assert not check.ok
    assert "two full forward passes say" in check.findings[0]


def test_a_spot_check_of_nothing_is_not_ok():
    one, point = small()
    assert not spot_check(one.network.loss, *given_point(point), {}).ok


def test_the_samples_add_up_to_the_batch():
    one, point = small(columns=True, bias="separate")
    alone = each_sample(one.network, *given_point(point))
    whole = complex_step(one.network, *given_point(point))
    assert len(alone) == 5
    for name, estimate in whole.items():
        mean = sum(sample[name] for sample in alone) / 5
        np.testing.assert_allclose(mean, estimate.value, rtol=1e-11, atol=1e-15)


# ----------------------------------------------------------------------------------- projections


@QUIET
@given(nets())
def test_projections_accept_the_right_gradient(drawn):
    one, point = drawn
    truth = backprop(one, *given_point(point))
    assume(max(np.abs(value).max() for value in truth.values()) > 1e-3)
    assert all(p.ok for p in projections(one.network.loss, *given_point(point), truth))


def test_projections_see_one_wrong_entry():
    one, point = small(n=11)
    truth = backprop(one, *given_point(point))
    for size in (1e-12, 1e-9, 1e-3):
        wrong = {name: value.copy() for name, value in truth.items()}
        wrong["W2"][2, 1] += size
        found = projections(one.network.loss, *given_point(point), wrong)
        assert len(found) == 8
        assert not all(p.ok for p in found)
    wrong["W2"][2, 1] = np.nan
    assert not any(p.ok for p in projections(one.network.loss, *given_point(point), wrong))


def test_the_whole_is_repeatable():
    one, point = small(("relu", "tanh"))
    first, second = (romberg(one.network, *given_point(point)) for _ in range(2))
    assert all(np.array_equal(first[k].bar, second[k].bar) for k in first)
