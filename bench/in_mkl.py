"""The emitted module with its larger products by MKL; where that is not installed, no contender."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from bench.nets import NETS, Inputs, Maker, Step
from codegen.emission import emit
from codegen.loading import load
from codegen.mkl import library
from codegen.refusal import Refusal
from derive.layers import stack

try:
    library()
except Refusal as refusal:
    raise ModuleNotFoundError(str(refusal), name="mkl") from None


@cache
def module(net: str) -> ModuleType:
    """The emitted module of a network, loaded with MKL's products."""
    return load(emit(stack(NETS[net].layers)), products="mkl")


def workspace(given: Inputs) -> Step:
    """A step in arrays that were allocated before."""
    case = given.case
    space = module(case.net).Workspace(case.batch, given.x.dtype)

    def run() -> Any:
        return space.gradients(given.params, given.x, given.y)

    return Step(run, run)


STEPS: dict[str, Maker] = {"workspace, MKL": workspace}
