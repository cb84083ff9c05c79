"""What wrong numbers look like: a sentence where the true and the given gradients fit a pattern.

Every sentence states what was measured ("11 times the true one"), and a cause only where the
measurement leaves no other of the catalogue. Where nothing fits, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from codegen.entries import bias_slice, ends, entry_text, meaning, unit_text
from codegen.entries import place as place_of
from codegen.gradient_shapes import real_array
from codegen.network import Array, Network

Arrays = Mapping[str, Array]

ALIKE = 1e-9
"""Numbers that agree to this part of themselves are the same."""

FLOOR = 1e-13
"""Numbers below this part of the largest gradient are rounding."""


class Case(NamedTuple):
    """A tensor under test: its name, the given and the true gradient, and what rounding may do."""

    network: Network
    name: str
    actual: Array
    truth: Array
    floor: float
    factors: Mapping[str, float]

    def same(self, a: Array, b: Array) -> Array:
        """Which numbers agree, as far as rounding lets one say."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(a), np.abs(b))
            alike: Array = np.abs(a - b) <= ALIKE * size + self.floor
        return alike

    def equal(self, a: Array, b: Array) -> bool:
        """Whether all numbers agree and some are more than rounding."""
        return bool(a.shape == b.shape and self.seen(b) and self.same(a, b).all())

    def seen(self, a: Array) -> bool:
        """Whether any number is well above rounding."""
        return bool(a.size) and float(np.abs(a).max()) > 1e3 * self.floor


def signatures(
    network: Network,
    actual: Arrays,
    truth: Arrays,
    n: int,
    samples: Sequence[Arrays] = (),
) -> tuple[str, ...]:
    """Sentences on how `actual` differs from `truth`, the gradients of an oracle.

    `n` is the number of samples; `samples`, if given, holds the gradients for each sample alone.
    """
    cases = [one for one in _cases(network, actual, truth, n) if _is_wrong(one)]
    if not cases:
        return ()
    whole = _overall(network, cases, n)
    if whole:
        return whole
    sentences = [_tensor(one, truth, samples) for one in cases]
    return tuple(text for text in (*sentences, _way_back(network, cases, truth)) if text)


def _cases(network: Network, actual: Arrays, truth: Arrays, n: int) -> list[Case]:
    largest = max((float(np.abs(one).max()) for one in truth.values() if one.size), default=0.0)
    factors = _factors(network, n, _classes(network, truth))
    given = [(name, real_array(actual.get(name))) for name in network.names() if name in truth]
    return [
        Case(network, name, a, truth[name], FLOOR * largest, factors)
        for name, a in given
        if a is not None
    ]


def _classes(network: Network, truth: Arrays) -> int:
    name = network.layers[-1].weight
    return truth[name].shape[0 if network.columns else 1] if name in truth else 1


def _is_wrong(one: Case) -> bool:
    return one.actual.shape != one.truth.shape or not bool(one.same(one.actual, one.truth).all())


# ------------------------------------------------------------------------------ constant factors


def _factors(network: Network, n: int, classes: int) -> dict[str, float]:
    """The factors that have a cause, with the words for it."""
    mean = np.isclose(network.scale(n), 1 / n) and n > 1
    basic = {
        (f"1/N is missing (N = {n})" if mean else f"it is multiplied by N = {n}"): float(n),
        (f"1/N stands twice (N = {n})" if mean else f"it is divided by N = {n}"): 1 / n,
        "a factor 2 is too many": 2.0,
        "a factor 2 is missing": 0.5,
        f"it is divided by the number of outputs ({classes})": 1 / classes,
        f"it is multiplied by the number of outputs ({classes})": float(classes),
    }
    some = {words: value for words, value in basic.items() if value != 1}
    flipped = {f"the sign is flipped and {words}": -value for words, value in some.items()}
    return {"the sign is flipped": -1.0} | some | flipped


def ratio(one: Case, a: Array, b: Array) -> float | None:
    """The r with a = r b in every entry, if there is one, it is not 1, and b shows it."""
    if a.shape != b.shape or not np.isfinite(a).all() or not one.seen(b):
        return None
    r = float(np.vdot(b, a) / np.vdot(b, b))
    if r == 0 or abs(r - 1) <= 1e-6 or not one.same(a, r * b).all():
        return None
    return r


def cause(one: Case, r: float) -> str:
    """What a factor means: all causes of the catalogue that fit it, or nothing."""
    fits = [words for words, value in one.factors.items() if abs(r / value - 1) <= 1e-6]
    return ": " + ", or ".join(fits) if fits else ""


def _overall(network: Network, cases: list[Case], n: int) -> tuple[str, ...]:
    """One sentence when every tensor is off by the same factor."""
    if len(cases) < len(network.names()):
        return ()
    found = [ratio(one, one.actual, one.truth) for one in cases]
    first = found[0]
    if first is None or any(r is None or abs(r / first - 1) > 1e-6 for r in found):
        return ()
    return (f"every gradient is {first:.6g} times the true one{cause(cases[0], first)}",)


# ------------------------------------------------------------------------------------ one tensor


