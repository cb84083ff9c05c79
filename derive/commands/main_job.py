"""`derive --layers 784,100,10,10`: derive, prove, emit, verify, and only then train."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import ModuleType
from typing import Any

import codegen
from codegen.emit import text_of
from codegen.entries import entry_text
from codegen.idx import DataError
from codegen.load import load
from codegen.mnist import load as load_mnist
from codegen.mnist import misfit
from codegen.readback import Reading, read_back
from codegen.schedule import Settings, SettingsError, learning_rate
from codegen.train import History, Stopped, TrainingError, train
from codegen.verdict import Comparison, ParameterReport
from codegen.verify import Run, Verification, verify
from codegen.weights import OutputError, check_writable, replacing
from derive.check import Report, check, split_claim
from derive.commands.network import network
from derive.commands.paper import Paper
from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.formulas import Gradients, gradients
from derive.notation import write
from derive.proof import Prover
from derive.shape import shape_text
from derive.textbook import textbook

REFUSALS = (
    DeriveError,
    DataError,
    OutputError,
    SettingsError,
    TrainingError,
    ImportError,
    argparse.ArgumentTypeError,
)
CODINGS = {"distribution": "one-hot", "unit": "one-hot", "real": "one-hot", "sign": "signs"}


@dataclass
class Job:
    """What the job found, in order; `data` is the same for --json."""

    stack: Stack
    paper: Paper
    data: dict[str, Any] = field(default_factory=dict)


def run(arguments: argparse.Namespace) -> int:
    """The whole job; its exit code."""
    if arguments.layers is None:
        raise argparse.ArgumentTypeError("which network? Try: derive --layers 784,100,10,10")
    stack = network(arguments)
    settings = _settings(arguments, stack)
    claims = dict(_claim(text) for text in arguments.claim)
    _check_outputs(arguments)
    job = Job(stack, Paper(quiet=arguments.json))
    try:
        return _work(job, arguments, settings, claims)
    finally:
        if arguments.json and job.data:
            print(json.dumps(job.data, ensure_ascii=False, indent=2))


def _work(
    job: Job, arguments: argparse.Namespace, settings: Settings, claims: Mapping[str, str]
) -> int:
    found = gradients(job.stack)
    _show_gradients(job, found)
    report = _judge(job, found, claims)
    text = text_of(job.stack, found)
    proved = _prove(job, found, text)
    module = load(text)
    verification = _verify(job, module)
    code = _exit_code(report, proved, verification)
    if arguments.emit is not None and code in (0, report.exit_code):
        with replacing(arguments.emit) as sink:
            sink.write(text.encode())
        job.paper.line(f"  written: {arguments.emit}")
    if code:
        job.paper.heading("Not trained", "something above is wrong or undecided")
        return code
    return _train(job, arguments, settings, module)


# --------------------------------------------------------------------------------- arguments


def _settings(arguments: argparse.Namespace, stack: Stack) -> Settings:
    names = ("epochs", "lr", "batch", "momentum", "weight_decay", "schedule", "seed")
    given = {name: getattr(arguments, name) for name in names}
    chosen = {name: value for name, value in given.items() if value is not None}
    if "lr" not in chosen:
        chosen["lr"] = learning_rate(stack.activations[:-1], stack.activations[-1])
    return replace(Settings(), **chosen)


def _claim(text: str) -> tuple[str, str]:
    try:
        return split_claim(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Refuses what could not be written, before any work is done for it."""
    for path in (arguments.emit, arguments.save):
        if path is not None:
            check_writable(path)
    if arguments.plot is not None:
        codegen.check_picture(arguments.plot)


# ----------------------------------------------------------------------------- derive and prove


def _show_gradients(job: Job, found: Gradients) -> None:
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


def _judge(job: Job, found: Gradients, claims: Mapping[str, str]) -> Report:
    report = check(job.stack, claims, found)
    if claims:
        job.paper.heading("Claims")
        for claim in report.claims:
            job.paper.as_is("\n".join(f"  {one}" for one in str(claim).split("\n")))
        job.data["claims"] = report.to_dict()["claims"]
    return report


def _prove(job: Job, found: Gradients, text: str) -> bool:
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


# --------------------------------------------------------------------------------------- verify


def _verify(job: Job, module: ModuleType) -> Verification:
    general = replace(job.stack, assumed=False)
    free = load(text_of(general, gradients(general))).gradients if _assumes(job.stack) else None
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


def _assumes(stack: Stack) -> bool:
    return stack.loss.target == "distribution"


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
        "forward": asdict(verification.forward),
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


def _exit_code(report: Report, proved: bool, verification: Verification) -> int:
    if not proved or verification.status == "FAIL":
        return 1
    if verification.status == "UNRESOLVED":
        return 3
    return report.exit_code


# ---------------------------------------------------------------------------------------- train


def _train(job: Job, arguments: argparse.Namespace, settings: Settings, module: ModuleType) -> int:
    if arguments.no_train:
        return 0
    reason = _why_not(job.stack)
    if reason is not None:
        job.paper.heading("Not trained", "")
        job.paper.line(f"  {reason}")
        job.data["training"] = {"trained": False, "reason": reason}
        return 0
    mnist = load_mnist(arguments.data)
    job.paper.heading("Training", mnist.description)
    try:
        with codegen.drawing(settings, len(mnist.train_labels), job.paper.console) as drawn:
            history = train(
                module,
                mnist,
                settings,
                target_coding=CODINGS[job.stack.loss.target],
                reduction=job.stack.reduction,
                on_step=None if arguments.json else drawn.step,
                on_epoch=None if arguments.json else drawn.epoch,
                checkpoint=arguments.save,
            )
    except Stopped as stopped:
        print(f"derive: {stopped}", file=sys.stderr)
        return 130
    return _report(job, arguments, history)


def _why_not(stack: Stack) -> str | None:
    """Why a stack does not train on MNIST, or None."""
    if stack.single:
        return "a stack for one sample is not trained on MNIST: leave out --single"
    return misfit(stack.sizes, CODINGS[stack.loss.target])


def _report(job: Job, arguments: argparse.Namespace, history: History) -> int:
    accuracy = history.test_accuracy
    job.paper.line(f"  test accuracy {100 * accuracy:.2f} %: {history.data}", "bold")
    if arguments.save is not None:
        job.paper.line(f"  weights: {arguments.save}")
    if arguments.plot is not None:
        codegen.draw(history, arguments.plot)
        job.paper.line(f"  picture: {arguments.plot}")
    job.data["training"] = {"trained": True, "test_accuracy": accuracy, **history.to_dict()}
    return 0
