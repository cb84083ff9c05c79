"""Processes of their own for libraries: their threads and their memory do not meet.

Only one of them is at work at any time; the process that measures asks, and waits.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import traceback
from multiprocessing.connection import Connection
from typing import Any

OPTIONAL = ("torch", "jax", "jaxlib", "autograd", "mkl")


class Missing(Exception):
    """A package that is not installed here; `str` says so."""


class Failed(Exception):
    """What went wrong in the other process, with its traceback."""


class Worker:
    """Another process, in which an object answers."""

    def __init__(self, module: str, name: str, *given: Any) -> None:
        """Makes `module.name(*given)` there. Raises Missing."""
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, module, name, given))
        self._process.start()
        other.close()
        try:
            self._answer()
        except Missing:
            self.close()
            raise

    def ask(self, method: str, *given: Any) -> Any:
        """What the object's method answers."""
        self._pipe.send((method, given))
        return self._answer()

    def _answer(self) -> Any:
        kind, answer = self._pipe.recv()
        if kind is not None:
            raise {"missing": Missing, "failed": Failed}[kind](answer)
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join()


def serve(pipe: Connection, module: str, name: str, given: tuple[Any, ...]) -> None:
    """The other side: makes the object, then answers until the pipe is closed."""
    try:
        made = getattr(importlib.import_module(module), name)(*given)
    except ModuleNotFoundError as missing:
        known = (missing.name or "").partition(".")[0] in OPTIONAL
        pipe.send(("missing", f"{missing.name} is missing") if known else _failed())
        return
    except Exception:
        pipe.send(_failed())
        return
    pipe.send((None, None))
    while True:
        try:
            method, words = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((None, getattr(made, method)(*words)))
        except Exception:
            pipe.send(_failed())


def _failed() -> tuple[str, str]:
    return "failed", traceback.format_exc()


def one_core() -> None:
    """Keeps this process on one core: XLA has a thread for each core that it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
