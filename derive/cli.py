"""The command line: reads the arguments, and loads what a command needs only when it runs.

Exit codes: 0 all is well, 1 something is wrong, 2 misuse, 3 undecided, 130 interrupted.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from derive.parsers import PARSERS

COMMANDS = {
    "check": "derive.commands.documents",
    "report": "derive.commands.reporting",
    "explain": "derive.commands.explaining",
    "data": "derive.commands.data",
    "grade": "derive.commands.grading",
    "": "derive.commands.main_job",
}
"""Where each command lives. Each module has `run(arguments) -> exit code` and `REFUSALS`."""


THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""How many threads BLAS may take, by whichever library it is."""

SECOND_THREAD = 256
"""Samples in a batch from which on training is quicker with a second thread of BLAS."""

GARBAGE = 1_000_000
"""Objects between two searches for garbage: SymPy's many live ones would be walked over and over,
an eighth of the main job, and there are hardly any cycles to find."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # nor is what the process ends with searched
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words and words[0] in COMMANDS else ""
    arguments = PARSERS[name]().parse_args(words[1:] if name else words)
    if not needs_threads(arguments):
        for variable in THREADS:
            os.environ.setdefault(variable, "1")
    try:
        module = importlib.import_module(COMMANDS[name])
        try:
            return int(module.run(arguments))
        except module.REFUSALS as refusal:
            return _refused(refusal)
    except KeyboardInterrupt:
        print("derive: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def needs_threads(arguments: argparse.Namespace) -> bool:
    """Whether it trains in batches so large that more than one thread of BLAS is quicker.

    Threads are chosen before NumPy is loaded, by environment variables that are not set yet.
    """
    trains = not getattr(arguments, "no_train", True)
    return trains and (arguments.batch or 0) >= SECOND_THREAD


def _refused(refusal: Exception) -> int:
    """Prints a refusal, with the caret where there is a place."""
    diagnostic = getattr(refusal, "diagnostic", None)
    text = diagnostic.render() if diagnostic is not None and diagnostic.span else str(refusal)
    print(f"derive: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
