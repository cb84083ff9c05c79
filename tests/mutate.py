"""Single edits of a formula: the mistakes that are made in derivations by hand.

Each is one entry of the catalogue in Chainer's, torch's and our own lists of planted errors: a
transpose, an operand, a sign, a factor, an axis, a slice, the other activation, the other weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from derive.diagnostic import DeriveError
from derive.infer import typed
from derive.shape import Shape
from derive.term import Apply, Const, Term, Var, apply, const

Edit = tuple[str, Term]
"""What was done, and the formula after it."""

OTHER_OPS = {
    "add": ("sub", "mul"),
    "sub": ("add",),
    "mul": ("matmul", "add", "div"),
    "matmul": ("mul",),
    "div": ("mul",),
}
OTHER_FUNCTIONS = {
    "sigmoid": ("tanh", "softplus"),
    "tanh": ("sigmoid",),
    "exp": ("log",),
    "log": ("exp",),
    "sign": ("step",),
    "step": ("relu",),
    "sin": ("cos",),
    "cos": ("sin",),
    "Phi": ("phi",),
    "phi": ("Phi",),
    "relu": ("step",),
    "softmax": ("log_softmax",),
    "log_softmax": ("softmax",),
}


def mutants(term: Term, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    """Every single edit of the formula that still has a shape, each formula once."""
    seen = {term}
    for what, edited in _edits(term, shapes):
        try:
            settled = typed(edited, shapes)[0]
        except DeriveError:
            continue
        if settled not in seen:
            seen.add(settled)
            yield what, settled


def _edits(term: Term, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    for node, put in places(term):
        for what, new in _local(node, shapes):
            yield what, put(new)


def places(term: Term) -> Iterator[tuple[Term, Callable[[Term], Term]]]:
    """Every sub-formula, with what puts another one in its place."""
    yield term, lambda new: new
    if not isinstance(term, Apply):
        return
    for at, arg in enumerate(term.args):
        for node, put in places(arg):
            yield node, _inside(term, at, put)


def _inside(outer: Apply, at: int, put: Callable[[Term], Term]) -> Callable[[Term], Term]:
    def whole(new: Term) -> Term:
        return replace(outer, args=(*outer.args[:at], put(new), *outer.args[at + 1 :]))

    return whole


def _local(node: Term, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    yield "sign", apply("neg", node)
    yield "factor 2", apply("mul", const(2), node)
    yield "transposed", apply("transpose", node)
    if "N" in shapes:
        yield "1/N more", apply("div", node, Var("N"))
        yield "N times", apply("mul", node, Var("N"))
    if isinstance(node, Const):
        for value in (node.value + 1, -node.value, node.value / 2, Fraction(0)):
            yield f"{node.value} became {value}", Const(value)
    elif isinstance(node, Var):
        yield from _renamed(node, shapes)
    else:
        yield from _reapplied(node)


def _renamed(node: Var, shapes: Mapping[str, Shape]) -> Iterator[Edit]:
    """Another name of the same rank: H1 for H2, W2 for W3, n2 for N."""
    for name, shape in shapes.items():
        if name != node.name and len(shape) == len(shapes[node.name]) and name[0] != "_":
            yield f"{name} for {node.name}", Var(name)


def _reapplied(node: Apply) -> Iterator[Edit]:
    for op in (*OTHER_OPS.get(node.op, ()), *OTHER_FUNCTIONS.get(node.op, ())):
        attrs = (1,) if op in ("softmax", "log_softmax") and not node.attrs else node.attrs
        yield f"{op} for {node.op}", replace(node, op=op, attrs=attrs)
    for arg in node.args:
        yield f"only an operand of {node.op}", arg
    if len(node.args) == 2:
        yield f"{node.op} turned round", replace(node, args=node.args[::-1])
    yield from _attributes(node)


def _attributes(node: Apply) -> Iterator[Edit]:
    if node.op in ("softmax", "log_softmax", "concat"):
        yield "other axis", replace(node, attrs=(1 - int(node.attrs[0] or 0),))
    if node.op == "slice":
        axis, start, stop = node.attrs
        yield "other axis", replace(node, attrs=(1 - int(axis or 0), start, stop))
        yield "row 0", replace(node, attrs=(axis, 0, 1))
    if node.op == "sum" and node.attrs[0] is not None:
        yield "other axis", replace(node, attrs=(1 - int(node.attrs[0]), node.attrs[1]))
        yield "over all", replace(node, attrs=(None, False))
    if node.op == "pow":
        for other in ("1", "2", "3", "-1", "1/2"):
            yield f"power {other}", replace(node, attrs=(other,))
