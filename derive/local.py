"""Local derivatives: one op, differentiated by SymPy, contracted once and used everywhere.

The vector-Jacobian product of an op is kept as a sum of products over placeholder tensors: `@out`
(the adjoint of the result), `@h` (the result), `@0`, `@1` (the operands). Sizes are placeholders
too, so 784-100-10-10 and a net of depth 64 need the same dozen of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import sympy

from derive.convert import polynomial, restore
from derive.diagnostic import refuse
from derive.entries import dims_of, with_dims
from derive.functions import FUNCTIONS, PRIME, is_function
from derive.lower import PolyCalculus
from derive.meaning import Operand, SymCalculus, new_index, tensor
from derive.normal import normal
from derive.ops import Attrs, op_row
from derive.poly import SUM, Mono, Poly, factor
from derive.rules import Definition, Rules, by_outline
from derive.shape import Dim, Shape
from derive.slots import ZERO, Slot, index, slot
from derive.term import Apply, Binding, Term, fold, size

Expr = Any

OUT, HERE = "@out", "@h"
AXES = "ijkl"

LONGEST, DEEPEST = 400, 16
"""Nodes of a formula of entries, and functions and powers within each other in it, beyond which it
is not differentiated: no limit of time interrupts SymPy, so what it gets is small."""


class Pattern(NamedTuple):
    """Operand shapes and attributes with their sizes numbered in order of appearance."""

    shapes: tuple[Shape, ...]
    names: tuple[str, ...]
    attrs: Attrs = ()


def pattern(shapes: Sequence[Shape], attrs: Attrs = ()) -> Pattern:
    """The shapes with the names of sizes replaced by `d0`, `d1`, ...; `names` are the originals."""
    dims = [dim for shape in shapes for dim in shape] + list(dims_of(attrs))
    parts = (part for dim in dims for part in dim.parts)
    names = tuple(dict.fromkeys(part for part in parts if isinstance(part, str)))
    numbers = {name: f"d{place}" for place, name in enumerate(names)}
    numbered = tuple(tuple(renamed(dim, numbers) for dim in s) for s in shapes)
    return Pattern(numbered, names, with_dims(attrs, lambda dim: renamed(dim, numbers)))


def renamed(dim: Dim, names: dict[str, str]) -> Dim:
    """The dimension with the names of its parts replaced."""
    return Dim(tuple(names.get(p, p) if isinstance(p, str) else p for p in dim.parts))


def free_entry(shape: Shape) -> tuple[Slot, ...]:
    """The slots of the general entry of a tensor, dimensions undivided."""
    places = enumerate(shape)
    return tuple(ZERO if dim.is_one else slot(index(AXES[a], dim)) for a, dim in places)


@lru_cache(maxsize=1024)
def vjp(op: str, attrs: Attrs, shapes: tuple[Shape, ...], which: int) -> Poly:
    """The adjoint of operand `which` of an op, as a sum of products over placeholders.

    Law: adjoint[p] = Sum_out @out[out] * d result[out] / d operand[p], the derivative by SymPy.
    """
    if is_function(op):
        return _function_vjp(op, shapes[0])
    row = op_row(op)
    calculus = SymCalculus()
    _bounded(attrs)
    operands = [tensor(f"@{place}", shape) for place, shape in enumerate(shapes)]
    if op == "concat":  # a sum over operands, of which the others have no part in this derivative
        operands = [one if k == which else _nothing(one.shape) for k, one in enumerate(operands)]
    result = row.shape(shapes, attrs)
    out = tuple(calculus.zero if dim.is_one else new_index(dim) for dim in result)
    entry = tuple(sympy.Symbol(p[0][0]) if p else calculus.zero for p in free_entry(shapes[which]))
    slope = sympy.diff(row.index(calculus, out, operands, attrs), operands[which](*entry))
    names = tuple(symbol.name for symbol in out if symbol != 0)
    raw = polynomial(slope * tensor(OUT, result)(*out), Rules())
    summed = Poly(tuple(Mono(t.coef, t.factors, t.bound + names) for t in raw.terms))
    return normal(summed, Rules(definitions=by_outline(_fold(op, attrs, shapes))))


def _nothing(shape: Shape) -> Operand:
    """An operand of zeros."""
    return Operand(shape, lambda *_: sympy.Integer(0))


def _bounded(attrs: Attrs) -> None:
    """Raises DeriveError for a formula of entries that would take SymPy long."""
    for attr in attrs:
        if isinstance(attr, Binding):
            if size(attr.body) > LONGEST:
                message = f"a formula of entries has more than {LONGEST} parts"
                raise refuse("D901", message)
            if fold(attr.body, _nested) > DEEPEST:
                message = f"functions stand more than {DEEPEST} deep within each other here"
                raise refuse("D901", message)


def _nested(node: Term, args: tuple[int, ...]) -> int:
    """How many functions and powers stand within each other."""
    deeper = isinstance(node, Apply) and (node.op == "pow" or is_function(node.op))
    return max(args, default=0) + deeper


def _fold(op: str, attrs: Attrs, shapes: tuple[Shape, ...]) -> tuple[Definition, ...]:
    """The product that the op's row names by its output, as a rule."""
    row = op_row(op)
    if row.fold is None:
        return ()
    result = row.shape(shapes, attrs)
    calculus = SymCalculus()
    operands = [tensor(f"@{place}", shape) for place, shape in enumerate(shapes)]
    out = tuple(sympy.Symbol(p[0][0]) if p else calculus.zero for p in free_entry(result))
    product, value = row.fold(calculus, out, operands, attrs, tensor(HERE, result)(*out))
    rules = Rules()
    left = normal(polynomial(product, rules), rules)
    factors = left.terms[0].factors
    # of a single entry the softmax is 1, and there is no factor to go by
    return (Definition(factors, polynomial(value, rules)),) if factors else ()


