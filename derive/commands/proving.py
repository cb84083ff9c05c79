"""What the main job shows of the symbolic half: gradients, claims, proofs."""

from __future__ import annotations

from collections.abc import Mapping

import derive
from codegen.readback import Reading, read_back
from derive.commands.job import Job
from derive.formulas import Gradients
from derive.notation import write
from derive.proof import Prover
from derive.shape import shape_text
from derive.textbook import textbook
from derive.verdict import Report


def show_gradients(job: Job, found: Gradients) -> None:
    stack, paper = job.stack, job.paper
    paper.line(stack.describe())
    sizes, scalars = stack.numbers, found["L"].scalars
    paper.heading("Forward")
    rows = [
        (e.name, write(e.term, "plain", scalars=scalars), _shape(found, e.name, sizes))
        for e in stack.derivation.equations
    ]
    paper.equations(rows)
    paper.heading("Gradients", "at symbolic sizes, true for all of them")
    names = (*stack.parameters, "x")
    table = [
        (f"dL/d{name}", found[name].matrix, shape_text(found[name].shape, sizes)) for name in names
    ]
    paper.equations(table)
    facts = sorted({fact for name in names for fact in found[name].facts})
    if facts:
        paper.line(f"  given: {', '.join(facts)}")
    job.data["network"] = {"layers": list(stack.sizes), "description": stack.describe()}
    job.data["gradients"] = {
        name: {
            "matrix": found[name].matrix,
            "latex": found[name].latex,
            "numpy": found[name].numpy,
            "shape": shape_text(found[name].shape, sizes),
            "facts": list(found[name].facts),
        }
        for name in found
    }


def _shape(found: Gradients, name: str, sizes: Mapping[str, int]) -> str:
    return shape_text(found[name].shape, sizes) if name in found else ""


def judge(job: Job, claims: Mapping[str, str]) -> Report:
    if not claims:
        return Report()  # and the readers of claims are not imported
    report = derive.check(job.stack, claims)
    job.paper.heading("Claims")
    for claim in report.claims:
        job.paper.as_is("\n".join(f"  {one}" for one in str(claim).split("\n")))
    job.data["claims"] = report.to_dict()["claims"]
    return report


def prove(job: Job, found: Gradients, text: str) -> bool:
    prover = Prover(found)
    formulas = textbook(job.stack)
    proofs = {one.name: prover.gradient(one.name, one.term) for one in formulas}
    readings = read_back(text, prover)
    paper = job.paper
    paper.heading("Proof")
    wrong = [name for name, proof in proofs.items() if proof is None]
    if not formulas:
        paper.line("  no textbook formula is known for this output: not compared by proof")
    else:
        count = f"{len(proofs) - len(wrong)} of {len(proofs)}"
        paper.line(f"  {count} textbook formulas proved equal, for all sizes")
    for one in formulas:
        if one.name in wrong:
            paper.line(f"  NOT proved: dL/d{one.name} = {one.text}", "bold red")
    bad = [one for one in readings if not one.proved]
    paper.line(
        f"  {len(readings) - len(bad)} of {len(readings)} emitted lines read back and proved"
    )
    for reading in bad:
        paper.line(f"  NOT proved: line {reading.line}: {_line_text(reading)}", "bold red")
    job.data["proof"] = {
        "textbook": {name: proof is not None for name, proof in proofs.items()},
        "emitted_lines": len(readings),
        "emitted_lines_proved": len(readings) - len(bad),
    }
    return not wrong and not bad


def _line_text(reading: Reading) -> str:
    reason = f" ({reading.reason})" if reading.reason else ""
    return f"{reading.name} = {reading.text}{reason}"
