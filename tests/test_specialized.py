"""What a Workspace calls is made once for a dtype; tests/test_runtime_work.py compares its bits."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import numpy as np
import pytest

from codegen import emit, load
from codegen.runtime import RUNTIME
from codegen.specialized import is_specialized, makers
from derive.layers import stack
from tests.runtime_arrays import OWN, arguments, function, made


def test_no_number_of_pythons_and_no_question_is_left() -> None:
    """Numbers are arrays before the function, and it asks for nothing."""
    for node in ast.walk(ast.parse(makers(RUNTIME[op] for op in OWN))):
        if isinstance(node, ast.FunctionDef) and node.name == "run":
            inner = list(ast.walk(node))
            assert not any(isinstance(one, ast.If | ast.IfExp) for one in inner)
            floats = [o for o in inner if isinstance(o, ast.Constant) and type(o.value) is float]
            assert floats == []


def test_of_complex_numbers_the_function_itself_is_taken() -> None:
    z = arguments(np.complex128)
    f = made("silu", np.complex128)
    np.testing.assert_array_equal(f(z), function("silu")(z))


def test_what_has_no_number_stays_as_it_is() -> None:
    assert not is_specialized("softmax")
    assert makers(["softmax", "np.tanh"]) == ""


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype(np.float32)])
def test_a_dtype_may_be_given_in_every_way_of_numpys(dtype: Any) -> None:
    """The least argument of exp is that of single precision, by whichever name."""
    text = emit(stack("3,4:sigmoid,2"))
    assert "self.functions = (log_softmax_for(dtype), sigmoid_for(dtype))" in text
    module = load(text)
    params = module.init_params(np.random.default_rng(0), np.float32)
    x, y = np.full((2, 3), -1e4, np.float32), np.eye(2, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = module.Workspace(2, dtype).gradients(params, x, y)
    assert all(g.dtype == np.float32 and np.isfinite(g).all() for g in found.values())
