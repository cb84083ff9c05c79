"""The step of a gradient as code would write it: from derivatives that the code has names for."""

from __future__ import annotations

from collections.abc import Mapping

from derive.array_code import numpy_text
from derive.diagnostic import DeriveError
from derive.gradient import adjoint_name
from derive.shape import Shape
from derive.source.judging import Function, Judged
from derive.source.meaning import Meanings
from derive.term import Term, Var, apply, const, rebuild, substitute, variables


def natural(function: Function, judged: Judged) -> str | None:
    """The right formula for a gradient or a step, by the derivatives of the step before."""
    meanings = function.meanings
    case, loss = meanings.checker.case, meanings.loss
    truth = case.truth(loss)
    wrt = case.inner[judged.final.wrt]
    if not truth.depends(wrt):
        return None
    spoken = _spoken(meanings, judged)
    term = truth.gradients[wrt].step
    for _ in truth.prover.adjoints:
        inner = {
            name: spoken.get(name, truth.prover.steps[name])
            for name in variables(term)
            if name in truth.prover.steps
        }
        if not inner:
            break
        term = substitute(term, inner)
    if judged.scale != const(1):
        term = rebuild(apply("mul", judged.scale, term), lambda one: one)
    shapes = {**meanings.checker.setting.shapes, **_given_shapes(meanings)}
    shape = shapes[judged.final.wrt]
    outer = {i: Var(n) for n, i in case.inner.items() if n != i}
    try:
        return numpy_text(substitute(term, outer), shape, shapes)
    except (DeriveError, KeyError):
        return None


def _spoken(meanings: Meanings, judged: Judged) -> Mapping[str, Term]:
    """The names that the code has for derivatives before the one at hand, the last of each."""
    case, found = meanings.checker.case, dict[str, Term]()
    own = judged.final.step
    for step in meanings.steps:
        if step is own:
            break
        meaning = meanings.given.get(step.name)
        if meaning is None or step.inner or meaning.wrt == judged.final.wrt:
            continue
        name = adjoint_name(case.inner[meaning.wrt])
        plain = meaning.scale == const(1)
        found[name] = Var(step.name) if plain else apply("div", Var(step.name), meaning.scale)
        if meaning.scale == const(-1):
            found[name] = apply("neg", Var(step.name))
    return found


def _given_shapes(meanings: Meanings) -> Mapping[str, Shape]:
    shapes = meanings.checker.setting.shapes
    return {name: shapes[one.wrt] for name, one in meanings.given.items()}
