"""A step that names the chain rule: `dL/dz dz/dW`, a product of derivatives of tensors.

A vector by a matrix has three axes, so such a product is none of matrices and says nothing about
numbers. What can be said of it: which factor that is, what stands before it, and the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from derive.case import Reading, derivative_of
from derive.chains import chain_of
from derive.depiction import drawn
from derive.diagnostic import Diagnostic
from derive.formula import faulty
from derive.functions import is_function
from derive.mending import Mender, Repair
from derive.notation import write
from derive.ops import ALONG
from derive.scope import Link
from derive.shape import Shape, long_axes, shape_text
from derive.term import Apply, Term, Var, walk
from derive.truth import Target
from derive.verdict import Claim


@dataclass(frozen=True)
class Step:
    """The derivatives in a product, in order, and what stands beside them that is none."""

    names: tuple[tuple[str, str], ...]
    plain: Term | None

    def before(self, target: Target) -> Target | None:
        """The derivative that what stands beside these must be, where the names link up."""
        links = list(zip(self.names, self.names[1:], strict=False))
        if self.plain is None or not self.names:
            return None
        if self.names[-1][1] == target.wrt and all(one[1] == two[0] for one, two in links):
            return Target(target.of, self.names[0][0])
        if self.names[0][1] == target.wrt and all(one[0] == two[1] for one, two in links):
            return Target(target.of, self.names[-1][0])
        return None


def step_of(term: Term) -> Step:
    """A product, parted into derivatives and what stands before or after all of them."""
    factors = chain_of(term).factors
    named = [_ends(factor) for factor in factors]
    names = tuple(ends for ends in named if ends)
    node, first = term, next((ends for ends in named if ends), None)
    while first and isinstance(node, Apply) and len(node.args) == 2:
        inside = [any(_ends(one) for one in chain_of(arg).factors) for arg in node.args]
        if all(inside) or not any(inside):
            node = node.args[0]
        elif _all_named(node.args[inside.index(True)]):
            return Step(names, node.args[inside.index(False)])
        else:
            node = node.args[inside.index(True)]
    return Step(names, None)


def bare(term: Term) -> bool:
    """Whether a formula is the chain rule and no more: `dL/dh dh/dx`, every link in its place."""
    chain = chain_of(term)
    named = [_ends(factor) for factor in chain.factors]
    linked = all(one and two and one[1] == two[0] for one, two in pairwise(named))
    return linked and set(chain.signs) == {"matmul"}


def _all_named(term: Term) -> bool:
    return all(_ends(factor) for factor in chain_of(term).factors)


def _ends(factor: Term) -> tuple[str, str] | None:
    """The two names of a factor that is a derivative, transposed or not."""
    if isinstance(factor, Apply) and factor.op == "transpose":
        factor = factor.args[0]
    return derivative_of(factor.name) if isinstance(factor, Var) else None


def large(term: Term, shapes: Mapping[str, Shape]) -> Iterator[Var]:
    """The derivatives of tensors in a formula that have more than two axes."""
    for node in walk(term):
        ends = derivative_of(node.name) if isinstance(node, Var) else None
        axes = [long_axes(shapes.get(name, ())) for name in ends or ()]
        if isinstance(node, Var) and axes and axes[0] and sum(axes) > 2:
            yield node


def restates(term: Term) -> bool:
    """Whether a formula derives something by a name, and it is not said how far that goes.

    In `d/dH [1 H] W` the product is what is derived; only a call, `d/dz softmax(z)`, has an end.
    """
    for node in walk(term):
        if isinstance(node, Apply) and node.op == "gradient":
            body = node.args[0]
            called = isinstance(body, Apply) and (is_function(body.op) or body.op in ALONG)
            if not called or node is term:
                return True
    return False


def claim(
    reading: Reading, target: Target, link: Link, code: bool, factor: Var, note: str | None
) -> Claim:
    """What is told of a step that stands alone: why it is no formula, and what is right."""
    scalars = {name for name, shape in reading.case.setting.shapes.items() if not shape}
    right = gradient_of(reading, target, code)
    return Claim(
        f"d{target.of}/d{target.wrt}",
        "undecided",
        write(link.term, "plain", scalars=scalars),
        diagnostics=(no_matrix(factor, reading),),
        repair=right.text if right else None,
        repair_numpy=right.numpy if right else None,
        note=note,
        formula=faulty(drawn(reading, link.term), [factor]),
        repaired=right.formula if right else None,
        place=link.span,
    )


def no_matrix(factor: Var, reading: Reading) -> Diagnostic:
    """Which factor is no matrix, and why."""
    setting = reading.case.setting
    ends = derivative_of(factor.name)
    assert ends is not None
    shapes = [setting.shapes[name] for name in ends]
    said = [f"`{n}` is {shape_text(s, setting.sizes)}" for n, s in zip(ends, shapes, strict=True)]
    count = sum(map(long_axes, shapes))
    message = f"`{factor.name}` is no matrix: {' and '.join(said)}, so it has {count} axes"
    return Diagnostic("D309", message, reading.text, factor.span, help=HELP)


HELP = "the chain rule names the steps, not the products; what they come to is the gradient"


def gradient_of(reading: Reading, target: Target, code: bool) -> Repair | None:
    """The gradient itself, in matrix form."""
    case = reading.case
    inner = case.target(target.of, target.wrt, "gradient")
    mender = Mender(reading, case.truth(target.of), inner, code, lambda value: value)
    return None if case.setting.shapes[target.of] else mender.whole()
