"""`derive check FILE…`: the claims of derivations, judged one by one."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace

from derive.checker import check_document
from derive.commands.files import shown_name, text_of, without_claim
from derive.commands.network import network
from derive.commands.paper import Paper
from derive.commands.running import judged_by_value
from derive.commands.sources import code_report, is_code, parts
from derive.commands.verdicts import drawn, show_claim
from derive.dense import Stack
from derive.diagnostic import DeriveError
from derive.faces.face import written
from derive.faces.saying import summary
from derive.verdict import Report

REFUSALS = (DeriveError,)


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
    setting = None if arguments.document is None else text_of(arguments.document)
    texts = {name: text_of(file_of(name)) for name in dict.fromkeys(arguments.files)}
    for name, text in texts.items():
        report = _judged(name, text, layers, setting)
        if arguments.run and is_code(name):
            report = judged_by_value(name, report, layers, setting)
        if not report.claims:
            raise without_claim(name)
        yield replace(report, name=name)


def _judged(name: str, text: str, layers: Stack | None, setting: str | None) -> Report:
    if is_code(name):
        return code_report(name, text, layers, setting)
    return check_document(text, layers=layers)


def file_of(name: str) -> str:
    """The file of `net.py::backward`; any other name is that of a file."""
    return parts(name)[0] if is_code(name) else name


def exit_code(reports: Iterable[Report]) -> int:
    """The exit code of the claims of all reports together."""
    return Report(tuple(one for report in reports for one in report.claims)).exit_code


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
