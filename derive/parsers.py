"""What the command line takes: a parser for each command.

It is loaded at every start, so it loads nothing but argparse.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

EPILOG = """\
commands:
  derive --layers 784,100,10,10    derive, prove, emit, verify, and only then train on MNIST
  derive check FILE...             judge the gradients that a page, a .tex or a .derive file claims
  derive report FILE... -o A.html  the verdicts as a page; also .md .tex .json .xml .sarif
  derive check net.py::backward    judge those that your own NumPy code returns or stores
  derive explain W2                how the gradient by W2 comes about, step by step
  derive explain D312              a page on a kind of mistake
  derive grade FOLDER --key KEY    grade many submissions of one exercise
  derive data                      where MNIST is looked for, and how to fetch the full set

Each command has its own --help. The network of `--layers 784,100,10,10` has 784 inputs and layers
of 100, 10 and 10 units: hidden sigmoid, output softmax, cross-entropy, bias inside the weights.
"""


class Parser(argparse.ArgumentParser):
    """Misuse is one clear sentence on standard error and exit code 2; texts keep their lines."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Ends the program."""
        self.exit(2, f"derive: {message}\n")


class Version(argparse.Action):
    """Prints the version, which takes longer to find out than all else that a parser does."""

    def __init__(self, option_strings: Sequence[str], dest: str, **keywords: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **keywords)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        print(f"derive {installed_version()}")
        parser.exit()


def installed_version() -> str:
    """The version of the installed distribution."""
    # slow to load, and only this option needs it
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("derive-backprop")
    except PackageNotFoundError:
        return "0 (not installed)"


def network_options(parser: argparse.ArgumentParser, layers: str | None) -> None:
    """The options that describe a network; without `--layers`, it is this one."""
    group = parser.add_argument_group("the network")
    group.add_argument(
        "--layers",
        default=layers,
        metavar="N,N[:activation],...",
        help="input and layer sizes, e.g. 784,100,10,10 or 784,100:relu,10:softmax",
    )
    group.add_argument("--activations", metavar="A,B,...", help="one for each layer, or all hidden")
    group.add_argument(
        "--loss",
        default="cross-entropy",
        help="a name, or a formula of yhat and y such as 'sum((yhat - y)^2) / 2'",
    )
    group.add_argument(
        "--bias", default="augmented", metavar="KIND", help="augmented ([1 H]), separate or none"
    )
    group.add_argument("--reduction", metavar="KIND", help="mean (default) or sum over the batch")
    group.add_argument("--row", dest="layout", action="store_const", const="row", default="row")
    group.add_argument("--column", dest="layout", action="store_const", const="column")
    group.add_argument("--single", action="store_true", help="one sample instead of a batch")
    group.add_argument("--staged", action="store_true", help="the log of yhat as its own equation")
    group.add_argument(
        "--define",
        action="append",
        default=[],
        metavar="'f(z) = ...'",
        help="an activation given as a formula; may be repeated",
    )


def _main_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive",
        description="Checks backpropagation derivations, and emits gradients that were checked.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action=Version, help="show program's version number and exit")
    network_options(parser, None)
    work = parser.add_argument_group("the work")
    work.add_argument(
        "--claim",
        action="append",
        default=[],
        metavar="'dL/dW2 = ...'",
        help="a gradient of your own, to be judged first; may be repeated",
    )
    work.add_argument("--emit", type=Path, metavar="PATH", help="write the module here")
    work.add_argument(
        "--backend",
        default="numpy",
        metavar="KIND",
        help="of the module: numpy, or array-api for JAX, PyTorch and others",
    )
    work.add_argument("--json", action="store_true", help="everything as JSON, nothing else")
    train = parser.add_argument_group("training")
    train.add_argument("--no-train", action="store_true", help="stop after the verification")
    train.add_argument("--epochs", type=int, metavar="N")
    train.add_argument("--lr", type=float, metavar="RATE", help="the first learning rate")
    train.add_argument("--batch", type=int, metavar="N")
    train.add_argument("--momentum", type=float, metavar="M")
    train.add_argument("--weight-decay", type=float, metavar="D")
    train.add_argument("--schedule", metavar="KIND", help="cosine, linear or constant")
    train.add_argument("--seed", type=int, default=0, metavar="N")
    train.add_argument("--data", type=Path, metavar="DIR", help="a folder with the MNIST files")
    train.add_argument("--save", type=Path, metavar="PATH", help="keep the weights here (.npz)")
    train.add_argument("--plot", type=Path, metavar="PATH", help="draw the run here (.png)")
    return parser


