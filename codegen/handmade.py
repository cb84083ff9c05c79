"""The textbook's formulas as a NumPy function: an oracle by value, written by a person.

The formulas come from `derive.textbook` as they stand, over forward values computed in the plain
way; neither the differentiator nor the safe forms have a part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from codegen.loading import load
from codegen.network import Array, Params
from codegen.runtime import RUNTIME, source
from derive.dense import Stack
from derive.infer import shapes_of
from derive.notation import write
from derive.term import Apply, Term, variables, walk
from derive.textbook import textbook
from derive.tidy import scalar_names

Oracle = Callable[[Params, Array, Array], Mapping[str, Array]]


def handmade(made: Stack) -> Oracle | None:
    """A function (params, x, y) -> the gradients that a textbook prints; None where it has none."""
    table = {one.name: one.term for one in textbook(made)} if made.assumed else {}
    formulas = {name: term for name, term in table.items() if name in made.parameters}
    if not formulas:
        return None
    mentioned = {name for term in table.values() for name in variables(term)}
    errors = {f"d{name}": term for name, term in table.items() if f"d{name}" in mentioned}
    oracle: Any = load(_text(made, errors, formulas), "textbook").gradients
    return oracle if callable(oracle) else None


def _text(made: Stack, errors: Mapping[str, Term], formulas: Mapping[str, Term]) -> str:
    scalars = scalar_names(shapes_of(made.derivation))
    forward = [*((e.name, e.term) for e in made.derivation.equations[:-1]), *errors.items()]
    nodes = (n for term in (*(t for _, t in forward), *formulas.values()) for n in walk(term))
    used = {n.op for n in nodes if isinstance(n, Apply)} & set(RUNTIME)
    lines = [f'    {name} = params["{name}"]' for name in made.parameters]
    lines.append(f"    N = x.shape[{1 - made.axis}]")
    lines += [f"    {name} = {size}" for name, size in made.numbers.items()]
    lines += [
        f"    {n} = {write(t, 'numpy', scalars=scalars, functions=RUNTIME)}" for n, t in forward
    ]
    table = [
        f'        "{n}": {write(t, "numpy", scalars=scalars, functions=RUNTIME)},'
        for n, t in formulas.items()
    ]
    body = "\n".join([*lines, "    return {", *table, "    }"])
    return f"import numpy as np\n\n\n{source(used)}\n\n\ndef gradients(params, x, y):\n{body}\n"
