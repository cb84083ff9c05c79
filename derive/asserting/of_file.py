"""`python -m derive.asserting.of_file`: a function of a file, run and compared in this process.

On standard input stand, pickled by the process that asks, the file, the name of the function, and
the network; on standard output comes the report as JSON. What the function prints goes to standard
error.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import runpy
import sys
from pathlib import Path
from typing import Any

from derive.asserting.verifying import verify
from derive.diagnostic import DeriveError


def found(file: str, function: str) -> Any:
    """The function, after its file was run as an import would; a method is none."""
    sys.path.insert(0, str(Path(file).resolve().parent))
    return runpy.run_path(file).get(function)


def report(file: str, function: str, network: dict[str, Any]) -> dict[str, Any]:
    """What `verify` says of a function, or the sentence for which it says nothing."""
    actual = found(file, function)
    if not callable(actual):
        return {"refused": f"`{function}` is no function of {file} that can be called by itself"}
    try:
        return verify(actual, **network).to_dict()
    except DeriveError as refusal:
        return {"refused": refusal.diagnostic.message}


def main() -> None:
    """Reads what is asked, and answers."""
    file, function, network = pickle.load(sys.stdin.buffer)
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = report(file, function, network)
        except Exception as error:  # whatever a person's code raises ends here
            answer = {"refused": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
