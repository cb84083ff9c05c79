"""The NumPy functions that an emitted module contains: `source(names)` is their text.

A function here needs NumPy and other names of this folder, nothing else, so its text stands alone.
Each keeps float32 and float64 as they are, raises no floating-point warning for arguments in ±1e4,
and takes complex numbers: a branch follows the real part and nothing calls `abs` or `conj` on a
complex value, so f(z + ih).imag / h is f'(z) to the last digits (the complex step).

Every function writes to `out` if it is given, and computes in the arrays of `work` if they are:
then real numbers in contiguous arrays cost no allocation. `WORK` says which arrays these are, and
`FRESH` where `out` must not be `z` itself.
"""

import ast
import inspect
import re
from collections.abc import Iterable
from functools import cache

from codegen.runtime import exponential, normal, pieces, products, rows
from codegen.runtime.exponential import (
    elu,
    elu_prime,
    gelu_tanh,
    gelu_tanh_prime,
    sigmoid,
    silu,
    silu_prime,
    softplus,
)
from codegen.runtime.normal import (
    _MILLS,
    Phi,
    erf,
    erf_prime,
    gelu,
    gelu_prime,
    phi,
    phi_prime,
)
from codegen.runtime.pieces import (
    absolute,
    huber,
    huber_prime,
    leaky_relu,
    relu,
    sign,
    step,
)
from codegen.runtime.products import (
    BY_ROWS,
    outer,
    turned,
    weight_gradient,
    weight_gradient_columns,
)
from codegen.runtime.rows import log_softmax, softmax

RUNTIME = {
    "exp": "np.exp",
    "log": "np.log",
    "sin": "np.sin",
    "cos": "np.cos",
    "tanh": "np.tanh",
    "erf": "erf",
    "erf'": "erf_prime",
    "step": "step",
    "sign": "sign",
    "abs": "absolute",
    "sigmoid": "sigmoid",
    "softplus": "softplus",
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "elu'": "elu_prime",
    "silu": "silu",
    "silu'": "silu_prime",
    "Phi": "Phi",
    "Phi'": "phi",
    "phi": "phi",
    "phi'": "phi_prime",
    "gelu": "gelu",
    "gelu'": "gelu_prime",
    "gelu_tanh": "gelu_tanh",
    "gelu_tanh'": "gelu_tanh_prime",
    "huber": "huber",
    "huber'": "huber_prime",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
}
"""How each op of `derive.functions`, f' included, and each softmax is written in NumPy text."""

WORK = {
    "step": ("mask",),
    "huber": ("z",),
    "softplus": ("z",),
    "elu": ("z",),
    "silu": ("z",),
    "silu'": ("z", "z"),
    "gelu_tanh": ("z",),
    "gelu_tanh'": ("z", "z"),
    "phi": ("z", "z"),
    "Phi'": ("z", "z"),
    "phi'": ("z", "z"),
    "erf'": ("z", "z"),
    "erf": ("z", "z", "z", "mask"),
    "Phi": ("z", "z", "z", "mask"),
    "gelu": ("z", "z", "z", "mask"),
    "gelu'": ("z", "z", "z", "mask"),
    "softmax": ("z", "row"),
    "log_softmax": ("z", "z", "row", "row"),
}
"""The arrays that an op computes in: like z, bools of its shape, or z summed along the axis."""

FRESH = frozenset(
    {"leaky_relu", "huber", "silu", "silu'", "gelu_tanh", "gelu_tanh'", "phi'", "erf"}
    | {"Phi", "gelu", "gelu'"}
)
"""The ops that read z after they have begun to write `out`: there `out` is another array."""

__all__ = [
    "BY_ROWS",
    "FRESH",
    "RUNTIME",
    "WORK",
    "_MILLS",
    "Phi",
    "absolute",
    "definitions",
    "elu",
    "elu_prime",
    "erf",
    "erf_prime",
    "gelu",
    "gelu_prime",
    "gelu_tanh",
    "gelu_tanh_prime",
    "huber",
    "huber_prime",
    "leaky_relu",
    "log_softmax",
    "outer",
    "phi",
    "phi_prime",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "silu_prime",
    "softmax",
    "softplus",
    "source",
    "step",
    "turned",
    "weight_gradient",
    "weight_gradient_columns",
]


def source(ops: Iterable[str], functions: Iterable[str] = ()) -> str:
    """The text of these functions, those of these ops, and what they need, in file order."""
    parts = definitions()
    needed: set[str] = set()
    queue = [name for name in (*map(RUNTIME.__getitem__, ops), *functions) if name in parts]
    while queue:
        name = queue.pop()
        if name not in needed:
            needed.add(name)
            queue.extend(_mentioned(name))
    return "\n\n\n".join(text for name, text in parts.items() if name in needed)


DEFINITION = re.compile(r"^(?:def (\w+)\(|(\w+) = ).*(?:\n(?![^\s)]).*)*", re.M)
"""A top-level function or assignment: its first line, and those that are indented or close it."""


@cache
def definitions() -> dict[str, str]:
    """Every top-level name of the files, and its text; to parse all of them would take longer."""
    texts = map(inspect.getsource, (pieces, exponential, normal, rows, products))
    found = (match for text in texts for match in DEFINITION.finditer(text))
    return {match[1] or match[2]: match[0].rstrip() for match in found}


@cache
def _mentioned(name: str) -> frozenset[str]:
    """The other such names in the text of one."""
    parts = definitions()
    nodes = ast.walk(ast.parse(parts[name]))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name)) & parts.keys()
