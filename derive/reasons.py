"""Why each step of a gradient is as it is: the derivation of one formula, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derive.diagnostic import refuse
from derive.flatten import is_hidden
from derive.formulas import Gradient, Gradients, Step
from derive.functions import is_function
from derive.gradient import Use
from derive.infer import shape_of
from derive.layers import suggestion
from derive.notation import write
from derive.shape import Shape, shape_text
from derive.term import Apply, Term

REASONS: Mapping[tuple[str, int], str] = {
    ("matmul", 0): "{equation}: a change of {name} goes through the right factor, so its"
    " adjoint comes back through that factor's transpose.",
    ("matmul", 1): "{equation}: each sample adds the outer product of the left factor and"
    " {adjoint}; added up over the samples that is the matrix product with the left factor's"
    " transpose.",
    ("concat", 1): "the column of ones has no gradient: what belongs to it, the bias row of the"
    " weights, is dropped ([1:]).",
    ("add", 0): "a sum passes the adjoint on as it is.",
    ("add", 1): "a sum passes the adjoint on as it is; a bias that is repeated for every sample"
    " gets the sum over the samples.",
    ("sub", 0): "a difference passes the adjoint on as it is.",
    ("sub", 1): "a difference passes the adjoint on with the sign changed.",
    ("softmax", 0): "each output of a softmax depends on every z of its sample: dz = p ∘ (dp - sum"
    " of dp ∘ p over the classes).",
    ("log_softmax", 0): "each output of a log-softmax depends on every z of its sample: dz = dp -"
    " p ∘ (sum of dp over the classes).",
    ("log", 0): "log acts on each entry, and its derivative is one over the entry.",
}
"""By op and operand: why the adjoint looks as it does."""

ELEMENTWISE = (
    "{op} acts on each entry by itself, so each entry of the adjoint is multiplied by the"
    " derivative at its own place: an elementwise product (∘), not a matrix product."
)


@dataclass(frozen=True, slots=True)
class Explained:
    """One step: its equation, its shape, the shapes of its factors, and the reasons."""

    equation: str
    shape: str
    factors: tuple[str, ...]
    reasons: tuple[str, ...]


def explain(found: Gradients, name: str) -> tuple[Gradient, tuple[Explained, ...]]:
    """The gradient by `name`, and its steps with reasons.

    Raises DeriveError, with a "did you mean", for a name that has no gradient.
    """
    name = name.removeprefix("dL/d") if name.startswith("dL/d") else name
    if name not in found:
        known = ", ".join(found)
        hint = suggestion(name, tuple(found))
        raise refuse(
            "D307", f"the loss has no gradient by `{name}`; {hint or 'it has by ' + known}"
        )
    gradient = found[name]
    return gradient, tuple(_explained(found, step) for step in gradient.steps)


def _explained(found: Gradients, step: Step) -> Explained:
    scalars = next(iter(found.values())).scalars
    sizes = found.derivation.sizes
    text = write(step.term, "plain", scalars=scalars)
    shapes = dict(found.backward.program.shapes)
    shapes.update({s.name: s.shape for s in found.steps})
    return Explained(
        f"{step.name} = {text}",
        shape_text(step.shape, sizes),
        tuple(_factors(step.term, shapes, sizes, scalars)),
        tuple(_reasons(found, step)),
    )


def _factors(
    term: Term, shapes: Mapping[str, Shape], sizes: Mapping[str, int], scalars: frozenset[str]
) -> list[str]:
    """The matrix products in a term, each with the shapes that meet."""
    if not isinstance(term, Apply):
        return []
    inner = [text for arg in term.args for text in _factors(arg, shapes, sizes, scalars)]
    if term.op != "matmul":
        return inner
    left, right = (shape_text(shape_of(arg, shapes), sizes) for arg in term.args)
    whole = shape_text(shape_of(term, shapes), sizes)
    text = write(term, "plain", scalars=scalars)
    return [*inner, f"{text}: {left} times {right} is {whole}"]


def _reasons(found: Gradients, step: Step) -> list[str]:
    texts = [_reason(found, step.name[1:], use) for use in step.uses]
    return list(dict.fromkeys(text for text in texts if text))


def _reason(found: Gradients, name: str, use: Use) -> str:
    if is_function(use.op) and use.op != "log":
        return ELEMENTWISE.format(op=use.op)
    template = REASONS.get((use.op, use.place), "")
    program = found.backward.program
    node = program.nodes.get(use.user)
    equation = "" if node is None else _equation(program.expand(node), found)
    if is_hidden(use.user):
        return template.format(name=name, adjoint="the adjoint of the product", equation=equation)
    return template.format(name=name, adjoint=f"d{use.user}", equation=f"{use.user} = {equation}")


def _equation(term: Term, found: Gradients) -> str:
    return write(term, "plain", scalars=next(iter(found.values())).scalars)