def _judged_files(parser: argparse.ArgumentParser) -> None:
    """What is judged."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="Markdown, LaTeX, text or .derive; - is stdin; FILE.py::function for code",
    )
    parser.add_argument("--document", metavar="FILE", help="what sets out the network of code")
    parser.add_argument(
        "--run", action="store_true", help="run code that cannot be read, and judge its values"
    )


def _check_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive check",
        description="Judges the claims of derivations: proved, refuted, ill-shaped, ...",
        epilog=CHECKED,
    )
    _judged_files(parser)
    parser.add_argument("--json", action="store_true", help="everything as JSON, nothing else")
    network_options(parser, None)
    return parser


CHECKED = """\
The network stands in the file, or is given by --layers. Of Python code, FILE.py::backward or
FILE.py::Net.backward, every gradient that the function returns or stores is judged; FILE.py alone
is every function that has gradients. The code is read; with --run, a function that cannot be read
is run, and judged by its values. Exit codes: 0 every claim holds, 1 one is wrong, 2 one cannot be
read, 3 one is undecided.
"""


def _report_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive report",
        description="The verdicts on derivations as a page, an article, or for other programs.",
        epilog=REPORTED,
    )
    _judged_files(parser)
    parser.add_argument("-o", "--output", metavar="OUT", help="write here; - is standard output")
    parser.add_argument(
        "--format",
        metavar="KIND",
        help="html, markdown, latex, json, junit, sarif or gradescope; else by the ending of OUT",
    )
    network_options(parser, None)
    return parser


REPORTED = """\
Endings: .html, .md, .tex, .json, .xml (JUnit), .sarif. The page is one file without scripts or
links to the outside. Exit codes are those of derive check: 0 every claim holds, 1 one is wrong,
2 one cannot be read, 3 one is undecided.
"""


def _explain_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive explain",
        description="How the gradient by one name comes about; or a page on a kind of mistake.",
    )
    parser.add_argument("name", metavar="NAME", help="W2, z3, H1 or x; or a code such as D312")
    network_options(parser, "784,100,10,10")
    return parser


def _grade_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive grade",
        description="Grades many submissions of one exercise, each in its own notation.",
        epilog=GRADED,
    )
    parser.add_argument("folder", metavar="FOLDER", help="a file or a folder for each submission")
    parser.add_argument("--key", required=True, metavar="KEY", help="the key, a .derive document")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="for the results")
    parser.add_argument(
        "--reveal", default="kind", metavar="LEVEL", help="none, kind (default), shape, step or fix"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: all cores")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to work on")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="for one file")
    parser.add_argument("--memory", type=int, default=1000, metavar="MB", help="for one file")
    return parser


GRADED = """\
The key is a document with the network, the right claims, and `points` and `credit` lines:

    points each = 2
    points dL/dW1 = 4
    credit layout = 75%, repair = 50%, step = 25%

Results: grades.csv, grades.json, feedback/NAME.md, gradescope/NAME.json. The same command again
goes on where it was stopped.
"""


def _data_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="derive data",
        description="Where MNIST is looked for, what is there, and how to fetch the full set.",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="look here first")
    parser.add_argument("--fetch", action="store_true", help="download the full set (11 MB)")
    return parser


PARSERS: Mapping[str, Callable[[], argparse.ArgumentParser]] = {
    "": _main_parser,
    "check": _check_parser,
    "report": _report_parser,
    "explain": _explain_parser,
    "data": _data_parser,
    "grade": _grade_parser,
}
"""The parser of each command."""
