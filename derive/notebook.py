"""The notebook: after `%load_ext derive`, a cell that starts with `%%derive` is a document.

IPython is not imported here; it hands its shell in.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from derive.checker import check_document
from derive.commands.files import without_claim
from derive.commands.network import network
from derive.diagnostic import refuse
from derive.faces.face import written
from derive.parsers import network_options
from derive.verdict import Claim, Report


def load_ipython_extension(shell: Any) -> None:
    """Gives a shell of IPython the cells `%%derive`, and reports a plain text of their own."""

    def derive(line: str, cell: str) -> Report:
        return judged(line, cell, shell.user_ns)

    derive.__doc__ = parser().format_help()
    shell.register_magic_function(derive, "cell", "derive")
    formatters = shell.display_formatter.formatters
    for kind in (Report, Claim):
        formatters["text/plain"].for_type(kind, _plain)
    formatters["text/html"].for_type(Claim, _claim_html)


def judged(line: str, cell: str, names: dict[str, Any]) -> Report:
    """The verdicts on the claims of a cell, which may be kept under a name.

    Raises DeriveError for options that are none, and for a cell without a claim.
    """
    given = parser().parse_args(_words(line))
    if given.name is not None and not given.name.isidentifier():
        raise refuse("D123", f"`{given.name}` is no name for a report", line)
    report = check_document(cell, layers=network(given) if given.layers else None)
    if not report.claims:
        raise without_claim("this cell")
    if given.name is not None:
        names[given.name] = report
    return report


class Parser(argparse.ArgumentParser):
    """Misuse is a refusal: the cell shows one sentence."""

    def error(self, message: str) -> NoReturn:
        raise refuse("D126", message, help="%%derive? has all options")


def parser() -> argparse.ArgumentParser:
    """The options of a cell."""
    made = Parser(
        prog="%%derive",
        description="Judges the claims of a cell: a derivation document, LaTeX, Markdown or code.",
        allow_abbrev=False,
        add_help=False,
    )
    made.add_argument("--as", dest="name", metavar="NAME", help="keep the report under this name")
    network_options(made, None)
    return made


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise refuse("D126", f"the options end in the middle: {error}", line) from None


def _plain(thing: Report | Claim, printer: Any, cycle: bool) -> None:
    printer.text(str(thing))


def _claim_html(claim: Claim) -> str:
    return written("notebook", [Report((claim,))])
