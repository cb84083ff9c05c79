"""Functions that may stand for their definitions in a proof, and names that are other names."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.flatten import ARITHMETIC
from derive.functions import FUNCTIONS, PRIME, is_function
from derive.term import Apply, Const, Equation, Term, Var, size, substitute, walk


def copies(equations: Iterable[Equation]) -> dict[str, Var]:
    """Names for the same values as another name, `b = a * 1`, by that name."""
    found: dict[str, Var] = {}
    for equation in equations:
        term = equation.term
        if isinstance(term, Apply) and term.op == "mul" and Const(Fraction(1)) in term.args:
            other = next((arg for arg in term.args if isinstance(arg, Var)), None)
            if other is not None:
                found[equation.name] = found.get(other.name, other)
    return found


def defined(names: Iterable[str]) -> frozenset[str]:
    """The functions, without primes, that have a definition by others."""
    bases = {name.removesuffix(PRIME) for name in names}
    return frozenset(base for base in bases if FUNCTIONS[base].definition is not None)


def by_primitives(names: Iterable[str]) -> bool:
    """Whether one of the functions is a primitive such as exp, which may stand for any other."""
    return any(FUNCTIONS[name.removesuffix(PRIME)].definition is None for name in names)


def functions_of(term: Term) -> frozenset[str]:
    """The elementwise functions in a formula."""
    nodes = (node for node in walk(term) if isinstance(node, Apply))
    return frozenset(node.op for node in nodes if is_function(node.op))


LONGEST = 200
"""Nodes up to which a name stands for its formula."""


def by_entry(equations: Iterable[Equation], expand: frozenset[str]) -> dict[str, Term]:
    """Names for a function that is expanded, entry by entry of another name: H2 = silu(z2)."""
    found: dict[str, Term] = {}
    for equation in equations:
        term = equation.term
        ops = {node.op for node in walk(term) if isinstance(node, Apply)}
        if functions_of(term) & expand and ops <= ARITHMETIC | functions_of(term):
            whole = substitute(term, found)
            if size(whole) <= LONGEST:
                found[equation.name] = whole
    return found


INLINED = ARITHMETIC | {"matmul", "transpose", "sum"}
"""Ops that a normal form writes out, so that a name for them hides nothing."""


def by_formula(equations: Iterable[Equation], expand: frozenset[str]) -> dict[str, Term]:
    """Names for sums and products, by what these are of: r = X w - y.

    Functions in them are primitive, such as exp, or expanded: another one is known by its name.
    """
    found: dict[str, Term] = {}
    for equation in equations:
        used = functions_of(equation.term)
        ops = {node.op for node in walk(equation.term) if isinstance(node, Apply)}
        if ops <= INLINED | used and defined(used) <= expand:
            whole = substitute(equation.term, found)
            if size(whole) <= LONGEST:
                found[equation.name] = whole
    return found
