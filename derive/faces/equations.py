"""A network, a gradient, all gradients: equations with their shapes, for a notebook.

Each is a heading and lines; HTML, LaTeX and plain text are three ways to write these.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from derive.dense import Stack
from derive.depiction import MOST, of_matrices
from derive.faces.mathml import mathml, name_mathml
from derive.formula import Line
from derive.formulas import Gradient, Gradients
from derive.infer import shapes_of
from derive.notation import latex_name
from derive.shape import shape_text
from derive.tidy import scalar_names

Thing = Stack | Gradient | Gradients


class Listed(NamedTuple):
    """What is shown: a line of words, declared names, equations, and a form in NumPy."""

    heading: str
    names: tuple[Line, ...] = ()
    equations: tuple[Line, ...] = ()
    numpy: str = ""


def listed(thing: Thing) -> Listed:
    """The lines about a thing; of more than a page can hold, the heading alone."""
    made = _LISTS[type(thing)](thing)
    return made if len(made.names) + len(made.equations) <= MOST else Listed(made.heading)


def html(thing: Thing) -> str:
    """The lines as a part of a page, in the style of reports."""
    made = listed(thing)
    style = (importlib.resources.files("derive.faces") / "style.css").read_text(encoding="utf-8")
    parts = [Markup('<p class="summary">{}</p>').format(made.heading)] if made.heading else []
    if made.names:
        parts.append(Markup('<ul class="symbols">{}</ul>').format(_joined(_symbol, made.names)))
    parts.append(Markup('<div class="equations">{}</div>').format(_joined(_html, made.equations)))
    if facts := _facts(made):
        parts.append(Markup('<p class="quiet">given: {}</p>').format(", ".join(facts)))
    if made.numpy:
        parts.append(Markup('<pre tabindex="0"><code>{}</code></pre>').format(made.numpy))
    frame = Markup('<div class="derive derive-part" lang="en"><style>{}</style>{}</div>')
    return str(frame.format(Markup(style), Markup("").join(parts)))


def latex(thing: Thing) -> str | None:
    """The equations in LaTeX: one by itself, or aligned; None where they are too many."""
    equations = listed(thing).equations
    if not equations:
        return None
    if len(equations) == 1:
        return rf"$\displaystyle {_latex(equations[0], ' = ')}$"
    rows = r" \\ ".join(_latex(line, " &= ") for line in equations)
    return rf"$\displaystyle \begin{{aligned}} {rows} \end{{aligned}}$"


def text(thing: Thing) -> str:
    """The lines as plain text."""
    made = listed(thing)
    lines = [made.heading] if made.heading else []
    lines += [f"{line.name} = {_formula(line)}  ({line.shape})" for line in made.equations]
    lines += [f"given: {', '.join(facts)}"] if (facts := _facts(made)) else []
    return "\n".join(lines)


def _facts(made: Listed) -> tuple[str, ...]:
    """The facts that the equations rest on, each once."""
    return tuple(dict.fromkeys(fact for line in made.equations for fact in line.facts))


# ----------------------------------------------------------------------------------- the lines


def _of_stack(stack: Stack) -> Listed:
    derivation, shapes = stack.derivation, shapes_of(stack.derivation)
    sizes, scalars = dict(derivation.sizes), scalar_names(shapes)
    names = (
        Line(s.name, shape_text(s.shape, sizes), s.kind, None, s.facts) for s in derivation.symbols
    )
    equations = (
        Line(
            one.name,
            shape_text(shapes[one.name], sizes),
            "let",
            of_matrices(one.term, shapes, sizes, scalars),
        )
        for one in derivation.equations
    )
    return Listed(stack.describe(), tuple(names), tuple(equations))


def _line(gradient: Gradient) -> Line:
    shapes = dict(gradient.program.shapes) | {s.name: s.shape for s in gradient.steps}
    sizes = dict(gradient.sizes)
    formula = of_matrices(gradient.term, shapes, sizes, gradient.scalars)
    shape = shape_text(gradient.shape, sizes)
    return Line(f"dL/d{gradient.name}", shape, "gradient", formula, gradient.facts)


def _of_gradient(gradient: Gradient) -> Listed:
    return Listed("", (), (_line(gradient),), gradient.numpy)


def _of_gradients(found: Gradients) -> Listed:
    if len(found.parameters) > MOST:
        return Listed(f"gradients by {len(found.parameters)} parameters")
    return Listed("", (), tuple(_line(found[name]) for name in found.parameters))


_LISTS: Mapping[type, Callable[..., Listed]] = {
    Stack: _of_stack,
    Gradient: _of_gradient,
    Gradients: _of_gradients,
}
"""Kind of thing -> its lines."""


# ------------------------------------------------------------------------------------- one line


def _joined(write: Callable[[Line], Markup], lines: Sequence[Line]) -> Markup:
    return Markup("").join(map(write, lines))


def _symbol(line: Line) -> Markup:
    """A declared name, its shape, what it is, and its facts."""
    row = '<li>{} <span class="shape">{}</span> <span class="quiet">{}</span></li>'
    told = ", ".join((line.kind, *line.facts))
    return Markup(row).format(Markup(name_mathml(line.name)), line.shape, told)


def _html(line: Line) -> Markup:
    """An equation with the shapes under its factors."""
    assert line.formula is not None
    row = Markup(
        '<div class="display" tabindex="0" role="group">{}<span class="is">=</span>{}'
        '<span class="shape-of">{}</span></div>'
    )
    name, formula = Markup(name_mathml(line.name)), Markup(mathml(line.formula))
    return row.format(name, formula, line.shape)


def _latex(line: Line, sign: str) -> str:
    assert line.formula is not None
    of, _, by = line.name[1:].partition("/d")
    name = rf"\frac{{\partial {of}}}{{\partial {latex_name(by)}}}" if by else latex_name(line.name)
    return f"{name}{sign}{line.formula.text('latex')}"


def _formula(line: Line) -> str:
    assert line.formula is not None
    return line.formula.text()
