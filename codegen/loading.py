"""Emitted text -> a module object, with tracebacks that show its lines."""

from __future__ import annotations

import hashlib
import linecache
from types import ModuleType


def load(text: str, name: str = "emitted") -> ModuleType:
    """The module that `text` is. The text must come from `codegen.emit`: it is run.

    >>> load("answer = 42").answer
    42
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    filename = f"<{name} {digest}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = ModuleType(name)
    module.__file__ = filename
    exec(compile(text, filename, "exec"), module.__dict__)
    return module
