"""`derive check FILE…`: the claims of derivations, judged one by one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from derive.checker import check_document
from derive.commands.network import network
from derive.commands.paper import Paper
from derive.commands.verdicts import drawn, show_claim
from derive.diagnostic import DeriveError, refuse
from derive.faces.face import written
from derive.faces.saying import summary
from derive.verdict import Report

REFUSALS = (DeriveError,)
LARGEST = 10_000_000
"""Bytes of a file at most."""


def run(arguments: argparse.Namespace) -> int:
    """Prints the verdicts; the exit code is that of all claims together."""
    paper = Paper(quiet=arguments.json)
    several, reports = len(set(arguments.files)) > 1, []
    for report in judged(arguments):
        show(paper, report.name if several else "", report)
        reports.append(report)
    if arguments.json:
        print(written("json", reports), end="")
    return exit_code(reports)


def judged(arguments: argparse.Namespace) -> Iterator[Report]:
    """A report for each file, once all of them were read.

    Raises DeriveError for a file that cannot be read, or has no claim.
    """
    layers = network(arguments) if arguments.layers else None
    texts = {name: text_of(name) for name in dict.fromkeys(arguments.files)}
    for name, text in texts.items():
        report = check_document(text, layers=layers)
        if not report.claims:
            raise refuse("D129", f"no claim was found in {shown_name(name)}; {WHERE}")
        yield replace(report, name=name)


def exit_code(reports: Iterable[Report]) -> int:
    """The exit code of the claims of all reports together."""
    return Report(tuple(one for report in reports for one in report.claims)).exit_code


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