def _function_vjp(op: str, shape: Shape) -> Poly:
    entry = free_entry(shape)
    arg, here = factor("@0", *entry), factor(HERE, *entry)
    return factor(OUT, *entry) * restore(slope(op), {"z": arg, "h": here})


@lru_cache(maxsize=256)
def slope(op: str) -> Poly:
    """The derivative of an elementwise function, in its argument `z` and its value `h`.

    SymPy differentiates the definition; the row's fold replaces the transcendental piece. A
    function without such a form keeps its derivative under the name f'.
    """
    if op.endswith(PRIME):
        raise ValueError(f"the derivative of {op} is not needed by any gradient of first order")
    row, calculus = FUNCTIONS[op], SymCalculus()
    z, h = sympy.Symbol("z"), sympy.Symbol("h")
    value = sympy.diff(calculus.fn(op, z), z)
    if row.fold is not None:
        value = value.subs(row.fold(calculus, z, h))
    result = _normal_form(value)
    if row.fold is not None and not _simple(result):  # a quotient of sums may be a polynomial still
        result = _normal_form(sympy.cancel(value))
    return result if _simple(result) else factor(op + PRIME, arg=factor("z"))


def _normal_form(value: Expr) -> Poly:
    rules = Rules()
    return normal(polynomial(value, rules), rules)


def _simple(result: Poly) -> bool:
    """Whether a derivative is a polynomial in z, h and well known functions of z."""
    atoms = [atom for term in result.terms for atom, _ in term.factors]
    plain = all(atom.arg is None or atom.arg == factor("z") for atom in atoms)
    return plain and not any(atom.head in ("exp", "erf", SUM) for atom in atoms)


def prime(name: str, arg: Poly, rules: Rules) -> Poly:
    """The derivative f' of a function at `arg`, by its definition (for proofs)."""
    z = sympy.Symbol("z")
    value = polynomial(sympy.diff(SymCalculus().fn(name, z), z), rules)
    return substituted(normal(value, rules), arg, rules)


def substituted(poly: Poly, arg: Poly, rules: Rules) -> Poly:
    """The polynomial in `z` with a polynomial put in its place."""
    total = Poly(())
    for term in poly.terms:
        product = Poly((Mono(term.coef, (), term.bound),))
        for atom, power in term.factors:
            product = product * _put(atom.head, atom.arg, power, arg, rules)
        total = total + product
    return total


def _put(head: str, inner: Poly | None, power: Fraction, arg: Poly, rules: Rules) -> Poly:
    calculus = PolyCalculus(rules)
    if inner is None:
        return calculus.power(arg if head == "z" else factor(head), power)
    value = substituted(inner, arg, rules)
    return calculus.power(value if head == SUM else calculus.fn(head, value), power)
