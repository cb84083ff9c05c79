"""Emitted text -> a module object, with tracebacks that show its lines."""

from __future__ import annotations

import hashlib
import linecache
from types import ModuleType

IMPORT = "import numpy as np\n"
PRODUCTS = {"numpy": IMPORT, "mkl": "from codegen.mkl import np\n"}
"""Whose matrix products a module uses: the line by which it gets NumPy."""


def load(text: str, name: str = "emitted", *, products: str = "numpy") -> ModuleType:
    """The module that `text` is. The text must come from `codegen.emit`: it is run.

    With `products="mkl"` the larger matrix products are MKL's; raises Refusal where that is not
    installed.

    >>> load("answer = 42").answer
    42
    """
    if products not in PRODUCTS:
        raise ValueError(f"`{products}` is not one of {', '.join(PRODUCTS)}")
    text = text.replace(IMPORT, PRODUCTS[products], 1)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    filename = f"<{name} {digest}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = ModuleType(name)
    module.__file__ = filename
    exec(compile(text, filename, "exec"), module.__dict__)
    return module
