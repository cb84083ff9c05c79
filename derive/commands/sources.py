"""`derive check FILE.py::function`: the gradients of a person's own code."""

from __future__ import annotations

from derive.dense import Stack
from derive.diagnostic import refuse
from derive.source import check_source
from derive.verdict import Report


def is_code(name: str) -> bool:
    """Whether a name says Python: `net.py`, `net.py::backward`."""
    return name.partition("::")[0].endswith((".py", ".pyw"))


def parts(name: str) -> tuple[str, str | None]:
    """The file, and the function in it: `net.py::Net.backward`, also as pytest has it."""
    file, _, function = name.partition("::")
    return file, function.replace("::", ".") or None


def code_report(name: str, text: str, layers: Stack | None, document: str | None) -> Report:
    """The verdicts on the gradients of a file."""
    file, function = parts(name)
    if layers is None and document is None:
        message = f"the network of {file} is missing"
        raise refuse("D302", f"{message}: give --layers 784,100,10, or --document FILE")
    return check_source(text, function, stack=layers, document=document, file=file)
