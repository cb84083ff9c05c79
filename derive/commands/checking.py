"""What the main job shows of the numeric half: every entry, at every point."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import ModuleType
from typing import Any

from codegen.emission import text_of
from codegen.entries import entry_text
from codegen.loading import load
from codegen.verdict import Comparison, ParameterReport
from codegen.verification import Gradient, Run, Verification, verify
from derive.commands.job import Job
from derive.commands.paper import Paper
from derive.dense import Stack
from derive.formulas import gradients


def verified(job: Job, module: ModuleType) -> Verification:
    free = _without_fact(job.stack) if job.stack.loss.target == "distribution" else None
    verification = verify(module.gradients, job.stack, general=free)
    paper = job.paper
    paper.heading("Numbers", "every entry, by differences and by complex step")
    paper.line(f"  the forward code {verification.forward}")
    for place, one in enumerate(verification.runs):
        _show_run(paper, one, worst=place == 0)
    for note in verification.notes:
        paper.line(f"  {note}")
    style = "bold green" if verification.ok else "bold red"
    paper.line(f"  {verification.status}: {_summary(verification)}", style)
    job.data["verification"] = _verification_data(verification)
    return verification


def _without_fact(stack: Stack) -> Gradient:
    """The gradient that assumes nothing of the targets."""
    general = replace(stack, assumed=False)
    function: Gradient = load(text_of(general, gradients(general), buffers=False)).gradients
    return function


def _summary(verification: Verification) -> str:
    own = verification.runs[0].verdict
    return f"{own.passed + own.failed:,} of {own.entries:,} entries resolved, {own.failed:,} failed"


def _show_run(paper: Paper, one: Run, worst: bool) -> None:
    sizes = "-".join(map(str, one.sizes))
    paper.line()
    paper.line(f"  {one.point.name}: {sizes}, N={one.samples}")
    paper.line(f"  {one.verdict}")
    if one.assumption:
        paper.line(f"  {one.assumption}")
        return
    paper.table(HEAD, [_row(row) for row in one.verdict.parameters])
    for row in one.verdict.parameters:
        for entry in row.failures[:2] or (row.largest if worst else ())[:1]:
            paper.line(f"  {'FAIL' if row.failures else 'worst'} {_entry(entry)}")
    for text in (*one.verdict.findings, *one.spot.findings, *one.signs):
        paper.line(f"  {text}", "bold red")
    if one.handmade is not None:
        paper.line(f"  textbook formulas by value: differ by {one.handmade:.1e} at most")


HEAD = ("", "shape", "passed", "failed", "open", "largest error", "error bar")


def _row(row: ParameterReport) -> tuple[str, ...]:
    worst = max(row.largest, key=lambda one: one.error, default=None)
    shape = "×".join(map(str, row.shape))
    error = (f"{worst.error:.1e}", f"{worst.bar:.1e}") if worst else ("-", "-")
    return (row.name, shape, f"{row.passed:,}", f"{row.failed:,}", f"{row.unresolved:,}", *error)


def _entry(one: Comparison) -> str:
    """One entry: its place, what it means, the value under test, the oracle's value."""
    place = f"{entry_text(one.name, one.index)} ({one.meaning})"
    return f"{place}: {one.actual:.8f}, {one.oracle} {one.expected:.8f}"


def _verification_data(verification: Verification) -> dict[str, Any]:
    return {
        "status": verification.status,
        "forward": verification.forward._asdict(),
        "notes": list(verification.notes),
        "runs": [_run_data(one) for one in verification.runs],
    }


def _run_data(one: Run) -> dict[str, Any]:
    return {
        "point": one.point.name,
        "note": one.point.note,
        "sizes": list(one.sizes),
        "samples": one.samples,
        "seconds": round(one.seconds, 3),
        "summary": str(one.verdict),
        "textbook_difference": one.handmade,
        "findings": [*one.verdict.findings, *one.spot.findings, *one.signs],
        "assumption": one.assumption,
        "parameters": [
            {
                "name": row.name,
                "shape": list(row.shape),
                "entries": row.entries,
                "passed": row.passed,
                "failed": row.failed,
                "unresolved": row.unresolved,
                "largest": [asdict(worst) for worst in row.largest],
                "failures": [asdict(worst) for worst in row.failures],
            }
            for row in one.verdict.parameters
        ],
    }
