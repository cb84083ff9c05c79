"""Small changes of a formula: what each is called, and every place where each can be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from derive.functions import PRIME, is_function
from derive.shape import Shape
from derive.tensors import Value, same_shape
from derive.term import Apply, Const, Term, Var, apply, turned


@dataclass(frozen=True)
class Edit:
    """One change: its kind, the part of the formula that it is about, and what came in."""

    kind: str
    at: Term | None = None
    new: Term | None = None


@dataclass(frozen=True)
class Edited:
    """A formula after changes."""

    term: Term
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Names:
    """The names that may stand in for one another, with their shapes."""

    shapes: dict[str, Shape]


PRODUCTS = ("matmul", "mul")
Change = Callable[[Apply | Var | Const, Callable[[Term], Value | None], Names], Iterator[Edited]]


def has_bias_row(shape: Shape) -> bool:
    """Whether the first row multiplies the constant 1 of `[1 H]`."""
    return len(shape) == 2 and len(shape[0].parts) > 1 and shape[0].parts[0] == 1


def without_bias_row(term: Term) -> Term:
    """The rows of a weight that belong to inputs: `W[1:]`."""
    return apply("slice", term, attrs=(0, 1, None))


def _product(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """A matrix product for an elementwise one, the other way round, or in place of a sum."""
    if isinstance(node, Apply) and node.op == "add":
        yield from (Edited(replace(node, op=op), (Edit(op, node.args[1]),)) for op in PRODUCTS)
    if isinstance(node, Apply) and node.op in ("matmul", "mul"):
        other = "mul" if node.op == "matmul" else "matmul"
        left, right = (value(arg) for arg in node.args)
        if left and right and (other == "matmul" or same_shape(left.shape, right.shape)):
            yield Edited(replace(node, op=other), (Edit(other, node.args[1]),))
        yield Edited(apply(node.op, *reversed(node.args)), (Edit("order", node),))


def _transpose(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """A transpose more, or one less."""
    if isinstance(node, Apply) and node.op == "transpose":
        yield Edited(node.args[0], (Edit("untransposed", node.args[0]),))
        return
    known = value(node)
    if known is not None and len(known.shape) == 2:
        yield Edited(turned(node), (Edit("transposed", node),))


def _bias(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """The row of the bias left out."""
    if isinstance(node, Var) and has_bias_row(names.shapes.get(node.name, ())):
        yield Edited(without_bias_row(node), (Edit("bias", node),))


def _symbol(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """Another name of the same number of axes."""
    if not isinstance(node, Var) or node.name not in names.shapes:
        return
    axes = len(names.shapes[node.name])
    for name, shape in names.shapes.items():
        if name != node.name and len(shape) == axes and axes:
            yield Edited(Var(name), (Edit("symbol", node, Var(name)),))


def _sign(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """A plus for a minus."""
    if isinstance(node, Apply) and node.op in ("add", "sub"):
        other = "sub" if node.op == "add" else "add"
        yield Edited(replace(node, op=other), (Edit("sign", node),))


def _dropped(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """One factor less, one function less, one sum less."""
    if not isinstance(node, Apply):
        return
    if node.op in ("matmul", "mul"):
        yield Edited(node.args[0], (Edit("extra", node.args[1]),))
        yield Edited(node.args[1], (Edit("extra", node.args[0]),))
    elif node.op == "div":
        yield Edited(node.args[0], (Edit("extra", node.args[1]),))
    elif node.op in ("sum", "mean") or is_function(node.op) or node.op == "diag":
        yield Edited(node.args[0], (Edit("extra call", node),))


def _function(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """The derivative of a function for the function, and the other way round."""
    if isinstance(node, Apply) and is_function(node.op):
        primed = node.op.endswith(PRIME)
        other = node.op.removesuffix(PRIME) if primed else node.op + PRIME
        yield Edited(replace(node, op=other), (Edit("function", node),))


def _exponent(node: Term, value: Callable[[Term], Value | None], names: Names) -> Iterator[Edited]:
    """A square for a first power, and the other way round."""
    if isinstance(node, Apply) and node.op == "pow":
        yield Edited(node.args[0], (Edit("power", node),))


CHANGES: Sequence[Change] = (
    _product,
    _transpose,
    _bias,
    _sign,
    _function,
    _dropped,
    _exponent,
    _symbol,
)
"""What may be changed at a place, the likeliest first."""


def local_edits(
    term: Term, value: Callable[[Term], Value | None], names: Names
) -> Iterator[Edited]:
    """Every formula that one change at one place makes."""
    for change in CHANGES:
        for node, put in places(term):
            for made in change(node, value, names):
                yield Edited(put(made.term), made.edits)


def places(term: Term) -> Iterator[tuple[Apply | Var | Const, Callable[[Term], Term]]]:
    """Every node, and how to put another one in its place."""
    yield term, lambda new: new
    if isinstance(term, Apply):
        for index, arg in enumerate(term.args):
            for node, put in places(arg):
                yield node, _within(term, index, put)


def _within(term: Apply, index: int, put: Callable[[Term], Term]) -> Callable[[Term], Term]:
    def outer(new: Term) -> Term:
        args = (*term.args[:index], put(new), *term.args[index + 1 :])
        return replace(term, args=args)

    return outer
