"""Products with `[1 x]`, which for few samples is put together: x beside its ones, in one array.

The weights and the bias in them are then one operand, and their gradients one product.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from codegen.plan import Line, Plan
from codegen.statements import TEMPORARY
from derive.shape import Shape
from derive.term import Apply, Const, Term, Var, const, turned


class Given(NamedTuple):
    """`line = term`, where `whole` stands for the input beside its ones, along an axis."""

    line: Line
    term: Term
    input: str
    whole: Var
    axis: int


def givens(made: Plan) -> Iterable[Given]:
    """The lines that are a product of a name and an input beside its ones."""
    inputs = {s.name: s.shape for s in made.derivation.symbols if s.kind == "input"}
    for line in (*made.forward, *made.backward):
        match line.formula:
            case Apply("matmul", (a, b)) if line.term != line.formula:
                for one, other, place in ((a, b, 0), (b, a, 1)):
                    found = _beside_ones(one, inputs)
                    if found is not None and _is_name(other):
                        name, whole, axis = found
                        args = (whole, other) if place == 0 else (other, whole)
                        yield Given(line, Apply("matmul", args), name, Var(_slot(name)), axis)


def _slot(name: str) -> str:
    return f"{TEMPORARY}{name}"


def _is_name(term: Term) -> bool:
    match term:
        case Var() | Apply("transpose", (Var(),)):
            return True
    return False


def _beside_ones(term: Term, inputs: dict[str, Shape]) -> tuple[str, Term, int] | None:
    """The input, what stands for it beside its ones, and the axis along which that is."""
    match term:
        case Apply("transpose", (inner,)):
            found = _beside_ones(inner, inputs)
            return None if found is None else (found[0], turned(found[1]), found[2])
        case Apply("concat", (Const() as one, Var(name)), (int(axis),)):
            fits = one == const(1) and name in inputs and len(inputs[name]) == 2
            return (name, Var(_slot(name)), axis) if fits else None
        case Apply("concat", (Const() as one, Apply("transpose", (Var() as var,))), (int(axis),)):
            found = _beside_ones(Apply("concat", (one, var), (1 - axis,)), inputs)
            return None if found is None else (found[0], turned(found[1]), found[2])
    return None
