"""Emitted text, read again and proved: each line against the equation that it should compute.

The text is parsed with Python's `ast` and read by `derive.notation`; it is not run. So a fault in
the plan, the safe forms or the writer shows, as long as the reader does not share it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from derive.diagnostic import DeriveError
from derive.infer import shape_of, typed
from derive.notation import read_numpy
from derive.proof import Prover
from derive.shape import Shape
from derive.term import Term, Var, substitute

FUNCTIONS = ("forward", "loss", "loss_and_gradients", "gradients")


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the text: where it stands, what it defines, and whether that was proved."""

    function: str
    line: int
    name: str
    text: str
    proved: bool
    reason: str = ""


def read_back(text: str, prover: Prover) -> tuple[Reading, ...]:
    """Every line of the functions of an emitted module, judged against the derivation.

    Raises ValueError where the text has none of the functions.
    """
    tree = ast.parse(text)
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in FUNCTIONS]
    judged: dict[tuple[str, Term], bool] = {}
    readings = tuple(r for f in found for r in _function(f, text, prover, judged))
    if not readings:
        raise ValueError("the text defines none of " + ", ".join(FUNCTIONS))
    return readings


def _function(
    function: ast.FunctionDef, text: str, prover: Prover, judged: dict[tuple[str, Term], bool]
) -> Iterator[Reading]:
    """The lines of one function; what was judged in another one is not judged again."""
    expected = expectations(prover)
    shapes: dict[str, Shape] = dict(prover.shapes)
    local: dict[str, Term] = {}
    for node in function.body:
        if not isinstance(node, ast.Assign) or _is_lookup(node.value):
            continue
        (target,) = node.targets
        assert isinstance(target, ast.Name)
        code = ast.get_source_segment(text, node.value) or ""
        try:
            term, shape = typed(read_numpy(code, tuple(shapes)), shapes, code)
        except DeriveError as error:
            yield Reading(function.name, node.lineno, target.id, code, False, str(error))
            continue
        if target.id not in expected:
            local[target.id] = substitute(term, local)
            shapes[target.id] = shape
            continue
        key = (target.id, substitute(term, local))
        if key not in judged:
            judged[key] = _proved(key[1], expected[target.id], prover)
        yield Reading(function.name, node.lineno, target.id, code, judged[key])


def _is_lookup(value: ast.expr) -> bool:
    """`params["W1"]` and `x.shape[0]`: where names come from, not formulas."""
    if not isinstance(value, ast.Subscript):
        return False
    owner = value.value
    named = isinstance(owner, ast.Name) and owner.id == "params"
    return named or (isinstance(owner, ast.Attribute) and owner.attr == "shape")


def expectations(prover: Prover) -> Mapping[str, Term]:
    """What each name stands for: forward equations, and the equations of the adjoints."""
    forward = {e.name: e.term for e in prover.gradients.derivation.equations}
    return {**forward, **prover.steps}


def _proved(term: Term, expected: Term, prover: Prover) -> bool:
    shape = shape_of(expected, prover.shapes)
    if isinstance(expected, Var):
        return term == expected
    return prover.equal(term, expected, shape) is not None
