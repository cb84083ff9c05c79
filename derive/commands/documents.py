"""`derive check FILE…`: the claims of derivations, judged one by one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from derive.checker import check_document
from derive.commands.network import network
from derive.commands.paper import Paper
from derive.commands.sources import code_report, is_code, parts
from derive.commands.verdicts import drawn, show_claim, summary
from derive.diagnostic import DeriveError, refuse
from derive.verdict import Report

REFUSALS = (DeriveError,)
LARGEST = 10_000_000
"""Bytes of a file at most."""


def run(arguments: argparse.Namespace) -> int:
    """Prints the verdicts; the exit code is that of all claims together."""
    layers = network(arguments) if arguments.layers else None
    paper = Paper(quiet=arguments.json)
    texts = {name: text_of(file_of(name)) for name in dict.fromkeys(arguments.files)}
    setting = None if arguments.document is None else text_of(arguments.document)
    reports = {}
    for name, text in texts.items():
        if is_code(name):
            report = code_report(name, text, arguments, layers, setting)
        else:
            report = check_document(text, layers=layers)
        reports[name] = report
        if not report.claims:
            raise refuse("D129", f"no claim was found in {shown_name(name)}; {WHERE}")
        show(paper, name if len(texts) > 1 else "", report)
    if arguments.json:
        print(json.dumps(as_data(reports), ensure_ascii=False, indent=2))
    return Report(tuple(one for report in reports.values() for one in report.claims)).exit_code


def file_of(name: str) -> str:
    """The file of `net.py::backward`; any other name is that of a file."""
    return parts(name)[0] if is_code(name) else name


WHERE = "a claim is an equation for a derivative in $…$, a code block or a `claim` line"


def show(paper: Paper, name: str, report: Report) -> None:
    """One file: its claims, lines that were not understood, how many there are of each verdict."""
    if name:
        paper.heading(shown_name(name))
    for claim in report.claims:
        show_claim(paper, claim)
        paper.line()
    for note in report.notes:
        for line in drawn(note, paper.width):
            paper.as_is(line)
        paper.line()
    paper.line(summary(report.claims), "bold")


def as_data(reports: dict[str, Report]) -> dict[str, object]:
    """All reports as plain data."""
    files = [{"file": name, **report.to_dict()} for name, report in reports.items()]
    return {"ok": all(report.ok for report in reports.values()), "files": files}


def shown_name(name: str) -> str:
    """The name of a file as a message has it."""
    return "standard input" if name == "-" else name


def text_of(name: str) -> str:
    """The text of a file, or of standard input for `-`.

    Raises DeriveError, in one sentence, for what cannot be read.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise refuse("D129", f"{shown_name(name)} cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise refuse("D127", f"{shown_name(name)} has more than {LARGEST:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("D129", f"{shown_name(name)} is not text in UTF-8") from None
