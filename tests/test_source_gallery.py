"""Backward passes as people write them, right and wrong: what is said of each, and its repair run.

What is right and what is not is settled by differences of a loss that the gallery writes out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np
import pytest

from derive.layers import stack
from derive.source import check_source
from derive.verdict import GOOD, Claim, Report
from tests.source_gallery import CASES, Arrays, Case, Wrong, differences, gradients, point


def judged(case: Case, text: str) -> Report:
    """The report, the network told as a person would."""
    reduction = None if case.samples == 1 else case.reduction
    network = stack(case.layers, reduction=reduction, **case.options)
    return check_source(text, case.function, stack=network, file=f"{case.file}.py")


def repaired(text: str, claims: list[Claim]) -> str:
    """The text with every repaired statement in its place."""
    lines = text.split("\n")
    statements = {
        node.lineno: node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return)
    }
    for line, new in sorted({(c.line or 0, c.repair or "") for c in claims if c.repair})[::-1]:
        node = statements[line]
        lines[line - 1 : node.end_lineno] = [" " * node.col_offset + new]
    return "\n".join(lines)


def same(found: Arrays, wanted: Arrays) -> bool:
    return found.keys() == wanted.keys() and all(
        np.allclose(found[name], wanted[name], rtol=1e-5, atol=1e-7) for name in wanted
    )


def runs_right(case: Case, text: str) -> bool:
    """Whether the numbers of a text are those of differences."""
    params, x, y = point(case)
    try:
        return same(gradients(case, text, params, x, y), differences(case, params, x, y))
    except (ValueError, IndexError):
        return False  # the shapes do not fit


def each_wrong() -> Iterator[tuple[Case, Wrong]]:
    for case in CASES:
        yield from ((case, one) for one in case.wrong)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_what_is_right_is_proved(case: Case) -> None:
    assert runs_right(case, case.text)
    report = judged(case, case.text)
    verdicts = {claim.name: claim.verdict for claim in report.claims}
    assert verdicts == {f"dL/d{name}": "proved" for name in point(case)[0]}


@pytest.mark.parametrize(
    ("case", "wrong"), [*each_wrong()], ids=lambda one: getattr(one, "file", "")
)
def test_what_is_wrong_is_found_in_its_line_and_repaired(case: Case, wrong: Wrong) -> None:
    assert wrong.old in case.text
    text = case.text.replace(wrong.old, wrong.new, 1)
    assert not runs_right(case, text)
    report = judged(case, text)
    bad = [claim for claim in report.claims if claim.verdict not in GOOD]
    assert (bad[0].name, bad[0].verdict) == (wrong.claim, wrong.verdict)
    lines = {claim.line or 0 for claim in bad}
    assert len(lines) == 1
    assert wrong.line.split("\n")[0].strip() in text.split("\n")[lines.pop() - 1]
    assert all(claim.diagnostics[0].place is not None for claim in bad)
    assert all(claim.repair is not None for claim in bad) == wrong.fixed
    if wrong.fixed:
        assert runs_right(case, repaired(text, bad))
