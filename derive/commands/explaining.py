"""`derive explain W2`: how one gradient comes about. `derive explain D312`: a kind of mistake."""

from __future__ import annotations

import argparse

from derive.commands.network import network
from derive.commands.paper import Paper
from derive.diagnostic import DeriveError
from derive.formulas import gradients
from derive.mistakes import has_page, page
from derive.notation import write
from derive.reasons import explain
from derive.shape import shape_text

REFUSALS = (DeriveError,)


def run(arguments: argparse.Namespace) -> int:
    """Prints the page on a mistake, or how a gradient comes about."""
    if has_page(arguments.name):
        Paper().as_is(page(arguments.name).rstrip("\n"))
        return 0
    return _derivation(arguments)


def _derivation(arguments: argparse.Namespace) -> int:
    """Prints the forward equations, the steps with their reasons, and the result."""
    stack, paper = network(arguments), Paper()
    found = gradients(stack)
    gradient, steps = explain(found, arguments.name)
    shapes = found.backward.program.shapes
    sizes = stack.numbers
    paper.line(stack.describe())
    paper.heading("Forward")
    rows = []
    for equation in stack.derivation.equations:
        text = write(equation.term, "plain", scalars=gradient.scalars)
        shape = shapes.get(equation.name, gradient.shape)
        rows.append((equation.name, text, shape_text(shape, sizes)))
    paper.equations(rows)
    for place, step in enumerate(steps, 1):
        paper.heading(f"{place}. {step.equation}", step.shape)
        for reason in step.reasons:
            paper.line(f"   {reason}")
        for factor in step.factors:
            paper.line(f"   {factor}")
    paper.heading("Put together")
    paper.equations([(f"dL/d{arguments.name}", gradient.matrix, shape_text(gradient.shape, sizes))])
    if gradient.facts:
        paper.line(f"  given: {', '.join(gradient.facts)}")
    return 0
