"""What a backward pass returned, as a gradient for each name: told apart by key or by order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from codegen.gradient_shapes import shape_words
from codegen.network import Array
from derive.asserting.calling import Finding
from derive.asserting.containers import Unreadable, leaves, parts

_DECORATED = re.compile(r"(?:dL_?/?_?d|grads?_|g_|nabla_|d_?)(\w.*)|(\w.*?)_(?:grads?|bar)")


class Answer(NamedTuple):
    """The gradients by name, and what is wrong with them before any number is looked at.

    `odd` are gradients of another shape, which may still tell what was done, `single` those with
    the digits of float32 alone.
    """

    gradients: Mapping[str, Array]
    odd: Mapping[str, Array]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    single: frozenset[str] = frozenset()


def answer(
    value: Any,
    wrt: tuple[str, ...],
    shapes: Mapping[str, Array],
    dtype: str,
    aliases: Mapping[str, str],
) -> Answer:
    """Reads an answer for the names `wrt`; `shapes` has an array of the right shape for each.

    `aliases`: what the places of the person's own container stand for.
    """
    try:
        found, notes = _named(value, wrt, aliases)
    except Unreadable as error:
        return Answer({}, {}, (Finding("type", str(error)),))
    findings = [_missing(name, found) for name in wrt if name not in found]
    findings += [
        Finding("surplus", f"there is a gradient for {name}, which is not asked for")
        for name in found
        if name not in wrt
    ]
    good, odd = {}, {}
    for name in (name for name in wrt if name in found):
        problem = _sentence(name, found[name], shapes[name], dtype)
        usable = found[name].dtype.kind in "fiub"
        if problem is not None:
            findings.append(problem)
        if usable and found[name].shape == shapes[name].shape:
            good[name] = found[name].astype(np.float64)
        elif usable:
            odd[name] = found[name].astype(np.float64)
    single = frozenset(name for name, a in found.items() if a.dtype == np.float32)
    return Answer(good, odd, tuple(findings), notes, single)


def _named(
    value: Any, wrt: tuple[str, ...], aliases: Mapping[str, str]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """The arrays by the names that they are gradients of."""
    found = leaves(value, "the gradient")
    if len(wrt) == 1 and parts(value) is None:
        return {wrt[0]: next(iter(found.values()))}, ()
    if found.keys() <= aliases.keys():
        return {aliases[key]: one for key, one in found.items()}, ()
    if _keyed(value):
        return {_plain(key, wrt): one for key, one in found.items()}, ()
    if len(found) == len(wrt):
        return dict(zip(wrt, found.values(), strict=True)), ()
    inner = _after_loss(value)
    if inner is not None:
        made, notes = _named(inner, wrt, aliases)
        return made, ("the function returns a loss first: it was left aside", *notes)
    names = ", ".join(wrt)
    raise Unreadable(f"the function returns {len(found)} arrays for {len(wrt)} names: {names}")


def _keyed(value: Any) -> bool:
    """Whether the outermost container names what it holds."""
    inside = parts(value)
    return bool(inside) and all(isinstance(key, str) for key, _ in inside or ())


def _after_loss(value: Any) -> Any:
    """The gradients of `loss, gradients`."""
    if isinstance(value, tuple) and len(value) == 2 and np.ndim(_scalar(value[0])) == 0:
        return value[1]
    return None


def _scalar(value: Any) -> Any:
    return value if parts(value) is None else [value]


def _plain(key: str, wrt: tuple[str, ...]) -> str:
    """`dW1`, `grad_W1`, `dL/dW1` are gradients of W1, where that is asked for.

    >>> _plain("dW1", ("W1",)), _plain("W1_grad", ("W1",)), _plain("d", ("W1",))
    ('W1', 'W1', 'd')
    """
    if key in wrt:
        return key
    match = _DECORATED.fullmatch(key)
    name = (match[1] or match[2]) if match else key
    return name if name in wrt else key


def _missing(name: str, found: Mapping[str, Array]) -> Finding:
    there = f"; there is {', '.join(map(repr, found))}" if found else ""
    return Finding("missing", f"there is no gradient for {name}{there}")


def _sentence(name: str, a: Array, like: Array, dtype: str) -> Finding | None:
    """What is wrong with a gradient at first sight."""
    if a.dtype.kind not in "fiub":
        return Finding("dtype", f"the gradient of {name} is {a.dtype}, and no real numbers")
    if a.shape != like.shape:
        text = f"the gradient of {name} is {shape_words(a.shape)}, and {name} is "
        turned = a.ndim == 2 and a.shape == like.shape[::-1]
        more = ": transposed" if turned else ""
        return Finding("shape", text + shape_words(like.shape) + more)
    if a.dtype.kind in "iub":
        return Finding("dtype", f"the gradient of {name} is {a.dtype}: its fractions are cut off")
    if a.dtype.itemsize < np.dtype(dtype).itemsize:
        text = f"the gradient of {name} is {a.dtype}, and {name} is {dtype}: digits are lost"
        return Finding("dtype", text)
    wrong = int(np.count_nonzero(~np.isfinite(a)))
    if wrong:
        text = f"{wrong:,} of {a.size:,} entries of the gradient of {name} are not finite"
        return Finding("not-finite", text)
    return None
