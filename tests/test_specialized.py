"""What a Workspace calls has the bits of the runtime's functions, and is made once for a dtype."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codegen import emit, load
from codegen.runtime import FRESH, RUNTIME, source
from codegen.specialized import is_specialized, makers
from derive.layers import stack
from derive.ops import ALONG
from tests.memory_peak import peak
from tests.runtime_arrays import OWN, arguments, function, room

DTYPES = (np.float32, np.float64)
SPECIALIZED = [op for op in OWN if is_specialized(RUNTIME[op])]


def made(op: str, dtype: Any) -> Callable[..., Any]:
    """The function that an emitted module would make."""
    scope: dict[str, Any] = {"np": np, "Array": object, "Work": object}
    exec(f"{source([op])}\n{makers([RUNTIME[op]])}", scope)  # noqa: S102 (our own text)
    own: Callable[..., Any] = scope[f"{RUNTIME[op]}_for"](dtype)
    return own


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", SPECIALIZED)
def test_the_bits_are_those_of_the_runtime(op: str, dtype: Any) -> None:
    z, f = arguments(dtype), made(op, dtype)
    z.setflags(write=False)
    for options in ({"axis": 0}, {"axis": 1}) if op in ALONG else ({},):
        expected, out = function(op)(z, **options), np.full_like(z, np.nan)
        given = room(op, z, options.get("axis", 1))
        assert f(z, out=out, **given, **options) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", [op for op in SPECIALIZED if op not in FRESH])
def test_the_result_may_take_the_place_of_the_argument(op: str, dtype: Any) -> None:
    z = arguments(dtype)
    expected = function(op)(z)
    assert made(op, dtype)(z, out=z, **room(op, z)) is z
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", SPECIALIZED)
def test_nothing_is_allocated(op: str, dtype: Any) -> None:
    z, f = arguments(dtype, 600, 40), made(op, dtype)
    out, given = np.empty_like(z), room(op, z)
    assert peak(lambda: f(z, out=out, **given)) < 1500


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