def _tensor(one: Case, truth: Arrays, samples: Sequence[Arrays]) -> str:
    """The first pattern that fits a wrong tensor."""
    if one.actual.shape != one.truth.shape:
        same = one.equal(one.actual.T, one.truth)
        return f"the gradient of {one.name} is the transpose of the true one" if same else ""
    patterns: tuple[Callable[[], str], ...] = (
        lambda: _not_finite(one),
        lambda: _zero(one),
        lambda: _constant(one),
        lambda: _transposed(one),
        lambda: _bias_last(one),
        lambda: _other(one, truth),
        lambda: _one_sample(one, samples),
        lambda: _few(one),
        lambda: _bias_part(one),
    )
    return next((text for text in (pattern() for pattern in patterns) if text), "")


def _not_finite(one: Case) -> str:
    count = int(np.count_nonzero(~np.isfinite(one.actual)))
    text = f"{count:,} of {one.actual.size:,} entries of the gradient of {one.name}"
    return f"{text} are not finite" if count else ""


def _zero(one: Case) -> str:
    return "" if one.actual.any() else f"the gradient of {one.name} is zero everywhere"


def _constant(one: Case) -> str:
    r = ratio(one, one.actual, one.truth)
    if r is None or (one.truth.size == 1 and not cause(one, r)):
        return ""
    return f"the gradient of {one.name} is {r:.6g} times the true one{cause(one, r)}"


def _transposed(one: Case) -> str:
    same = one.actual.ndim == 2 and one.equal(one.actual, one.truth.T)
    return f"the gradient of {one.name} is the transpose of the true one" if same else ""


def _bias_last(one: Case) -> str:
    if bias_slice(one.network, one.name) is None:
        return ""
    axis = 1 if one.network.columns else 0
    if not one.equal(one.actual, np.roll(one.truth, -1, axis)):
        return ""
    line, first = ("column", "column 0") if one.network.columns else ("row", "row 0")
    return f"the gradient of {one.name} has its bias in the last {line} instead of {first}"


def _other(one: Case, truth: Arrays) -> str:
    others = [name for name in truth if name != one.name and one.equal(one.actual, truth[name])]
    return f"the gradient of {one.name} is that of {others[0]}" if others else ""


def _one_sample(one: Case, samples: Sequence[Arrays]) -> str:
    """The gradient of one sample, alone or with the scale of the whole batch."""
    for k, alone in enumerate(samples if len(samples) > 1 else ()):
        r = ratio(one, one.actual, alone[one.name])
        if one.equal(one.actual, alone[one.name]) or (r is not None and cause(one, r)):
            return f"the gradient of {one.name} is made from one sample only, number {k + 1}"
    return ""


def _few(one: Case) -> str:
    """Only one entry, only one unit, or only one input is wrong."""
    wrong = np.argwhere(~one.same(one.actual, one.truth))
    if one.truth.size == 1 or len(wrong) == one.truth.size:
        return ""
    if len(wrong) == 1:
        index = tuple(map(int, wrong[0]))
        at, words = entry_text(one.name, index), meaning(one.network, one.name, index)
        values = f"{one.actual[index]:.9g} instead of {one.truth[index]:.9g}"
        return f"only one entry of the gradient of {one.name} is wrong, {at} ({words}): {values}"
    pairs = [ends(one.network, one.name, row) for row in wrong.tolist()]
    layer, _ = place_of(one.network, one.name)
    if len({unit for _, unit in pairs}) == 1 and one.truth.ndim == 2:
        unit = unit_text(one.network, layer, pairs[0][1])
        return f"only the entries of unit {unit} are wrong in the gradient of {one.name}"
    source = {source for source, _ in pairs}
    if len(source) == 1 and source != {0}:
        text = f"{'x' if layer == 0 else f'h{layer}'}_{source.pop()}"
        return f"only the entries of input {text} are wrong in the gradient of {one.name}"
    return ""


def _bias_part(one: Case) -> str:
    """Only the bias row is wrong, or all but the bias row."""
    where = bias_slice(one.network, one.name)
    if where is None:
        return ""
    line = "column" if one.network.columns else "row"
    right = one.same(one.actual, one.truth)
    rest = np.ones(one.truth.shape, bool)
    rest[where] = False
    if right[rest].all():
        how = _how(one, one.actual[where], one.truth[where])
        return f"only the bias {line} of the gradient of {one.name} is wrong{how}"
    if right[where].all():
        how = _how(one, one.actual[rest], one.truth[rest])
        rest_text = f", the rest is wrong{how}"
        return f"only the bias {line} of the gradient of {one.name} is right{rest_text}"
    return ""


def _how(one: Case, a: Array, b: Array) -> str:
    if not a.any():
        return ": it is zero"
    r = ratio(one, a, b) if a.size > 1 else None
    return "" if r is None else f": it is {r:.6g} times the true one{cause(one, r)}"


# ---------------------------------------------------------------------------------- the way back


def _way_back(network: Network, cases: list[Case], truth: Arrays) -> str:
    """Where the layers above are right and every parameter from some layer down is wrong."""
    wrong = {one.name for one in cases}
    per = [[name in wrong for name in (k.weight, k.bias) if name in truth] for k in network.layers]
    bad = [all(layer) for layer in per]
    depth = len(bad)
    first = next((k for k in range(depth) if not any(per[k])), depth)
    if not 1 < first < depth or not all(bad[:first]) or any(any(layer) for layer in per[first:]):
        return ""
    return (
        f"the gradients from layer {first + 1} up are right and all below are wrong: look at the "
        f"step back from z_{first + 1} to z_{first}"
    )
