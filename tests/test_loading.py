"""Emitted text as a module: its names, and tracebacks that show its lines."""

from __future__ import annotations

import inspect
import traceback

import pytest

from codegen.loading import load

TEXT = '''"""A module."""


def half(x):
    """Half of x."""
    return x / 2
'''


def test_it_is_a_module_like_others() -> None:
    module = load(TEXT, "halves")
    assert module.half(3) == 1.5
    assert (module.__name__, module.__doc__) == ("halves", "A module.")


def test_a_traceback_shows_the_line() -> None:
    with pytest.raises(TypeError) as caught:
        load(TEXT).half("3")
    assert "return x / 2" in "".join(traceback.format_tb(caught.tb))


def test_its_source_can_be_read() -> None:
    assert inspect.getsource(load(TEXT).half) == TEXT[TEXT.index("def half") :]


def test_two_texts_of_one_name_do_not_mix() -> None:
    first, second = load(TEXT), load(TEXT.replace("/ 2", "/ 4"))
    assert first.half(4) == 2
    assert second.half(4) == 1
    assert "/ 4" in inspect.getsource(second.half)
    assert "/ 2" in inspect.getsource(first.half)


def test_a_text_that_is_none_in_python_names_its_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        load("x = 1\ny = = 2\n")
    assert caught.value.lineno == 2
