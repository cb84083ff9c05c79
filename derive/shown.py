"""What a notebook shows of a network and of gradients; what draws it is loaded when it is shown."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
DRAWS = "derive.faces.equations"


def shown(kind: type[T]) -> type[T]:
    """Gives a class a face in HTML, in LaTeX and in plain text."""
    for name, method in METHODS.items():
        setattr(kind, name, method)
    return kind


def _html(thing: object) -> str:
    return str(importlib.import_module(DRAWS).html(thing))


def _latex(thing: object) -> str | None:
    made: str | None = importlib.import_module(DRAWS).latex(thing)
    return made


def _pretty(thing: object, printer: Any, cycle: bool) -> None:
    printer.text(importlib.import_module(DRAWS).text(thing))


METHODS: dict[str, Callable[..., Any]] = {
    "_repr_html_": _html,
    "_repr_latex_": _latex,
    "_repr_pretty_": _pretty,
}
"""What IPython asks an object for. Inherited ones it finds after the `repr` of a data class."""
