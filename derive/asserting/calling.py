"""A person's function, called as it wants to be called, and watched while it runs.

What it must not do is found out here: change its arguments, change NumPy's global random state,
say something else the second time, hand out one array as two gradients.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from codegen.entries import entry_text
from codegen.network import Array
from derive.asserting.containers import leaves, rebuilt

Function = Callable[..., Any]


@dataclass(frozen=True)
class Arguments:
    """What a function may be given: the container of parameters, the data, and more by name.

    `tree` has the structure of the parameters, `own` their values by place.
    """

    tree: Any
    own: Mapping[str, Array]
    data: Mapping[str, Array]
    more: Mapping[str, Array]

    def fresh(self) -> Arguments:
        """The same values in arrays of their own."""
        return Arguments(
            self.tree,
            {name: value.copy() for name, value in self.own.items()},
            {name: value.copy() for name, value in self.data.items()},
            {name: value.copy() for name, value in self.more.items()},
        )

    def container(self) -> Any:
        """The parameters as the function expects them."""
        return rebuilt(self.tree, list(self.own.values()))

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Every array by its name."""
        for given in (self.own, self.data, self.more):
            yield from given.items()


class Finding(NamedTuple):
    """Something that is wrong apart from any number: its kind, a sentence, a page where one is."""

    kind: str
    text: str
    code: str = ""


class Watched(NamedTuple):
    """What a function returned, as copies by place, and what it did besides."""

    value: Any
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def called(function: Function, given: Arguments) -> Any:
    """The function's answer: by the names of its parameters where all are known, else in order.

    In order means (params, *data). Raises TypeError where neither fits.
    """
    wanted = _required(function)
    known = {"params": given.container(), **given.more, **given.data, **given.own}
    if wanted and all(name in known for name in wanted):
        return function(**{name: known[name] for name in wanted})
    ordered = (known["params"], *given.data.values())
    if wanted is not None and len(wanted) == 1:
        return function(ordered[0])
    if wanted is None or len(wanted) in (0, len(ordered)):
        return function(*ordered)
    names = ", ".join(dict.fromkeys((*given.own, *given.data, *given.more)))
    raise TypeError(
        f"{_name(function)} takes {', '.join(wanted)}: give it (params, "
        f"{', '.join(given.data)}), or parameters named among params, {names}"
    )


def asks_for(function: Function, names: Container[str]) -> bool:
    """Whether a function has a parameter of a name that is none of these."""
    return any(name not in names for name in _required(function) or ())


def _required(function: Function) -> list[str] | None:
    """The names of the parameters that must be given; None where they cannot be seen."""
    try:
        listed = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL) for p in listed):
        return None
    return [p.name for p in listed if p.default is p.empty and p.kind is not p.VAR_KEYWORD]


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)


# ---------------------------------------------------------------------------------------- watching


def watched(function: Function, given: Arguments, what: str = "the gradient") -> Watched:
    """Calls the function twice on equal arguments, and puts the random state back."""
    with random_state_kept():
        first, found, own = _once(function, given)
        kept = copied(first)
    with random_state_kept():
        second, _, _ = _once(function, given)
    found += _twice(kept, copied(second), what)
    found += _aliases(first)
    notes = [*_reused(first, second), *_borrowed(first, own)]
    return Watched(kept, tuple(found), tuple(notes))


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Puts the global random states back, whatever is done inside."""
    before, state = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(before)
        random.setstate(state)


def undisturbed(function: Function, given: Arguments) -> Any:
    """The function's answer, as copies, to copies; the random state stays as it was."""
    with random_state_kept():
        return copied(called(function, given.fresh()))


def _once(function: Function, given: Arguments) -> tuple[Any, list[Finding], Arguments]:
    own, before, state = given.fresh(), np.random.get_state(), random.getstate()
    value = called(function, own)
    found = [*_changed(given, own)]
    if not _same_state(before, np.random.get_state()):
        text = "it changes NumPy's global random state: what runs after it depends on it"
        found.append(Finding("random-state", f"{text}; use np.random.default_rng(seed)"))
    if random.getstate() != state:
        found.append(Finding("random-state", "it changes the state of Python's module random"))
    return value, found, own


def _same_state(a: Any, b: Any) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


def _changed(given: Arguments, own: Arguments) -> Iterator[Finding]:
    """The arguments that are not what they were."""
    for (name, old), (_, new) in zip(given.arrays(), own.arrays(), strict=True):
        if _equal(old, new):
            continue
        index = tuple(map(int, np.argwhere(~_alike(old, new))[0]))
        at = entry_text(name, index) if index else name
        values = f"{old[index]:.6g} became {new[index]:.6g}"
        text = f"it changes {name} in place, {at}: {values}"
        code = "D324" if name in given.own else ""
        yield Finding("in-place", text, code)


def _alike(a: Array, b: Array) -> Array:
    return np.asarray((a == b) | ((a != a) & (b != b)))


def _equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(_alike(a, b).all())


def _borrowed(value: Any, own: Arguments) -> list[str]:
    """Gradients that are no arrays of their own, but views of an argument."""
    return [
        f"the gradient {place} is the array {name} itself: to change one is to change both"
        for place, array in _arrays(value)
        for name, given in own.arrays()
        if array.size and np.shares_memory(array, given)
    ]


def _aliases(value: Any) -> list[Finding]:
    """Two gradients in one array: what is done to the first is done to the second."""
    arrays = _arrays(value)
    pairs = [(a, b) for k, a in enumerate(arrays) for b in arrays[:k]]
    return [
        Finding("alias", f"the gradients {b[0]} and {a[0]} share one array")
        for a, b in pairs
        if a[1].size and np.shares_memory(a[1], b[1])
    ]


def _reused(first: Any, second: Any) -> list[str]:
    """Arrays that a second call overwrites."""
    old, new = dict(_arrays(first)), dict(_arrays(second))
    names = [n for n in old.keys() & new.keys() if np.shares_memory(old[n], new[n])]
    if not names:
        return []
    which = ", ".join(n for n in old if n in names)
    return [f"every call returns the same arrays ({which}): copy what is to be kept"]


def _twice(first: Any, second: Any, what: str) -> list[Finding]:
    """Whether two calls on equal arguments agree bit for bit."""
    a, b = _every(first), _every(second)
    for name in a.keys() & b.keys():
        if not _equal(a[name], b[name]):
            text = f"{what} is another one the second time, at the same arguments ({name})"
            return [Finding("not-deterministic", f"{text}: is something random, or kept?")]
    return []


def _every(value: Any) -> Mapping[str, Array]:
    """The arrays and the numbers of an answer; what has none is refused elsewhere."""
    try:
        return leaves(value, "the answer")
    except TypeError:
        return {}


def _arrays(value: Any) -> Sequence[tuple[str, Array]]:
    """The arrays of an answer."""
    return [(place, one) for place, one in _every(value).items() if one.ndim]


def copied(value: Any) -> Any:
    """The answer in arrays of its own."""
    try:
        return rebuilt(value, [np.array(one) for one in leaves(value, "the answer").values()])
    except TypeError:
        return value
