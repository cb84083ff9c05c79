"""Factors that lines share but for a variable: 1 - H1^2, 1 - H2^2, ... of all layers at once.

For few samples a call of NumPy costs more than its work. The values of layers whose slopes have one
formula stand below each other in one array, and one call for each operation does for all of them.
Their ones are in that array too, so a formula must be safe where its variable is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

from codegen.orientation import SAMPLES
from codegen.plan import Line, Plan
from codegen.runtime import RUNTIME
from codegen.statements import TEMPORARY, fits
from derive.ops import ALONG, exponent
from derive.term import Apply, Term, Var, apply, substitute, variables

SLOT = f"{TEMPORARY}layers"
"""What stands for the variable in the formula of a lump."""

POLYNOMIAL = frozenset({"add", "sub", "neg", "mul"})


class Use(NamedTuple):
    """`line = other ∘ formula(variable)`"""

    line: str
    other: Var
    variable: str


class Lump(NamedTuple):
    """Lines that share a formula of one variable, and the variables in the order of their lines."""

    formula: Term
    uses: tuple[Use, ...]
    variables: tuple[str, ...]


def lumps(made: Plan) -> tuple[Lump, ...]:
    """The formulas that two variables or more have in common; a variable belongs to one of them."""
    values = {line.name: line for line in made.forward if _has_columns(line, made)}
    found: dict[Term, list[Use]] = {}
    for line in made.backward:
        for formula, use in _uses(line, values, made):
            found.setdefault(formula, []).append(use)
    return tuple(_apart(found, tuple(values)))


def _has_columns(line: Line, made: Plan) -> bool:
    """Whether a line has a column for each sample, and a number of rows that is known."""
    sizes = made.derivation.sizes
    if len(line.shape) != 2 or line.shape[1] != SAMPLES or isinstance(line.term, Var):
        return False
    return all(isinstance(part, int) or part in sizes for part in line.shape[0].parts)


def _uses(line: Line, values: Mapping[str, Line], made: Plan) -> Iterable[tuple[Term, Use]]:
    """The formula and its use, where a line is a name times factors of one variable."""
    other, *factors = _factors(line.term)
    names = {name for factor in factors for name in variables(factor)}
    if not isinstance(other, Var) or len(names) != 1 or not names <= values.keys() - {other.name}:
        return
    (name,) = names
    if fits(made.shapes[other.name], line.shape) and fits(values[name].shape, line.shape):
        product = reduce(lambda a, b: apply("mul", a, b), factors)
        formula = substitute(product, {name: Var(SLOT)})
        if isinstance(formula, Apply) and is_safe(formula):
            yield formula, Use(line.name, other, name)


def _factors(term: Term) -> list[Term]:
    """The factors of a product entry by entry."""
    if isinstance(term, Apply) and term.op == "mul":
        return [factor for arg in term.args for factor in _factors(arg)]
    return [term]


def is_safe(term: Term) -> bool:
    """Whether it raises no warning at 1: a polynomial in its variable and functions of that."""
    if not isinstance(term, Apply):
        return True
    if term.op == "pow":
        return exponent(term.attrs) > 0 and is_safe(term.args[0])
    if term.op in POLYNOMIAL:
        return all(map(is_safe, term.args))
    return term.op in RUNTIME and term.op not in ALONG and isinstance(term.args[0], Var)


def _apart(found: Mapping[Term, list[Use]], order: tuple[str, ...]) -> Iterable[Lump]:
    """Lumps without a variable in common; of one variable there is none."""
    taken: set[str] = set()
    for formula, uses in found.items():
        free = tuple(use for use in uses if use.variable not in taken)
        names = {use.variable for use in free}
        if len(names) > 1:
            taken |= names
            yield Lump(formula, free, tuple(name for name in order if name in names))
