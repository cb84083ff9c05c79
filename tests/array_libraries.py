"""Libraries that follow the array API standard: the strict one always, others where installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import array_api_strict
import numpy as np


class Library(NamedTuple):
    """How its arrays are made of NumPy's, and how a function is compiled, if it can be."""

    name: str
    space: Any
    compiled: Callable[[Any], Any] = lambda function: function

    def array(self, value: Any) -> Any:
        """The array with the numbers and the dtype of one of NumPy's."""
        return self.space.asarray(value)

    def point(self, given: tuple[dict[str, Any], Any, Any]) -> tuple[dict[str, Any], Any, Any]:
        """Parameters, samples and targets as its arrays."""
        params, x, y = given
        return {n: self.array(value) for n, value in params.items()}, self.array(x), self.array(y)


def installed() -> list[Library]:
    """The strict library, whose arrays refuse all that the standard does not have, and NumPy.

    PyTorch, which needs array_api_compat, and JAX are not needed for the tests to pass.
    """
    found = [Library("strict", array_api_strict), Library("numpy", np)]
    if find_spec("torch") and find_spec("array_api_compat"):
        found.append(Library("torch", import_module("array_api_compat.torch")))
    if find_spec("jax"):
        jax = import_module("jax")
        jax.config.update("jax_enable_x64", True)
        found.append(Library("jax", import_module("jax.numpy"), jax.jit))
    return found


LIBRARIES = installed()
STRICT = LIBRARIES[0]
