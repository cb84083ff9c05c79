"""`derive data`: where MNIST is, and fetching the full set."""

from __future__ import annotations

import argparse
import sys

from codegen.fetch import Progress, fetch
from codegen.idx import DataError
from codegen.mnist import cache_folder, describe

REFUSALS = (DataError,)


def run(arguments: argparse.Namespace) -> int:
    """Prints what is found; with --fetch, downloads first."""
    if arguments.fetch:
        files = fetch(arguments.data or cache_folder(), on_progress=_watch)
        print(f"fetched and checked: {', '.join(file.name for file in files)}")
    print(describe(arguments.data))
    return 0


def _watch(progress: Progress) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        total = f" of {progress.total:,}" if progress.total else ""
        print(f"\r{progress.name}: {progress.done:,}{total} bytes ", end="", file=sys.stderr)
