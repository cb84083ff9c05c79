"""Lines into the lines after them: the same values, by running both on random programs."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.inlining import WIDTH, inlined
from codegen.loading import load

GALLERY = {
    "one line that one reads": ("a = f(z); return g(a)", "return g(f(z))"),
    "a name that is given again": ("a = f(z); a = a + 1; return a", "return f(z) + 1"),
    "brackets are set": ("a = x + 1; return a * 2", "return (x + 1) * 2"),
    "read twice": ("a = f(z); return a * a", "a = f(z); return a * a"),
    "read later": ("a = f(z); b = a + 1; return b / a", "a = f(z); return (a + 1) / a"),
    "not the line after": ("a = f(z); b = g(z); return b - a * b",) * 2,
    "a loop may read it again": (
        "a = f(z)\nfor c in C:\n    a = a * c\nreturn a",
        "a = f(z)\nfor c in C:\n    a = a * c\nreturn a",
    ),
    "inside a loop": (
        "for c in C:\n    a = a * c\n    a = a + 1\nreturn a",
        "for c in C:\n    a = a * c + 1\nreturn a",
    ),
    "not what the next round reads": (
        "for c in C:\n    b = a * c\n    a = b + d\n    d = a\nreturn b",
        "for c in C:\n    b = a * c\n    a = b + d\n    d = a\nreturn b",
    ),
}


def lines(text: str) -> list[str]:
    return [ast.unparse(node) for node in ast.parse(text).body]


@pytest.mark.parametrize("name", GALLERY)
def test_what_becomes_of_lines(name: str) -> None:
    before, after = GALLERY[name]
    assert [ast.unparse(node) for node in inlined(ast.parse(before).body)] == lines(after)


def test_a_line_stays_short() -> None:
    text = "; ".join(f"a = a + {'x' * 20}" for _ in range(20))
    made = [ast.unparse(node) for node in inlined(ast.parse(text).body, ["a"])]
    assert 1 < len(made) < 20
    assert max(map(len, made)) <= WIDTH


NAMES = ("a", "b", "c")
ATOMS = st.sampled_from((*NAMES, "2", "3"))
ASSIGNED = st.tuples(st.sampled_from(NAMES), ATOMS, st.sampled_from("+-*"), ATOMS)
STRAIGHT = st.lists(ASSIGNED, min_size=1, max_size=9)


def program(parts: list[tuple[str, str, str, str]], indent: str = "") -> str:
    return "".join(f"{indent}{to} = {a} {sign} {b}\n" for to, a, sign, b in parts)


@given(STRAIGHT, STRAIGHT, STRAIGHT)
def test_the_values_are_the_same(
    first: list[tuple[str, str, str, str]],
    looped: list[tuple[str, str, str, str]],
    last: list[tuple[str, str, str, str]],
) -> None:
    """Numbers large enough that no two ways to compute them meet by chance."""
    loop = f"for i in range(3):\n{program(looped, '    ')}"
    text = program(first) + loop + program(last)
    made = inlined(ast.parse(text).body, NAMES)
    start = "a, b, c = 1009, 2003, -4001\n"
    after = "\n".join(ast.unparse(node) for node in made)
    one, other = load(start + text), load(start + after)
    assert [getattr(one, n) for n in NAMES] == [getattr(other, n) for n in NAMES]
