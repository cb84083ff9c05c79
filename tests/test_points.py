"""Test points: sizes that cannot be confused, targets of each kind, no dead unit, no near kink."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.finite import ETA, complex_step, romberg
from codegen.network import parameter_shapes
from codegen.points import CYCLE, SAMPLES, TARGETS, generic_point, shadow_widths, targets
from codegen.trace import trace
from tests.dense_nets import net

QUIET = settings(derandomize=True, deadline=None, max_examples=100)


def point_of(one, widths, n=11, seed=0, target="soft", **options):
    return generic_point(
        one.network, parameter_shapes(one.network, widths), n, seed, target, **options
    )


# ----------------------------------------------------------------------------------------- sizes


def test_the_widths_of_the_notes():
    assert SAMPLES == 11
    assert shadow_widths(3) == (13, 7, 5, 3)
    assert shadow_widths(1) == (13, 3)
    assert shadow_widths(2) == (13, 5, 3)


@pytest.mark.parametrize("last", [None, 1, 2, 5, 6, 20, 50])
@pytest.mark.parametrize("n", [1, 2, 5, 10, 11, 12, 32, 64])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7, 8, 9, 20, 256])
def test_no_two_sizes_can_be_confused(depth, n, last):
    if last is not None and abs(last - n) <= 1:
        with pytest.raises(ValueError, match="cannot be told apart"):
            shadow_widths(depth, n, last)
        return
    widths = shadow_widths(depth, n, last)
    assert len(widths) == depth + 1
    for place in range(depth + 1):
        near = {*widths[place : place + CYCLE], widths[0], widths[-1]}
        sizes = [n, n + 1, *near, *(width + 1 for width in near)]
        assert len(near) >= min(CYCLE, len(widths) - place)
        assert len(set(sizes)) == len(sizes)
    assert widths[0] > n
    assert max(widths) <= max(n + 2 * min(depth, CYCLE) + 12, last or 0)
    assert last is None or widths[-1] == last


# --------------------------------------------------------------------------------------- targets


def test_targets_of_every_kind():
    rng = np.random.default_rng(0)
    drawn = {kind: targets(kind, 12, 4, rng) for kind in TARGETS}
    assert all(value.shape == (12, 4) for value in drawn.values())
    np.testing.assert_allclose(drawn["soft"].sum(axis=1), 1)
    assert (drawn["soft"] > 0).all()
    assert (np.abs(drawn["free"].sum(axis=1) - 1) > 0.05).all()
    assert (drawn["onehot"].sum(axis=0) == 3).all()
    assert set(drawn["onehot"].ravel()) == {0.0, 1.0}
    assert ((drawn["unit"] > 0) & (drawn["unit"] < 1)).all()
    assert set(drawn["binary"].ravel()) == {0.0, 1.0}
    assert set(drawn["sign"].ravel()) == {-1.0, 1.0}
    assert (drawn["real"] < 0).any()
    assert all(len(np.unique(column)) == 2 for column in drawn["sign"].T)


def test_an_unknown_kind_of_target_is_refused():
    with pytest.raises(ValueError, match="unknown target 'dirichlet': it is one of soft"):
        point_of(net(("tanh",)), (4, 3, 2), target="dirichlet")


# ---------------------------------------------------------------------------------------- points


@pytest.mark.parametrize("bias", ["augmented", "separate", "none"])
def test_both_layouts_have_their_shapes(bias):
    for columns in (False, True):
        one = net(("sigmoid", "tanh"), bias=bias, columns=columns)
        point = point_of(one, (13, 7, 5, 3))
        assert point.x.shape == ((13, 11) if columns else (11, 13))
        assert point.y.shape == ((3, 11) if columns else (11, 3))
        np.testing.assert_allclose(point.y.sum(axis=0 if columns else 1), 1)
        shapes = parameter_shapes(one.network, (13, 7, 5, 3))
        assert {name: value.shape for name, value in point.params.items()} == shapes


def test_a_point_is_dense_and_ordinary():
    point = point_of(net(("sigmoid",)), (400, 300, 3))
    weights = point.params["W1"]
    assert 0.9 < weights[1:].std() * 20 < 1.1
    assert 0.4 < weights[0].std() < 0.6
    assert (point.x != 0).all()
    assert all((value != 0).all() for value in point.params.values())


def test_seeds_repeat_and_attempts_differ():
    one = net(("relu", "tanh"))
    first, again = point_of(one, (6, 5, 4, 3), seed=7), point_of(one, (6, 5, 4, 3), seed=7)
    assert np.array_equal(first.x, again.x)
    assert first.note == again.note
    other = point_of(one, (6, 5, 4, 3), seed=7, attempt=1)
    assert not np.array_equal(first.x, other.x)
    assert "seed 7, attempt 0, 11 samples, soft targets" in first.note
    assert "attempt 1" in other.note


@QUIET
@given(
    st.lists(st.sampled_from(["relu", "leaky", "tanh", "abs"]), min_size=1, max_size=3),
    st.integers(0, 10**6),
    st.sampled_from([2, 5, 11]),
    st.booleans(),
    st.sampled_from(["augmented", "separate"]),
)
def test_a_mended_point_has_no_kink_in_reach(hidden, seed, n, columns, bias):
    one = net(hidden, columns=columns, bias=bias)
    point = point_of(one, shadow_widths(len(hidden) + 1, n), n, seed)
    assert ("drawn again" in point.note) == (point.redraws > 0)
    at = trace(one.network, point.params, point.x, point.y)
    found = romberg(one.network, point.params, point.x, point.y)
    if "left" in point.note:
        return
    assert all(np.isfinite(estimate.bar).mean() > 0.97 for estimate in found.values())
    for k, layer in enumerate(one.network.layers[:-1]):
        if layer.kinks:
            assert (np.abs(at.pre[k]) > 4 * ETA).all()
            assert (at.pre[k] > 0).any(axis=1).all()
            assert (at.pre[k] < 0).any(axis=1).all()


def test_most_kinked_points_can_be_mended():
    one = net(("relu", "relu"))
    notes = [point_of(one, (13, 7, 5, 3), seed=seed).note for seed in range(30)]
    assert sum("left" in note for note in notes) == 0
    assert sum("drawn again" in note for note in notes) > 20


def test_a_single_sample_keeps_its_relus_alive():
    one = net(("relu",), columns=True)
    point = point_of(one, (13, 7, 3), n=1)
    at = trace(one.network, point.params, point.x, point.y)
    assert (at.post[0] > 0).all()


def test_what_cannot_be_mended_is_told():
    one = net(("relu",) * 3)
    point = point_of(one, (30, 200, 200, 200, 3), n=3)
    assert "left: " in point.note
    assert "near a kink" in point.note


def test_smooth_nets_are_not_touched():
    point = point_of(net(("tanh", "softmax")), (13, 7, 5, 3))
    assert point.redraws == 0
    assert "drawn" not in point.note


@pytest.mark.parametrize("n", [5, 11])
def test_no_gradient_entry_is_zero_at_the_shadow_widths(n):
    for seed in range(20):
        one = net(("relu", "relu"))
        point = point_of(one, shadow_widths(3, n), n, seed=seed)
        found = complex_step(one.network, point.params, point.x, point.y)
        still = any(estimate.still.any() for estimate in found.values())
        assert still == ("cut off" in point.note)
        assert not still or n == 5
