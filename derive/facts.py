"""What a derivation tells the normal form: declared facts, and names for products.

A declared fact is written down when a proof uses it. What follows from a definition (the rows of a
softmax sum to 1) is no assumption and is not written down.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

from derive.diagnostic import refuse
from derive.functions import FUNCTIONS
from derive.lower import PolyCalculus, free_slots, operand
from derive.normal import normal
from derive.poly import Factor, Mono, Poly, atom_indices, factor
from derive.powers import positive_sum
from derive.rules import Definition, Rules, outline
from derive.shape import Dim, Shape, shape_text
from derive.slots import Slot
from derive.term import Apply, Derivation, Equation, Symbol

SIMPLEX = ("distribution", "one-hot")
AXES = ("columns", "rows")
"""What sums to 1 when the entries along axis 0, 1 do."""


def with_axes(facts: tuple[str, ...], shape: Shape) -> tuple[str, ...]:
    """The facts with the axes that they are about: the last one, but the long one of a vector.

    Raises DeriveError for an axis that there is not.

    >>> with_axes(("one-hot", "unit"), (Dim(("K",)),))
    ('one-hot axis=0', 'unit')
    """
    return tuple(_with_axis(fact, shape) for fact in facts)


def _with_axis(fact: str, shape: Shape) -> str:
    word, _, stated = fact.partition(" axis=")
    if word not in SIMPLEX or not shape:
        return fact
    long = [axis for axis, dim in enumerate(shape) if not dim.is_one]
    axis = int(stated) if stated else (long[0] if len(long) == 1 else len(shape) - 1)
    if not -len(shape) <= axis < len(shape):
        raise refuse("D203", f"shape {shape_text(shape)} has no axis {axis}")
    return f"{word} axis={axis % len(shape)}"


def _simplex_text(name: str, axis: int, axes: int) -> str:
    """How a proof lists the fact."""
    return f"{name} {AXES[axis]} sum to 1" if axes <= 2 else f"{name} sums to 1 along axis {axis}"


def rules_for(
    derivation: Derivation,
    shapes: Mapping[str, Shape],
    *,
    expand: Collection[str] = (),
    primes: Callable[[str, Poly], Poly] | None = None,
) -> Rules:
    """The rules by which formulas over this derivation are put into normal form.

    The functions in `expand` are read by their definitions, and so are the names given to them.
    """
    rules = Rules(
        simplex=_simplex(derivation, shapes),
        binary={s.name: f"entries of {s.name} are 0 or 1" for s in derivation.symbols if _bits(s)},
        positive=_positive(derivation, shapes),
    )
    calculus = PolyCalculus(rules, expand, primes)
    for equation in derivation.equations:
        _learn(equation, shapes, calculus)
    return rules


def _bits(symbol: Symbol) -> bool:
    return any(fact.startswith(("one-hot", "binary")) for fact in symbol.facts)


def _simplex(
    derivation: Derivation, shapes: Mapping[str, Shape]
) -> dict[str, tuple[int, Dim, str]]:
    table: dict[str, tuple[int, Dim, str]] = {}
    for symbol in derivation.symbols:
        for fact in symbol.facts:
            word, _, place = fact.partition(" axis=")
            if word in SIMPLEX:
                axis = int(place or 1)
                text = _simplex_text(symbol.name, axis, len(symbol.shape))
                table[symbol.name] = (axis, symbol.shape[axis], text)
    for equation in derivation.equations:
        term = equation.term
        if isinstance(term, Apply) and term.op == "softmax" and isinstance(term.attrs[0], int):
            axis = term.attrs[0]
            table[equation.name] = (axis, shapes[equation.name][axis], "")
    return table


def _positive(derivation: Derivation, shapes: Mapping[str, Shape]) -> frozenset[str]:
    known = {name for name, row in FUNCTIONS.items() if row.values == "positive"}
    known |= {"π"}
    known |= {part for s in shapes.values() for d in s for part in d.parts if isinstance(part, str)}
    known |= {s.name for s in derivation.symbols if "positive" in s.facts}
    for equation in derivation.equations:
        term = equation.term
        if isinstance(term, Apply) and (term.op == "softmax" or term.op in known):
            known.add(equation.name)
    return frozenset(known)


def _learn(equation: Equation, shapes: Mapping[str, Shape], calculus: PolyCalculus) -> None:
    """Adds the name on the left as a name for what stands on the right, where that is a product."""
    shape, rules = shapes[equation.name], calculus.rules
    blocks = list(free_slots(shape))
    if len(blocks) != 1:
        return
    slots = blocks[0][1]
    raw = operand(equation.term, shapes, calculus)(*slots)
    name = factor(equation.name, *slots)
    found: list[Definition | None] = []
    if _speaks_of_functions(raw):  # a definition goes by one, and the normal form makes none
        found.append(definition(name, normal(raw, rules), slots))
    if isinstance(equation.term, Apply) and equation.term.op == "log_softmax":
        softmax = normal(calculus.fn("exp", raw), rules)
        found.append(definition(factor("exp", arg=name), softmax, slots))
    for one in found:
        if one is not None:
            rules.definitions.setdefault(outline(one.pattern[0][0]), []).append(one)
    if len(raw.terms) == 1 and equation.name in rules.positive and positive_sum(raw, rules):
        names = tuple(place[0][0] if place else "" for place in slots)
        rules.unfold[equation.name] = (names, raw)


def _speaks_of_functions(raw: Poly) -> bool:
    """Whether a factor of a formula is a function, or a sum under an exponent."""
    return any(atom.arg is not None for term in raw.terms for atom, _ in term.factors)


def definition(name: Poly, value: Poly, slots: tuple[Slot, ...]) -> Definition | None:
    """`value` solved for its function: F = (name - c) / d where value = c + d F."""
    constant = Fraction(0)
    product: Mono | None = None
    for term in value.terms:
        if not term.factors and not term.bound:
            constant = term.coef
        elif product is None and not term.bound:
            product = term
        else:
            return None
    if product is None:
        return None
    pattern = _pivot_first(product.factors, {s[0][0] for s in slots if s})
    if pattern is None:
        return None
    return Definition(pattern, (name - constant) * (1 / product.coef))


def _pivot_first(factors: tuple[Factor, ...], free: set[str]) -> tuple[Factor, ...] | None:
    """The factors, one first that is a function of every free index; None without such a one."""
    for item in factors:
        if item[0].arg is not None and free <= set(atom_indices(item[0])):
            return (item, *(other for other in factors if other is not item))
    return None
