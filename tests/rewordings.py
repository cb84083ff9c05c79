"""Other ways to write the same formula: the freedom that people take, one step at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from derive.infer import shape_of
from derive.shape import Shape
from derive.term import Apply, Derivation, Term, Var, apply, const
from tests.mutate import Edit, places

LINEAR = ("add", "sub")


def rewordings(term: Term, derivation: Derivation, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    """The formula with one place written in another way; its value stays the same."""
    for node, put in places(term):
        for what, new in (
            *_names(node, derivation),
            *_sums(node),
            *_products(node, shapes),
            *_elementwise(node, shapes),
        ):
            yield what, put(new)


def _names(node: Term, derivation: Derivation) -> Iterator[Edit]:
    """A name by its definition, and the definition's function by exponentials."""
    if not isinstance(node, Var):
        return
    own = derivation.definition(node.name)
    if own is None or node.name == derivation.loss:
        return
    yield f"{node.name} by its definition", own
    if isinstance(own, Apply):
        for formula in _by_exponentials(own):
            yield f"{node.name} by exponentials", formula


def _by_exponentials(own: Apply) -> Iterator[Term]:
    z = own.args[0]
    exp, back = apply("exp", z), apply("exp", apply("neg", z))
    if own.op == "sigmoid":
        yield apply("div", const(1), apply("add", const(1), back))
        yield apply("div", exp, apply("add", const(1), exp))
        yield apply("div", exp, apply("add", exp, const(1)))
    if own.op == "tanh":
        twice = apply("exp", apply("mul", const(2), z))
        yield apply("div", apply("sub", exp, back), apply("add", exp, back))
        yield apply("div", apply("sub", twice, const(1)), apply("add", twice, const(1)))
    if own.op == "softmax":
        yield apply("div", exp, apply("sum", exp, attrs=(own.attrs[0], True)))
        yield apply("exp", apply("log_softmax", z, attrs=own.attrs))
        log = apply("log", apply("sum", exp, attrs=(own.attrs[0], True)))
        yield apply("exp", apply("sub", z, log))
    if own.op == "log_softmax":
        yield apply("sub", z, apply("log", apply("sum", exp, attrs=(own.attrs[0], True))))
        yield apply("log", apply("softmax", z, attrs=own.attrs))
    if own.op == "softplus":
        yield apply("log", apply("add", const(1), exp))
    if own.op == "silu":
        yield apply("mul", z, apply("sigmoid", z))
        yield apply("div", z, apply("add", const(1), back))


def _sums(node: Term) -> Iterator[Edit]:
    if not isinstance(node, Apply):
        return
    if node.op == "add":
        yield "sum turned round", apply("add", *node.args[::-1])
    if node.op == "sub":
        a, b = node.args
        yield "difference turned round", apply("neg", apply("sub", b, a))
        yield "difference as a sum", apply("add", apply("neg", b), a)
    if node.op == "neg":
        yield "minus as a factor", apply("mul", const(-1), node.args[0])
    if node.op == "sum" and isinstance(node.args[0], Apply) and node.args[0].op in LINEAR:
        inner = node.args[0]
        parts = (Apply("sum", (arg,), node.attrs) for arg in inner.args)
        yield "sum term by term", apply(inner.op, *parts)


def _products(node: Term, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    """Matrix products: transposed, distributed, bracketed otherwise, scalars elsewhere."""
    if not isinstance(node, Apply) or node.op != "matmul":
        return
    a, b = node.args
    turned = apply("matmul", apply("transpose", b), apply("transpose", a))
    yield "(B^T A^T)^T", apply("transpose", turned)
    for place, arg in enumerate(node.args):
        if not isinstance(arg, Apply):
            continue
        other = node.args[1 - place]

        def times(part: Term, other: Term = other, place: int = place) -> Term:
            return apply("matmul", *((part, other) if place == 0 else (other, part)))

        if arg.op in LINEAR:
            yield "distributed", apply(arg.op, *map(times, arg.args))
        if arg.op == "div" and shape_of(arg.args[1], shapes) == ():
            yield "1/N outside", apply("div", times(arg.args[0]), arg.args[1])
            yield "1/N at the other factor", times(arg.args[0], apply("div", other, arg.args[1]))
        if arg.op == "matmul" and place == 0:
            first, second = arg.args
            yield "A (B C)", apply("matmul", first, apply("matmul", second, other))


def _elementwise(node: Term, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    if not isinstance(node, Apply):
        return
    if node.op == "transpose" and isinstance(node.args[0], Apply):
        inner = node.args[0]
        if inner.op in ("add", "sub", "mul", "neg"):
            full = [arg for arg in inner.args if len(shape_of(arg, shapes)) == 2]
            if len(full) == len(inner.args):
                yield "transposed inside", apply(inner.op, *(apply("transpose", x) for x in full))
    if node.op == "mul":
        a, b = node.args
        yield "factors turned round", apply("mul", b, a)
        for factor, sum_ in ((a, b), (b, a)):
            if isinstance(sum_, Apply) and sum_.op in LINEAR:
                parts = (apply("mul", factor, part) for part in sum_.args)
                yield "multiplied out", apply(sum_.op, *parts)
    if node.op == "div":
        a, b = node.args
        yield "times the inverse", apply("mul", a, apply("div", const(1), b))
        yield "times a power", apply("mul", a, apply("pow", b, attrs=("-1",)))
        if isinstance(a, Apply) and a.op in ("mul", "matmul") and shape_of(b, shapes) == ():
            yield "divided inside", Apply(a.op, (apply("div", a.args[0], b), a.args[1]))
    if node.op == "pow" and node.attrs == ("2",):
        yield "square as a product", apply("mul", node.args[0], node.args[0])
    if node.op == "sub" and node.args[0] == const(1):
        square = node.args[1]
        if isinstance(square, Apply) and square.op == "pow" and square.attrs == ("2",):
            root = square.args[0]
            both = (apply("sub", const(1), root), apply("add", const(1), root))
            yield "1 - h^2 as a product", apply("mul", *both)
