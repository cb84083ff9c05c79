"""What is wrong with given gradients before any number is looked at: a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from codegen.network import Array, Params


def real_array(value: Any) -> Array | None:
    """The value as an array of real numbers, if it is one."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.dtype.kind in "fiu" else None


def shape_findings(params: Params, actual: Mapping[str, Any]) -> tuple[str, ...]:
    """Missing, surplus and misshapen gradients, and those that hold no real numbers."""
    sentences = [_sentence(name, value.shape, actual.get(name)) for name, value in params.items()]
    surplus = [name for name in actual if name not in params]
    sentences += [f"there is a gradient for {name}, which is no parameter" for name in surplus]
    return tuple(text for text in sentences if text)


def _sentence(name: str, shape: tuple[int, ...], value: Any) -> str:
    if value is None:
        return f"there is no gradient for {name}"
    array = real_array(value)
    if array is None:
        return f"the gradient of {name} is not an array of real numbers"
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return f"the gradient of {name} is {array.dtype}: one part in 1e9 is checked, give float64"
    if array.shape == shape:
        return ""
    text = (
        f"the gradient of {name} is {shape_words(array.shape)}, and {name} is {shape_words(shape)}"
    )
    return text + (": transposed" if array.shape == shape[::-1] else "")


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape in words: `10×101`, `(10,)`, `a scalar`."""
    if not shape:
        return "a scalar"
    return "×".join(map(str, shape)) if len(shape) > 1 else f"({shape[0]},)"
