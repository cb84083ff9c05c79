"""The emitted module with its larger products by MKL; where that is not installed, no contender."""

from __future__ import annotations

from bench.in_numpy import workspace
from bench.nets import Maker
from codegen.mkl import library
from codegen.refusal import Refusal

try:
    library()
except Refusal as refusal:
    raise ModuleNotFoundError(str(refusal), name="mkl") from None

STEPS: dict[str, Maker] = {"workspace, MKL": lambda given: workspace(given, "mkl")}
