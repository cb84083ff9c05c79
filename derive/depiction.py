"""What those who draw a verdict need: the formula with shapes and faults, and the steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from derive.case import Reading
from derive.deadline import TimeUp
from derive.diagnostic import DeriveError
from derive.formula import Formula, Line, Step, shaped
from derive.infer import shape_of
from derive.ops import ShapeMismatch
from derive.reasons import explain
from derive.setting import Setting
from derive.shape import Shape, shape_text
from derive.term import DEEPEST, Term, depth, size
from derive.truth import Target, Truth

LARGEST = 200
"""Nodes of a formula whose parts are given their shapes."""

MOST = 60
"""Equations of a network, or of a backward pass, that are told one by one."""


def drawn(reading: Reading, term: Term) -> Formula:
    """A formula of a text with the shapes that its author sees."""
    setting, elaborator = reading.case.setting, reading.elaborator()
    small = is_small(term)

    def shape(node: Term) -> Shape | None:
        try:
            return elaborator.value(node).shape if small else None
        except (DeriveError, ShapeMismatch, KeyError):
            return None

    scalars = (name for name, known in setting.shapes.items() if not known)
    return shaped(term, shape, setting.sizes, scalars)


def is_small(term: Term) -> bool:
    """Whether the parts of a formula are given their shapes."""
    return size(term) <= LARGEST and depth(term) <= DEEPEST


def steps_of(truth: Truth, target: Target) -> tuple[Step, ...]:
    """How the derivative of a number comes about; () for that of a tensor, or without a form."""
    if truth.seeded or not truth.depends(target.wrt):
        return ()
    try:
        found = truth.gradients[target.wrt].steps
        if len(found) > MOST or not all(is_small(step.term) for step in found):
            return ()
        gradient, steps = explain(truth.gradients, target.wrt)
    except (DeriveError, TimeUp):
        return ()
    sizes, scalars = truth.gradients.derivation.sizes, gradient.scalars
    shapes = {**truth.gradients.backward.program.shapes}
    shapes |= {step.name: step.shape for step in gradient.steps}
    pairs = zip(gradient.steps, steps, strict=True)
    lines = (
        Line(s.name, e.shape, "", of_matrices(s.term, shapes, sizes, scalars)) for s, e in pairs
    )
    return tuple(Step(line, e.factors, e.reasons) for line, e in zip(lines, steps, strict=True))


def of_matrices(
    term: Term, shapes: Mapping[str, Shape], sizes: Mapping[str, int], scalars: Iterable[str]
) -> Formula:
    """A formula of a program, which is over matrices."""

    small = is_small(term)

    def shape(node: Term) -> Shape | None:
        try:
            return shape_of(node, shapes) if small else None
        except (DeriveError, ShapeMismatch, KeyError):
            return None

    return shaped(term, shape, sizes, scalars)


def network(setting: Setting) -> tuple[Line, ...]:
    """What a document is about: its symbols, then its forward equations, with their shapes."""
    sizes = setting.sizes
    if len(setting.symbols) + len(setting.equations) > MOST:
        return ()
    scalars = {name for name, shape in setting.shapes.items() if not shape}
    symbols = (
        Line(s.name, shape_text(s.shape, sizes), s.kind, None, s.facts) for s in setting.symbols
    )
    return (*symbols, *_equations(setting, scalars))


def _equations(setting: Setting, scalars: set[str]) -> Iterator[Line]:
    for equation in setting.equations:
        shape = shape_text(setting.shapes[equation.name], setting.sizes)
        formula = of_matrices(equation.term, setting.shapes, setting.sizes, scalars)
        yield Line(equation.name, shape, "let", formula)
