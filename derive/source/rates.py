"""What a gradient is multiplied with where it is taken off a parameter; penalties left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from derive.term import Apply, Const, Term, Var, apply, const, rebuild, walk


def without_rate(term: Term, rates: Collection[str]) -> Term:
    """A step downhill without how far it goes; a bare number before it counts as that."""
    if any(isinstance(node, Var) and node.name in rates for node in walk(term)):
        if any(_is_product(node, rates) for node in walk(term)):
            return term  # NumPy has no matrix product with a number
        return simple(term, dict.fromkeys(rates, const(1)))
    match term:
        case Apply("neg", (inner,)):
            return negative(without_rate(inner, rates))
        case Apply("mul", (one, other)):
            for number, inner in ((_number(one), other), (_number(other), one)):
                if number:
                    return inner if number > 0 else negative(inner)
    return term


def _is_product(node: Term, rates: Collection[str]) -> bool:
    """Whether a number stands in a matrix product."""
    if not isinstance(node, Apply) or node.op != "matmul":
        return False
    return any(isinstance(one, Var) and one.name in rates for one in node.args)


def _number(term: Term) -> Fraction | None:
    """The number that a formula is."""
    match term:
        case Const(value):
            return value
        case Apply("neg", (Const(value),)):
            return -value
    return None


def negative(term: Term) -> Term:
    if isinstance(term, Apply) and term.op == "neg":
        return term.args[0]
    return Apply("neg", (term,), (), term.span)


def simple(term: Term, values: Mapping[str, Const]) -> Term:
    """A formula with numbers for some names, the ones and zeros that come of it left out."""
    if not any(isinstance(node, Var) and node.name in values for node in walk(term)):
        return term

    def node(old: Term) -> Term:
        if isinstance(old, Var):
            return values.get(old.name, old)
        return _shorter(old) if isinstance(old, Apply) else old

    return rebuild(term, node)


def _shorter(term: Apply) -> Term:
    one, zero = Const(Fraction(1)), Const(Fraction(0))
    match term:
        case Apply("mul", (left, right)) if zero in (left, right):
            return zero
        case Apply("mul", (left, right)) if one in (left, right):
            return right if left == one else left
        case Apply("div", (left, right)) if right == one or left == zero:
            return left
        case Apply("add", (left, right)) if zero in (left, right):
            return right if left == zero else left
        case Apply("sub", (left, right)) if right == zero:
            return left
        case Apply("sub", (left, right)) if left == zero:
            return apply("neg", right)
        case Apply("neg", (inner,)) if inner == zero:
            return zero
        case Apply("pow", (base, power)) if zero == base and power != zero:
            return zero
    return term
