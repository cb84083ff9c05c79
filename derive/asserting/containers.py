"""Parameters and gradients as people hold them: dicts, lists, tuples, dataclasses, nested.

A container is read into its leaves, each with a name, and made again around other leaves. The name
of a leaf is its place: `W1`, `layers[0].W`, `params[1]`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from codegen.network import Array

ROOT = "params"
"""What a container without names is called."""

DEEPEST = 16
MOST = 10_000
"""Leaves of a container at most."""


class Unreadable(TypeError):
    """A container that holds something other than arrays of numbers."""


def leaves(tree: Any, what: str = "params") -> dict[str, Array]:
    """The arrays of a container by the names of their places, in order.

    >>> list(leaves({"a": [np.ones(2), np.ones(3)], "b": [1.0, 2.0]}))
    ['a[0]', 'a[1]', 'b']
    >>> list(leaves([np.ones(2), np.ones(3)])), list(leaves(np.ones(2)))
    (['params[0]', 'params[1]'], ['params'])
    """
    found = dict(_walk(tree, "", what, 0))
    if len(found) > MOST:
        raise Unreadable(f"{what} has {len(found):,} arrays; at most {MOST:,} are read")
    return found


def _walk(tree: Any, place: str, what: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > DEEPEST:
        raise Unreadable(f"{what} is nested more than {DEEPEST} deep")
    inside = parts(tree)
    if inside is None:
        yield place or ROOT, _array(tree, place, what)
        return
    for key, one in inside:
        yield from _walk(one, _joined(place, key, tree), what, depth + 1)


def parts(tree: Any) -> list[tuple[Any, Any]] | None:
    """The keys and the values of a container; None for what is none.

    A list of numbers is an array, and so is a list of such lists.
    """
    if isinstance(tree, Mapping):
        return list(tree.items())
    if _is_record(tree):
        return [(f.name, getattr(tree, f.name)) for f in dataclasses.fields(tree)]
    if _is_named(tree):
        return list(zip(tree._fields, tree, strict=True))
    if isinstance(tree, list | tuple) and not is_numbers(tree):
        return list(enumerate(tree))
    return None


def is_numbers(tree: Any) -> bool:
    """Whether a list is one of numbers, or of rows of numbers: an array, and no container."""
    if not isinstance(tree, list) or not tree:
        return False
    return all(isinstance(one, int | float) for one in tree) or all(map(is_numbers, tree))


def _is_record(tree: Any) -> bool:
    return dataclasses.is_dataclass(tree) and not isinstance(tree, type)


def _is_named(tree: Any) -> bool:
    return isinstance(tree, tuple) and hasattr(tree, "_fields")


def _joined(place: str, key: Any, owner: Any) -> str:
    """The name of a part: `W1` at the top, then `layers[0]`, `layers[0].W`, `net['W']`."""
    if not place:
        return f"{ROOT}[{key}]" if isinstance(key, int) else str(key)
    if isinstance(owner, Mapping):
        return f"{place}[{key!r}]"
    return f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}"


def _array(leaf: Any, place: str, what: str) -> Array:
    try:
        array = np.asarray(leaf)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "fiubc":
        at = f" at {place}" if place else ""
        raise Unreadable(f"{what}{at} holds {type(leaf).__name__}, and no array of numbers")
    return array


def rebuilt(tree: Any, values: Iterator[Any] | Sequence[Any]) -> Any:
    """The container with other leaves, in order."""
    return _rebuilt(tree, iter(values))


def _rebuilt(tree: Any, values: Iterator[Any]) -> Any:
    inside = parts(tree)
    if inside is None:
        return next(values)
    made = [(key, _rebuilt(one, values)) for key, one in inside]
    if _is_record(tree):
        return _record(tree, dict(made))
    if _is_named(tree):
        return type(tree)(**dict(made))
    if isinstance(tree, Mapping):
        return _mapping(tree, made)
    return type(tree)([one for _, one in made])


def _record(tree: Any, made: Mapping[str, Any]) -> Any:
    """A dataclass like another; `replace` runs its checks, as its own code would."""
    names = {f.name for f in dataclasses.fields(tree) if f.init}
    copy = dataclasses.replace(tree, **{n: v for n, v in made.items() if n in names})
    for name in made.keys() - names:
        object.__setattr__(copy, name, made[name])
    return copy


def _mapping(tree: Mapping[Any, Any], made: list[tuple[Any, Any]]) -> Any:
    try:
        return type(tree)(made)  # type: ignore[call-arg]
    except TypeError:
        return dict(made)
