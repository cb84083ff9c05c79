"""The runtime by the array API standard: the same numbers, bit for bit, and no write."""

from __future__ import annotations

import ast
import builtins
from functools import cache
from types import ModuleType
from typing import Any

import array_api_strict
import numpy as np
import pytest

from codegen import runtime
from codegen.backend import ARRAY_API
from codegen.functional import Untranslatable, functional
from codegen.loading import load
from codegen.runtime import RUNTIME
from derive.ops import ALONG

OWN = [op for op, text in RUNTIME.items() if not text.startswith("np.")]
REALS = (np.float32, np.float64)

POINTS = np.concatenate(
    [
        np.linspace(-6, 6, 97),
        np.geomspace(1e-30, 1e4, 60),
        -np.geomspace(1e-30, 1e4, 60),
        [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan],
    ]
)
ROWS = np.array([[1e4, 0, -1e4], [7, 7, 7], [40, 0, 0], [0.1, -0.2, 0.3]])


@cache
def text() -> str:
    return ARRAY_API.source(RUNTIME, ())


@cache
def module() -> ModuleType:
    return load(text())


@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", [op for op in OWN if op not in ALONG])
def test_each_function_has_the_numbers_of_the_other(op: str, dtype: Any) -> None:
    """At a float that is infinite, or none, too."""
    z = POINTS.astype(dtype)
    with np.errstate(invalid="ignore"):
        expected = getattr(runtime, RUNTIME[op])(z)
        found = getattr(module(), RUNTIME[op])(array_api_strict.asarray(z))
    np.testing.assert_array_equal(np.asarray(found), expected)
    assert np.asarray(found).dtype == dtype


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", REALS)
@pytest.mark.parametrize("op", ALONG)
def test_so_has_each_softmax(op: str, dtype: Any, axis: int) -> None:
    z = ROWS.astype(dtype)
    found = getattr(module(), op)(array_api_strict.asarray(z), axis=axis)
    np.testing.assert_array_equal(np.asarray(found), getattr(runtime, op)(z, axis=axis))


def test_nothing_is_written_into_and_nothing_is_of_numpy() -> None:
    tree = ast.parse(text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    stores = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript | ast.Attribute)]
    assert all(isinstance(node.ctx, ast.Load) for node in stores)
    words = {word.arg for word in ast.walk(tree) if isinstance(word, ast.keyword)}
    assert words == {"axis", "keepdims"}
    assert "np." not in text()
    assert "complex" not in text()
    assert "real part" not in text()


def test_what_is_called_is_defined() -> None:
    calls = [node.func for node in ast.walk(ast.parse(text())) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    assert called <= {*vars(module()), *dir(builtins), "array_namespace"}


def test_the_functions_of_the_standard_are_all_that_is_used() -> None:
    nodes = [node for node in ast.walk(ast.parse(text())) if isinstance(node, ast.Attribute)]
    used = {n.attr for n in nodes if isinstance(n.value, ast.Name) and n.value.id == "xp"}
    assert used == {
        *("abs", "astype", "clip", "exp", "expm1", "float32", "floor", "full_like", "log1p"),
        *("max", "maximum", "round", "sign", "sum"),
    }


HEAD = "def f(z, out=None, work=(None,)):\n    'the law'\n"
BODIES = {
    "a call into an array": ("return np.exp(z, out=out)", "return xp.exp(z)"),
    "a change": ("np.exp(z, out=out)\nout += 1.0\nreturn out", "return xp.exp(z) + 1.0"),
    "work": ("out, e = _arrays(z, out, *work)\nreturn np.sign(z, out=e)", "return xp.sign(z)"),
    "no array is given": (
        "if out is None:\n    out = np.empty_like(z)\nreturn np.multiply(z, z, out=out)",
        "return z * z",
    ),
    "numbers are real": ("if np.iscomplexobj(z):\n    return z\nreturn -z.real", "return -z"),
    "the larger of numbers": ("return np.maximum(z, 0.0, out=out)", "return xp.clip(z, 0.0, None)"),
    "the larger of arrays": ("return np.maximum(z, z, out=out)", "return xp.maximum(z, z)"),
    "one array is read and written": (
        "np.exp(z, out=out)\nreturn np.add(out, np.sign(out, out=out), out=out)",
        "out = xp.sign(xp.exp(z))\nreturn out + out",
    ),
    "filled": ("out[...] = 2.0\nreturn out", "return xp.full_like(z, 2.0)"),
    "copied": ("np.copyto(out, z > 0.0)\nreturn out", "return xp.astype(z > 0.0, z.dtype)"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_gallery_of_bodies(name: str) -> None:
    body, expected = BODIES[name]
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    made = [line.strip() for line in functional(HEAD + indented).split("\n")]
    assert made[0] == "def f(z):"
    assert [line for line in made[2:] if line != "xp = namespace(z)"] == expected.split("\n")


REFUSED = {
    "another function of NumPy": ("return np.fft(z)", r"f: np\.fft\(z\)"),
    "another function": ("return g(z)", r"f: g\(z\)"),
    "a condition on numbers": ("if z > 0:\n    return z", "f: if z > 0"),
    "two names for one array": ("a = np.exp(z, out=out)\nreturn a", "f: two names for one array"),
    "a block of an array": ("out[1:] = 0\nreturn out", r"f: out\[1:\] = 0"),
    "a statement": ("while True:\n    pass", "f: while True"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name: str) -> None:
    body, message = REFUSED[name]
    indented = "".join(f"    {line}\n" for line in body.split("\n"))
    with pytest.raises(Untranslatable, match=message):
        functional(HEAD + indented)


def test_a_function_that_changes_nothing_is_left_out() -> None:
    text = "def same(row, full):\n    'the row'\n    if full is None:\n        return row\n"
    text += "    np.copyto(full, row)\n    return full\n"
    assert functional(text) == ""
    text += "def f(z, out=None):\n    'z'\n    return np.exp(same(z, out), out=out)\n"
    assert functional(text).endswith("return xp.exp(z)")
