"""The text of a runtime function is found without parsing its file: the two ways are compared."""

from __future__ import annotations

import ast
import inspect

import pytest

from codegen.runtime import exponential, normal, pieces, products, rows, source


@pytest.mark.parametrize("module", [pieces, exponential, normal, rows, products])
def test_the_text_is_that_of_the_syntax_tree(module: object) -> None:
    text = inspect.getsource(module)  # type: ignore[arg-type]
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                segment = "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
                assert segment in source([], [name]).split("\n\n\n")
