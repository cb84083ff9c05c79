"""`derive --layers 784,100,10,10`: derive, prove, emit, verify, and only then train."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

import codegen
from codegen.backend import backend as backend_of
from codegen.emission import text_of
from codegen.loading import load
from codegen.refusal import Refusal
from codegen.schedule import Settings, learning_rate
from codegen.verification import Verification
from codegen.weights import check_writable, replacing
from derive import commands
from derive.commands.checking import verified
from derive.commands.job import Job
from derive.commands.network import network
from derive.commands.paper import Paper
from derive.commands.proving import judge, prove, show_gradients
from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.formulas import Gradients, gradients
from derive.verdict import Report

TRAINED = "numpy"
"""The backend whose modules have the Workspace that training uses."""

REFUSALS = (DeriveError, Refusal, ImportError, argparse.ArgumentTypeError)


def run(arguments: argparse.Namespace) -> int:
    """The whole job; its exit code."""
    if arguments.layers is None:
        raise argparse.ArgumentTypeError("which network? Try: derive --layers 784,100,10,10")
    stack = network(arguments)
    settings = _settings(arguments, stack)
    claims = dict(_claim(text) for text in arguments.claim)
    _check_outputs(arguments)
    if not arguments.no_train:
        commands.find_data(arguments, stack)
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
    show_gradients(job, found)
    report = judge(job, claims)
    text, module, code = _checked(job, found, report, arguments.backend)
    if arguments.emit is not None and code in (0, report.exit_code):
        with replacing(arguments.emit) as sink:
            sink.write(text.encode())
        job.paper.line(f"  written: {arguments.emit}")
    trains = not arguments.no_train and commands.why_not(job.stack) is None
    if not code and trains and arguments.backend != TRAINED:
        job.paper.heading("The NumPy module", "what is trained is checked like what was emitted")
        other = replace(job, data=job.data.setdefault(TRAINED, {}))
        _, module, code = _checked(other, found, report, TRAINED)
    if code:
        job.paper.heading("Not trained", "something above is wrong or undecided")
        return code
    return 0 if arguments.no_train else commands.train(job, arguments, settings, module)


def _checked(
    job: Job, found: Gradients, report: Report, backend: str
) -> tuple[str, ModuleType, int]:
    """The text of a module, what it is, and the exit code of its proof and verification."""
    text = text_of(job.stack, found, backend=backend)
    proved = prove(job, found, text)
    module = load(text)
    return text, module, _exit_code(report, proved, verified(job, module))


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
    backend_of(arguments.backend)
    for path in (arguments.emit, arguments.save):
        if path is not None:
            check_writable(path)
    if arguments.plot is not None:
        codegen.check_picture(arguments.plot)


def split_claim(text: str) -> tuple[str, str]:
    """The name and the formula of `dL/dW2 = formula` or `dW2 = formula`; a name alone is W2.

    Raises ValueError for a text without an equation sign.
    """
    left, sign, right = text.partition("=")
    if not sign:
        raise ValueError(f"a claim is an equation such as dL/dW2 = ..., not `{text}`")
    return left.strip(), right.strip()


def _exit_code(report: Report, proved: bool, verification: Verification) -> int:
    if not proved or verification.status == "FAIL":
        return 1
    if verification.status == "UNRESOLVED":
        return 3
    return report.exit_code if report.claims else 0  # a job without claims has nothing unread
