"""Slopes of activations as people get them wrong: left out, at the wrong place, another's."""

from __future__ import annotations

from collections.abc import Iterator

from derive.asserting.wrong_step import Mutation, Step
from derive.functions import PRIME, is_function
from derive.gradient import adjoint_name
from derive.notation import read
from derive.ops import ALONG
from derive.term import Apply, Term, Var, apply, substitute
from derive.textbook import SLOPE


def _activation(step: Step) -> tuple[str, str, str] | None:
    """The function f, z and h, where the step goes back through h = f(z)."""
    for equation in step.derivation.equations:
        match equation.term:
            case Apply(op, (Var(z),)) if z == step.of and (is_function(op) or op in ALONG):
                return op, z, equation.name
    return None


WHOLE = {"softmax": "{h} ∘ (1 - {h})", "log_softmax": "1 - exp({h})"}
"""The diagonals of the Jacobians of functions over a whole sample."""

FALSE_SLOPES = (
    "{h} ∘ (1 + {h})",
    "{h}",
    "1 - {h}",
    "{h}^2",
    "1 + {h}^2",
    "1 - {z}",
    "(1 - {h})^2",
    "{z}",
)
"""What is no slope of any function, and written for one."""


def slopes(step: Step) -> Iterator[Mutation]:
    """The slope of an activation: missing, at the wrong place, of another function, twice."""
    found = _activation(step)
    if found is None:
        return
    op, z, h = found
    d = Var(adjoint_name(h))
    yield Mutation("D316", f"the derivative of {op} is missing", d)
    if op in WHOLE:
        diagonal = _read(WHOLE[op], h, z)
        text = f"the diagonal of the {op} stands for all of it"
        yield Mutation("D323", text, apply("mul", d, diagonal))
        yield Mutation("D323", f"a slope of the {op} is put to it", _times(step, diagonal))
    yield from _elsewhere(op, z, h, d)
    yield from _twice(step, op, z, h)


def other_slopes(step: Step) -> Iterator[Mutation]:
    """The slope of another function."""
    found = _activation(step)
    for other, text in SLOPE.items() if found is not None else ():
        op, z, h = found or ("", "", "")
        if other != op:
            words = f"the slope is that of {other}, and not of {op}"
            wrong = apply("mul", Var(adjoint_name(h)), _read(text, h, z))
            yield Mutation("D322", words, wrong)


def false_slopes(step: Step) -> Iterator[Mutation]:
    """What is no slope of any function."""
    found = _activation(step)
    for text in FALSE_SLOPES if found is not None else ():
        op, z, h = found or ("", "", "")
        wrong = apply("mul", Var(adjoint_name(h)), _read(text, h, z))
        yield Mutation("D322", f"this is not the slope of {op}", wrong)


def _elsewhere(op: str, z: str, h: str, d: Term) -> Iterator[Mutation]:
    """The slope with z for h, with h for z, and f'(h)."""
    own = SLOPE.get(op) or WHOLE.get(op)
    if own is None:
        return
    at_z, at_h = _read(own, z, z), _read(own, h, h)
    words = f"the slope of {op} is taken with {z} in place of {h}"
    yield Mutation("D321", words, apply("mul", d, at_z))
    words = f"the slope of {op} is taken with {h} in place of {z}"
    yield Mutation("D321", words, apply("mul", d, at_h))
    if op not in WHOLE:
        words = f"the derivative of {op} is taken at {h}, and not at {z}"
        yield Mutation("D321", words, apply("mul", d, apply(op + PRIME, Var(h))))


def _twice(step: Step, op: str, z: str, h: str) -> Iterator[Mutation]:
    """The slope once more than it belongs there."""
    own = SLOPE.get(op)
    if own is not None:
        words = f"the derivative of {op} is multiplied once too often"
        yield Mutation("D316", words, _times(step, _read(own, h, z)))


def _times(step: Step, more: Term) -> Term:
    return apply("mul", step.term, more)


def _read(text: str, h: str, z: str) -> Term:
    """A formula of h and z."""
    names = {"hhh": Var(h), "zzz": Var(z)}
    return substitute(read(text.format(h="hhh", z="zzz"), tuple(names)), names)
