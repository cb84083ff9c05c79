"""Products taken apart and put together again: which bracketings and signs give a formula a shape.

A product that does not fit is a row of factors with signs between them. All ways of bracketing
that row, with a factor transposed or without its bias row and a sign changed where that helps, are
found interval by interval; a change costs, and the cheapest of each shape are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from derive.arrays.pointwise import elementwise
from derive.arrays.products import outer_product
from derive.arrays.products import product as matrix_product
from derive.arrays.rule import OPEN_EYE
from derive.deadline import check_time
from derive.edits import Edit
from derive.ops import ShapeMismatch
from derive.shape import Shape, agree, broadcast
from derive.tensors import Value, same_shape
from derive.term import Apply, Const, Term, apply, walk

KEPT = 10
"""Formulas of one shape that are kept of each part of a product."""

MOST_FACTORS = 9
PRODUCTS = ("matmul", "mul")
ANY = ""
"""The sign beside a factor that was put in: either product."""


Key = tuple[str, tuple[Any, ...]]
"""A product and its factors, brackets that change nothing aside."""


@dataclass(frozen=True)
class Part:
    """A formula made of some factors: as written, its value, its changes and what they cost."""

    term: Term
    value: Value
    cost: float = 0.0
    edits: tuple[Edit, ...] = ()
    key: Key | None = None

    @property
    def known_by(self) -> Key:
        """What it has in common with other bracketings of the same value."""
        return self.key or ("", (self.term,))


@dataclass(frozen=True)
class Chain:
    """Factors, and the products between them."""

    factors: tuple[Term, ...]
    signs: tuple[str, ...]


def chain_of(term: Term) -> Chain:
    """The factors of a product, brackets and the kind of product aside."""
    if not (isinstance(term, Apply) and term.op in PRODUCTS):
        return Chain((term,), ())
    left, right = (chain_of(arg) for arg in term.args)
    return Chain(left.factors + right.factors, (*left.signs, term.op, *right.signs))


def factors_of(term: Term) -> Iterator[Term]:
    """The factors of a formula and of its parts: what a right formula is made of."""
    for node in walk(term):
        if isinstance(node, Apply) and node.op in (*PRODUCTS, "div"):
            for factor in chain_of(node.args[0] if node.op == "div" else node).factors:
                if not isinstance(factor, Const):
                    yield replace(factor, span=None)


Variants = Callable[[Term], Sequence[Part]]


def bracketings(chain: Chain, variants: Variants, most: float) -> Iterator[Part]:
    """The formulas that a row of factors can be, the cheapest first."""
    count = len(chain.factors)
    if count > MOST_FACTORS:
        return
    table: dict[tuple[int, int], list[Part]] = {}
    for place, factor in enumerate(chain.factors):
        table[place, place + 1] = list(variants(factor))
    for width in range(2, count + 1):
        for start in range(count - width + 1):
            table[start, start + width] = _joined(chain, table, start, start + width, most)
    yield from sorted(table[0, count], key=lambda part: part.cost)


def _joined(
    chain: Chain, table: dict[tuple[int, int], list[Part]], start: int, end: int, most: float
) -> list[Part]:
    check_time()
    found: dict[Shape, list[Part]] = {}
    for split in range(start + 1, end):
        sign = chain.signs[split - 1]
        for left, right in product(table[start, split], table[split, end]):
            if left.cost + right.cost > most:
                continue
            for op in (*PRODUCTS, "outer"):
                made = join(op, left, right, sign, most)
                if made is not None:
                    found.setdefault(made.value.shape, []).append(made)
    return [part for parts in found.values() for part in _cheapest(parts)]


def _cheapest(parts: list[Part]) -> list[Part]:
    parts.sort(key=lambda part: part.cost)
    seen: dict[Key, Part] = {}
    for part in parts:
        seen.setdefault(part.known_by, part)
        if len(seen) == KEPT:
            break
    return list(seen.values())


def join(op: str, left: Part, right: Part, sign: str, most: float) -> Part | None:
    """Two parts with a product between them; None where they do not fit."""
    scaling = () in (left.value.shape, right.value.shape)
    if scaling and op != "mul":
        return None
    if op == "outer" and not (left.value.flat and right.value.flat):
        return None
    changed = sign not in (op, ANY) and not scaling
    cost = left.cost + right.cost + changed
    if cost > most or (op == "mul" and not scaling and not _alike(left.value, right.value)):
        return None
    if not scaling and not _fit(op, left.value.shape, right.value.shape):
        return None
    try:
        if op == "mul":
            value = elementwise("mul", left.value, right.value)
        elif op == "outer":
            value = outer_product(left.value, right.value)
        else:
            value = matrix_product(left.value, right.value)
    except ShapeMismatch:
        return None
    edits = left.edits + right.edits + ((Edit(op, right.term),) if changed else ())
    key = (op, (*_flat(op, left.known_by), *_flat(op, right.known_by)))
    return Part(apply(op, left.term, right.term), value, cost, edits, key)


def _fit(op: str, left: Shape, right: Shape) -> bool:
    """Whether shapes fit; asked first, for a refusal that nobody reads takes long to write."""
    if op == "mul":
        return broadcast(left, right) is not None
    return op != "matmul" or OPEN_EYE in (left, right) or agree(left[-1], right[0])


def _flat(op: str, key: Key) -> tuple[Any, ...]:
    return key[1] if key[0] in (op, "") else (key,)


def _alike(a: Value, b: Value) -> bool:
    """Whether a product entry by entry may be meant; a repeated row would hide a mistake."""
    return same_shape(a.shape, b.shape) and not isinstance(a.term, Const)
